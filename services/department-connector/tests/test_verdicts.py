"""The table of verdicts, and that comparing follows the profile (R73, R92)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.department_connector.domain import revealing, verdicts
from muster.department_connector.domain.verdicts import Standing
from muster.department_connector.handlers.reading import compared
from muster.forms.profile import Profile
from muster.vocabulary import resident_number

from .conftest import Bench, number_of, person, soldier

PROFILE = Profile.load("tongren")


@pytest.mark.parametrize(
    ("by_number", "by_name", "numbers_differ", "found", "of_everybody"),
    [
        (True, 0, False, Standing.FOUND, Standing.FOUND),
        (False, 0, False, Standing.ABSENT, Standing.ABSENT),
        (False, 1, False, Standing.FOUND, Standing.FOUND),
        (False, 1, True, Standing.AMBIGUOUS, Standing.NAMESAKE),
        (False, 2, False, Standing.AMBIGUOUS, Standing.AMBIGUOUS),
        (False, 2, True, Standing.AMBIGUOUS, Standing.NAMESAKE),
    ],
)
def test_how_somebody_is_found(
    by_number: bool, by_name: int, numbers_differ: bool, found: Standing, of_everybody: Standing
) -> None:
    """R73: to a register that names everybody, a number that it lacks is nobody's."""
    told = partial(verdicts.standing, by_number, by_name, numbers_differ=numbers_differ)
    assert told(everybody=False) is found
    assert told(everybody=True) is of_everybody


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("a",), ("a",)], ("a",)),
        ([("1969",), ("1969-12", "1969")], ("1969-12", "1969")),
        ([("a",), ("b",)], None),
        ([("a",), ("b",), ("a",)], None),
        ([("1969-11", "1969"), ("1969",), ("1969-12-03", "1969-12", "1969")], None),
    ],
)
def test_rows_of_one_number_say_one_thing_or_nothing(rows: Any, says: Any) -> None:
    """R73: in whichever order they stand; a row that does not have the field is none of them."""
    for order in permutations([*({"x": forms} for forms in rows), {"y": ("c",)}]):
        assert verdicts.together(order) == {"x": says, "y": ("c",)}


@pytest.mark.parametrize(
    ("found", "asked", "held", "everybody", "verdict"),
    [
        (Standing.FOUND, ("a",), ("a",), False, "match"),
        (Standing.FOUND, ("a",), ("b",), False, "mismatch"),
        (Standing.FOUND, ("1969-12-03", "1969-12", "1969"), ("1969",), False, "match"),
        (Standing.FOUND, ("1969",), ("1970-01-01", "1970-01", "1970"), False, "mismatch"),
        (Standing.FOUND, ("a",), None, True, "no_file"),
        (Standing.FOUND, None, ("a",), True, "undecided"),
        (Standing.FOUND, None, None, True, "no_file"),
        (Standing.ABSENT, ("a",), None, True, "no_such_person"),
        (Standing.ABSENT, ("a",), None, False, "no_file"),
        (Standing.NAMESAKE, ("a",), ("a",), True, "no_such_person"),
        (Standing.AMBIGUOUS, ("a",), ("a",), True, "undecided"),
        (Standing.AMBIGUOUS, ("a",), ("a",), False, "undecided"),
    ],
)
def test_the_table(found: Standing, asked: Any, held: Any, everybody: bool, verdict: str) -> None:
    values = {} if asked is None else {"x": asked}
    theirs = {} if held is None else {"x": held}
    given_ = verdicts.verdicts(["x"], found, values, theirs, everybody=everybody)
    assert given_ == {"x": verdict}


def _value(name: str) -> st.SearchStrategy[Any]:
    """Values that a record or a department may have in that field, odd ones among them."""
    asked = PROFILE.fields[name]
    if asked.type in ("code", "choice"):
        return st.sampled_from([option.id for option in asked.options])
    if asked.type == "boolean":
        return st.booleans()
    if asked.type == "date":
        return st.dates(date(1930, 1, 1), date(1932, 1, 1)).map(date.isoformat)
    if asked.type == "partial_date":
        days = st.dates(date(1930, 1, 1), date(1931, 1, 1)).map(date.isoformat)
        return st.tuples(days, st.sampled_from((4, 7, 10))).map(lambda pair: pair[0][: pair[1]])
    if asked.type == "area":
        return st.sampled_from([v.code for v in PROFILE.area_tree().villages()[:5]])
    return st.text(st.sampled_from("卓玛A1 ·•１"), min_size=1, max_size=4)


COMPARED = sorted({name for d in PROFILE.departments.values() for name in d.fields})


