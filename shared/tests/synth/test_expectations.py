"""What was planted in a county follows from its files: a second opinion, made from nothing else.

The oracle below reads the workbooks and people.jsonl as a campaign would, keeps everybody in plain
sight, and applies the rules of the cross-check (R74, R75). It knows nothing of how one is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from muster.forms import Profile
from muster.vocabulary import resident_number
from muster.vocabulary.reasons import refused

TODAY = date(2019, 1, 15)
SEEDS = [("tongren", 500, 1), ("tongren", 900, 12), ("loudi", 500, 2), ("loudi", 900, 13)]
COMING = ("collected", "moved_within")
Problem = tuple[str, str, str | None, str | None]


@dataclass
class Subject:
    """Somebody whom the campaign knows. `village` is None for who left its area."""

    number: str
    village: str | None
    state: str
    fields: dict[str, Any]
    categories: tuple[str, ...] = ()


@dataclass
class World:
    """A campaign without a computer: subjects by number, departments' rows by number."""

    profile: Profile
    subjects: dict[str, Subject] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def known(self, number: object) -> Subject | None:
        return self.subjects.get(resident_number.canonical(str(number)))

    def add(self, subject: Subject) -> None:
        self.subjects.setdefault(resident_number.canonical(subject.number), subject)

    def of_ref(self, people: Iterable[Mapping[str, Any]], ref: str) -> Subject:
        number = next(p["record"]["fields"]["resident_number"] for p in people if p["ref"] == ref)
        found = self.known(number)
        assert found is not None
        return found


