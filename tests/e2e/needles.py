"""What must not be found: the values that name people of one county, in every form they could take.

A *value* is a resident number, a name, a phone number or an address as some file of that county has
it: the truth, what was planted, and every spelling of the workbook, the rosters and the extracts,
tidied too (narrow digits, no spaces, one dot, 15 digits, a small x). A *needle* is one value in one
form. Values of other kinds are not looked for: a date, a category or a village is shared by many.

**No alarm may be false**, or nobody believes the next one. What is random where we search is
ciphertext, ids and digests. It stands there as text or, in a few places, as bytes:

* `Noise.TEXT`: keys, headers and values of topics, log lines, metrics, Redis, rows of a spool.
  Randomness there has only the 64 (or 16) signs of base64 (or hex). A needle with any other byte
  in it, such as every name in UTF-8 or GBK and nearly every name in UTF-16, never comes by chance.
* `Noise.BYTES`: what base64 decodes to, a spool's raw file (times are in it as eight bytes) and
  Kafka's own topics. Any four bytes come by chance there, once in 2**32 places for each needle.

`Needle.bits` says how unlikely a needle is at one place of such noise: one in 2**bits. Below
`ENOUGH` it is not looked for. That leaves out only (`test_what_is_not_looked_for`):

* names of two characters in UTF-16 and GBK (4 bytes) among raw bytes;
* names whose UTF-16 happens to be letters and digits only (朱 is ``1g``) and shorter than four
  characters, in text: 2**24 places of base64 are a few megabytes.

Their UTF-8, base64, hex and escaped forms are looked for all the same. A name of two characters in
base64 has 7 or 8 whole signs, but the scanner holds the signs beside them to their bits too, so
that all 48 count. No name is left out for being an ordinary word: logs, labels and keys are
English, and what is said in Chinese travels sealed.
"""

from __future__ import annotations

import base64
import math
import re
import string
import unicodedata
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from python_calamine import CalamineWorkbook

from muster.forms import Profile
from muster.synth.county import County
from muster.vocabulary.resident_number import NumberError, canonical, shorten

ENOUGH = 44
"""Bits that a needle must have. A phone number has 44 among hex digits, 66 among base64."""

_HEX, _BASE64 = (
    frozenset(b"0123456789abcdef"),
    frozenset(b"+/-_")
    | {
        *string.ascii_letters.encode(),
        *string.digits.encode(),
    },
)
_DOTS = re.compile("[\u00b7\u2022\u30fb\uff65\u2027\u22c5\u2219\ua78f.\u3002]")
_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}")
_PHONE = re.compile(r"1[0-9]{10}")


class Noise(Enum):
    """What stands at random in a place."""

    TEXT = "text"
    BYTES = "bytes"


class Kind(Enum):
    NUMBER = "resident number"
    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Needle:
    """One value in one form. ``before`` are the bytes of a base64 group that stand before it
    (`form` is then base64), ``text`` the bytes to search: of base64 those signs that are whole."""

    kind: Kind
    value: str
    form: str
    text: bytes
    before: int = 0

    def bits(self, noise: Noise) -> float:
        """One in 2**bits places of such noise holds it by chance; infinite where none does."""
        if self.form.startswith("base64"):
            return 8 * len(self.value.encode()) if noise is Noise.TEXT else 8 * len(self.text)
        if noise is Noise.BYTES:
            return 8 * len(self.text)
        if _HEX.issuperset(self.text.lower()):
            return 4 * len(self.text)
        return 6 * len(self.text) if _BASE64.issuperset(self.text) else math.inf


# -- forms -----------------------------------------------------------------------------------------


def _escaped(text: str, hexed: str, *, all_of_it: bool, slashes: str = "\\") -> bytes:
    """JSON's escapes; of digits and letters only when `all_of_it`."""
    units = text.encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    signs = (
        chr(code) if code < 128 and not all_of_it else f"{slashes}u{code:{hexed}}" for code in codes
    )
    return "".join(signs).encode()


def _percent(text: str, hexed: str) -> bytes:
    return "".join(f"%{byte:{hexed}}" for byte in text.encode()).encode()


