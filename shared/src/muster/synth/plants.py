"""What can be planted with a person, for the cross-check to find or to leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from muster.vocabulary.states import Discrepancy

if TYPE_CHECKING:
    from muster.synth.fields import Value

FIELD_MISMATCH = Discrepancy.FIELD_MISMATCH.value
MISSING_FIELD = Discrepancy.MISSING_FIELD.value
MISSED_SUBJECT = Discrepancy.MISSED_SUBJECT.value
DUPLICATE = Discrepancy.DUPLICATE.value
MOVED = Discrepancy.MOVED.value
DEAD = Discrepancy.DEAD.value

# What looks like a problem and is none.
FIRST_ENTRY = "first_entry"
"""The right one of two entries of the same person."""
NAMESAKE = "namesake"
"""Another person of the same name and date of birth."""
DIED_LATE = "died_late"
"""Collected in time, dead after the standard time."""
RESPELT = "respelt_name"
"""Under the right name, written with other signs than in every other file."""
HARMLESS = (FIRST_ENTRY, NAMESAKE, DIED_LATE, RESPELT)

BIRTH = "birth_date"
"""With the name, what two entries of one person have in common."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the desk does once a work order has come.

    `how` is record (a new version with the values of `put`), ending (with its `detail`), or collect
    (the person comes, and a first record is made).
    """

    how: str
    put: Mapping[str, Value] = field(default_factory=dict)
    ending: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """For people.jsonl."""
        if self.how == "record":
            return {"how": self.how, "put": dict(self.put)}
        if self.how == "ending":
            return {"how": self.how, "ending": self.ending, "detail": dict(self.detail)}
        return {"how": self.how}


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted problem, or something harmless that looks like one.

    Attributes:
        kind: a `Discrepancy`, or one of HARMLESS.
        cause: how it came about, in words, for whoever reads the truth.
        correction: what ends it; None where nobody corrects it.
        put, leave_out: what the first record says otherwise than the truth, and what it lacks.
        register: what the household register says otherwise than the person's `fields`.
        died_on, moved_to: what the household register says of the person's life.
        known_to: of the departments that list entitled persons, those that know this one; None for
            all that would.
    """

    kind: str
    cause: str
    correction: Correction | None = None
    put: Mapping[str, Value] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    register: Mapping[str, Value] = field(default_factory=dict)
    died_on: str | None = None
    moved_to: str | None = None
    known_to: frozenset[str] | None = None

    def misrecorded(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        """These true values as the first record has them."""
        wrong = {name: self.put.get(name, value) for name, value in fields.items()}
        return {name: value for name, value in wrong.items() if name not in self.leave_out}
