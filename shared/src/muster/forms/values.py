"""Whether one value of a record has the form that its field asks for.

A check returns None, or the id of the finding, whose words are in `muster.forms.findings`.
Nothing is converted here: what is stored is what was given.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from muster.forms.model import Field, FieldType
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.resident_number import NumberError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIAL = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_PHONE = re.compile(r"\+?[0-9]{3,}(-[0-9]{1,8}){0,3}")
_PHONE_LENGTH = 20
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what stands around them: what is then read is not what is
stored and signed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a value is looked at with."""

    areas: AreaTree
    today: date


Finding = str | None
ValueCheck = Callable[[object, Surroundings], Finding]


def compile_check(field: Field) -> ValueCheck:
    """The check for values of this field."""
    return _BUILDERS[field.type](field)


def _text(field: Field) -> ValueCheck:
    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, str) or not value.strip():
            return "format-text"
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n" for sign in value):
            return "format-text"
        if not _TURNING.isdisjoint(value):
            return "format-text"
        return "too-long" if len(value) > field.max_length else None

    return check


def _date(_: Field) -> ValueCheck:
    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            return "format-date"
        return _real(value)

    return check


def _partial_date(_: Field) -> ValueCheck:
    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, str) or not _PARTIAL.fullmatch(value):
            return "format-partial-date"
        return _real(value)

    return check


def _real(value: str) -> Finding:
    try:
        PartialDate.parse(value)
    except ValueError:
        return "impossible-date"
    return None


def _option(field: Field) -> ValueCheck:
    ids = frozenset(option.id for option in field.options)
    return lambda value, _: None if isinstance(value, str) and value in ids else "not-an-option"


def _options(field: Field) -> ValueCheck:
    ids = frozenset(option.id for option in field.options)

    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, list) or not value:
            return "format-choices"
        if any(not isinstance(item, str) or item not in ids for item in value):
            return "not-an-option"
        return "format-choices" if len(set(value)) != len(value) else None

    return check


def _area(_: Field) -> ValueCheck:
    def check(value: object, around: Surroundings) -> Finding:
        if not isinstance(value, str) or value not in around.areas:
            return "unknown-area"
        below_root = around.areas.is_within(value, around.areas.root.code)
        if not below_root or around.areas.children(value):
            return "area-not-lowest"
        return None

    return check


def _integer(field: Field) -> ValueCheck:
    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, int) or isinstance(value, bool):
            return "format-integer"
        return None if _in_range(field, value) else "out-of-range"

    return check


def _decimal(field: Field) -> ValueCheck:
    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            return "format-decimal"
        return None if _in_range(field, float(value)) else "out-of-range"

    return check


def _in_range(field: Field, value: float) -> bool:
    return (field.min is None or value >= field.min) and (field.max is None or value <= field.max)


def _boolean(_: Field) -> ValueCheck:
    return lambda value, _: None if isinstance(value, bool) else "format-boolean"


def _phone(_: Field) -> ValueCheck:
    def check(value: object, _: Surroundings) -> Finding:
        if not isinstance(value, str) or len(value) > _PHONE_LENGTH or not _PHONE.fullmatch(value):
            return "format-phone"
        return None

    return check


def _resident_number(_: Field) -> ValueCheck:
    def check(value: object, around: Surroundings) -> Finding:
        if not isinstance(value, str):
            return "number-format"
        try:
            number = resident_number.parse(value)
        except NumberError as problem:
            return problem.rule
        return "number-date" if number.birth > around.today else None

    return check


_BUILDERS: dict[FieldType, Callable[[Field], ValueCheck]] = {
    "text": _text,
    "date": _date,
    "partial_date": _partial_date,
    "code": _option,
    "choice": _option,
    "choices": _options,
    "area": _area,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "resident_number": _resident_number,
    "phone": _phone,
}
