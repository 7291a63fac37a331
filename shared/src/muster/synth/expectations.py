"""What the cross-check should find in a county, and how everybody stands before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from muster.forms.model import Department
from muster.synth import endings
from muster.synth.county import County, Person
from muster.synth.departments import registers
from muster.synth.desk import Told
from muster.synth.fields import Value
from muster.synth.misrecord import agree
from muster.synth.plants import (
    DEAD,
    DUPLICATE,
    FIELD_MISMATCH,
    MISSED_SUBJECT,
    MISSING_FIELD,
    MOVED,
)
from muster.synth.registers import Registers

Ledger = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Expected:
    """One problem that should be found. `after` is how its person stands in the end."""

    kind: str
    ref: str
    resident_number: str
    department: str | None
    field: str | None
    corrected: bool
    after: str
    cause: str

    def as_dict(self) -> dict[str, object]:
        """For truth.json."""
        return asdict(self)


class Expectations:
    """What follows from a county and from what is told at its desks, by person."""

    def __init__(self, county: County, told: Mapping[str, Told]) -> None:
        self.county = county
        self.told = told
        kept = {
            person.ref: finding[0]
            for person in county.people
            if person.review == endings.STAYS_RETURNED
            and (finding := told[person.ref].finding) is not None
        }
        self.registers = Registers(county, kept)

    # -- problems --------------------------------------------------------------------------------

    def problems(self) -> Iterator[Expected]:
        """All that should be found once every first record is in, in the order of the people."""
        for person in self.county.people:
            if person.ending == endings.OPEN:
                yield self._problem(person, MISSED_SUBJECT, None, None)
            if person.planted in (DUPLICATE, MOVED, DEAD):
                department = registers(self.county.profile)[0]
                yield self._problem(person, str(person.planted), department, None)
            if person.at_the_desk:
                for department, name, missing in self.differing(person):
                    kind = MISSING_FIELD if missing else FIELD_MISMATCH
                    yield self._problem(person, kind, department, name)

    def _problem(
        self, person: Person, kind: str, department: Department | None, name: str | None
    ) -> Expected:
        corrected = person.plant is not None and person.plant.correction is not None
        return Expected(
            kind=kind,
            ref=person.ref,
            resident_number=str(person.fields["resident_number"]),
            department=department.id if department else None,
            field=name,
            corrected=corrected,
            after=_state_after(person),
            cause=person.plant.cause if person.plant else "never mended after its return",
        )

    def differing(self, person: Person) -> Iterator[tuple[Department, str, bool]]:
        """Where a department's file contradicts the first record, or (True) has more than it."""
        touched = self._touched(person)
        if not touched:
            return
        said = self._said(person)
        profile = self.county.profile
        for department in self.registers.departments:
            entry = self.registers.entry(department, person)
            if entry is None:
                continue
            for name in department.fields:
                if name not in touched or name not in entry.values:
                    continue
                if name not in said:
                    yield department, name, True
                elif not agree(profile, name, said[name], entry.values[name]):
                    yield department, name, False

    def _touched(self, person: Person) -> set[str]:
        """The fields in which the person's record and files were made to differ."""
        found: set[str] = set()
        if person.plant is not None:
            found |= {*person.plant.put, *person.plant.leave_out, *person.plant.register}
        finding = self.told[person.ref].finding
        if finding is not None and person.review == endings.STAYS_RETURNED:
            found.add(finding[0])
        return found

    def _said(self, person: Person) -> dict[str, Value]:
        """What the record says when the cross-check comes."""
        said = person.first_fields()
        finding = self.told[person.ref].finding
        if finding is not None and person.review == endings.STAYS_RETURNED:
            said = {**said, finding[0]: finding[1]}
        return said

    # -- balance ---------------------------------------------------------------------------------

    def ledger(self, *, corrected: bool) -> Ledger:
        """How every village stands before the work orders or after them: counts by "origin/state"
        and by review state."""
        villages: dict[str, Counter[str]] = {}
        for person in self.county.people:
            for village, line in self._lines(person, corrected=corrected):
                villages.setdefault(village, Counter())[line] += 1
        return {village: dict(sorted(found.items())) for village, found in sorted(villages.items())}

    def _lines(self, person: Person, *, corrected: bool) -> Iterator[tuple[str, str]]:
        origin, here, state = person.origin, person.baseline_village, person.ending
        goes_to = person.village if person.ending == endings.MOVED_WITHIN else None
        plant = person.plant
        mended = corrected and plant is not None and plant.correction is not None
        if mended and plant is not None and plant.correction is not None:
            correction = plant.correction
            state = correction.ending or endings.COLLECTED
            if correction.how == "collect" and person.village != here:
                goes_to = person.village
            elif "household_area" in correction.put:
                goes_to = str(correction.put["household_area"])
        if goes_to is not None:
            yield here, f"{origin}/{endings.MOVED_OUT}"
            origin, here, state = endings.MOVED_IN, goes_to, endings.COLLECTED
        yield here, f"{origin}/{state}"
        if state == endings.COLLECTED:
            yield here, f"review/{self._review(person, mended=mended)}"

    def _review(self, person: Person, *, mended: bool) -> str:
        if person.review == endings.STAYS_SUBMITTED:
            return "submitted"
        if person.review == endings.STAYS_RETURNED:
            return "returned"
        return "returned" if not mended and self._contradicted(person) else "verified"

    def _contradicted(self, person: Person) -> bool:
        """Whether a department that is asked about the first record does not confirm it."""
        if person.planted == DUPLICATE:
            return True
        return any(
            "review" in department.tasks and not missing
            for department, _, missing in self.differing(person)
        )


def _state_after(person: Person) -> str:
    """The state of the balance in which the person stands when everything is over."""
    correction = person.plant.correction if person.plant else None
    if correction is not None:
        return correction.ending or endings.COLLECTED
    return endings.COLLECTED if person.at_the_desk else person.ending
