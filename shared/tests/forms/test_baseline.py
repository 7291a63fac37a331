"""Rows of a baseline workbook: noise goes, mistakes stay out, headings are recognised."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.forms import Profile
from muster.vocabulary import resident_number
from muster.vocabulary.states import Severity

TODAY = date(2018, 11, 20)
BIRTH = date(1950, 3, 4)
NUMBER = resident_number.make("632321", BIRTH, 1)
SHORT = resident_number.shorten(NUMBER)
TONGREN = Profile.load("tongren")
VILLAGE = TONGREN.area_tree().villages()[0]


def wide(text: str) -> str:
    """As a Chinese keyboard types it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def row(**changes: object) -> dict[str, Any]:
    cells: dict[str, object] = {
        "name": "某某",
        "resident_number": NUMBER,
        "household_area": VILLAGE.code,
    }
    return cells | changes


def found(
    profile: Profile, cells: dict[str, Any], categories: str = "烈士遗属"
) -> list[tuple[str, str]]:
    return [(r.field, r.rule) for r in profile.check_baseline(cells, categories, TODAY)[2]]


def test_a_row_needs_little(tongren: Profile) -> None:
    """R52, R53: the baseline is what a higher level had; the rest is collected."""
    fields, categories, reasons = tongren.check_baseline(row(), "退役士兵、残疾军人", TODAY)
    assert fields == row()
    assert categories == ["disabled_serviceman", "discharged_soldier"]
    assert reasons == []


@pytest.mark.parametrize("field", ["name", "resident_number", "household_area"])
def test_but_it_needs_that(tongren: Profile, field: str) -> None:
    """R69: without it nobody is found again."""
    for blank in (None, "", "  "):
        assert found(tongren, row(**{field: blank})) == [(field, "required")]


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("name", " 某某\u3000", "某某"),
        ("name", "某某•某某", "某某·某某"),
        ("name", "某某・某某", "某某·某某"),
        ("resident_number", f" {NUMBER} ", NUMBER),
        ("resident_number", wide(NUMBER), NUMBER),
        ("resident_number", f"{NUMBER[:6]} {NUMBER[6:]}", NUMBER),
        ("household_area", wide(VILLAGE.code), VILLAGE.code),
        ("household_area", int(VILLAGE.code), VILLAGE.code),
        ("household_area", float(VILLAGE.code), VILLAGE.code),
        ("household_area", "隆务镇隆务村委会", "632321100200"),
        ("birth_date", "1950/3/4", "1950-03-04"),
        ("birth_date", "1950.03.04", "1950-03-04"),
        ("birth_date", "19500304", "1950-03-04"),
        ("birth_date", 19500304, "1950-03-04"),
        ("birth_date", "1950年3月4日", "1950-03-04"),
        ("birth_date", wide("1950-03-04"), "1950-03-04"),
        ("birth_date", date(1950, 3, 4), "1950-03-04"),
        ("birth_date", datetime(1950, 3, 4), "1950-03-04"),  # noqa: DTZ001 - as calamine gives it
        ("birth_date", "1950-03-04 00:00:00", "1950-03-04"),
        ("sex", "男", "1"),
        ("sex", 1, "1"),
        ("sex", " 男性 ", "1"),
        ("ethnicity", "藏族", "04"),
        ("ethnicity", "藏", "04"),
        ("ethnicity", 4, "04"),
        ("political_status", "中共党员", "01"),
        ("phone", " 0973 1234567 ", "09731234567"),
        ("phone", 13900000000.0, "13900000000"),
        ("draws_regular_pension", "是", True),
        ("draws_regular_pension", "无", False),
        ("draws_regular_pension", True, True),
        ("martyr_relation", "儿子", "child"),
    ],
)
def test_harmless_noise_goes(tongren: Profile, field: str, cell: object, value: object) -> None:
    """R69: nobody is sent back for a space, a full-width digit or a name for its code."""
    fields, _, reasons = tongren.check_baseline(row(**{field: cell}), "烈士遗属", TODAY)
    assert fields[field] == value
    assert reasons == []


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("enlisted_on", "1968年12月", "1968-12"),
        ("enlisted_on", 1968, "1968"),
        ("enlisted_on", "1968/12", "1968-12"),
        ("service_status", "义务兵", "conscript"),
        ("disability_grade", "6级", 6),
        ("disability_grade", 6.0, 6),
    ],
)
def test_service_cells_too(tongren: Profile, field: str, cell: object, value: object) -> None:
    """R34, R35."""
    fields, _, reasons = tongren.check_baseline(row(**{field: cell}), "退役士兵", TODAY)
    assert (fields[field], reasons) == (value, [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"resident_number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")},
            ("resident_number", "number-check-digit"),
        ),
        ({"resident_number": NUMBER[:-1]}, ("resident_number", "number-length")),
        ({"birth_date": "1950-02-30"}, ("birth_date", "impossible-date")),
        ({"birth_date": "五零年"}, ("birth_date", "format-date")),
        ({"birth_date": "1950-03-05"}, ("birth_date", "number-matches-birth")),
        ({"household_area": "632321100999"}, ("household_area", "unknown-area")),
        ({"household_area": "某村"}, ("household_area", "unknown-area")),
        ({"household_area": "632321100"}, ("household_area", "area-not-lowest")),
        ({"sex": "雄"}, ("sex", "not-an-option")),
        ({"phone": "无此号码"}, ("phone", "format-phone")),
        ({"draws_regular_pension": "也许"}, ("draws_regular_pension", "format-boolean")),
        ({"enlisted_on": "1968"}, ("enlisted_on", "not-for-categories")),
        ({"rank": "x"}, ("record", "unknown-field")),
    ],
)
def test_a_mistake_is_refused_by_field_and_rule(
    tongren: Profile, changes: dict[str, object], expected: tuple[str, str]
) -> None:
    """R69: problem data does not go in; the reason says which field and why."""
    assert found(tongren, row(**changes)) == [expected]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("残疾军人", "disabled-serviceman-needs-service"),
        ("退役士兵、复员军人", "one-service-category"),
        ("退役士兵、伤残民兵民工", "disabled-militia-without-service"),
        ("海军上将", "unknown-category"),
        ("", "categories-required"),
    ],
)
def test_an_illegal_category_set_is_refused(tongren: Profile, text: str, rule: str) -> None:
    """R24, R26, R27, R69: one reason, and no others that follow from it."""
    assert found(tongren, row(), text) == [("categories", rule)]


