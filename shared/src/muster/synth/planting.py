"""Deals out what the cross-check must find, and what looks like it and must be left alone.

Every kind gets its share of the county, in disjoint groups; a part of each is never corrected, so
that a score can show that it stays open. Comes after everything else is decided: what does not
take part in a plant is as it would be without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from muster.forms import Profile
from muster.forms.model import Department
from muster.synth import endings, wrong_fields
from muster.synth.departments import listing, registers, would_know
from muster.synth.misrecord import passes
from muster.synth.places import outside
from muster.synth.plants import (
    BIRTH,
    DEAD,
    DIED_LATE,
    DUPLICATE,
    FIELD_MISMATCH,
    FIRST_ENTRY,
    MISSED_SUBJECT,
    MISSING_FIELD,
    MOVED,
    NAMESAKE,
    RESPELT,
    Correction,
    Plant,
)
from muster.synth.streams import stream

if TYPE_CHECKING:
    from muster.synth.county import County, Person

# Shares of the whole county.
SHARES = {
    MISSED_SUBJECT: 0.014,
    NAMESAKE: 0.006,
    DUPLICATE: 0.012,
    MOVED: 0.014,
    DEAD: 0.014,
    FIELD_MISMATCH: 0.024,
    MISSING_FIELD: 0.018,
    DIED_LATE: 0.006,
    RESPELT: 0.008,
}
"""Of missed subjects, those whom only a department knows; others are merely open."""
FEWEST = 60
"""A county of fewer people has nothing planted."""
_LEFT_ALONE = (5, 1)
"""Of so many of a kind, the one at this place stays uncorrected."""


def plant(county: County) -> None:
    """Plant everything. The same seed plants the same."""
    if len(county.people) < FEWEST:
        return
    ground = Ground(county, stream(county.seed, "planting"))
    ground.missed()
    ground.namesakes()
    ground.duplicates()
    if registers(county.profile):
        ground.moved()
        ground.dead()
        ground.died_late()
    wrong_fields.misrecorded(ground)
    wrong_fields.incomplete(ground)
    wrong_fields.misnamed(ground)
    ground.open()


def _corrected(index: int) -> bool:
    every, place = _LEFT_ALONE
    return index % every != place


@dataclass(slots=True)
class _Pool:
    """People that something can be planted with, in a random order."""

    people: Sequence[Person]

    def free(self) -> Iterator[Person]:
        """Those with whom nothing is planted yet; may be read on while planting goes on."""
        return (person for person in self.people if person.plant is None)

    def take(self, fits: Callable[[Person], bool] = lambda _: True) -> Person | None:
        return next((person for person in self.free() if fits(person)), None)


class Ground:
    """A county while it is planted. `collected` are verified in the end, if nothing is planted."""

    def __init__(self, county: County, rng: Random) -> None:
        self.county = county
        self.profile: Profile = county.profile
        self.rng = rng
        people = list(county.people)
        rng.shuffle(people)
        twice = {person.detail.get("same_as") for person in people}
        self.collected = _Pool(
            [
                person
                for person in people
                if person.ending == endings.COLLECTED
                and person.review == endings.VERIFIED
                and person.ref not in twice
            ]
        )
        self.known = _Pool([p for p in self.collected.people if p.in_baseline])
        self.new = _Pool([p for p in self.collected.people if p.origin == endings.NEW])
        self.waiting = _Pool([p for p in people if p.ending == endings.OPEN and p.in_baseline])

    def count(self, kind: str) -> range:
        return range(max(1, round(SHARES[kind] * len(self.county.people))))

    def correct(self, index: int, correction: Correction) -> Correction | None:
        return correction if _corrected(index) else None

    # -- missed ----------------------------------------------------------------------------------

    def missed(self) -> None:
        """People whom departments know and nobody else: each that lists entitled persons in turn,
        and several at once."""
        lists = listing(self.profile)
        circles: list[Department | None] = [*lists, None] if len(lists) > 1 else [*lists]
        # However small the county, each of them knows somebody alone.
        wanted = max(len(circles), len(self.count(MISSED_SUBJECT)))
        for index in range(wanted) if circles else ():
            person, ids = self._known_to(circles[index % len(circles)])
            if person is None:
                continue
            person.origin, person.ending = endings.DISCOVERED, endings.OPEN
            person.plant = Plant(
                MISSED_SUBJECT,
                f"known to {', '.join(sorted(ids))} only",
                self.correct(index, self._found(person, ids, index)),
                known_to=ids,
            )

    def _known_to(self, one: Department | None) -> tuple[Person | None, frozenset[str]]:
        """Somebody whom this department has reason to know, if possible and nobody beside it; or,
        of no department in particular, somebody whom several do, and all that do."""
        if one is None:
            person = self.new.take(lambda p: len(self._knowing(p)) > 1)
            return person, frozenset() if person is None else self._knowing(person)
        alone = frozenset({one.id})
        person = self.new.take(lambda p: self._knowing(p) == alone)
        return person or self.new.take(lambda p: one.id in self._knowing(p)), alone

    def _knowing(self, person: Person) -> frozenset[str]:
        lists = listing(self.profile)
        return frozenset(one.id for one in lists if would_know(one, person.fields))

    def _silent(self, person: Person, known_to: frozenset[str]) -> bool:
        """Whether a department that must confirm the record will have no file of the person."""
        return any(
            "review" in department.tasks
            and department.id not in known_to
            and would_know(department, person.fields)
            for department in listing(self.profile)
        )

    def _found(self, person: Person, known_to: frozenset[str], index: int) -> Correction:
        """Mostly they come to the desk, if their record can be confirmed."""
        if not self._silent(person, known_to) and index % 4 != 0:
            return Correction("collect")
        return self._refused() if index % 2 else Correction("ending", ending=endings.INELIGIBLE)

    def _refused(self) -> Correction:
        reason = self.rng.choice(endings.REASONS_TO_DECLINE)
        return Correction("ending", ending=endings.DECLINED, detail={"reason": reason})

    def open(self) -> None:
        """Those whom the baseline or the roster knows and nobody has visited yet."""
        people = _Pool([p for p in self.county.people if p.ending == endings.OPEN])
        for index, person in enumerate(people.free()):
            correction = Correction("collect") if index % 5 != 4 else self._refused()
            stays = index % 5 in (1, 3)
            person.plant = Plant(
                MISSED_SUBJECT,
                f"known to the {person.origin}, not visited",
                None if stays else correction,
            )

    # -- two entries, two persons ----------------------------------------------------------------

    def namesakes(self) -> None:
        """Two persons of one name and date of birth, each with a number of their own."""
        for _ in self.count(NAMESAKE):
            other = self.known.take(lambda p: BIRTH in p.fields)
            person = self.new.take()
            if other is None or person is None:
                return
            own = person.fields
            village, desk = person.village, person.desk
            endings.become(self.rng, self.county, person, other)
            person.village = person.baseline_village = village
            person.desk = desk
            for name in ("household_area", "household_address", "residence_address", "phone"):
                if name in own and name in person.fields:
                    person.fields[name] = own[name]
            person.plant = Plant(NAMESAKE, f"the namesake of {other.ref}")
            other.plant = Plant(NAMESAKE, f"the namesake of {person.ref}")

    def duplicates(self) -> None:
        """A second entry under a number that the household register does not know; every third
        was even collected a second time."""
        for index in self.count(DUPLICATE) if registers(self.profile) else ():
            first = self.known.take(lambda p: BIRTH in p.fields)
            if first is None:
                return
            first.plant = Plant(FIRST_ENTRY, "entered a second time")
            person = self.known.take()
            if person is None:
                first.plant = None
                return
            endings.become(self.rng, self.county, person, first)
            twice = index % 3 == 2
            person.ending = endings.COLLECTED if twice else endings.OPEN
            merge = Correction("ending", ending=endings.MERGED, detail={"same_as": first.ref})
            person.plant = Plant(
                DUPLICATE,
                f"a second entry of {first.ref}, {'collected' if twice else 'open'}",
                self.correct(index, merge),
            )

    # -- moved, dead -----------------------------------------------------------------------------

    def moved(self) -> None:
        """Away or to another village, of people collected or open, and the desk does not know."""
        cases = (self._left, self._left, self._moved_on, self._moved_before)
        for index in self.count(MOVED):
            case = index % len(cases)
            person = (self.waiting if case % 2 else self.collected).take()
            if person is not None:
                person.plant = cases[case](person, index)

    def _left(self, person: Person, index: int) -> Plant:
        correction = Correction("ending", ending=endings.MOVED_OUT)
        return Plant(
            MOVED,
            f"left the area, {person.ending}",
            self.correct(index, correction),
            moved_to=elsewhere(self.rng, self.county),
        )

    def _moved_on(self, person: Person, index: int) -> Plant:
        """Collected in the old village, and registered in a new one of the same desk since."""
        found = self._new_home(person)
        if found is None or not passes(
            self.profile, person, {**person.fields, **found}, self.county.opens
        ):
            return self._left(person, index)
        return Plant(
            MOVED,
            "moved to another village after they were collected",
            self.correct(index, Correction("record", put=found)),
            register=found,
            moved_to=str(found["household_area"]),
        )

    def _moved_before(self, person: Person, index: int) -> Plant:
        """Still open in the old village; the record will be made in the new one."""
        found = self._new_home(person)
        if found is None:
            return self._left(person, index)
        person.fields = {**person.fields, **found}
        person.village = str(found["household_area"])
        return Plant(
            MOVED,
            "moved to another village, open in the old one",
            self.correct(index, Correction("collect")),
            moved_to=person.village,
        )

    def _new_home(self, person: Person) -> dict[str, str] | None:
        others = [v.code for v in person.desk.villages if v.code != person.village]
        if not others:
            return None
        village = self.rng.choice(others)
        found = {"household_area": village}
        if "household_address" in person.fields:
            place = self.profile.area_tree().path_name(village)
            found["household_address"] = f"{place}{self.rng.randint(1, 180)}号"
        return found

    def dead(self) -> None:
        """Before the standard time, collected or open; after it, open."""
        standard = self.profile.standard_time
        cases = (
            (self.collected, endings.DEAD_BEFORE),
            (self.waiting, endings.DEAD_BEFORE),
            (self.waiting, endings.DEAD_AFTER),
        )
        for index in self.count(DEAD):
            pool, ending = cases[index % len(cases)]
            person = pool.take()
            if person is None:
                continue
            days = self.rng.randint(3, 120)
            day = standard + timedelta(days=-days if ending == endings.DEAD_BEFORE else days)
            died_on = day.isoformat()
            correction = Correction("ending", ending=ending, detail={"died_on": died_on})
            when = "before" if ending == endings.DEAD_BEFORE else "after"
            person.plant = Plant(
                DEAD,
                f"dead {when} the standard time, {person.ending}",
                self.correct(index, correction),
                died_on=died_on,
            )

    def died_late(self) -> None:
        """Collected while they lived, after the standard time: nothing is wrong with that."""
        for _ in self.count(DIED_LATE):
            person = self.collected.take()
            if person is not None:
                day = self.county.opens + timedelta(days=self.rng.randint(30, 120))
                person.plant = Plant(
                    DIED_LATE, "died after they were collected", died_on=day.isoformat()
                )


def elsewhere(rng: Random, county: County) -> str:
    """A place outside the campaign's area, as a register writes it: mostly a code, or a name."""
    places = outside(county.profile.area_tree(), county.opens)
    if not places:
        return "外省"
    code, name = rng.choice(places)
    return code if rng.random() < 0.75 else name
