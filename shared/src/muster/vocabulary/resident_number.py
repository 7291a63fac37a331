"""公民身份号码: the resident number of GB 11643-1999, its 15-digit predecessor, and permits.

Layout of the 18 characters: 6 area (GB/T 2260), 8 birth date, 3 sequence (odd male, even
female), 1 check character of ISO 7064 MOD 11-2. The area follows the table in force when the
number was issued, so whether an area code is in force is a question for a warning
(`muster.forms`), never for this module.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from muster.vocabulary.signs import unwrapped

Form = Literal["18", "15", "permit", "foreigner"]
Sex = Literal["1", "2"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_DIGITS = frozenset("0123456789")
_LONG = 18
_SHORT = 15
# Residence permits of people from Hong Kong, Macao and Taiwan carry these as their area.
_PERMIT_AREAS = ("81", "82", "83")


class NumberError(ValueError):
    """Not a resident number. `rule` says why; the number itself is never in the message."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


@dataclass(frozen=True, slots=True)
class ResidentNumber:
    """What a number says about its holder.

    `text` is exactly what was given. `sex` is a GB/T 2261.1 code, None for foreigners' permits,
    whose sequence is not documented to carry it.
    """

    text: str
    area: str
    birth: date
    sex: Sex | None
    form: Form


def check_digit(first17: str) -> str:
    """The check character for the first 17 digits. Raises NumberError on anything else."""
    if len(first17) != _LONG - 1 or not _DIGITS.issuperset(first17):
        raise NumberError("number-format")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECKS[total % 11]


def make(area6: str, birth: date, sequence: int) -> str:
    """Compose an 18-character number; `sequence` is 0..999, odd for men. For tests and synth."""
    if len(area6) != 6 or not _DIGITS.issuperset(area6):
        raise NumberError("number-area")
    if not 0 <= sequence <= 999:
        raise NumberError("number-sequence")
    first = f"{area6}{birth:%Y%m%d}{sequence:03d}"
    return first + check_digit(first)


def clean(text: str) -> str:
    """Harmless noise removed: full-width characters, spaces, unseen signs, a lower-case x, and what
    a spreadsheet wraps a number in."""
    return "".join(unicodedata.normalize("NFKC", unwrapped(text)).split()).upper()


def parse(text: str) -> ResidentNumber:
    """Read a number exactly as given: no spaces, ASCII digits, upper-case X.

    Raises NumberError with rule number-length, number-format, number-area (no area begins with
    0), number-date (no such day) or number-check-digit.
    """
    if len(text) == _SHORT:
        return _parse_short(text)
    if len(text) != _LONG:
        raise NumberError("number-length")
    if not _DIGITS.issuperset(text[:-1]) or (text[-1] not in _DIGITS and text[-1] != "X"):
        raise NumberError("number-format")
    if text[0] == "0":
        raise NumberError("number-area")
    birth = _birth(text[6:14])
    if check_digit(text[:-1]) != text[-1]:
        raise NumberError("number-check-digit")
    form: Form = "18"
    if text[0] == "9":
        form = "foreigner"
    elif text.startswith(_PERMIT_AREAS):
        form = "permit"
    sex = None if form == "foreigner" else _sex(text[16])
    return ResidentNumber(text, text[:6], birth, sex, form)


def canonical(text: str) -> str:
    """The 18-character form, for look-up and comparison only; what is stored stays as given.

    Noise is removed and a 15-digit number is upgraded with century 19, which is wrong for people
    born before 1900. Raises NumberError when the result is no number.
    """
    number = parse(clean(text))
    return upgrade(number.text) if number.form == "15" else number.text


def upgrade(short: str) -> str:
    """The 18-character form of a 15-digit number (century 19)."""
    first = f"{short[:6]}19{short[6:]}"
    return first + check_digit(first)


def shorten(text: str) -> str:
    """The 15-digit form that an 18-character number of the 1900s had before 1999."""
    number = parse(text)
    if number.form != "18" or not 1900 <= number.birth.year <= 1999:
        raise NumberError("number-no-short-form")
    return text[:6] + text[8:17]


def _parse_short(text: str) -> ResidentNumber:
    if not _DIGITS.issuperset(text):
        raise NumberError("number-format")
    if text[0] in "089":
        raise NumberError("number-area")
    return ResidentNumber(text, text[:6], _birth("19" + text[6:12]), _sex(text[14]), "15")


def _birth(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise NumberError("number-date") from None


def _sex(digit: str) -> Sex:
    return "1" if int(digit) % 2 else "2"