def _plain_forms(text: str) -> Iterator[tuple[str, bytes]]:
    raw = text.encode()
    yield "utf-8", raw
    yield "utf-16 le", text.encode("utf-16-le")
    yield "utf-16 be", text.encode("utf-16-be")
    yield "gbk", text.encode("gb18030")
    yield "hex lower", raw.hex().encode()
    yield "hex upper", raw.hex().upper().encode()
    for case, four, two in (("lower", "04x", "02x"), ("upper", "04X", "02X")):
        yield f"\\u {case}", _escaped(text, four, all_of_it=False)
        yield f"\\u {case}, all of it", _escaped(text, four, all_of_it=True)
        yield f"\\u {case}, twice", _escaped(text, four, all_of_it=False, slashes="\\\\")
        yield f"percent {case}, all of it", _percent(text, two)
    quoted = urllib.parse.quote(text, safe="")
    yield "percent upper", quoted.encode()
    yield "percent lower", re.sub("%[0-9A-F]{2}", lambda m: m[0].lower(), quoted).encode()


def _base64_forms(text: str) -> Iterator[tuple[str, bytes, int]]:
    """The signs that are the value's alone, at each of the three places in a group of bytes."""
    raw = text.encode()
    for before in range(3):
        whole = slice(math.ceil(before * 8 / 6), (before + len(raw)) * 8 // 6)
        padded = bytes(before) + raw
        yield "base64", base64.b64encode(padded)[whole], before
        yield "base64 url", base64.urlsafe_b64encode(padded)[whole], before


def needles_of(kind: Kind, value: str) -> list[Needle]:
    """The value in every form; a form that looks like an earlier one stands once."""
    found: dict[tuple[bytes, int], Needle] = {}
    for form, text in _plain_forms(value):
        found.setdefault((text, -1), Needle(kind, value, form, text))
    for form, text, before in _base64_forms(value):
        found.setdefault((text, before), Needle(kind, value, form, text, before))
    return list(found.values())


# -- values ----------------------------------------------------------------------------------------

Value = tuple[Kind, str]


def kind_of(profile: Profile, field: str) -> Kind | None:
    """The kind of a field's values; None for what names nobody."""
    asked = profile.fields.get(field)
    if asked is None:
        return None
    if asked.type in ("resident_number", "phone"):
        return Kind.NUMBER if asked.type == "resident_number" else Kind.PHONE
    ends = field.rpartition("_")[2]
    return {"name": Kind.NAME, "address": Kind.ADDRESS}.get(ends)


def spellings(kind: Kind, text: str) -> Iterator[str]:
    """A value as it stands, and as it is stored or shown after tidying."""
    yield text
    tidy = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if kind is Kind.NAME:
        yield from (_DOTS.sub("\u00b7", tidy), _DOTS.sub("", tidy))
    elif kind is Kind.NUMBER:
        yield from (tidy, tidy.upper(), tidy.lower())
        try:
            yield canonical(tidy)
            yield shorten(canonical(tidy))
        except NumberError:
            pass  # planted so; or of this century, which had no 15 digits
    else:
        yield tidy


def worth(kind: Kind, text: str) -> bool:
    """Whether it can name somebody. A cell may hold rubbish instead: half a number, a remark."""
    tidy = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if kind is Kind.NUMBER:
        return _NUMBER.fullmatch(tidy) is not None
    if kind is Kind.PHONE:
        return _PHONE.fullmatch(tidy) is not None
    shortest = 2 if kind is Kind.NAME else 5
    return len(tidy) >= shortest and not tidy.isascii()


def true_values(county: County) -> set[Value]:
    """Of everybody in the county: the truth, what was planted, and what corrects it."""
    found: set[Value] = set()
    for person in county.people:
        plant = person.plant
        more = [plant.put, plant.register] if plant else []
        if plant and plant.correction:
            more.append(plant.correction.put)
        for fields in (person.fields, *more):
            for name, value in fields.items():
                kind = kind_of(county.profile, name)
                if kind is not None and isinstance(value, str):
                    found.add((kind, value))
    return found


def file_values(profile: Profile, folder: Path) -> set[Value]:
    """What stands in the workbooks of a county on disk: baseline, rosters, extracts, bystanders."""
    headings = {
        text: kind
        for field in profile.fields.values()
        for text in (field.zh, *field.headers)
        if (kind := kind_of(profile, field.id)) is not None
    }
    found: set[Value] = set()
    for path in sorted(folder.rglob("*.xlsx")):
        first, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        columns = [headings.get(str(text).removesuffix("(必填)")) for text in first]
        for row in rows:
            for kind, cell in zip(columns, row, strict=True):
                if kind is not None and isinstance(cell, str) and cell.strip():
                    found.add((kind, cell))
    return found


def needles(values: Iterable[Value]) -> list[Needle]:
    """Needles of all values in all spellings."""
    spelt = {
        (kind, text)
        for kind, value in values
        for text in spellings(kind, value)
        if worth(kind, text)
    }
    ordered = sorted(spelt, key=lambda pair: (pair[0].value, pair[1]))
    return [needle for kind, text in ordered for needle in needles_of(kind, text)]