def test_fifteen_digits_stay_fifteen_digits(tongren: Profile) -> None:
    """R53, R70: kept as given, with a warning that offers the new form."""
    fields, _, reasons = tongren.check_baseline(row(resident_number=SHORT), "烈士遗属", TODAY)
    assert fields["resident_number"] == SHORT
    assert [(r.rule, r.severity) for r in reasons] == [("number-old-form", Severity.WARN)]


def test_a_baseline_is_not_asked_what_only_collection_can_know(loudi: Profile) -> None:
    """R53: rules on completeness speak at collection."""
    village = loudi.area_tree().villages()[0].code
    cells = row(household_area=village, discharged_soldier_kind="国家供养")
    assert found(loudi, cells, "退役士兵") == []
    assert found(loudi, row(household_area=village), "伤残民兵民工") == []


def test_the_end_of_time_is_no_trouble() -> None:
    """R69: years near 9999 are refused like any other, not an error of ours."""
    cells = row(birth_date="9990-02-28", enlisted_on="9999", discharged_on="9999")
    assert ("birth_date", "birth-not-in-future") in found(TONGREN, cells, "退役士兵")


def test_a_zone_without_villages_is_itself_the_lowest(loudi: Profile) -> None:
    """R36: 娄底经开区 has no villages in the table, so its own code is taken."""
    zone = next(area.code for area in loudi.area_tree() if area.name == "娄底经开区")
    assert found(loudi, row(household_area=zone)) == []


@given(
    st.dictionaries(
        st.sampled_from(sorted(TONGREN.fields)),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(max_size=20),
            st.dates(),
            st.lists(st.text(max_size=3), max_size=3),
        ),
    ),
    st.text(max_size=20),
)
def test_any_cells_are_answered(cells: dict[str, object], categories: str) -> None:
    """R69: whatever a workbook holds, a row is taken or refused with reasons; nothing fails."""
    fields, _, reasons = TONGREN.check_baseline(cells, categories, TODAY)
    assert set(fields) <= set(cells)
    assert reasons


@given(st.text(alphabet="某甲乙 ·•・･\u3000xXｘＡ1１", max_size=8))
def test_values_are_compared_without_noise(text: str) -> None:
    """Comparing ignores width, spaces, dots and case, and is stable."""
    once = TONGREN.normalise("name", text)
    assert TONGREN.normalise("name", once) == once
    assert TONGREN.normalise("name", f" {wide(text)} ") == once
    assert not set(once) & set(" \u3000•・･x")


def test_comparing_numbers_and_others(tongren: Profile) -> None:
    """The old form of a number equals the new one; choices have no order."""
    assert tongren.normalise("resident_number", SHORT) == NUMBER
    assert tongren.normalise("resident_number", wide(NUMBER.lower())) == NUMBER
    assert tongren.normalise("resident_number", " 12x") == "12X"
    assert tongren.normalise("disability_grade", 6) == "6"
    assert tongren.normalise("draws_regular_pension", value=True) == "true"
    assert tongren.normalise("name", ["乙", "甲"]) == tongren.normalise("name", ["甲", "乙"])
    with pytest.raises(KeyError):
        tongren.normalise("rank", "x")


def test_headings_are_recognised_in_their_variants(tongren: Profile) -> None:
    """R52: labels in both languages, ids, variants, marks of obligation, stray spaces."""
    headings = [
        "序号", " 姓 名 ", "身份证号码*", "对象类别（必填）", "Date of birth", "household_area",
        None, "性别：", "姓名",
    ]  # fmt: skip
    assert tongren.columns(headings) == {
        1: "name",
        2: "resident_number",
        3: "categories",
        4: "birth_date",
        5: "household_area",
        7: "sex",
    }


def test_every_field_is_found_under_each_of_its_names(profile: Profile) -> None:
    """R52: no heading is taken by another field."""
    for field in profile.fields.values():
        for name in (field.id, field.zh, field.en, *field.headers):
            assert profile.columns([name]) == {0: field.id}
