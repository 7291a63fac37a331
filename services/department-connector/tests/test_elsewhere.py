"""Files that were made elsewhere are read as a county clerk reads them (R69, R73, R96)."""

from __future__ import annotations

from typing import Any

import pytest

from muster.department_connector.domain.verdicts import agree
from muster.department_connector.handlers import columns, loading, supplying
from muster.security import matching

from .conftest import Bench, csv_of, number_of, person, soldier, xlsx_of
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
    """C13: whoever was dead before the standard time is not collected."""
    assert told_by(bench, "死亡日期", heading, person(1, died_on="201605")) == "2016-05"


@pytest.mark.parametrize("heading", ["迁往地址", "迁往何地", "迁出去向", '="迁往地"'])
def test_a_move_by_its_headings(bench: Bench, heading: str) -> None:
    """C13: and whoever left the campaign's area before it began (R106)."""
    assert told_by(bench, "迁往地", heading, person(1, moved_to="长沙市")) == "长沙市"


def test_a_registration_that_was_struck_off_is_no_death(bench: Bench) -> None:
    """C13: it is also struck off for a move or because it stood there twice."""
    assert told_by(bench, "死亡日期", "注销日期", person(1, died_on="2016-05-04")) is None


def test_where_somebody_came_from_is_no_move_away(bench: Bench) -> None:
    """R106: whoever came from elsewhere lives here."""
    assert told_by(bench, "迁往地", "迁出地", person(1, moved_to="长沙市")) is None


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
    """R96, R106: everybody in such a file counts as alive and here. One of the two is enough, and a
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


# -- everything at once ----------------------------------------------------------------------------

VILLAGE = "632321100200"
"""隆务村委会 of 隆务镇."""


def load_elsewhere(bench: Bench, name: str, content: bytes, headings: Any) -> loading.Report:
    """Load a file that has no column for some of what the department answers for."""
    path = bench.home.parent / name
    path.write_bytes(content)
    known = set(bench.profile.columns(headings).values())
    without = [n for n in bench.connector.department.fields if n not in known]
    return loading.load_file(bench.connector, path, without)


def differing(bench: Bench, record: dict[str, Any]) -> list[str]:
    """Fields of a record whose codes contradict those that the department supplies, as the
    cross-check finds them: at the finest precision that both have."""
    supplying.supply(bench.connector)
    key = bench.keys[f"blind/{bench.connector.department.id}"]
    ours = matching.person(key, bench.profile, record, record)
    rows = [
        row for event in bench.spooled("crosscheck-") for row in getattr(event.part, "rows", ())
    ]
    *_, theirs = [row.blinds for row in rows if row.blinds.number == ours.number]
    common = ours.fields.keys() & theirs.fields.keys()
    pairs = {n: (ours.fields[n], theirs.fields[n]) for n in common}
    return sorted(n for n, (one, other) in pairs.items() if not agree(one, other))


async def test_a_csv_made_elsewhere(bench: Bench) -> None:
    """R69, R73, R96: a register as an office exports it, in GB18030, below a title. Whoever is
    right is said to be right, by verdict and by code; who is wrong is not covered up."""
    right = {
        **person(1, name="卓玛·央金", household_address="隆务镇隆务村12号"),
        "household_area": VILLAGE,
    }
    number, other = (f'="{number_of(seed)}"' for seed in (1, 2))
    birth = right["birth_date"].replace("-", "")
    path = "青海省黄南藏族自治州同仁市隆务镇隆务村民委员会"
    headings = [
        *("序号", "人员姓名", "曾用名", "性别", "民族", "出生年月日", "公民身份证号码"),
        *("户口所在地", "户籍住址", "去世日期", "迁往何地"),
    ]
    name, sex = "卓玛．央\u200b金", {"1": "男", "2": "女"}[right["sex"]]
    rows = [
        ["1", name, "无", sex, "藏", birth, number, "同仁县隆务镇隆务村", f"{path}12号"],
        ["2", "'某某", "/", "——", "汉", "", other, "保安镇", "保安镇3号", "201605", "西宁市"],
        ["3", "某某某", "不详", "", "", "", f"\t{number_of(3)}\u2060", "隆务镇", "N/A", "——", "无"],
    ]
    for row in rows:
        row.extend([""] * (len(headings) - len(row)))
    content = csv_of([["同仁县居民花名册"], headings, *rows], "gb18030")
    report = load_elsewhere(bench, "register.csv", content, headings)
    assert (report.rows, report.by_rule, report.unused_columns) == (3, {}, ("A",))
    assert report.remarks == []
    held = {fields["resident_number"]: fields for fields in rows_of(bench)}
    assert held[number_of(2)] == {
        "name": "某某",
        "ethnicity": "01",
        "resident_number": number_of(2),
        "household_area": "632321101",
        "household_address": "保安镇3号",
        "died_on": "2016-05",
        "moved_to": "西宁市",
    }
    assert held[number_of(3)].keys() == {"name", "resident_number", "household_area"}
    asked = [*(name for name in right if name != "resident_number"), "former_name"]
    verdicts = await bench.ask(right, *asked)
    assert verdicts.pop("former_name") == "no_file"
    assert set(verdicts.values()) == {"match"}
    assert differing(bench, right) == []
    wrong = {**right, "household_address": "保安镇12号", "household_area": "632321101200"}
    verdicts = await bench.ask(wrong, *asked)
    assert {n for n, said in verdicts.items() if said == "mismatch"} == {
        "household_address",
        "household_area",
    }
    assert differing(bench, wrong) == ["household_address", "household_area"]


async def test_a_workbook_made_elsewhere(blind: Bench) -> None:
    """R69, R73, R96: a list of soldiers in which Excel has had its way with dates and numbers."""
    headings = ["姓名", "身份证", "户籍地", "入伍年月", "退役年月", "部队番号", "士兵证号", "备注"]
    rows = [
        ["卓玛\u2219央金", f"'{number_of(1)}", "隆务村", 1969.1, 197503, "某部一分队", "—", "某"],
        ["某某", f'="{number_of(2)}"', "同仁市", 1969.12, "1975.3", "不详", '="008"', None],
    ]
    report = load_elsewhere(blind, "soldiers.xlsx", xlsx_of([headings, *rows]), headings)
    assert [(row, why.field, why.rule) for row, why in report.findings] == [
        (2, "enlisted_on", "month-lost-zero")
    ]
    assert (report.rows, report.unused_columns, report.remarks) == (2, ("H",), [])
    first = {
        "name": "卓玛·央金",
        "resident_number": number_of(1),
        "household_area": VILLAGE,
        "enlisted_on": "1969-10",
        "discharged_on": "1975-03-04",
        "service_unit": "某部一分队",
        "service_number": "123",
    }
    second = {
        **first,
        "name": "某某",
        "resident_number": number_of(2),
        "enlisted_on": "1969-12-03",
        "service_number": "008",
    }
    for record, lacking in ((first, "service_number"), (second, "service_unit")):
        asked = ("enlisted_on", "discharged_on", "service_unit", "service_number")
        verdicts = await blind.ask(record, *asked)
        assert verdicts.pop(lacking) == "no_file"
        assert set(verdicts.values()) == {"match"}
        assert differing(blind, record) == []
    late = {**first, "enlisted_on": "1970", "discharged_on": "1975-04"}
    assert differing(blind, late) == ["discharged_on", "enlisted_on"]