def _sheet(path: Path) -> list[list[Any]]:
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def _plain(profile: Profile, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as values of a record; what is wrong with them is not asked here."""
    return profile.check_baseline(cells, [], TODAY)[0]


def _files(made: Any) -> World:
    """Baseline, rosters and departments' files, and nothing that happened at a desk."""
    world = World(made.county.profile)
    _baseline(world, made)
    for path in sorted((made.folder / "rosters").glob("*.xlsx")):
        heading, *rows = _sheet(path)
        assert heading == ["村", "姓名", "公民身份号码"]
        for village, name, number in rows:
            world.add(Subject(number, village, "open", {"name": name, "resident_number": number}))
    for path in sorted((made.folder / "departments").glob("*.xlsx")):
        world.rows[path.stem] = dict(_department(world.profile, path))
    return world


def _baseline(world: World, made: Any) -> None:
    heading, *rows = _sheet(made.folder / "baseline.xlsx")
    columns = world.profile.columns(heading)
    archive = {p["archive"]["row"]: p["archive"] for p in made.people if "archive" in p}
    for number, row in enumerate(rows, start=2):
        cells = {name: row[index] for index, name in columns.items()}
        categories = str(cells.pop("categories") or "")
        fields, chosen, reasons = world.profile.check_baseline(cells, categories, TODAY)
        if refused(reasons):
            if number not in archive or not archive[number]["found"]:
                continue
            cells = dict(archive[number]["cells"])
            fields, chosen, reasons = world.profile.check_baseline(
                cells, str(cells.pop("categories")), TODAY
            )
            assert not refused(reasons)
        subject = Subject(
            fields["resident_number"], fields["household_area"], "open", fields, tuple(chosen)
        )
        world.add(subject)


def _department(profile: Profile, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    heading, *rows = _sheet(path)
    columns = profile.columns(heading)
    status = {heading.index("死亡日期"): "died_on", heading.index("迁往地"): "moved_to"}
    assert len(columns) + len(status) == len(heading), "every column means something"
    for row in rows:
        fields = _plain(profile, {name: row[index] for index, name in columns.items()})
        own = {name: row[index] for index, name in status.items() if row[index]}
        yield resident_number.canonical(fields["resident_number"]), {**fields, **own}


# -- what happens at the desks ---------------------------------------------------------------------


def _first_round(world: World, people: list[dict[str, Any]]) -> None:
    """Everything before the comparison phase is opened, and what opening it brings."""
    for person in people:
        if person["origin"] == "moved_in":
            fields = person["record"]["fields"]
            world.add(Subject(fields["resident_number"], person["village"], "open", fields))
    for person in people:
        if person["ending"] in COMING:
            fields = dict(person["record"]["fields"])
            if not person["comes_back"]:
                fields |= person["overlooked"] or {}
            _collect(world, person, fields)
        elif person["ending"] != "open":
            _end(world, people, person, person["ending"])
    for department in world.profile.departments.values():
        for number, row in world.rows.get(department.id, {}).items() if department.lists else ():
            if number not in world.subjects:
                world.add(Subject(number, row["household_area"], "open", row))


def _collect(world: World, person: Mapping[str, Any], fields: dict[str, Any]) -> None:
    subject = world.known(fields["resident_number"])
    if subject is None:
        subject = Subject(fields["resident_number"], None, "open", {})
        world.add(subject)
    subject.fields = fields
    subject.categories = tuple(person["record"]["categories"])
    subject.state = "collected"
    subject.village = fields["household_area"]


def _end(
    world: World, people: list[dict[str, Any]], person: Mapping[str, Any], ending: str
) -> None:
    subject = world.known(person["record"]["fields"]["resident_number"])
    assert subject is not None, "only who is known can have an ending"
    assert subject.state in ("open", "collected")
    assert ending != "declined" or subject.state == "open"
    subject.state = ending
    if ending == "merged":
        detail = (person["correction"] or person)["detail"]
        assert world.of_ref(people, detail["same_as"]).state != "merged"


def _second_round(world: World, people: list[dict[str, Any]]) -> None:
    """What the desks do when the work orders have come."""
    for person in people:
        correction = person["correction"]
        if correction is None:
            continue
        if correction["how"] == "ending":
            _end(world, people, person, correction["ending"])
        elif correction["how"] == "collect":
            assert person["papers"]
            _collect(world, person, dict(person["record"]["fields"]))
        else:
            _collect(world, person, {**person["record"]["fields"], **correction["put"]})


# -- the rules of the cross-check ------------------------------------------------------------------


def _agree(profile: Profile, name: str, one: Any, other: Any) -> bool:
    finest, others = profile.comparables(name, one), profile.comparables(name, other)
    common = min(len(finest), len(others))
    return finest[len(finest) - common] == others[len(others) - common]


def _problems(world: World) -> set[Problem]:
    found: set[Problem] = set()
    for number, subject in world.subjects.items():
        if subject.state == "open":
            found.add(("missed_subject", number, None, None))
        if subject.state not in ("open", "collected"):
            continue
        for department in world.profile.departments.values():
            row = world.rows.get(department.id, {}).get(number)
            if row is None:
                continue
            if subject.state == "collected":
                found |= set(_fields(world.profile, department, subject, row, number))
            if department.mode == "sealed":
                found |= set(_fate(world.profile, subject, row, number))
    return found | set(_twice(world))


def _fields(
    profile: Profile, department: Any, subject: Subject, row: Mapping[str, Any], number: str
) -> Iterator[Problem]:
    asked = {one.id for one in profile.fields_for(subject.categories)}
    for name in department.fields:
        if name not in row:
            continue
        if name in subject.fields:
            if not _agree(profile, name, subject.fields[name], row[name]):
                yield "field_mismatch", number, name, department.id
        elif name in asked:
            yield "missing_field", number, name, department.id


def _fate(
    profile: Profile, subject: Subject, row: Mapping[str, Any], number: str
) -> Iterator[Problem]:
    if "moved_to" in row and profile.area_tree().place_of(row["moved_to"]) != subject.village:
        yield "moved", number, None, None
    if "died_on" in row:
        died = date.fromisoformat(profile.comparables("birth_date", row["died_on"])[0])
        if died < profile.standard_time or subject.state == "open":
            yield "dead", number, None, None


def _twice(world: World) -> Iterator[Problem]:
    same: dict[tuple[str, str], list[str]] = {}
    for number, subject in world.subjects.items():
        there = subject.fields.get("birth_date")
        if subject.state in ("open", "collected") and there:
            name = world.profile.comparables("name", subject.fields["name"])[0]
            same.setdefault((name, there), []).append(number)
    for numbers in same.values():
        register = world.rows["public-security"]
        unknown = [number for number in numbers if number not in register]
        if len(numbers) > 1 and len(unknown) == len(numbers) - 1:
            yield from (("duplicate", number, None, None) for number in unknown)


# -- the tests -------------------------------------------------------------------------------------


def _planted(truth: Mapping[str, Any], *, only_uncorrected: bool = False) -> set[Problem]:
    found: set[Problem] = set()
    for one in truth["planted"]:
        if only_uncorrected and one["corrected"]:
            continue
        about_field = one["field"] is not None
        number = resident_number.canonical(one["resident_number"])
        department = one["department"] if about_field else None
        found.add((one["kind"], number, one["field"], department))
    return found


@pytest.mark.parametrize(("profile", "people", "seed"), SEEDS)
def test_the_files_hold_what_the_truth_says_and_nothing_else(
    make: Callable[[str, int, int], Any], profile: str, people: int, seed: int
) -> None:
    """R74, R75: before the corrections every planted problem can be found, and no other."""
    made = make(profile, people, seed)
    world = _files(made)
    _first_round(world, made.people)
    assert _problems(world) == _planted(made.truth)
    assert _standing(world) == _counted(made.truth["ledger_before_correction"])
    _second_round(world, made.people)
    assert _problems(world) == _planted(made.truth, only_uncorrected=True)
    assert _standing(world) == _counted(made.truth["ledger"])


def test_the_second_opinion_is_not_blind(made: Any) -> None:
    """Take one file away and its problems are not found: the oracle really reads them."""
    world = _files(made)
    world.rows["armed-forces"] = {}
    _first_round(world, made.people)
    lost = _planted(made.truth) - _problems(world)
    assert any(kind == "field_mismatch" for kind, *_ in lost)
    assert any(kind == "missing_field" for kind, *_ in lost)
    assert any(kind == "missed_subject" for kind, *_ in lost)
    assert all(department in ("armed-forces", None) for *_, department in lost)


def _standing(world: World) -> Counter[tuple[str | None, str]]:
    """Present people by village and state; who moved out of a village is not counted there."""
    return Counter((s.village, s.state) for s in world.subjects.values() if s.state != "moved_out")


def _counted(ledger: Mapping[str, Mapping[str, int]]) -> Counter[tuple[str | None, str]]:
    found: Counter[tuple[str | None, str]] = Counter()
    for village, lines in ledger.items():
        for line, count in lines.items():
            origin, state = line.split("/")
            if origin != "review" and state != "moved_out":
                found[village, state] += count
    return found


def test_corrected_people_end_as_the_truth_says(made: Any) -> None:
    """R76: the state after the correction is the one that the desk brings about."""
    world = _files(made)
    _first_round(world, made.people)
    _second_round(world, made.people)
    ends = {one["ref"]: one["after"] for one in made.truth["planted"]}
    assert {ref: world.of_ref(made.people, ref).state for ref in ends} == ends


def test_records_returned_for_a_departments_answer_are_counted_as_returned(made: Any) -> None:
    """R73: what a department that reviews contradicts cannot be verified before it is corrected."""
    world = _files(made)
    _first_round(world, made.people)
    asked = {d.id for d in made.county.profile.departments.values() if "review" in d.tasks}
    contradicted = {
        number
        for kind, number, _, department in _problems(world)
        if kind == "field_mismatch" and department in asked
    }
    unknown = {
        resident_number.canonical(p["record"]["fields"]["resident_number"])
        for p in made.people
        if p["ending"] in COMING
        and p["reviewed"]
        and resident_number.canonical(p["record"]["fields"]["resident_number"])
        not in world.rows["public-security"]
    }
    stay = {
        resident_number.canonical(p["record"]["fields"]["resident_number"])
        for p in made.people
        if p["ending"] in COMING and not p["comes_back"]
    }
    counted = Counter[str]()
    for lines in made.truth["ledger_before_correction"].values():
        counted.update(lines)
    assert contradicted
    assert unknown
    assert counted["review/returned"] == len(contradicted | unknown | stay)
