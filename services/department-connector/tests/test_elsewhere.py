"""Files that were made elsewhere are read as a county clerk reads them (R69, R73, R96)."""

from __future__ import annotations

import pytest

from muster.department_connector.handlers import loading

from .conftest import Bench, person, soldier
from .test_loading import rows_of


@pytest.mark.parametrize("mark", ["无", "/", "——", "不详", "N/A", "null", '=""'])
def test_a_mark_of_an_empty_cell_is_no_value(bench: Bench, mark: str) -> None:
    """R73: nobody's former name is 无, nobody died on 无 or moved to —."""
    marked = dict.fromkeys(("former_name", "died_on", "moved_to", "household_area"), mark)
    report = bench.load([person(1, **marked)])
    assert (report.rows, report.by_rule) == (1, {})
    assert rows_of(bench) == [person(1)]


@pytest.mark.parametrize(
    ("verdict", "names"),
    [
        ("match", "隆务镇 同仁县隆务镇 青海省黄南州同仁县隆务镇 同仁县 同仁市 黄南州 隆务镇隆务村"),
        ("mismatch", "保安镇 同仁县保安镇 青海省黄南藏族自治州同仁县保安镇"),
    ],
)
async def test_areas_of_every_level_by_name(bench: Bench, verdict: str, names: str) -> None:
    """R73: who is registered in a township or a county by name is compared at that precision."""
    for name in names.split():
        assert bench.load([person(1, household_area=name)]).by_rule == {}
        asked = {**person(1), "household_area": "632321100200"}
        assert await bench.ask(asked, "household_area") == {"household_area": verdict}, name


def test_a_month_that_a_number_has_lost_is_said(bench: Bench, blind: Bench) -> None:
    """R69: of 1969.10 a workbook keeps 1969.1; the year is taken and the row named."""
    people = [soldier(1, enlisted_on=1969.1, discharged_on=1975.12)]
    report = loading.load_file(blind.connector, blind.file(people, "data.xlsx"))
    assert [(why.field, why.rule) for _, why in report.findings] == [
        ("enlisted_on", "month-lost-zero")
    ]
    assert (rows_of(blind)[0]["enlisted_on"], rows_of(blind)[0]["discharged_on"]) == (
        "1969",
        "1975-12",
    )
    people = [person(1, birth_date=1951.1, died_on=2016.1)]
    report = loading.load_file(bench.connector, bench.file(people, "data.xlsx"))
    assert report.by_rule == {"month-lost-zero": 2}
    assert (rows_of(bench)[0]["birth_date"], rows_of(bench)[0]["died_on"]) == ("1951", "2016")


async def test_an_address_with_its_province_is_the_same(bench: Bench) -> None:
    """R73: a register writes the whole path, a desk does not."""
    path = "青海省黄南藏族自治州"
    bench.load([person(1, household_address=f"{path}同仁县隆务镇隆务村12号")])
    for address, verdict in (
        ("同仁县隆务镇隆务村12号", "match"),
        ("隆务镇隆务村委会12号", "match"),
        ("隆务镇隆务村13号", "mismatch"),
        ("保安镇12号", "mismatch"),
    ):
        asked = person(1, household_address=address)
        found = await bench.ask(asked, "household_address")
        assert found == {"household_address": verdict}, address
