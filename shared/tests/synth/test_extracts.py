"""Files of departments and villages: who stands in them, and which differences mean nothing."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from muster.forms import Profile
from muster.synth.departments import comparing, registers
from muster.synth.harmless import HABITS
from muster.vocabulary import resident_number

STATUS = ["死亡日期", "迁往地"]


def _sheet(path: Path) -> list[list[Any]]:
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


@pytest.fixture(scope="module")
def files(made: Any) -> dict[str, tuple[list[str], list[dict[str, Any]]]]:
    """By department: the field ids of its columns, and its rows by field id and status heading."""
    found = {}
    for path in (made.folder / "departments").glob("*.xlsx"):
        heading, *rows = _sheet(path)
        columns = made.county.profile.columns(heading)
        names = [columns.get(index, text) for index, text in enumerate(heading)]
        found[path.stem] = (names, [dict(zip(names, row, strict=True)) for row in rows])
    return found


def _number(row: dict[str, Any]) -> str:
    return resident_number.canonical(row["resident_number"])


def test_each_department_that_compares_has_a_file_of_its_own_fields(
    made: Any, files: dict[str, Any]
) -> None:
    """R74: nobody supplies what they do not answer for."""
    departments = comparing(made.county.profile)
    assert set(files) == {d.id for d in departments}
    for department in departments:
        names, rows = files[department.id]
        found_by = {*department.identified_by, "birth_date", "household_area"}
        assert set(names) == {*found_by, *department.fields, *STATUS}
        assert len(rows) == made.truth["departments"][department.id]["rows"]
        assert len({_number(row) for row in rows}) == len(rows)
        assert all(row["name"] and row["household_area"] for row in rows)
    outline = made.folder / "county.json"
    assert all(f"departments/{name}.xlsx" in outline.read_text("utf-8") for name in files)


def test_a_department_knows_those_whom_its_matters_touch(made: Any, files: dict[str, Any]) -> None:
    profile: Profile = made.county.profile
    people = {str(p.fields["resident_number"]): p for p in made.county.people}
    register = {d.id for d in registers(profile)}
    for department in comparing(profile):
        numbers = {_number(row) for row in files[department.id][1]}
        if department.id in register:
            missing = {n for n in people if n not in numbers}
            assert {people[n].ending for n in missing} <= {"merged", "open", "collected"}
            assert all(
                people[n].planted == "duplicate" or people[n].ending == "merged" for n in missing
            )
        elif department.fields:
            assert numbers <= people.keys()
            assert all(any(f in people[n].fields for f in department.fields) for n in numbers)
        else:
            assert 0.15 < len(numbers) / len(people) < 0.35


def test_the_register_has_bystanders_too(made: Any, files: dict[str, Any]) -> None:
    numbers = {p.fields["resident_number"] for p in made.county.people}
    for department in registers(made.county.profile):
        rows = files[department.id][1]
        strangers = [row for row in rows if _number(row) not in numbers]
        assert len(strangers) == made.truth["departments"][department.id]["bystanders"] > 20
        names = {(p.fields["name"], p.fields["birth_date"]) for p in made.county.people}
        assert any((row["name"], row["birth_date"]) in names for row in strangers)


def test_only_the_register_tells_of_deaths_and_moves(made: Any, files: dict[str, Any]) -> None:
    register = {d.id for d in registers(made.county.profile)}
    tree = made.county.profile.area_tree()
    for name, (_, rows) in files.items():
        told = Counter(head for row in rows for head in STATUS if row[head])
        assert (set(told) == set(STATUS)) is (name in register)
        for place in (row["迁往地"] for row in rows if row["迁往地"]):
            assert place not in tree or tree.children(place) == ()
    moves = [row["迁往地"] for name in register for row in files[name][1] if row["迁往地"]]
    assert any(place.isdigit() and place not in tree for place in moves)
    assert any(place in tree for place in moves)
    assert any(not place.isdigit() for place in moves)


def test_harmless_differences_are_differences_and_harmless(
    made: Any, files: dict[str, Any]
) -> None:
    """Another text, and the same by the profile: a dot, full-width signs, spaces, an area's other
    code, more or less of a date, 15 digits, a small x."""
    profile: Profile = made.county.profile
    people = {p["ref"]: p["record"]["fields"] for p in made.people}
    kinds = Counter[str]()
    for name, told in made.truth["departments"].items():
        rows = files[name][1]
        for one in told["harmless"]:
            cell = rows[one["row"] - 2][one["field"]]
            value = people[one["ref"]][one["field"]]
            assert isinstance(cell, str)
            assert cell != value, one
            finest, others = (profile.comparables(one["field"], v) for v in (cell, value))
            common = min(len(finest), len(others))
            assert finest[-common] == others[-common], one
            kinds[one["kind"]] += 1
    wanted = {habit.__name__ for habit in HABITS}
    if profile.id == "loudi":  # no dots in names; no area there ever had another code
        wanted -= {"another_dot", "another_area_code"}
    assert set(kinds) == wanted
    assert min(kinds.values()) >= 5


def test_no_harmless_difference_touches_what_a_problem_hangs_on(made: Any) -> None:
    hangs = {(one["ref"], one["field"]) for one in made.truth["planted"] if one["field"]}
    noise = {
        (one["ref"], one["field"])
        for told in made.truth["departments"].values()
        for one in told["harmless"]
    }
    assert hangs.isdisjoint(noise)


def test_who_confirms_records_has_every_value_and_who_only_compares_has_gaps(
    made: Any, files: dict[str, Any]
) -> None:
    """R73: a value that a department lacks could not be confirmed."""
    people = {str(p.fields["resident_number"]): p.fields for p in made.county.people}
    for department in comparing(made.county.profile):
        gaps = sum(
            row[name] in ("", None)
            for row in files[department.id][1]
            if _number(row) in people
            for name in department.fields
            if name in people[_number(row)]
        )
        confirms = "review" in department.tasks
        assert (gaps == 0) is (confirms or not department.fields), department.id


def test_village_rosters_hold_those_of_the_roster(made: Any) -> None:
    """R49: village, name, number, one workbook per desk."""
    wanted = {
        (p["village"], p["record"]["fields"]["name"], p["record"]["fields"]["resident_number"])
        for p in made.people
        if p["origin"] == "roster"
    }
    found = set()
    desks = {p["desk"] for p in made.people}
    for path in (made.folder / "rosters").glob("*.xlsx"):
        heading, *rows = _sheet(path)
        assert path.stem in desks
        assert heading == ["村", "姓名", "公民身份号码"]
        found |= {tuple(row) for row in rows}
        assert all(made.county.profile.area_tree().is_within(row[0], path.stem) for row in rows)
    assert found == wanted
    assert len(found) > 0.8 * 0.025 * len(made.people)
