"""One row of a department's file: its values without harmless noise, and what is wrong with it.

Whoever can be found by a row goes in. A single value that cannot be read is left out and said: the
answer about it is then that there is no file, which is no contradiction; a row left out would say
that somebody does not exist.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from muster.contracts.parts.base import FieldValue
from muster.department_connector.domain.reasons import reason
from muster.department_connector.handlers.columns import STATUS, Columns
from muster.department_connector.handlers.common import (
    AREA,
    BIRTH,
    DIED_ON,
    MOVED_TO,
    NUMBER,
    Codes,
)
from muster.forms import workbook
from muster.forms.baseline import compile_blank, compile_tidy, says_nothing
from muster.forms.findings import finding
from muster.forms.profile import Profile
from muster.forms.text import without_noise
from muster.forms.values import Surroundings, compile_check
from muster.forms.workbook import Row, as_text
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.reasons import Reason
from muster.vocabulary.signs import unwrapped
from muster.vocabulary.states import Severity

_AREA_CODE = re.compile(r"[0-9]{6}([0-9]{3}([0-9]{3})?)?")
_PLACE_LENGTH = 200
_WARN = Severity.WARN


@dataclass(frozen=True, slots=True)
class Checked:
    """A row after everything that can be said without the store. ``identity`` is None for a row by
    which nobody can be found."""

    number: int
    identity: str | None
    name_birth: str | None
    numbered: bool
    area: str
    fields: dict[str, FieldValue]
    reasons: tuple[Reason, ...]

    def because(self, why: Reason) -> Checked:
        """The same row with one more finding."""
        return replace(self, reasons=(*self.reasons, why))


class Reader:
    """Reads the rows of one file."""

    def __init__(self, profile: Profile, columns: Columns, codes: Codes, today: date) -> None:
        self._profile = profile
        self._columns = columns
        self._codes = codes
        self._areas = profile.area_tree()
        self._around = Surroundings(self._areas, today)
        fields = [profile.fields[name] for name in columns.by_name if name in profile.fields]
        self._tidy = {field.id: compile_tidy(field, self._areas) for field in fields}
        self._blank = {field.id: compile_blank(field) for field in fields}
        self._checks = {field.id: compile_check(field) for field in fields}
        self._tidy_date = compile_tidy(profile.fields[BIRTH], self._areas)

    def read(self, row: Row) -> Checked:
        """One row."""
        fields: dict[str, FieldValue] = {}
        reasons: list[Reason] = []
        for name, cell in self._columns.cells(row).items():
            if self._blank.get(name, says_nothing)(cell):
                continue
            value, why = self._value(name, cell)
            if why is not None:
                reasons.append(why)
            if value is not None:
                fields[name] = value
        number = self._codes.number(fields.get(NUMBER))
        name_birth = self._codes.name_birth(fields)
        identity = number or name_birth
        if identity is None:
            reasons.append(reason("row-nobody"))
        area = fields.get(AREA, self._profile.area)
        return Checked(
            row.number,
            identity,
            name_birth,
            number is not None,
            str(area),
            fields,
            tuple(reasons),
        )

    def _value(self, name: str, cell: object) -> tuple[FieldValue | None, Reason | None]:
        """A cell's value, if it is kept, and what is wrong with it."""
        if name == MOVED_TO:
            return _place(cell), None
        if name == DIED_ON:
            lost = finding(
                "month-lost-zero", name, zh=STATUS[name][0], en=STATUS[name][-1], severity=_WARN
            )
            return self._day(cell, reason("died-on", severity=_WARN), lost)
        if name == NUMBER and workbook.lost_digits(cell):
            return None, reason("number-lost-digits", severity=_WARN)
        if name == AREA:
            return self._area(cell)
        return self._checked(name, cell)

    def _checked(self, name: str, cell: object) -> tuple[FieldValue | None, Reason | None]:
        field = self._profile.fields[name]
        if field.type == "date":
            # Old papers name a year only, which is compared as such.
            wrong = self._finding("format-partial-date", name)
            return self._day(cell, wrong, self._finding("month-lost-zero", name))
        value = self._tidy[name](cell)
        rule = self._checks[name](value, self._around)
        if rule is None:
            lost = field.type == "partial_date" and workbook.lost_zero(cell)
            return _field_value(value), self._finding("month-lost-zero", name) if lost else None
        # A number that is none is still what the department has; nobody is found by it.
        kept = str(value)[: field.max_length] if name == NUMBER else None
        return kept, self._finding(rule, name)

    def _day(self, cell: object, wrong: Reason, lost: Reason) -> tuple[str | None, Reason | None]:
        """A date as far as it is given; `wrong` when it is none, `lost` when a zero is."""
        text = str(self._tidy_date(cell))
        try:
            PartialDate.parse(text)
        except ValueError:
            return None, wrong
        return text, lost if workbook.lost_zero(cell) else None

    def _area(self, cell: object) -> tuple[str | None, Reason | None]:
        code = self._areas.place_of(str(self._tidy[AREA](cell)))
        if _AREA_CODE.fullmatch(code):
            return code, None
        return None, reason("area-unreadable", severity=_WARN)

    def _finding(self, rule: str, name: str) -> Reason:
        field = self._profile.fields[name]
        return finding(rule, name, zh=field.zh, en=field.en, severity=_WARN)


def _place(cell: object) -> str | None:
    text = without_noise(unwrapped(as_text(cell)))[:_PLACE_LENGTH]
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cs")) or None


def _field_value(value: object) -> FieldValue:
    assert isinstance(value, str | int | bool | list)
    return value


def compared(profile: Profile, fields: Mapping[str, FieldValue]) -> dict[str, tuple[str, ...]]:
    """Normal forms of values, by field id; what the form does not have is left out."""
    return {
        name: profile.comparables(name, value)
        for name, value in fields.items()
        if name in profile.fields and value not in ("", [])
    }
