"""Plants what is wrong with one field of a first record: its value, its absence, or a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from muster.synth.departments import comparing
from muster.synth.misrecord import forgettable, misread
from muster.synth.names import respelt
from muster.synth.plants import (
    BIRTH,
    FIELD_MISMATCH,
    MISSING_FIELD,
    RESPELT,
    Correction,
    Plant,
)

if TYPE_CHECKING:
    from muster.synth.county import Person
    from muster.synth.planting import Ground

_NAME = "name"
_IDENTITY = frozenset({_NAME, "resident_number", "sex", "household_area", BIRTH})
"""By these a person is found, or placed. What is wrong in them is not one field's problem, except
in the name, which has a share of its own."""
_MISNAMED = 0.008
"""Wrong names, of the whole county, beside the share of field mismatches."""


def misrecorded(ground: Ground) -> None:
    """A wrong value in the first record; each department in turn has the right one."""
    _by_department(ground, FIELD_MISMATCH, partial(_wrong, ground))


def incomplete(ground: Ground) -> None:
    """A value that the first record lacks and a department has."""

    def lacking(person: Person, names: Sequence[str], index: int) -> Plant | None:
        name = forgettable(ground.rng, ground.profile, person, names, ground.county.opens)
        if name is None:
            return None
        right = Correction("record", put={name: person.fields[name]})
        return Plant(
            MISSING_FIELD,
            "absent from the first record",
            ground.correct(index, right),
            leave_out=(name,),
        )

    _by_department(ground, MISSING_FIELD, lacking)


def misnamed(ground: Ground) -> None:
    """A wrong name in the first record, and names that are only written in other signs; neither
    where no department answers for names."""
    if not any(_NAME in department.fields for department in comparing(ground.profile)):
        return
    for index in range(max(1, round(_MISNAMED * len(ground.county.people)))):
        person = ground.collected.take()
        if person is not None:
            person.plant = _wrong(ground, person, [_NAME], index)
    for _ in ground.count(RESPELT):
        person = ground.collected.take()
        if person is not None:
            name = respelt(ground.rng, str(person.fields[_NAME]))
            person.plant = Plant(RESPELT, "the name in other signs", put={_NAME: name})


def _wrong(ground: Ground, person: Person, names: Sequence[str], index: int) -> Plant | None:
    found = misread(ground.rng, ground.profile, person, names, ground.county.opens)
    if found is None:
        return None
    name, value = found
    right = Correction("record", put={name: person.fields[name]})
    return Plant(
        FIELD_MISMATCH,
        "wrong in the first record",
        ground.correct(index, right),
        put={name: value},
    )


def _by_department(
    ground: Ground, kind: str, make: Callable[[Person, Sequence[str], int], Plant | None]
) -> None:
    """Plant with people whom each department in turn knows something of.

    Each reads on where it stopped: who did not suit it once will not suit it later.
    """
    departments = [
        (names, ground.collected.free())
        for department in comparing(ground.profile)
        if (names := [name for name in department.fields if name not in _IDENTITY])
    ]
    index = 0
    wanted = len(ground.count(kind))
    while departments and index < wanted:
        names, people = departments.pop(0)
        for person in people:
            found = make(person, names, index)
            if found is not None:
                person.plant = found
                index += 1
                departments.append((names, people))
                break
