"""A county of people: who they are, where they live, what becomes of each in the campaign."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from muster.forms import EvidenceRequirement, Profile
from muster.synth import endings, planting
from muster.synth.categories import CategorySets
from muster.synth.fields import Draft, Value, fill
from muster.synth.lives import live
from muster.synth.places import Desk, choose_desks, number_areas
from muster.synth.plants import Plant
from muster.synth.plausible import PLAUSIBLE
from muster.synth.streams import stream, weighted

# Which paper fits whom best, where the profile leaves a choice.
_LIKELY_PAPERS: dict[str, dict[str, float]] = {
    "transferred_officer": {"transfer_certificate": 30, "loss_proof": 1},
    "discharged_soldier": {"discharge_certificate": 24, "loss_proof": 1},
    "demobilised_soldier": {"discharge_certificate": 9, "loss_proof": 1},
    "red_army_veteran": {"discharge_certificate": 4, "loss_proof": 1},
    "retired_cadre": {"retirement_certificate": 40, "loss_proof": 1},
    "civilian_staff": {"retirement_certificate": 40, "loss_proof": 1},
    "disabled_militia": {"disabled_militia_certificate": 3, "war_duty_disability_certificate": 1},
}
_EXTRA_PAPER = "merit_certificate"
_BRINGS_OPTIONAL = 0.7
_HAS_MERIT = 0.07


@dataclass(slots=True)
class Person:
    """One person. `fields` is what is true; `village` is where the record belongs in the end.

    `baseline_village` differs from it for those who moved inside the area before they came.
    `origin` is how the campaign comes to know of them (the left side of the balance). `ending` is
    how they stand when the cross-check comes, and `plant` what it should find then.
    """

    ref: str
    desk: Desk
    village: str
    categories: tuple[str, ...]
    fields: dict[str, Value]
    papers: tuple[str, ...]
    ending: str = endings.COLLECTED
    detail: dict[str, str] = field(default_factory=dict)
    origin: str = endings.BASELINE
    baseline_village: str = ""
    review: str = endings.VERIFIED
    plant: Plant | None = None

    @property
    def in_baseline(self) -> bool:
        """Whether the baseline holds a row of them that is taken, perhaps after mending."""
        return self.origin == endings.BASELINE

    @property
    def planted(self) -> str | None:
        """The kind of what was planted with them."""
        return self.plant.kind if self.plant else None

    @property
    def at_the_desk(self) -> bool:
        """Whether a record of them is submitted before the cross-check."""
        return self.ending in endings.AT_THE_DESK

    def first_fields(self) -> dict[str, Value]:
        """What their first record says: the truth, but for what the desk gets wrong in it."""
        return self.plant.misrecorded(self.fields) if self.plant else self.fields


@dataclass(frozen=True, slots=True)
class County:
    """Everybody, by desk. `opens` is the day on which the desks open."""

    profile: Profile
    seed: int
    opens: date
    desks: tuple[Desk, ...]
    people: tuple[Person, ...]


def build(profile: Profile, people: int, seed: int) -> County:
    """A county of that many people (two at least); the same seed gives the same county."""
    if people < 2:
        raise ValueError("a county has two people at least")
    tree = profile.area_tree()
    opens = profile.standard_time + timedelta(days=14)
    desks = choose_desks(stream(seed, "desks"), tree, people)
    sets = CategorySets(profile)
    taken: set[str] = set()
    found = []
    shares = {desk: float(len(desk.villages)) for desk in desks}
    for index in range(people):
        desk = weighted(stream(seed, index, "desk"), shares)
        found.append(_person(profile, seed, index, desk, sets, taken, opens))
    county = County(profile, seed, opens, desks, tuple(found))
    _decide(county)
    planting.plant(county)
    return county


def _person(
    profile: Profile,
    seed: int,
    index: int,
    desk: Desk,
    sets: CategorySets,
    taken: set[str],
    opens: date,
) -> Person:
    village = stream(seed, index, "village").choice(desk.villages).code
    categories = sets.draw(stream(seed, index, "categories"))
    tree = profile.area_tree()
    draft = Draft(
        rng=stream(seed, index, "fields"),
        profile=profile,
        tree=tree,
        today=opens,
        categories=frozenset(categories),
        life=live(stream(seed, index, "life"), categories),
        number_areas=number_areas(tree, desk.county, opens),
        village=village,
        taken=taken,
        values={},
    )
    values = fill(draft, PLAUSIBLE)
    papers = _papers(stream(seed, index, "papers"), profile, categories, values)
    return Person(
        f"p{index + 1:06d}", desk, village, categories, values, papers, baseline_village=village
    )


def _papers(
    rng: Random, profile: Profile, categories: tuple[str, ...], values: dict[str, Value]
) -> tuple[str, ...]:
    brought: list[str] = []
    for need in profile.evidence_for(categories):
        if need.unless is not None and need.unless.holds(values, frozenset(categories)):
            continue
        if need.severity.value == "warn" and rng.random() > _BRINGS_OPTIONAL:
            continue
        brought.append(_paper(rng, need, categories))
    if _EXTRA_PAPER in profile.papers and rng.random() < _HAS_MERIT:
        brought.append(_EXTRA_PAPER)
    return tuple(dict.fromkeys(brought))


def _paper(rng: Random, need: EvidenceRequirement, categories: tuple[str, ...]) -> str:
    for category in categories:
        likely = {
            kind: weight
            for kind, weight in _LIKELY_PAPERS.get(category, {}).items()
            if kind in need.one_of
        }
        if likely and category in need.categories:
            return weighted(rng, likely)
    return rng.choice(need.one_of)


def _decide(county: County) -> None:
    """Deal out what becomes of everybody, in shares of the whole county."""
    rng = stream(county.seed, "endings")
    for origin, persons in endings.newcomers(rng, county.people).items():
        for person in persons:
            person.origin = origin
    known = [person for person in county.people if person.in_baseline]
    dealt = endings.deal(rng, known)
    for ending, persons in dealt.items():
        for person in persons:
            person.ending = ending
    for person in county.people:
        if person.origin == endings.ROSTER and rng.random() < endings.ROSTER_STAYS_OPEN:
            person.ending = endings.OPEN
        endings.settle(rng, county, person)
    collected = [person for person in county.people if person.ending in endings.AT_THE_DESK]
    for review, persons in endings.deal_reviews(stream(county.seed, "reviews"), collected).items():
        for person in persons:
            person.review = review
