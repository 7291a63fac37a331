"""The pure rules of counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from muster.forms.profile import Profile
from muster.reporting.domain import balance, progress, pulse
from muster.reporting.domain.balance import Counts, Tally
from muster.reporting.domain.progress import Uploads
from muster.vocabulary.states import AreaLevel, Origin, ReviewState, SubjectState

NOW = datetime(2018, 11, 20, 12, tzinfo=UTC)


def counts(*tallies: tuple[SubjectState, ReviewState | None, int]) -> Counts:
    made = Counts()
    for state, review, count in tallies:
        made.add(Tally("632321100001", Origin.BASELINE, state, review, count))
    return made


def test_collected_must_be_what_it_splits_into() -> None:
    """Design section 5, rule 8."""
    assert counts((SubjectState.COLLECTED, ReviewState.VERIFIED, 2)).balanced
    assert not counts((SubjectState.COLLECTED, None, 1)).balanced
    assert counts((SubjectState.OPEN, None, 1)).balanced


def test_both_sides_are_counted_by_themselves() -> None:
    odd = counts((SubjectState.OPEN, None, 2))
    odd.states[SubjectState.OPEN] -= 1
    assert not odd.balanced


@pytest.mark.parametrize("profile", ["tongren", "loudi"])
@pytest.mark.parametrize("level", [AreaLevel.VILLAGE, AreaLevel.TOWNSHIP, AreaLevel.COUNTY])
def test_every_level_adds_up_to_the_same_total(profile: str, level: AreaLevel) -> None:
    tree = Profile.load(profile).area_tree()
    tallies = [
        Tally(leaf.code, Origin.NEW, SubjectState.OPEN, None, 1 + number % 3)
        for number, leaf in enumerate(tree.leaves())
    ]
    areas, total = balance.roll_up(tallies, tree, level, tree.root.code)
    assert sum(one.expected for one in areas.values()) == total.expected
    assert total.expected == sum(t.count for t in tallies)
    wanted = {area.code for area in tree if area.level is level}
    zones = {leaf.code for leaf in tree.leaves() if leaf.code not in wanted}
    assert set(areas) <= wanted | zones


def test_an_area_in_which_nobody_was_counted_stands_there_with_nothing() -> None:
    tree = Profile.load("tongren").area_tree()
    areas, total = balance.roll_up([], tree, AreaLevel.VILLAGE, "632321")
    assert len(areas) > 50
    assert total.expected == 0


def test_who_declines_is_covered() -> None:
    """R99: the figure never presses anyone to register."""
    some = counts(
        (SubjectState.DECLINED, None, 1),
        (SubjectState.COLLECTED, ReviewState.VERIFIED, 1),
        (SubjectState.COLLECTED, ReviewState.SUBMITTED, 1),
        (SubjectState.OPEN, None, 1),
    )
    assert progress.coverage(some) == 0.75
    assert progress.verified_ratio(some) == 0.5
    assert progress.coverage(Counts()) is None
    assert progress.verified_ratio(Counts()) is None


def test_a_unit_with_work_left_uploads_within_the_cadence() -> None:
    """R68: at least once a week."""
    late, due = NOW - timedelta(days=7, seconds=1), NOW - timedelta(days=7)
    work = counts((SubjectState.OPEN, None, 1))
    back = counts((SubjectState.COLLECTED, ReviewState.RETURNED, 1))
    finished = counts((SubjectState.COLLECTED, ReviewState.VERIFIED, 5))
    assert progress.overdue(work, late, None, NOW, 7)
    assert progress.overdue(back, late, None, NOW, 7)
    assert not progress.overdue(work, due, late, NOW, 7)
    assert not progress.overdue(finished, late, None, NOW, 7)
    assert progress.overdue(work, None, late, NOW, 7)
    assert not progress.overdue(work, None, due, NOW, 7)
    assert not progress.overdue(work, None, None, NOW, 7)


def test_townships_upload_and_zones_without_any() -> None:
    tree = Profile.load("loudi").area_tree()
    units = progress.upload_units(tree, tree.root.code)
    assert {area.code for area in tree.townships()} <= set(units)
    covered = {leaf.code for leaf in tree.leaves() for u in units if tree.is_within(leaf.code, u)}
    assert covered == {leaf.code for leaf in tree.leaves()}
    assert len(units) == len(set(units))
    village = tree.villages()[0].code
    assert progress.upload_units(tree, village) == ()


def test_uploads_of_villages_count_for_their_township() -> None:
    tree = Profile.load("tongren").area_tree()
    village = tree.villages()[0]
    uploads = {village.code: Uploads(NOW, 2, 1), "632321": Uploads(NOW, 9, 9)}
    found = progress.within(tree, uploads, str(village.parent))
    assert found == Uploads(NOW, 2, 1)
    assert progress.within(tree, uploads, tree.villages()[1].code) is None


def test_windows_of_the_pulse() -> None:
    beat = pulse.Beat("capture-record-submitted", 3, "632321", NOW + timedelta(seconds=59))
    assert pulse.window_start(beat.at) == int(NOW.timestamp())
    assert beat.recent(NOW)
    assert not beat.recent(NOW + timedelta(hours=3))
    assert not beat.recent(NOW - timedelta(minutes=2))
    other = pulse.Beat("capture-record-submitted", 0, "632321", NOW)
    window = pulse.gather(
        int(NOW.timestamp()),
        [(beat.key, 2), (other.key, 3), ("x/0/431302", 1), ("damaged", 1)],
        frozenset({"632321"}),
    )
    assert window == pulse.Window(NOW, {"632321": {"capture-record-submitted": 5}})
