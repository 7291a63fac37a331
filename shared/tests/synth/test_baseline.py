"""The scorer: what was planted is refused by its rule, what is harmless is not refused."""

from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from muster.forms import Profile
from muster.synth.dirt import DIRT
from muster.synth.noise import NOISE
from muster.vocabulary.reasons import Reason, refused

TODAY = date(2019, 1, 15)


@pytest.fixture(scope="module")
def checked(made: Any) -> dict[int, list[Reason]]:
    """Reasons by row number, as an import of the workbook finds them."""
    profile: Profile = made.county.profile
    rows = CalamineWorkbook.from_path(str(made.folder / "baseline.xlsx")).get_sheet_by_index(0)
    heading, *body = rows.to_python(skip_empty_area=False)
    columns = profile.columns(heading)
    found = {}
    for number, cells in enumerate(body, start=2):
        named = {name: cells[index] for index, name in columns.items()}
        categories = str(named.pop("categories") or "")
        found[number] = profile.check_baseline(named, categories, TODAY)[2]
    return found


def test_every_planted_mistake_is_refused_by_its_rule(
    made: Any, checked: dict[int, list[Reason]]
) -> None:
    planted = made.truth["baseline"]["refused"]
    missed = [
        (one["kind"], one["field"], one["rule"])
        for one in planted
        if (one["field"], one["rule"])
        not in {(r.field, r.rule) for r in checked[one["row"]] if refused([r])}
    ]
    assert planted
    assert missed == []


def test_nothing_else_is_refused(made: Any, checked: dict[int, list[Reason]]) -> None:
    planted = {one["row"] for one in made.truth["baseline"]["refused"]}
    noisy = {one["row"]: one["kinds"] for one in made.truth["baseline"]["noise"]}
    wrongly = [
        (noisy.get(row), [(r.field, r.rule) for r in reasons if refused([r])])
        for row, reasons in checked.items()
        if row not in planted and refused(reasons)
    ]
    assert noisy
    assert wrongly == []


def test_every_row_of_the_workbook_is_accounted_for(
    made: Any, checked: dict[int, list[Reason]]
) -> None:
    baseline = made.truth["baseline"]
    rows = {p["archive"]["row"] for p in made.people if "archive" in p}
    twice = {one["row"] for one in baseline["twice"]}
    assert rows.isdisjoint(twice)
    assert rows | twice == set(checked)
    assert len(checked) == baseline["rows"]
    assert 0.8 * len(made.people) < len(rows) < 0.95 * len(made.people)


def test_all_kinds_of_dirt_and_noise_occur(made: Any) -> None:
    """Rare ones included, so that a run of this size exercises every rule there is."""
    dirt = {one["kind"] for one in made.truth["baseline"]["refused"]}
    noise = {
        kind.partition(":")[0] for one in made.truth["baseline"]["noise"] for kind in one["kinds"]
    }
    assert len(dirt) >= len(DIRT) - 4
    assert len(noise) >= len(NOISE) - 3


def test_dirt_and_noise_never_share_a_row(made: Any) -> None:
    baseline = made.truth["baseline"]
    assert {one["row"] for one in baseline["refused"]}.isdisjoint(
        one["row"] for one in baseline["noise"]
    )


def test_what_the_archive_says_is_taken(made: Any) -> None:
    """Mending a refused row from the archive must succeed, or it would go in circles."""
    profile: Profile = made.county.profile
    for person in made.people:
        cells = dict(person.get("archive", {}).get("cells", {}))
        if cells:
            categories = str(cells.pop("categories"))
            assert not refused(profile.check_baseline(cells, categories, TODAY)[2])
