"""What stands in the departments' own files: who, with which values, and what is true of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from random import Random

from muster.forms.model import Department
from muster.synth import endings
from muster.synth.county import County, Person
from muster.synth.departments import comparing, is_register, would_know
from muster.synth.fields import Value
from muster.synth.lives import live
from muster.synth.names import make_name, people_of
from muster.synth.places import number_areas
from muster.synth.planting import elsewhere
from muster.synth.plants import BIRTH, DUPLICATE
from muster.synth.streams import stream, weighted
from muster.vocabulary import resident_number

DIED_ON, MOVED_TO = "died_on", "moved_to"
AREA = "household_area"

BYSTANDERS = 0.04
"""People in a household register who have nothing to do with the campaign; per person in it."""
_AT_RANDOM = 0.25
"""Of everybody, whom a department knows whose matters no field is about."""
_GAPS = 0.06
"""Of the values, what a department lacks that only compares; who confirms records lacks none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person in one department's file. `person` is None for a bystander.

    `values` are by field id, as records have them; `status` by DIED_ON and MOVED_TO. What stands in
    `settled` must reach the file as it is: a problem hangs on it.
    """

    person: Person | None
    values: dict[str, Value]
    status: dict[str, str] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()


class Registers:
    """The files of all departments of a county. `overlooked` are the fields, by person, that stay
    wrong because the desk never mends what the reviewer found."""

    def __init__(self, county: County, overlooked: Mapping[str, str]) -> None:
        self.county = county
        self.departments = comparing(county.profile)
        self._overlooked = overlooked

    def columns(self, department: Department) -> tuple[str, ...]:
        """The field ids of a department's file: by what it finds a person, then its own."""
        names = (*department.identified_by, BIRTH, AREA, *department.fields)
        known = self.county.profile.fields
        return tuple(dict.fromkeys(name for name in names if name in known))

    def entries(self, department: Department) -> Iterator[Entry]:
        """Everybody in the department's file, one by one."""
        for person in self.county.people:
            entry = self.entry(department, person)
            if entry is not None:
                yield entry
        if is_register(department):
            columns = self.columns(department)
            for index in range(round(BYSTANDERS * len(self.county.people))):
                yield self._bystander(index, columns)

    def entry(self, department: Department, person: Person) -> Entry | None:
        """The person in the department's file; None for whom it does not know."""
        if not self._knows(department, person):
            return None
        plant = person.plant
        settled = {self._overlooked.get(person.ref, "")}
        fields = person.fields
        register = is_register(department)
        if person.origin == endings.DISCOVERED:
            # The campaign learns of them by these.
            settled |= {*department.identified_by, BIRTH, AREA}
        if plant is not None:
            settled |= {*plant.put, *plant.leave_out, *plant.register}
            fields = {**fields, **plant.register} if register else fields
        values = {name: fields[name] for name in self.columns(department) if name in fields}
        if "review" not in department.tasks:
            self._forget(department, person, values, settled)
        status = self._status(person) if register else {}
        return Entry(person, values, status, frozenset(settled))

    def _knows(self, department: Department, person: Person) -> bool:
        if person.ending == endings.MERGED or person.planted == DUPLICATE:
            return False
        known_to = person.plant.known_to if person.plant else None
        if department.lists and known_to is not None and department.id not in known_to:
            return False
        if not department.fields:
            return self._stream(department, person, "known").random() < _AT_RANDOM
        return would_know(department, person.fields)

    def _forget(
        self, department: Department, person: Person, values: dict[str, Value], settled: set[str]
    ) -> None:
        rng = self._stream(department, person, "gaps")
        for name in department.fields:
            if rng.random() < _GAPS and name not in settled and name not in (BIRTH, AREA):
                values.pop(name, None)

    def _status(self, person: Person) -> dict[str, str]:
        """Deaths and moves, whether or not the desk knows of them."""
        plant = person.plant
        found = {
            DIED_ON: (plant.died_on if plant else None) or person.detail.get("died_on"),
            MOVED_TO: (plant.moved_to if plant else None) or self._moved(person),
        }
        return {name: text for name, text in found.items() if text}

    def _moved(self, person: Person) -> str | None:
        """Where those went of whose move the desk knows."""
        rng = stream(self.county.seed, person.ref, "moved")
        if person.ending == endings.MOVED_OUT:
            return elsewhere(rng, self.county)
        if person.ending == endings.MOVED_WITHIN and rng.random() < 0.5:
            return person.village
        return None

    def _stream(self, department: Department, person: Person, purpose: str) -> Random:
        return stream(self.county.seed, person.ref, department.id, purpose)

    # -- bystanders ------------------------------------------------------------------------------

    @cached_property
    def _taken(self) -> set[str]:
        return {str(person.fields["resident_number"]) for person in self.county.people}

    def _bystander(self, index: int, columns: tuple[str, ...]) -> Entry:
        """Somebody who lives there; now and then of the name and birth date of somebody else."""
        county = self.county
        rng = stream(county.seed, "bystander", index)
        tree = county.profile.area_tree()
        desk = rng.choice(county.desks)
        village = rng.choice(desk.villages).code
        life = live(rng, ())
        people = weighted(rng, people_of(tree.root.code))
        values: dict[str, Value] = {
            "name": make_name(rng, people, life.sex),
            "sex": life.sex,
            "ethnicity": people,
            BIRTH: life.birth.isoformat(),
            AREA: village,
            "household_address": f"{tree.path_name(village)}{rng.randint(1, 180)}号",
        }
        if index % 8 == 0:
            other = rng.choice(county.people).fields
            values |= {name: other[name] for name in ("name", "sex", BIRTH) if name in other}
        birth = date.fromisoformat(str(values[BIRTH]))
        areas = number_areas(tree, desk.county, county.opens)
        number = ""
        while not number or number in self._taken:
            sequence = rng.randrange(0, 499) * 2 + (1 if values["sex"] == "1" else 0)
            number = resident_number.make(areas.pick(rng), birth, sequence)
        values["resident_number"] = number
        return Entry(
            None,
            {name: values[name] for name in columns if name in values},
            self._fate(rng),
        )

    def _fate(self, rng: Random) -> dict[str, str]:
        throw = rng.random()
        if throw < 0.05:
            return {MOVED_TO: elsewhere(rng, self.county)}
        if throw < 0.1:
            died = self.county.profile.standard_time - timedelta(days=rng.randint(-60, 400))
            return {DIED_ON: died.isoformat()}
        return {}
