"""The endings of the balance, and the way back, as one table of transitions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from muster.capture.domain.reasons import refusal
from muster.capture.domain.standing import COLLECTABLE, Entries, move, of_village, present, put
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import SubjectState


class Ending(StrEnum):
    """What may be recorded about a person beside a record; `reopened` takes any of them back."""

    DECLINED = "declined"
    MOVED_OUT = "moved_out"
    DEAD_BEFORE = "dead_before"
    DEAD_AFTER = "dead_after"
    INELIGIBLE = "ineligible"
    MERGED = "merged"
    REOPENED = "reopened"


CLOSED = frozenset(SubjectState) - COLLECTABLE

ALLOWED: Mapping[Ending, frozenset[SubjectState]] = {
    # Nobody declines after the fact: who was collected has confirmed the record with a signature.
    Ending.DECLINED: frozenset({SubjectState.OPEN}),
    Ending.MOVED_OUT: COLLECTABLE,
    Ending.DEAD_BEFORE: COLLECTABLE,
    Ending.DEAD_AFTER: COLLECTABLE,
    Ending.INELIGIBLE: COLLECTABLE,
    Ending.MERGED: COLLECTABLE,
    # A decline is final and never dispatched again (C10); only the person's own wish, recorded by
    # this very act, opens it again.
    Ending.REOPENED: CLOSED,
}
"""From which states of a village's entry each ending may be recorded."""


@dataclass(frozen=True, slots=True)
class Change:
    """One ending as it is asked for. `to_village` and `merged_into` belong to two of them."""

    ending: Ending
    village: str
    day: PartialDate | None = None
    to_village: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the table needs to know around the person."""

    standard_time: date
    today: date
    has_record: bool
    merge_target_stands: bool
    """The other subject exists, is not this one and was not itself merged."""


def apply(entries: Entries, change: Change, around: Surroundings) -> Entries:
    """The person's entries after the change.

    Raises Refusal: the person is not on that village's books, the state does not allow the
    ending, or what was given with it contradicts it.
    """
    here = of_village(entries, change.village)
    if here is None:
        raise refusal("not-in-village", status=409, kind="conflict")
    if here.state not in ALLOWED[change.ending]:
        raise refusal("ending-not-allowed", status=409, kind="conflict")
    _check_members(change)
    if change.ending is Ending.REOPENED:
        return _reopen(entries, here, around)
    if change.ending is Ending.MOVED_OUT and change.to_village is not None:
        if change.to_village == change.village:
            raise refusal("same-village")
        return move(entries, here, change.to_village, here.state)
    if change.ending in (Ending.DEAD_BEFORE, Ending.DEAD_AFTER):
        _check_death(change, around)
    if change.ending is Ending.MERGED and not around.merge_target_stands:
        raise refusal("merge-target")
    return put(entries, replace(here, state=SubjectState(change.ending.value)))


def _check_members(change: Change) -> None:
    if change.to_village is not None and change.ending is not Ending.MOVED_OUT:
        raise refusal("not-for-ending", field="to_village")
    if (change.merged_into is not None) is not (change.ending is Ending.MERGED):
        rule = "merge-target" if change.ending is Ending.MERGED else "not-for-ending"
        raise refusal(rule, field="merged_into")


def _check_death(change: Change, around: Surroundings) -> None:
    """Against the standard time (C6, C13). A date that may lie on either side is taken as said."""
    if change.day is None:
        raise refusal("date-required")
    if change.day.earliest() > around.today:
        raise refusal("date-in-future")
    if change.ending is Ending.DEAD_BEFORE and change.day.earliest() >= around.standard_time:
        raise refusal("dead-after-standard-time")
    if change.ending is Ending.DEAD_AFTER and change.day.latest() < around.standard_time:
        raise refusal("dead-before-standard-time")


def _reopen(entries: Entries, here: Entry, around: Surroundings) -> Entries:
    elsewhere = present(entries)
    if elsewhere is not None and elsewhere.village != here.village:
        raise refusal("stands-elsewhere", status=409, kind="conflict")
    state = SubjectState.COLLECTED if around.has_record else SubjectState.OPEN
    return put(entries, replace(here, state=state))
