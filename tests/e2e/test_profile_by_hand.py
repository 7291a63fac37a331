"""A profile edited by hand, on a stack of real processes: one more category, field and department
go from the desk to the department's answer and to the cross-check, and no code knows of them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from muster.forms import Profile
from muster.runtime import ledger, lifecycle
from muster.runtime.client import Services
from muster.runtime.demo.campaign import Campaign
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Stage
from muster.runtime.demo.world import Person, World
from muster.runtime.home import Home
from muster.synth import build, write
from muster.vocabulary.data import data_path

from .conftest import County

CATEGORY, FIELD, MATTER, OFFICE = "peacekeeper", "mission_area", "missions", "foreign-affairs"
EDITS = {
    "form_version: tongren/1\n": "form_version: tongren/2\n",
    "departments:\n": f"""\
categories:
  {CATEGORY}:
    number: 13
    zh: 维和人员
    en: Peacekeeper
    group: military_family
    review_desk: civil_affairs

matters:
  {MATTER}:
    zh: 维和任务
    en: Peacekeeping missions

departments:
  {OFFICE}:
    zh: 外事
    en: Foreign affairs
    level: county
    tasks: [review, compare]
    matters: [{MATTER}]
""",
    "fields:\n": f"""\
fields:
  {FIELD}:
    zh: 维和任务区
    en: Mission area
    section: category
    type: choice
    options:
      north: {{zh: 北区, en: North}}
      south: {{zh: 南区, en: South}}
    categories: [{CATEGORY}]
    required: [{CATEGORY}]
    matter: {MATTER}
    practice: true
""",
}
"""What somebody who knows the file puts in the place of these lines of it."""
PEOPLE = 59
"""So few that nothing is planted in the county: what is found is what this test did."""


def _edited(folder: Path) -> Path:
    """A copy of one locality's file, edited; its base stays where it is."""
    text = (data_path("profiles") / "tongren.yaml").read_text("utf-8")
    for line, instead in EDITS.items():
        assert text.count(f"\n{line}") == 1
        text = text.replace(f"\n{line}", f"\n{instead}")
    path = folder / "by-hand.yaml"
    path.write_text(text, "utf-8")
    return path


def _with_two_of_them(profile: Profile, folder: Path) -> World:
    """The first county in which two of the new category come to the desks, and these two alone."""
    seeds = range(1000)
    seed = next(s for s in seeds if sum(map(_fit, build(profile, PEOPLE, s).people)) >= 2)
    world = World.load(write(build(profile, PEOPLE, seed), folder))
    careless, wrong = [person for person in world.people if _fit(person)][:2]
    right = str(wrong.fields[FIELD])
    other = {"north": "south", "south": "north"}[right]
    plain = {"overlooked": None, "comes_back": True, "first_try": None, "correction": None}
    people = (
        replace(careless, **plain | {"reviewed": True, "first_try": {"leave_out": [FIELD]}}),
        replace(
            wrong,
            **plain
            | {
                "reviewed": False,
                "fields": {**wrong.fields, FIELD: other},
                "correction": {"how": "record", "put": {FIELD: right}},
            },
        ),
    )
    asked = [name for name, one in profile.departments.items() if "review" in one.tasks]
    return replace(
        world,
        people=people,
        desks=tuple(desk for desk in world.desks if desk.area in {one.desk for one in people}),
        departments={name: world.departments[name] for name in asked},
        rosters={},
    )


def _fit(person: Any) -> bool:
    """Whether somebody, planned or met at the desk, is of the new category and simply comes."""
    return CATEGORY in person.categories and person.ending == "collected"


@dataclass
class Run:
    """What came of it: the two people, the review items by their names in the test, the rest."""

    world: World
    profile: Profile
    tale: Tale = field(default_factory=Tale)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    amiss: list[Any] = field(default_factory=list)

    @property
    def careless(self) -> Person:
        """Who forgot the new field at first."""
        return self.world.people[0]

    @property
    def wrong(self) -> Person:
        """Whose record said something else in it than the new department knows."""
        return self.world.people[1]

    async def go(self, home: Home) -> None:
        stage = Stage(Console(file=io.StringIO()), self.tale)
        async with Services(home) as services:
            campaign = Campaign(services, self.world, self.profile, self.tale, stage)
            await campaign.run()
            sides, unfinished = await campaign.settle()
            self.amiss = [*ledger.compare(sides), *unfinished]
            self.before, self.after = campaign.before, campaign.after
            for desk in campaign.desks:
                for subject_id, visit in desk.visits.items():
                    self.items[visit.person.ref] = await campaign.reviewers[0].account.get(
                        "verification", f"/items/{subject_id}"
                    )


@pytest.fixture(scope="module")
def ran(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The two people's campaign under the edited profile, on a stack that was given its file."""
    folder = tmp_path_factory.mktemp("by-hand")
    path = _edited(folder)
    home = Home(folder / "home").create()
    profile = Profile.load(path)
    run = Run(_with_two_of_them(profile, folder / "county"), profile)
    try:
        County(home, run.world.folder, profile).muster("up", "--profile", str(path))
        assert (home.stack()["stack"] == "embedded") is (broker == "embedded")
        asyncio.run(run.go(home))
        yield run
    finally:
        lifecycle.down(home)


def test_a_record_of_the_new_category_without_its_new_field_is_refused_in_plain_words(
    ran: Run,
) -> None:
    """R30. At the door of capture, in both languages; with the field it goes in."""
    assert ran.tale.refusals["upload", FIELD, "required"] == 1
    zh, en = ran.tale.sentences[FIELD, "required"]
    assert "维和任务区" in zh
    assert "Mission area" in en
    assert ran.tale.counts["refused records mended"] == 1


def test_it_is_verified_once_the_new_department_confirmed_the_new_field(ran: Run) -> None:
    """R5, R37. From the desk's upload to the department's answer, which the record waits for."""
    item = ran.items[ran.careless.ref]
    assert item["record"]["form_version"] == "tongren/2"
    assert CATEGORY in item["record"]["categories"]
    assert item["state"] == "verified"
    [said] = [one for one in item["departments"] if one["department"] == OFFICE]
    assert said["mandatory"]
    assert said["asked"] == [FIELD]
    assert said["verdicts"] == {FIELD: "match"}


def test_a_wrong_value_is_found_by_the_cross_check_until_it_is_mended(ran: Run) -> None:
    """R75, R76. The new department's data against the new field of the record; nothing else is
    found of these two, and the ledger agrees."""
    numbers = {person.number for person in ran.world.people}
    [found] = [one for one in ran.before if one["resident_number"] in numbers]
    assert found["resident_number"] == ran.wrong.number
    about = {"kind": "field_mismatch", "field": FIELD, "department": OFFICE}
    assert {name: found[name] for name in about} == about
    states = {one["discrepancy_id"]: one["state"] for one in ran.after}
    assert states[found["discrepancy_id"]] == "closed"
    assert ran.items[ran.wrong.ref]["version"] == 2
    assert ran.amiss == []
