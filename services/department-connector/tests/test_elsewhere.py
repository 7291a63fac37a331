"""Files that were made elsewhere are read as a county clerk reads them (R69, R73, R96)."""

from __future__ import annotations

from typing import Any

import pytest

from muster.department_connector.handlers import columns, loading

from .conftest import Bench, csv_of, number_of, person, soldier
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


@pytest.mark.parametrize("heading", ["去世日期", "去世时间", "死亡年月", "死亡注销日期"])
def test_a_death_by_its_headings(bench: Bench, heading: str) -> None:
    """R48: whoever was dead before the standard time is not collected."""
    assert told_by(bench, "死亡日期", heading, person(1, died_on="201605")) == "2016-05"


@pytest.mark.parametrize("heading", ["迁往地址", "迁往何地", "迁出地", "迁出去向", '="迁往地"'])
def test_a_move_by_its_headings(bench: Bench, heading: str) -> None:
    """R48."""
    assert told_by(bench, "迁往地", heading, person(1, moved_to="长沙市")) == "长沙市"


def test_a_registration_that_was_struck_off_is_no_death(bench: Bench) -> None:
    """R48: it is also struck off for a move or because it stood there twice."""
    assert told_by(bench, "死亡日期", "注销日期", person(1, died_on="2016-05-04")) is None


def told_by(bench: Bench, label: str, heading: str, one: dict[str, Any]) -> object:
    """What is kept of a column that has another heading."""
    table = bench.table([one])
    place = table[0].index(label)
    table[0][place] = heading
    path = bench.home.parent / "data.csv"
    path.write_bytes(csv_of(table))
    loading.load_file(bench.connector, path)
    name = {"死亡日期": "died_on", "迁往地": "moved_to"}[label]
    return rows_of(bench)[0].get(name)


def test_a_register_without_deaths_and_moves_is_warned_of(bench: Bench, blind: Bench) -> None:
    """R48, R96: everybody in such a file counts as alive and here. One of the two is enough, and a
    list of soldiers has neither."""
    for one, left_out, rules in (
        (bench, ("died_on", "moved_to"), ["lives-missing"]),
        (bench, ("died_on",), []),
        (bench, ("moved_to",), []),
        (blind, ("died_on", "moved_to"), []),
    ):
        path = one.home.parent / "data.csv"
        maker = person if one is bench else soldier
        path.write_bytes(csv_of(one.table([maker(1)], leave_out=left_out)))
        report = loading.load_file(one.connector, path)
        assert [why.rule for why in report.remarks] == rules
        assert [why["rule"] for why in report.as_dict()["remarks"]] == rules


@pytest.mark.parametrize(
    ("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")]
)
def test_columns_are_called_as_a_spreadsheet_does(place: int, name: str) -> None:
    assert columns.letters(place) == name


@pytest.mark.parametrize(
    "form", ["'{}", "’{}", '="{}"', "\t{}", "{}\t", "\ufeff{}", "\u200b{}\u200b"]
)
def test_a_number_as_spreadsheets_wrap_it(bench: Bench, form: str) -> None:
    """R69: that it does not lose its digits, people make it a text in many ways."""
    report = bench.load([person(1, resident_number=form.format(number_of(1)))])
    assert report.by_rule == {}
    assert rows_of(bench) == [{**person(1), "household_area": bench.village}]
