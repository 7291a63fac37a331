"""Values that pass every rule and are wrong all the same: only who holds another file sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from random import Random
from typing import TYPE_CHECKING

from muster.forms import Field, Profile
from muster.synth.fields import Value
from muster.vocabulary.partial_date import PartialDate

if TYPE_CHECKING:
    from muster.synth.county import Person

_SIGNS = "甲乙丙丁戊己"
_TRIES = 3


def misread(
    rng: Random, profile: Profile, person: Person, names: Collection[str], today: date
) -> tuple[str, Value] | None:
    """One of those fields of the person, and a value for it that is wrong and not refused."""
    for name in _shuffled(rng, person, names):
        for _ in range(_TRIES):
            wrong = _other(rng, profile.fields[name], person.fields[name])
            if wrong is None or agree(profile, name, wrong, person.fields[name]):
                continue
            if passes(profile, person, {**person.fields, name: wrong}, today):
                return name, wrong
    return None


def forgettable(
    rng: Random, profile: Profile, person: Person, names: Collection[str], today: date
) -> str | None:
    """One of those fields of the person that a record may lack without a refusal or a doubt."""
    for name in _shuffled(rng, person, names):
        left = {other: value for other, value in person.fields.items() if other != name}
        if passes(profile, person, left, today):
            return name
    return None


def passes(profile: Profile, person: Person, fields: dict[str, Value], today: date) -> bool:
    """Whether a record of these values meets no objection that the true one does not meet."""

    def objections(values: dict[str, Value]) -> set[tuple[str, str]]:
        record = {
            "form_version": profile.form_version,
            "categories": list(person.categories),
            "fields": values,
        }
        reasons = profile.check_record(record, today=today, have_evidence=person.papers)
        return {(reason.field, reason.rule) for reason in reasons}

    return objections(fields) <= objections(person.fields)


def agree(profile: Profile, name: str, one: object, other: object) -> bool:
    """Whether two values are equal at the finest precision that both have."""
    ones, others = profile.comparables(name, one), profile.comparables(name, other)
    common = min(len(ones), len(others))
    return ones[-common:] == others[-common:]


def _shuffled(rng: Random, person: Person, names: Collection[str]) -> Iterator[str]:
    there = sorted(name for name in names if name in person.fields)
    yield from rng.sample(there, len(there))


def _other(rng: Random, field: Field, value: Value) -> Value | None:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1))
    if isinstance(value, list):
        return None
    if field.type in ("choice", "code"):
        others = [option.id for option in field.options if option.id != value]
        return rng.choice(others) if others else None
    if field.type in ("date", "partial_date"):
        return _another_day(rng, value)
    return _another_sign(rng, value) if field.type == "text" else None


def _another_day(rng: Random, value: str) -> str | None:
    day = PartialDate.parse(value)
    year = day.year + rng.choice((-2, -1, 1, 2))
    # The 29th of February is not in every year.
    last = min(day.day, 28) if day.day is not None else None
    return str(PartialDate(year, day.month, last))


def _another_sign(rng: Random, value: str) -> str:
    place = rng.randrange(len(value))
    signs = "0123456789" if value[place].isdecimal() else _SIGNS
    other = rng.choice([sign for sign in signs if sign != value[place]])
    return value[:place] + other + value[place + 1 :]
