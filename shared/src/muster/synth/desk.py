"""What goes wrong at the desk before it goes right.

Two kinds: entries that the form's rules refuse (someone forgot a paper, ticked two service
categories, mistyped the number), and entries that only a reviewer who holds them beside the
papers can find.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from muster.forms import Profile
from muster.synth import endings
from muster.synth.county import Person
from muster.synth.fields import Value
from muster.synth.plants import DUPLICATE
from muster.synth.streams import stream
from muster.vocabulary import resident_number

_MISTAKEN = 0.075


@dataclass(frozen=True, slots=True)
class Mistake:
    """How the first attempt differs from the truth, and which rule should catch it."""

    field: str
    rule: str
    put: Mapping[str, Value] | None = None
    leave_out: tuple[str, ...] = ()
    categories: tuple[str, ...] | None = None
    without_papers: tuple[str, ...] = ()

    def attempt(self) -> dict[str, object]:
        """For people.jsonl: what is typed, without the rule that should catch it."""
        found: dict[str, object] = {}
        if self.put:
            found["put"] = dict(self.put)
        if self.leave_out:
            found["leave_out"] = list(self.leave_out)
        if self.categories is not None:
            found["categories"] = list(self.categories)
        if self.without_papers:
            found["without_papers"] = list(self.without_papers)
        return found


@dataclass(frozen=True, slots=True)
class Told:
    """What happens to one person at the desk and in review before the cross-check.

    `finding` is a field and the wrong value in it that the reviewer finds. `card` says whether the
    person has a resident card with them from which the desk reads.
    """

    mistake: Mistake | None
    finding: tuple[str, Value] | None
    card: bool


CARD_FIELDS = frozenset(
    {"name", "sex", "ethnicity", "birth_date", "household_address", "resident_number"}
)
"""What a resident card says, and a reader reads (GA 450)."""
_HAS_CARD = 0.85


def tell(seed: int, profile: Profile, person: Person) -> Told:
    """The same person of the same seed always tells the same."""
    mistake, finding = None, None
    if person.at_the_desk:
        # One thing goes wrong at a time: whose record will differ makes no other mistake.
        if person.plant is None or not (person.plant.put or person.plant.leave_out):
            mistake = refused_first(stream(seed, person.ref, "slip"), profile, person)
        if person.review in (endings.RETURNED_ONCE, endings.STAYS_RETURNED):
            finding = found_in_review(stream(seed, person.ref, "finding"), profile, person)
    typed = set(finding[:1]) if finding else set()
    if mistake is not None:
        typed |= {mistake.field, *(mistake.put or ())}
    if person.plant is not None:
        typed |= {*person.plant.put, *person.plant.leave_out}
    # A card would have said it right; and nobody has a card with a number that is not theirs.
    possible = typed.isdisjoint(CARD_FIELDS) and person.planted != DUPLICATE
    card = stream(seed, person.ref, "card").random() < _HAS_CARD
    return Told(mistake, finding, card and possible)


Slip = Callable[[Random, Profile, Person], Mistake | None]


def refused_first(rng: Random, profile: Profile, person: Person) -> Mistake | None:
    """The mistake that the desk makes first with this person; for most people none."""
    if rng.random() > _MISTAKEN:
        return None
    slips = rng.sample(_SLIPS, len(_SLIPS))
    return next((found for slip in slips if (found := slip(rng, profile, person))), None)


def found_in_review(rng: Random, profile: Profile, person: Person) -> tuple[str, Value]:
    """A field and a wrong value in it that no rule can see: another sign in a text."""
    texts = [
        name
        for name, value in person.fields.items()
        if profile.fields[name].type == "text" and isinstance(value, str) and name != "name"
    ]
    name = rng.choice(texts or ["name"])
    value = str(person.fields[name])
    place = rng.randrange(len(value))
    other = rng.choice([sign for sign in "甲乙丙丁戊己" if sign != value[place]])
    return name, value[:place] + other + value[place + 1 :]


def _forgot_required(rng: Random, profile: Profile, person: Person) -> Mistake | None:
    chosen = frozenset(person.categories)
    # The number and the place say whose record it is and where it belongs; without them the
    # packet could not even be addressed.
    names = [
        f.id
        for f in profile.fields_for(chosen)
        if not f.required.isdisjoint(chosen) and f.type not in ("resident_number", "area")
    ]
    if not names:
        return None
    name = rng.choice(names)
    return Mistake(name, "required", leave_out=(name,))


def _forgot_paper(rng: Random, profile: Profile, person: Person) -> Mistake | None:
    needs = [
        need
        for need in profile.evidence_for(person.categories)
        if need.severity.value == "refuse" and set(need.one_of) & set(person.papers)
    ]
    if not needs:
        return None
    need = rng.choice(needs)
    missing = tuple(kind for kind in person.papers if kind in need.one_of)
    return Mistake("evidence", need.id, without_papers=missing)


def _two_services(_: Random, profile: Profile, person: Person) -> Mistake | None:
    wanted = {"transferred_officer", "discharged_soldier"}
    if "one-service-category" not in profile.rules or not wanted & set(person.categories):
        return None
    return Mistake(
        "categories",
        "one-service-category",
        categories=tuple(sorted({*person.categories, *wanted})),
    )


def _wrong_birth(_: Random, profile: Profile, person: Person) -> Mistake | None:
    if "number-matches-birth" not in profile.rules or "birth_date" not in person.fields:
        return None
    day = date.fromisoformat(str(person.fields["birth_date"]))
    other = day.replace(day=1 if day.day != 1 else 2)
    return Mistake("birth_date", "number-matches-birth", put={"birth_date": other.isoformat()})


def _no_such_day(_: Random, profile: Profile, person: Person) -> Mistake | None:
    if "birth_date" not in person.fields or profile.fields["birth_date"].type != "date":
        return None
    year = str(person.fields["birth_date"])[:4]
    return Mistake("birth_date", "impossible-date", put={"birth_date": f"{year}-02-30"})


def _left_before_joining(_: Random, profile: Profile, person: Person) -> Mistake | None:
    enlisted = person.fields.get("enlisted_on")
    if "enlisted-before-discharged" not in profile.rules or not isinstance(enlisted, str):
        return None
    if "discharged_on" not in person.fields:
        return None
    year = int(enlisted[:4]) - 3
    return Mistake("discharged_on", "enlisted-before-discharged", put={"discharged_on": str(year)})


def _not_asked(rng: Random, profile: Profile, person: Person) -> Mistake | None:
    chosen = frozenset(person.categories)
    names = [f.id for f in profile.fields.values() if f.type == "text" and not f.applies_to(chosen)]
    if not names:
        return None
    name = rng.choice(names)
    return Mistake(name, "not-for-categories", put={name: "不详"})


def _no_option(rng: Random, profile: Profile, person: Person) -> Mistake | None:
    names = [n for n in person.fields if profile.fields[n].type in ("choice", "code")]
    if not names:
        return None
    name = rng.choice(sorted(names))
    return Mistake(name, "not-an-option", put={name: "不详"})


def _mistyped_number(_: Random, profile: Profile, person: Person) -> Mistake | None:
    """Only where nothing is known of the person yet: known ones are found by their number."""
    if person.in_baseline or profile.fields["resident_number"].type != "resident_number":
        return None
    number = str(person.fields["resident_number"])
    return Mistake(
        "resident_number",
        "number-check-digit",
        put={"resident_number": number[:-1] + other_check(number)},
    )


def other_check(number: str) -> str:
    """A wrong check character for an 18-character number."""
    right = resident_number.check_digit(number[:-1])
    return str((int(right) + 1) % 10) if right != "X" else "7"


_SLIPS: tuple[Slip, ...] = (
    _forgot_required,
    _forgot_paper,
    _two_services,
    _wrong_birth,
    _no_such_day,
    _left_before_joining,
    _not_asked,
    _no_option,
    _mistyped_number,
)
