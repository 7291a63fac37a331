"""What stands in the text block of a resident card or a residence permit.

256 bytes of UTF-16LE, padded with blanks. The sign at offset 248 tells the layout: blank for
residents, J for residents of Hong Kong, Macao and Taiwan, I and Y for foreigners (2017, 2023).
Values come out as a record holds them: ISO dates, codes of GB/T 2261.1 and GB/T 3304.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from muster.vocabulary import resident_number

BLOCK = 256
_TYPE = (248, 2)
LONG_TERM = "长期"

Kind = Literal["resident", "residence_permit", "foreigner", "social_security"]
Layout = Mapping[str, tuple[int, int]]
_RESIDENT: Layout = {
    "name": (0, 30),
    "sex": (30, 2),
    "ethnicity": (32, 4),
    "birth_date": (36, 16),
    "household_address": (52, 70),
    "resident_number": (122, 36),
    "issued_by": (158, 30),
    "valid_from": (188, 16),
    "valid_until": (204, 16),
}
_PERMIT: Layout = {
    **{name: place for name, place in _RESIDENT.items() if name != "ethnicity"},
    "pass_number": (220, 18),
    "issue_count": (238, 4),
}
_FOREIGNER_2017: Layout = {
    "english_name": (0, 120),
    "sex": (120, 2),
    "permit_number": (122, 30),
    "nationality": (152, 6),
    "name": (158, 30),
    "valid_from": (188, 16),
    "valid_until": (204, 16),
    "birth_date": (220, 16),
}
_FOREIGNER_2023: Layout = {
    "name": (0, 30),
    "sex": (30, 2),
    "birth_date": (36, 16),
    "english_name": (52, 70),
    "resident_number": (122, 36),
    "valid_from": (188, 16),
    "valid_until": (204, 16),
    "nationality": (242, 6),
}
LAYOUTS: Mapping[str, tuple[Kind, Layout]] = {
    "": ("resident", _RESIDENT),
    "J": ("residence_permit", _PERMIT),
    "I": ("foreigner", _FOREIGNER_2017),
    "Y": ("foreigner", _FOREIGNER_2023),
}
_DATES = ("birth_date", "valid_from", "valid_until")


class BadCard(ValueError):  # noqa: N818 - reads as what it says
    """What was read is no card of a known layout. Names the rule and field, never a value."""

    def __init__(self, rule: str, field: str = "card") -> None:
        super().__init__(f"{field}: {rule}")
        self.rule = rule
        self.field = field


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says. `photo` is as the chip has it (WLT); only closed libraries decode it."""

    kind: Kind
    fields: Mapping[str, str]
    photo: bytes = b""


def decode(text: bytes, photo: bytes = b"") -> Card:
    """A card from its text block.

    Raises:
        BadCard: another length, unknown layout, text that is no UTF-16LE, no name, a date or a
            number that is none.
    """
    if len(text) != BLOCK:
        raise BadCard("card-length")
    sign = _text(text, _TYPE, "card")
    if sign not in LAYOUTS:
        raise BadCard("card-layout")
    kind, layout = LAYOUTS[sign]
    found = {name: _text(text, place, name) for name, place in layout.items()}
    for name in _DATES:
        if found.get(name) and (name, found[name]) != ("valid_until", LONG_TERM):
            found[name] = _day(found[name], name)
    number = found.get("resident_number")
    if number is not None:
        found["resident_number"] = _number(number, kind)
    if not (found.get("name") or found.get("english_name")):
        raise BadCard("card-empty", "name")
    return Card(kind, {name: value for name, value in found.items() if value}, photo)


def _text(block: bytes, place: tuple[int, int], field: str) -> str:
    start, size = place
    try:
        return block[start : start + size].decode("utf-16-le").strip(" \0\u3000")
    except UnicodeDecodeError:
        raise BadCard("card-text", field) from None


def _day(text: str, field: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) == 8):
        raise BadCard("card-date", field)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        raise BadCard("card-date", field) from None


def _number(text: str, kind: str) -> str:
    """A foreigner's number of 2023 is built otherwise than a resident's; it is taken as it is."""
    if kind == "foreigner":
        return text
    try:
        return resident_number.canonical(text)
    except resident_number.NumberError:
        raise BadCard("card-number", "resident_number") from None