@given(st.data())
def test_match_is_what_the_profile_takes_for_equal(data: st.DataObject) -> None:
    """For any field and any two values: match exactly when the normal forms at the finest common
    precision, counted from the coarse end, are equal."""
    name = data.draw(st.sampled_from(COMPARED))
    ours, theirs = data.draw(_value(name)), data.draw(_value(name))
    given_ = verdicts.verdicts(
        [name],
        Standing.FOUND,
        compared(PROFILE, {name: ours}),
        compared(PROFILE, {name: theirs}),
        everybody=True,
    )[name]
    one, other = PROFILE.comparables(name, ours), PROFILE.comparables(name, theirs)
    common = min(len(one), len(other))
    assert given_ == ("match" if one[-common] == other[-common] else "mismatch")
    same = verdicts.verdicts(
        [name],
        Standing.FOUND,
        compared(PROFILE, {name: ours}),
        compared(PROFILE, {name: ours}),
        everybody=True,
    )
    assert same[name] == "match"


@given(st.lists(st.sampled_from(COMPARED), unique=True, min_size=1), st.sampled_from(Standing))
def test_every_asked_field_gets_one_verdict(asked: list[str], found: Standing) -> None:
    """Verification refuses an answer that lacks one or brings another."""
    assert verdicts.verdicts(asked, found, {}, {}, everybody=True).keys() == set(asked)


def test_a_day_of_the_quota_is_one_of_the_campaign() -> None:
    from datetime import UTC, datetime

    assert revealing.day_of(datetime(2017, 3, 1, 15, 59, tzinfo=UTC)) == date(2017, 3, 1)
    assert revealing.day_of(datetime(2017, 3, 1, 16, 0, tzinfo=UTC)) == date(2017, 3, 2)


# -- against data that were loaded -----------------------------------------------------------------


async def test_each_verdict_about_loaded_people(bench: Bench) -> None:
    """R92: agree, differ, nobody of that number, nothing of that kind, cannot be decided."""
    twice = [person(2, sex="1"), person(2, sex="2")]
    bench.load([person(1, former_name=None), *twice, person(3)])
    asked = ("sex", "former_name", "birth_date")
    assert await bench.ask({**person(1), "former_name": "某"}, *asked) == {
        "sex": "match",
        "former_name": "no_file",
        "birth_date": "match",
    }
    other = "1" if person(1)["sex"] == "2" else "2"
    assert (await bench.ask(person(1, sex=other), "sex"))["sex"] == "mismatch"
    assert await bench.ask(person(9), "sex") == {"sex": "no_such_person"}
    assert await bench.ask(person(2), "sex", "birth_date") == {
        "sex": "undecided",
        "birth_date": "match",
    }
    namesake = {**person(3), "resident_number": number_of(30)}
    assert await bench.ask(namesake, "sex") == {"sex": "no_such_person"}
    answers = [event.part for event in bench.spooled("verification-answered-")]
    assert [bool(answer.remark) for answer in answers] == [False, False, False, True, True]


async def test_who_is_not_in_a_list_has_no_file_there(blind: Bench) -> None:
    """The armed forces department does not know everybody."""
    blind.load([soldier(1, service_unit=None)])
    assert await blind.ask(soldier(2), "enlisted_on") == {"enlisted_on": "no_file"}
    assert await blind.ask(soldier(1), "enlisted_on", "service_unit") == {
        "enlisted_on": "match",
        "service_unit": "no_file",
    }


def _damaged(seed: int) -> str:
    number = number_of(seed)
    return number[:-1] + ("0" if number[-1] != "0" else "1")


@pytest.mark.parametrize(
    ("held", "asked", "verdict"),
    [
        (lambda: person(1, resident_number=_damaged(1)), lambda: person(1), "match"),
        (lambda: person(1), lambda: person(1, resident_number=_damaged(1)), "match"),
        (lambda: person(1), lambda: person(1, resident_number=None), "match"),
        (lambda: person(1, birth_date=None), lambda: person(1), "match"),
        (lambda: person(1, name=None), lambda: person(1), "match"),
        (lambda: person(1), lambda: person(1, resident_number=number_of(2)), "no_such_person"),
        (
            lambda: person(1, resident_number=_damaged(1)),
            lambda: person(1, name="别人"),
            "no_such_person",
        ),
    ],
)
async def test_found_by_name_and_birth_only_where_a_number_is_damaged(
    bench: Bench, held: Callable[[], Any], asked: Callable[[], Any], verdict: str
) -> None:
    bench.load([held()])
    assert await bench.ask(asked(), "sex") == {"sex": verdict}


async def test_harmless_differences_are_none(bench: Bench) -> None:
    """15 digits, wide signs, another dot, spaces, another code of the same place, year only."""
    name = "卓玛\u00b7才让"
    bench.load([person(1, name=name.replace("\u00b7", "\u2022"), household_address="隆务镇 １号")])
    asked = {
        **person(1, name=name, household_address="隆务镇1号"),
        "resident_number": resident_number.shorten(number_of(1)),
        "household_area": bench.village,
    }
    found = await bench.ask(asked, "household_address", "birth_date", "household_area", "sex")
    assert set(found.values()) == {"match"}


