"""Where a person stands, and the table of endings: pure rules."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.capture.domain import endings
from muster.capture.domain.endings import ALLOWED, Change, Ending, Surroundings
from muster.capture.domain.standing import Entries, collect, present, rebase
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, SubjectState

STANDARD = date(2018, 10, 1)
TODAY = date(2018, 12, 1)
VILLAGES = ("632321100001", "632321100002", "632321201201")
BEFORE, AFTER = PartialDate(2018, 9, 30), PartialDate(2018, 10, 1)


def around(*, has_record: bool = False, target: bool = True) -> Surroundings:
    return Surroundings(STANDARD, TODAY, has_record, target)


def stands(state: SubjectState = SubjectState.OPEN) -> Entries:
    return (Entry(VILLAGES[0], Origin.BASELINE, state),)


def change(ending: Ending, village: str = VILLAGES[0], **more: object) -> Change:
    if ending is Ending.DEAD_BEFORE:
        more.setdefault("day", BEFORE)
    if ending is Ending.DEAD_AFTER:
        more.setdefault("day", AFTER)
    if ending is Ending.MERGED:
        more.setdefault("merged_into", "another")
    return Change(ending, village, **more)  # type: ignore[arg-type]


def rule_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.reasons[0].rule


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("state", SubjectState)
def test_an_ending_is_taken_from_the_allowed_states_only(
    ending: Ending, state: SubjectState
) -> None:
    """R99: who declined is declined for good until they themselves wish otherwise; who has
    signed a record did not decline."""
    closed = set(SubjectState) - {SubjectState.OPEN, SubjectState.COLLECTED}
    takes = {
        Ending.DECLINED: {SubjectState.OPEN},
        Ending.REOPENED: closed,
    }.get(ending, {SubjectState.OPEN, SubjectState.COLLECTED})
    if state in takes:
        after = endings.apply(stands(state), change(ending), around())
        expected = SubjectState.OPEN if ending is Ending.REOPENED else SubjectState(ending.value)
        assert after == stands(expected)
    else:
        with pytest.raises(Refusal) as refused:
            endings.apply(stands(state), change(ending), around())
        assert rule_of(refused) == "ending-not-allowed"
        assert refused.value.status == 409
    assert set(ALLOWED) == set(Ending)


@pytest.mark.parametrize(
    ("ending", "day", "rule"),
    [
        (Ending.DEAD_BEFORE, None, "date-required"),
        (Ending.DEAD_AFTER, None, "date-required"),
        (Ending.DEAD_BEFORE, PartialDate(2018, 9, 30), None),
        (Ending.DEAD_BEFORE, PartialDate(2018, 10, 1), "dead-after-standard-time"),
        (Ending.DEAD_BEFORE, PartialDate(2018, 10), "dead-after-standard-time"),
        (Ending.DEAD_AFTER, PartialDate(2018, 9, 30), "dead-before-standard-time"),
        (Ending.DEAD_AFTER, PartialDate(2018, 9), "dead-before-standard-time"),
        (Ending.DEAD_AFTER, PartialDate(2018, 10, 1), None),
        (Ending.DEAD_AFTER, PartialDate(2019, 1, 1), "date-in-future"),
        # Only the year is known: it may lie on either side.
        (Ending.DEAD_BEFORE, PartialDate(2018), None),
        (Ending.DEAD_AFTER, PartialDate(2018), None),
    ],
)
def test_a_death_is_held_against_the_standard_time(
    ending: Ending, day: PartialDate | None, rule: str | None
) -> None:
    asked = Change(ending, VILLAGES[0], day)
    if rule is None:
        assert present(endings.apply(stands(), asked, around())) is not None
        return
    with pytest.raises(Refusal) as refused:
        endings.apply(stands(), asked, around())
    assert rule_of(refused) == rule


def test_a_move_leaves_both_villages_in_balance() -> None:
    """R106: who moves is gone from one village and new in the other, and lost in neither."""
    moved = endings.apply(stands(), change(Ending.MOVED_OUT, to_village=VILLAGES[1]), around())
    assert moved == (
        Entry(VILLAGES[0], Origin.BASELINE, SubjectState.MOVED_OUT),
        Entry(VILLAGES[1], Origin.MOVED_IN, SubjectState.OPEN),
    )
    back = endings.apply(
        moved, change(Ending.MOVED_OUT, VILLAGES[1], to_village=VILLAGES[0]), around()
    )
    assert back == (
        Entry(VILLAGES[0], Origin.BASELINE, SubjectState.OPEN),
        Entry(VILLAGES[1], Origin.MOVED_IN, SubjectState.MOVED_OUT),
    )


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (change(Ending.DECLINED, VILLAGES[2]), "not-in-village"),
        (change(Ending.DECLINED, to_village=VILLAGES[1]), "not-for-ending"),
        (change(Ending.DECLINED, merged_into="another"), "not-for-ending"),
        (change(Ending.MOVED_OUT, to_village=VILLAGES[0]), "same-village"),
        (Change(Ending.MERGED, VILLAGES[0]), "merge-target"),
    ],
)
def test_what_contradicts_an_ending_is_refused(asked: Change, rule: str) -> None:
    with pytest.raises(Refusal) as refused:
        endings.apply(stands(), asked, around())
    assert rule_of(refused) == rule


def test_nobody_is_merged_into_somebody_who_does_not_stand() -> None:
    with pytest.raises(Refusal) as refused:
        endings.apply(stands(), change(Ending.MERGED), around(target=False))
    assert rule_of(refused) == "merge-target"


def test_who_stands_elsewhere_is_not_reopened_here() -> None:
    moved = endings.apply(stands(), change(Ending.MOVED_OUT, to_village=VILLAGES[1]), around())
    with pytest.raises(Refusal) as refused:
        endings.apply(moved, change(Ending.REOPENED), around())
    assert rule_of(refused) == "stands-elsewhere"


def test_reopened_with_a_record_is_collected_again() -> None:
    gone = stands(SubjectState.DEAD_AFTER)
    reopened = endings.apply(gone, change(Ending.REOPENED), around(has_record=True))
    assert reopened == stands(SubjectState.COLLECTED)


def test_a_record_from_another_village_moves_the_person() -> None:
    """A wrong village in a baseline never blocks a valid update (design, section 5, rule 4)."""
    assert collect((), VILLAGES[0]) == (Entry(VILLAGES[0], Origin.NEW, SubjectState.COLLECTED),)
    assert collect(stands(), VILLAGES[0]) == stands(SubjectState.COLLECTED)
    assert collect(stands(), VILLAGES[1]) == (
        Entry(VILLAGES[0], Origin.BASELINE, SubjectState.MOVED_OUT),
        Entry(VILLAGES[1], Origin.MOVED_IN, SubjectState.COLLECTED),
    )
    assert collect(stands(SubjectState.DECLINED), VILLAGES[0]) is None
    assert collect(stands(SubjectState.MOVED_OUT), VILLAGES[0]) is None


def test_a_newer_baseline_moves_only_whom_nobody_has_worked_on() -> None:
    assert rebase(stands(), VILLAGES[1]) == (
        Entry(VILLAGES[1], Origin.BASELINE, SubjectState.OPEN),
    )
    for kept in (stands(SubjectState.COLLECTED), stands(SubjectState.DECLINED)):
        assert rebase(kept, VILLAGES[1]) == kept
    roster = (Entry(VILLAGES[0], Origin.ROSTER, SubjectState.OPEN),)
    assert rebase(roster, VILLAGES[1]) == roster


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.sampled_from(VILLAGES)),
        st.builds(
            Change,
            ending=st.sampled_from(list(Ending)),
            village=st.sampled_from(VILLAGES),
            day=st.sampled_from([None, BEFORE, AFTER]),
            to_village=st.sampled_from([None, *VILLAGES]),
            merged_into=st.sampled_from([None, "another"]),
        ),
    ),
    max_size=25,
)


@given(_STEPS)
def test_the_balance_holds_whatever_happens(steps: list[object]) -> None:
    """R106: after any sequence of records and endings everyone counts exactly once.

    Per village both sides are equal; a person is present in at most one village; every move out
    that stayed in the campaign has its move in; nothing that was refused changed anything.
    """
    entries = stands()
    has_record = False
    left_campaign = False
    for step in steps:
        before = entries
        try:
            if isinstance(step, Change):
                entries = endings.apply(before, step, around(has_record=has_record))
                if step.ending is Ending.MOVED_OUT:
                    left_campaign = step.to_village is None
                elif step.ending is Ending.REOPENED:
                    left_campaign = False
            else:
                entries = collect(before, step[1]) or before  # type: ignore[index]
                has_record = has_record or entries != before
        except Refusal:
            assert entries is before
        villages = [entry.village for entry in entries]
        assert villages == sorted(set(villages))
        here = [entry for entry in entries if entry.state is not SubjectState.MOVED_OUT]
        assert len(here) == (0 if left_campaign else 1)
        origins = Counter(entry.origin for entry in entries)
        assert origins[Origin.BASELINE] == 1
        assert origins[Origin.MOVED_IN] == len(entries) - 1
        gone = sum(entry.state is SubjectState.MOVED_OUT for entry in entries)
        # What moved in equals what moved out, but for who left the campaign's area.
        assert gone - origins[Origin.MOVED_IN] == int(left_campaign)
