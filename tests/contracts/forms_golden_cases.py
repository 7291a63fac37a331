"""Changes to a person's record that try one field's form, or one rule's bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from muster.forms import Field, Profile, Rule
from muster.forms.model import FieldType
from muster.vocabulary import resident_number
from muster.vocabulary.partial_date import PartialDate

Change = dict[str, Any]
"""`of` is the index of a base; `put`, `drop`, `categories`, `papers` what differs from it."""


@dataclass
class Base:
    """A record without a fault, and the kinds of papers shown with it."""

    categories: list[str]
    fields: dict[str, Any]
    papers: list[str]

    @property
    def chosen(self) -> frozenset[str]:
        return frozenset(self.categories)


_LONG = re.compile(r"(?<!\d)(\d{6})(?=\d{9})")


def split(value: Any) -> Any:
    """The same with `~` in long runs of digits."""
    if isinstance(value, str):
        assert "~" not in value
        return _LONG.sub(r"\1~", value)
    if isinstance(value, Mapping):
        return {key: split(item) for key, item in value.items()}
    return [split(item) for item in value] if isinstance(value, list) else value


_ANY: list[object] = ["", " ", None, True, 0, 1.5, [], ["a"], {"a": 1}, "不详", "\ud83d"]
_DATES: list[object] = [
    "1969-02-29", "1968-02-29", "1900-02-29", "2000-02-29", "1969-00-01", "1969-13-01",
    "1969-04-31", "0000-01-01", "0001-01-01", "9999-12-31", "1969-1-2", "1969/01/02", "19690102",
    "1969-01-02\n", " 1969-01-02", "１９６９-01-02", "1969", "1969-01", "1969-", "0000", "0000-05",
    "1969-00", "1969-13",
]  # fmt: skip
_TYPES: Mapping[FieldType, list[object]] = {
    "text": [
        "\ufeff", "\u3000\u00a0", "\u2028", "\u0085", "a\tb", "a\nb", "\n", "a\x00", "a\x7f",
        "\x1f", "a\udc00", "a\u202eb", "\u2067a\u2069",
    ],
    "date": _DATES,
    "partial_date": _DATES,
    "code": ["1 ", "０１", "98", "no_such"],
    "choice": ["1 ", "no_such"],
    "choices": [
        ["north"], ["north", "north"], ["north", "west"], ["west", "west"], "north",
        ["east", "south"], [1],
    ],
    "area": ["632321", "630000", "431300", "110101", "632321000000", "63232110"],
    "integer": [-1, 1, 5, 20, 21, 10**9, "5", -(2**52)],
    "decimal": [
        "30", "29.999999", "50.000001", "050.0", "-0", "30.1234567", "1e1", ".5", "5.", "+30",
        "1" * 13, 42,
    ],
    "boolean": ["true", 1, False],
    "phone": [
        "12", "123", "+86-139-1234", "123-", "1" * 20, "1" * 21, "+", "0973 1234567",
        "123-123456789", "１２３",
    ],
    "resident_number": ["", "1" * 15, "1" * 18, "x" * 18, "１" * 18],
}  # fmt: skip


def malformed(field: Field, today: date) -> list[object]:
    """Values at and beyond the edges of what the field takes; some are allowed."""
    found = [*_ANY, *_TYPES[field.type]]
    if field.type == "text":
        found += [
            "字" * field.max_length,
            "\U00020bb7" * field.max_length,
            "字" * (field.max_length + 1),
        ]
    if field.type == "resident_number":
        good = resident_number.make("632321", today, 1)
        late = resident_number.make("632321", today + timedelta(days=1), 1)
        found += [
            good,
            late,
            good[:17] + ("0" if good[17] != "0" else "1"),
            good.lower(),
            good[:17],
        ]
        found += [f" {good}", f"0{good[1:]}", f"{good[:10]}13{good[12:]}", f"{good}\n"]
    return found


def values_of(profile: Profile, field: Field) -> object:
    """Some value that the field takes."""
    values: Mapping[FieldType, object] = {
        "date": "1970-01-02",
        "partial_date": "1970",
        "area": profile.area_tree().villages()[0].code,
        "integer": field.min or 0,
        "decimal": "41.5",
        "boolean": True,
        "resident_number": resident_number.make("632321", date(1950, 3, 4), 1),
        "phone": "0973-1234567",
    }
    if field.options:
        return [field.options[0].id] if field.type == "choices" else field.options[0].id
    return values.get(field.type, "字")


def typed(field: Field, text: str) -> object:
    """A value as a record carries it, from how a profile writes it."""
    if field.type == "boolean":
        return text == "true"
    if field.type == "integer":
        return int(text)
    return [text] if field.type == "choices" else text


def breaking(profile: Profile, rule: Rule, bases: list[Base], today: date) -> Iterator[Change]:
    """Changes of somebody whom the rule may speak of: within its bounds, at them and beyond."""
    if rule.field == "categories":
        return
    when: dict[str, object] = {}
    if rule.when is not None:
        for name, values in rule.when.fields.items():
            when[name] = typed(profile.fields[name], min(values))
    freed = list(rule.unless.fields) if rule.unless is not None else []
    asked = {rule.field, *when}
    able = [
        i for i, b in enumerate(bases) if all(profile.fields[f].applies_to(b.chosen) for f in asked)
    ]
    if rule.when is not None and rule.when.categories is not None:
        able = [i for i in able if bases[i].chosen & rule.when.categories]
    for index in able[:1]:
        base = bases[index]
        for put in _tries(profile, rule, base, today):
            gone = [name for name in freed if name in base.fields]
            dropped = [name for name, value in put.items() if value is None]
            values = {name: value for name, value in put.items() if value is not None}
            yield {"of": index, "put": {**when, **values}, "drop": gone + dropped}
            if freed:
                free = {n: typed(profile.fields[n], min(v)) for n, v in _unless(rule).items()}
                yield {"of": index, "put": {**when, **values, **free}, "drop": dropped}


def _unless(rule: Rule) -> Mapping[str, frozenset[str]]:
    return rule.unless.fields if rule.unless is not None else {}


def _tries(profile: Profile, rule: Rule, base: Base, today: date) -> Iterator[dict[str, object]]:
    """Values to put; None leaves a field out."""
    own, told = rule.field, rule.parameters
    field = profile.fields[own]
    if rule.kind == "not-in-future":
        yield from ({own: text} for text in _around(field, today))
    elif rule.kind == "date-bound":
        bounds = [date.fromisoformat(str(told[end])) for end in ("from", "until") if told[end]]
        yield from ({own: text} for bound in bounds for text in _around(field, bound))
    elif rule.kind in ("not-after", "min-age", "max-span"):
        yield from _against(profile, rule, base)
    elif rule.kind == "matches-number":
        yield from _unlike_number(rule, base)
    elif rule.kind in ("number-form", "known-area-code"):
        yield from _other_numbers(own, base)
    else:
        values: list[object] = [option.id for option in field.options] or [0, 2, 3, field.max]
        if field.type == "boolean":
            values = [True, False]
        one_of = [[value] if field.type == "choices" else value for value in values]
        yield from ({own: value} for value in (None, "", "不详", *one_of))


def _other_numbers(own: str, base: Base) -> Iterator[dict[str, object]]:
    birth = date.fromisoformat(str(base.fields["birth_date"]))
    odd = 1 if base.fields["sex"] == "1" else 2
    for area in ("810000", "911156", "632321", "199999"):
        yield {own: resident_number.make(area, birth, odd)}
    if 1900 <= birth.year <= 1999:
        yield {own: resident_number.shorten(resident_number.make("632321", birth, odd))}


def _around(field: Field, day: date) -> list[str]:
    """The days beside a day, and what a date of less precision can be there."""
    near = [(day + timedelta(days=n)).isoformat() for n in (-366, -32, -1, 0, 1, 32, 366)]
    if field.type == "date":
        return near
    return [*near, *sorted({text[:7] for text in near} | {text[:4] for text in near})]


def _against(profile: Profile, rule: Rule, base: Base) -> Iterator[dict[str, object]]:
    """Two dates so far apart as the rule allows, around the other one's edges."""
    told = rule.parameters
    other = str(told.get("first") or told.get("birth") or told.get("since"))
    years = int(str(told.get("years", 0)))
    for start in dict.fromkeys([base.fields.get(other), "1952-02-29", "1952"]):
        if start is None or (profile.fields[other].type == "date" and len(start) != 10):
            continue
        known = PartialDate.parse(start)
        for day in dict.fromkeys([known.earliest(), known.latest()]):
            leap = day.month == 2 and day.day == 29
            moved = day.replace(year=day.year + years, day=28 if leap else day.day)
            for text in _around(profile.fields[rule.field], moved):
                yield {other: start, rule.field: text}


def _unlike_number(rule: Rule, base: Base) -> Iterator[dict[str, object]]:
    number, own = str(rule.parameters["number"]), rule.field
    birth = date.fromisoformat(str(base.fields["birth_date"]))
    if rule.parameters["part"] == "birth":
        yield {own: (birth + timedelta(days=1)).isoformat()}
        if 1900 <= birth.year <= 1999 and (birth.month, birth.day) != (2, 29):
            short = resident_number.shorten(str(base.fields[number]))
            yield {number: short, own: birth.replace(year=birth.year - 100).isoformat()}
            yield {number: short, own: birth.replace(year=birth.year - 1).isoformat()}
        return
    for sex, sequence in (("1", 2), ("2", 1), ("9", 1), ("0", 2)):
        yield {own: sex, number: resident_number.make("632321", birth, sequence)}
        yield {own: sex, number: resident_number.make("911156", birth, sequence)}
