"""What becomes of people in the campaign, and in which shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from muster.synth.streams import quota
from muster.vocabulary import resident_number

if TYPE_CHECKING:
    from muster.synth.county import County, Person

BASELINE, NEW, ROSTER, MOVED_IN = "baseline", "new", "roster", "moved_in"
DISCOVERED = "discovered"
COLLECTED = "collected"
OPEN = "open"
DECLINED = "declined"
MOVED_WITHIN = "moved_within"
MOVED_OUT = "moved_out"
DEAD_BEFORE = "dead_before"
DEAD_AFTER = "dead_after"
INELIGIBLE = "ineligible"
MERGED = "merged"
AT_THE_DESK = frozenset({COLLECTED, MOVED_WITHIN})
"""Endings in which a record is submitted."""

VERIFIED = "verified"
RETURNED_ONCE = "returned_once"
STAYS_RETURNED = "stays_returned"
STAYS_SUBMITTED = "stays_submitted"

# Those whom the baseline does not know, by how they become known: at the desk, on the roster that
# the village committee drew up, or when they move in from outside.
_NEWCOMERS = {NEW: 0.085, ROSTER: 0.025, MOVED_IN: 0.01}
ROSTER_STAYS_OPEN = 0.15
# Shares of those in the baseline; the rest is collected.
_SHARES = {
    OPEN: 0.05,
    DECLINED: 0.012,
    MOVED_WITHIN: 0.015,
    MOVED_OUT: 0.014,
    DEAD_BEFORE: 0.016,
    DEAD_AFTER: 0.008,
    INELIGIBLE: 0.01,
    MERGED: 0.008,
}
_REVIEWS = {RETURNED_ONCE: 0.06, STAYS_RETURNED: 0.006, STAYS_SUBMITTED: 0.012}
REASONS_TO_DECLINE = ("不愿登记", "已在外地定居，不参加登记", "认为没有必要登记")


def newcomers(rng: Random, people: Sequence[Person]) -> dict[str, list[Person]]:
    """Those that the baseline does not know, by origin."""
    return quota(rng, people, _NEWCOMERS)


def deal(rng: Random, known: Sequence[Person]) -> dict[str, list[Person]]:
    """Who of the baseline ends otherwise than collected."""
    return quota(rng, known, _SHARES)


def deal_reviews(rng: Random, collected: Sequence[Person]) -> dict[str, list[Person]]:
    """In whose first record the reviewer finds something, and whose review is not finished."""
    return quota(rng, collected, _REVIEWS)


def settle(rng: Random, county: County, person: Person) -> None:
    """Fix what belongs to the person's ending; `detail` is what is said at the desk."""
    ending = person.ending
    if ending == DECLINED:
        person.detail = {"reason": rng.choice(REASONS_TO_DECLINE)}
    elif ending in (DEAD_BEFORE, DEAD_AFTER):
        person.detail = {"died_on": _died_on(rng, county, ending).isoformat()}
    elif ending == MERGED:
        others = [p for p in county.people if p.in_baseline and p.ending == COLLECTED]
        same = rng.choice([p for p in others if p is not person])
        person.detail = {"same_as": same.ref}
        become(rng, county, person, same)
    elif ending == MOVED_WITHIN:
        _move(rng, county, person)


def _died_on(rng: Random, county: County, ending: str) -> date:
    standard = county.profile.standard_time
    if ending == DEAD_BEFORE:
        return standard - timedelta(days=rng.randint(3, 700))
    return standard + timedelta(days=rng.randint(3, 13))


def become(rng: Random, county: County, person: Person, same: Person) -> None:
    """A second entry of the same person, kept under a number with another sequence."""
    person.categories, person.papers = same.categories, same.papers
    person.desk, person.village = same.desk, same.village
    person.baseline_village = same.baseline_village
    person.fields = dict(same.fields)
    right = resident_number.parse(str(same.fields["resident_number"]))
    taken = {other.fields.get("resident_number") for other in county.people}
    while person.fields["resident_number"] in taken:
        sequence = rng.randrange(0, 499) * 2 + (1 if right.sex == "1" else 0)
        person.fields["resident_number"] = resident_number.make(right.area, right.birth, sequence)


def _move(rng: Random, county: County, person: Person) -> None:
    """From another village of the county, where the baseline still has the person."""
    elsewhere = [
        (desk, village)
        for desk in county.desks
        for village in desk.villages
        if village.code != person.village
    ]
    near = [pair for pair in elsewhere if pair[0].county == person.desk.county] or elsewhere
    desk, village = rng.choice(near)
    person.desk, person.village = desk, village.code
    person.fields["household_area"] = village.code
    if "household_address" in person.fields:
        place = county.profile.area_tree().path_name(village.code)
        person.fields["household_address"] = f"{place}{rng.randint(1, 180)}号"