async def test_a_number_under_another_name_is_remarked(bench: Bench, blind: Bench) -> None:
    """R73: the number is the key item, and verdicts field by field do not say that it may be
    somebody else's. A list of soldiers may be wrong itself: it says nothing."""
    for one, maker, field in ((bench, person, "sex"), (blind, soldier, "enlisted_on")):
        one.load([maker(1, name="卓玛\u2022才让")])
        for name in ("卓玛\u00b7才让", "完玛措"):
            await one.ask(maker(1, name=name), field)
    same, other = [event.part for event in bench.spooled("verification-answered-")]
    assert same.verdicts == other.verdicts == {"sex": "match"}
    assert same.remark == ""
    assert "另一个姓名" in other.remark
    assert "another name" in other.remark
    assert [event.part.remark for event in blind.spooled("verification-")] == ["", ""]


async def test_a_year_is_compared_as_a_year(blind: Bench) -> None:
    blind.load([soldier(1, enlisted_on="1969", discharged_on="1975-03")])
    values = soldier(1, enlisted_on="1969-12-03", discharged_on="1976")
    assert await blind.ask(values, "enlisted_on", "discharged_on") == {
        "enlisted_on": "match",
        "discharged_on": "mismatch",
    }


@pytest.mark.parametrize(("cut", "fill"), [(12, ""), (9, ""), (9, "000"), (6, "")])
async def test_a_township_or_a_county_is_compared_as_such(
    bench: Bench, cut: int, fill: str
) -> None:
    """R73, R92: a register that goes down to the county only, by its six digits, contradicts
    nobody's village; one that names another county does."""
    here, there = bench.village[:cut] + fill, "632322101203"[:cut] + fill
    bench.load([person(1, household_area=here), person(2, household_area=there)])
    for seed, expected in ((1, "match"), (2, "mismatch")):
        asked = person(seed, household_area=bench.village)
        assert await bench.ask(asked, "household_area") == {"household_area": expected}


async def test_nothing_is_said_about_what_a_department_does_not_answer_for(bench: Bench) -> None:
    """R74: whoever asked for a number or another's matter, would learn nothing."""
    bench.load([person(1)])
    asked = ("resident_number", "enlisted_on", "no_such_field")
    fields = {**person(1), "enlisted_on": "1969", "no_such_field": "x"}
    assert set((await bench.ask(fields, *asked)).values()) == {"no_file"}


@pytest.mark.parametrize(
    ("held", "asked", "verdict"),
    [
        (["才让·多杰"], "才让·多杰", "match"),
        (["才让·多杰"], "才让•多杰", "match"),
        (["才让・多杰"], "才让 多杰", "match"),
        (["Ａ才让"], "a\u3000才让", "match"),
        (["才让·多杰"], "才让·多吉", "mismatch"),
        (["才让·多杰", "才让多杰"], "才让·多吉", "mismatch"),
        (["才让", "多杰"], "才让", "undecided"),
        (["才让", "多杰"], "卓玛", "undecided"),
        ([None], "才让", "no_file"),
        ([], "才让", "no_such_person"),
    ],
)
async def test_public_security_answers_for_the_name(
    bench: Bench, held: list[str | None], asked: str, verdict: str
) -> None:
    """R73, R92: all five verdicts; signs that only look different are none, and rows that
    contradict each other decide nothing, in whichever order they stand."""
    for order in permutations(held):
        bench.load([*(person(1, name=name) for name in order), person(2)])
        found = await bench.ask(person(1, name=asked), "name", "sex")
        assert found["name"] == verdict
        assert found["sex"] == ("no_such_person" if not held else "match")
    told = bench.spooled("verification-answered-")[-1].part.remark
    assert ("contradict each other" in told) is (verdict == "undecided")


async def test_rows_of_one_number_are_one_person_by_name_too(bench: Bench) -> None:
    """Asked with a damaged number; rows of two numbers, or of none, may be two persons."""
    asked = person(1, resident_number=_damaged(1))
    other = resident_number.make(
        "632321", date.fromisoformat(person(1)["birth_date"]), int(number_of(1)[14:17]) ^ 1
    )
    for second, verdict in (
        (person(1), "match"),
        (person(1, resident_number=resident_number.shorten(number_of(1))), "match"),
        (person(1, resident_number=other), "undecided"),
        (person(1, resident_number=None), "undecided"),
    ):
        bench.load([person(1), second])
        assert await bench.ask(asked, "ethnicity") == {"ethnicity": verdict}
