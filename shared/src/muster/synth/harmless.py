"""Harmless differences in a department's file: other signs, the same meaning.

None of them may become a problem. Each is one of those that `Profile.comparables` takes for equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from muster.forms import Profile
from muster.synth.dirt import Cells
from muster.synth.names import MIDDLE_DOT, OTHER_DOTS, SPACES
from muster.synth.noise import cell_of
from muster.synth.places import other_codes
from muster.synth.registers import AREA, Entry
from muster.vocabulary import resident_number
from muster.vocabulary.partial_date import PartialDate

_NOISY = 0.3
_WIDE = str.maketrans(
    {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F) if chr(code).isalnum()}
)
_IN_FULL = 10


@dataclass(frozen=True, slots=True)
class Scribe:
    """Somebody who copies an entry into a file in their own way."""

    rng: Random
    profile: Profile
    entry: Entry
    cells: Cells

    def names(self, *types: str) -> list[str]:
        """Filled fields of those types that nothing hangs on and that are still as they were."""
        fields = self.profile.fields
        return [
            name
            for name, value in self.entry.values.items()
            if name not in self.entry.settled
            and fields[name].type in types
            and self.cells[name] == value
        ]

    def pick(self, names: list[str]) -> str | None:
        return self.rng.choice(names) if names else None


Habit = Callable[[Scribe], str | None]
"""Changes one cell; returns the field's id, or None where it finds nothing to do."""


def copied(rng: Random, profile: Profile, entry: Entry) -> tuple[Cells, dict[str, str]]:
    """The cells of an entry, and the habits by field that changed some of them."""
    cells: Cells = {}
    for name, value in entry.values.items():
        words = {option.id: option.zh for option in profile.fields[name].options}
        cells[name] = cell_of(rng, value, words)
    done: dict[str, str] = {}
    if entry.person is not None and rng.random() < _NOISY:
        scribe = Scribe(rng, profile, entry, cells)
        for habit in rng.sample(HABITS, len(HABITS)):
            changed = habit(scribe)
            if changed is not None:
                done[changed] = habit.__name__
            if len(done) == 2:
                break
    return cells, done


def wide(text: str) -> str:
    """Digits and letters in full width, everything else as it is."""
    return text.translate(_WIDE)


def another_dot(scribe: Scribe) -> str | None:
    """A dot between the parts of a name that looks alike, or none at all."""
    name = scribe.pick([n for n in scribe.names("text") if MIDDLE_DOT in str(scribe.cells[n])])
    if name is not None:
        dot = scribe.rng.choice([*OTHER_DOTS, ""])
        scribe.cells[name] = str(scribe.cells[name]).replace(MIDDLE_DOT, dot)
    return name


def wide_signs(scribe: Scribe) -> str | None:
    """Full-width digits and letters."""
    names = scribe.names("text", "resident_number", "date", "partial_date", "phone", "area")
    name = scribe.pick([n for n in names if wide(str(scribe.cells[n])) != scribe.cells[n]])
    if name is not None:
        scribe.cells[name] = wide(str(scribe.cells[name]))
    return name


def spaces(scribe: Scribe) -> str | None:
    """A space between two signs or around them all."""
    name = scribe.pick([n for n in scribe.names("text", "resident_number") if scribe.cells[n]])
    if name is not None:
        text = str(scribe.cells[name])
        place = scribe.rng.randrange(len(text) + 1)
        space = scribe.rng.choice(SPACES)
        scribe.cells[name] = text[:place] + space + text[place:]
    return name


def another_area_code(scribe: Scribe) -> str | None:
    """The code that the same place had, or was to have, on another day."""
    if AREA not in scribe.names("area"):
        return None
    codes = other_codes(scribe.profile.area_tree()).get(str(scribe.cells[AREA]), ())
    if not codes:
        return None
    scribe.cells[AREA] = scribe.rng.choice(codes)
    return AREA


def less_of_a_date(scribe: Scribe) -> str | None:
    """The year, or year and month, of a date that the record has in full."""
    name = scribe.pick([n for n in scribe.names("partial_date") if len(str(scribe.cells[n])) > 4])
    if name is not None:
        text = str(scribe.cells[name])
        scribe.cells[name] = text[: scribe.rng.choice([n for n in (4, 7) if n < len(text)])]
    return name


def more_of_a_date(scribe: Scribe) -> str | None:
    """The whole date of which the record has the year, or year and month."""
    names = scribe.names("partial_date")
    name = scribe.pick([n for n in names if len(str(scribe.cells[n])) < _IN_FULL])
    if name is not None:
        said = PartialDate.parse(str(scribe.cells[name]))
        days = (said.latest() - said.earliest()).days
        day: date = said.earliest() + timedelta(days=scribe.rng.randint(0, days))
        scribe.cells[name] = day.isoformat()
    return name


def fifteen_digits(scribe: Scribe) -> str | None:
    """The number as it was written before 1999."""
    name = scribe.pick(scribe.names("resident_number"))
    if name is None:
        return None
    try:
        scribe.cells[name] = resident_number.shorten(str(scribe.cells[name]))
    except resident_number.NumberError:
        return None
    return name


def small_x(scribe: Scribe) -> str | None:
    name = scribe.pick([n for n in scribe.names("resident_number") if "X" in str(scribe.cells[n])])
    if name is not None:
        scribe.cells[name] = str(scribe.cells[name]).lower()
    return name


HABITS: tuple[Habit, ...] = (
    another_dot,
    wide_signs,
    spaces,
    another_area_code,
    less_of_a_date,
    more_of_a_date,
    fifteen_digits,
    small_x,
)
