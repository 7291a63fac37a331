"""Golden cases that need no profile: digests, canonical JSON, resident numbers, typed input."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from muster.forms import Profile, baseline
from muster.forms.model import FieldType
from muster.security import digests
from muster.vocabulary import resident_number

from .forms_golden_cases import Base, split


def common(profile: Profile, bases: list[Base]) -> dict[str, Any]:
    """All but what depends on a profile; `bases` are people under `profile`."""
    records = [
        {
            "form_version": profile.form_version,
            "categories": base.categories,
            "fields": base.fields,
        }
        for base in bases[:6]
    ]
    return {
        "records": list(_records(records)),
        "evidence": list(_evidence()),
        "canonical": [_canonical(value) for value in _CANONICAL],
        "numbers": [_number(text) for text in _numbers()],
        "tidy": list(_tidied(profile)),
    }


def _salt(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def _records(people: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """With the digest, or null where it must be refused."""
    papers = [digests.content_digest(name.encode()) for name in ("a", "b", "c")]
    odd: list[dict[str, object]] = [
        {},
        {
            "名字": "更藏·杰布",
            "é": "e\u0301",
            "e": "\u00e9",
            "𠮷": "\U00020bb7",
            "\uffff": "\u2028",
        },
        {"list": ["b", "a", "b"], "deep": [["字"], {"乙": [True, None, -7]}], "none": []},
        {"text": "\"\\/\b\f\n\r\t\x00\x1f\x7f<&>'"},
        {"long": "长" * 2000 + "x" * 2000},
        {"whole": 2**53 - 1},
    ]
    refused: list[dict[str, object]] = [{"f": 1.5}, {"f": 2**53}, {"f": "\ud83d"}, {"\udc00": "f"}]
    shapes = [{"form_version": "a/1", "categories": ["b", "a"], "fields": f} for f in odd + refused]
    for index, record in enumerate([*people, *shapes]):
        evidence = papers[: index % 4]
        yield _record(record, evidence, _id(str(index)), _salt(str(index)))
    plain = {"form_version": "a/1", "categories": ["a"], "fields": {}}
    yield _record({**plain, "categories": ["a", "a"]}, [], _id("x"), _salt("x"))
    yield _record({**plain, "version": 1}, [], _id("x"), _salt("x"))
    yield _record(plain, [papers[0], papers[0]], _id("x"), _salt("x"))
    for piece in ("", papers[0].upper(), papers[0] + "\n", "md5:" + papers[0][7:]):
        yield _record(plain, [piece], _id("x"), _salt("x"))
    for salt in ("", _salt("x").upper(), _salt("x")[1:], _salt("x") + "\n"):
        yield _record(plain, [], _id("x"), salt)


def _record(record: dict[str, Any], evidence: list[str], name: str, salt: str) -> dict[str, Any]:
    try:
        found = digests.record_digest(record, evidence, name, salt)
    except ValueError:
        found = None
    asked = {"record": split(record), "evidence": evidence, "record_id": name, "salt": salt}
    return {**asked, "digest": found}


def _evidence() -> Iterator[dict[str, Any]]:
    """Content is `hex`, so many `times`."""
    pieces = [("", 1), ("00", 1), ("照片".encode().hex(), 1), (bytes(range(256)).hex(), 4096)]
    for (content, times), kind in itertools.product(pieces, ("image/jpeg", "image/png")):
        salt = _salt(f"{content} {kind}")
        found = digests.evidence_digest(bytes.fromhex(content) * times, kind, salt)
        yield {"hex": content, "times": times, "media_type": kind, "salt": salt, "digest": found}


def _nested(depth: int) -> object:
    value: object = "字"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


_CANONICAL: list[object] = [
    None, True, False, 0, -1, 2**53 - 1, 1 - 2**53, 2**53, -(2**53), 1.5, -0.5, "", "字", "\u2028",
    "\x00\x1f\x7f\x80", '"\\/', "\U0001f600", "\ud83d", "\ude00\ud83d", [], {}, [[], {}],
    {"b": 1, "a": 2, "": 3, "A": 4, "aa": 5}, {"\ue000": 1, "\U0001f600": 2, "é": 3, "z": 4},
    {"10": 1, "9": 2, "1": 3}, [3, 1, 2, "1"], {"__proto__": 1, "constructor": [None]},
    {"\ud800": 1}, {"é": 1.5}, ["é", 2**53], {"é": [], "a": "\udfff"}, _nested(64), _nested(65),
]  # fmt: skip


def _canonical(value: object) -> dict[str, Any]:
    try:
        text = digests.canonical(value).decode()
    except digests.NotCanonical:
        text = None
    return {"value": value, "canonical": text}


def _numbers() -> Iterator[str]:
    birth = date(1950, 3, 4)
    for area in ("632321", "110101", "810000", "830000", "911156", "999999", "100000"):
        for sequence in (0, 1, 28, 777, 998):
            yield resident_number.make(area, birth, sequence)
    good = resident_number.make("632321", birth, 17)
    for place in range(18):
        yield good[:place] + ("1" if good[place] == "0" else "0") + good[place + 1 :]
    ends = "0123456789X"
    yield from (good[:17] + end for end in ends)
    with_x = next(
        n for s in range(99) if (n := resident_number.make("632321", birth, s))[-1] == "X"
    )
    yield from (with_x.lower(), f" {with_x}", f"{with_x}\n", f"{with_x[:6]} {with_x[6:]}")
    yield from ("", "1", good[:17], good + "1", "１" * 18, "１" * 15, "\U0001f600" * 18, "x" * 15)
    for day in ("19000229", "20000229", "19500230", "19501301", "19500001", "00000101", "99991231"):
        first = f"632321{day}001"
        yield first + resident_number.check_digit(first)
    short = resident_number.shorten(good)
    yield from (short, f"{short[:14]}2", f"0{short[1:]}", f"8{short[1:]}", f"9{short[1:]}")
    yield from (
        f"{short[:6]}000229{short[12:]}",
        f"{short[:6]}040229{short[12:]}",
        f"{short[:14]}X",
    )


def _number(text: str) -> dict[str, Any]:
    try:
        found = resident_number.parse(text)
    except resident_number.NumberError as problem:
        return {"text": split(text), "read": {"rule": problem.rule}}
    read = {
        "form": found.form,
        "birth": found.birth.isoformat(),
        "sex": found.sex,
        "area": found.area,
    }
    return {"text": split(text), "read": read}


_TYPED: dict[tuple[FieldType, ...], list[str]] = {
    ("text",): [
        " 更藏  杰布\t", "更藏•杰布", "更藏･杰布", "１２组Ａ号", "（甲）　乙", "a\u200bb",
        "\ufeff字", "葛\U000e0100",
    ],
    ("date", "partial_date"): [
        "19690312", "1969.3", "1969-3-2", "1969年3月12日", "1969年3月", "1969年", "1969", "196903",
        "１９６９／３／１２", " 1969 . 12 ", "691203", "196913", "1969/3/", "1969.03.1a", "3.1969",
        "-", "1969-02-30",
    ],
    ("resident_number",): [
        "632321 19500304 001x", "６３２３２１１９５００３０４００１Ｘ", "\u200e632321195003040",
        "63232119500304001-X",
    ],
    ("integer",): ["12", "１２", " 3 ", "-4", "1.5", "12a", "1234567890"],
    ("decimal", "phone"): [" 1.5 ", "１．５", "0973 - 1234567", "＋86 138", "1,5"],
}  # fmt: skip


def _tidied(profile: Profile) -> Iterator[dict[str, Any]]:
    for types, texts in _TYPED.items():
        for kind, text in itertools.product(types, texts):
            field = next(f for f in profile.fields.values() if f.type == kind)
            tidy = baseline.compile_tidy(field, profile.area_tree())
            yield split({"field": field.id, "text": text, "value": tidy(text)})
