"""Cards for whoever works as collector after the campaign: people of a desk, each of another kind.

What a card's hint says of its person is what capture says at that moment, to the desk's own
collector. Some are of people who stand in no list of the county, so that there is always somebody
to collect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from muster.runtime.client import Account
from muster.runtime.demo.world import Desk, Person, World
from muster.synth.names import make_name
from muster.synth.reader import resident_card
from muster.synth.streams import stream
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree

__all__ = ["Card", "choose"]

_NEW_PEOPLE = 5
_TRIES = 6
"""People of one kind who are looked up until one is as the hint says."""
_HAN = "01"
_OTHER_SIGNS = "华明军平"
Found = Mapping[str, Any]
"""What capture answers to a look-up."""


@dataclass(frozen=True, slots=True)
class Card:
    """A simulated resident card: whose it is, what is special about it, and its text block."""

    card_id: str
    name: str
    number: str
    hint_zh: str
    hint_en: str
    text: bytes = field(repr=False)

    @classmethod
    def of(cls, card_id: str, hints: tuple[str, str], said: Mapping[str, object]) -> Card:
        return cls(
            card_id, str(said["name"]), str(said["resident_number"]), *hints, resident_card(said)
        )


def _states(found: Found) -> set[str]:
    return {entry["state"] for entry in found["entries"]}


def _review(found: Found) -> str | None:
    return (found.get("review") or {}).get("state")


def _here(found: Found) -> bool:
    return bool(found["known"]) and not found["elsewhere"]


def _uncollected(found: Found) -> bool:
    return _here(found) and _states(found) == {"open"} and found["baseline"] is not None


def _as_it_is(said: Mapping[str, object]) -> Mapping[str, object]:
    return said


def _expired(said: Mapping[str, object]) -> Mapping[str, object]:
    return {**said, "valid_from": "20050301", "valid_until": "20250301"}


def _renamed(said: Mapping[str, object]) -> Mapping[str, object]:
    name = str(said["name"])
    last = next(sign for sign in _OTHER_SIGNS if sign != name[-1])
    return {**said, "name": name[:-1] + last}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of person: who may be one, whether capture says so too, and what their card says."""

    name: str
    hints: tuple[str, str]
    likely: Callable[[Person], bool]
    fits: Callable[[Found], bool]
    card: Callable[[Mapping[str, object]], Mapping[str, object]] = _as_it_is


_KINDS = (
    _Kind(
        "open",
        ("已登记，尚未采集", "Known, not collected yet"),
        lambda person: person.ending == "open",
        _uncollected,
    ),
    _Kind(
        "collected",
        ("已采集，已通过审核", "Collected and verified"),
        lambda person: person.comes and person.reviewed,
        lambda found: _here(found) and _review(found) == "verified",
    ),
    _Kind(
        "returned",
        ("审核人员已退回，须改正", "Sent back by the reviewer, to be corrected"),
        lambda person: person.comes and bool(person.overlooked) and not person.comes_back,
        lambda found: _here(found) and _review(found) == "returned",
    ),
    _Kind(
        "expired",
        ("身份证已过有效期", "The card has expired"),
        lambda person: person.ending in ("open", "collected"),
        _here,
        _expired,
    ),
    _Kind(
        "renamed",
        ("证件姓名与初始数据不同", "The name on the card differs from the baseline"),
        lambda person: person.ending in ("open", "collected") and person.origin == "baseline",
        lambda found: _here(found) and found["baseline"] is not None,
        _renamed,
    ),
    _Kind(
        "declined",
        ("已登记为自愿放弃", "Has declined to register"),
        lambda person: person.ending == "declined",
        lambda found: _here(found) and _states(found) == {"declined"},
    ),
)
_ELSEWHERE = _Kind(
    "elsewhere",
    ("在其他乡镇登记的人员", "Registered with another desk"),
    lambda person: person.comes,
    lambda found: bool(found["known"]) and bool(found["elsewhere"]),
)
_NEW = ("初始数据中没有此人", "Nobody knows this person yet")


async def choose(
    collector: Account, world: World, desk: Desk, tree: AreaTree, seed: int
) -> list[Card]:
    """One card of each kind that the desk has, in a fixed order; the last are of new people."""
    cards: list[Card] = []
    used: set[str] = set()
    here = world.at(desk)
    others = [person for person in world.people if person.desk != desk.area]
    for kind, people in (*((kind, here) for kind in _KINDS), (_ELSEWHERE, others)):
        rng = stream(seed, "cards", desk.area, kind.name)
        candidates = [p for p in people if _plain(p) and kind.likely(p) and p.ref not in used]
        for person in rng.sample(candidates, min(_TRIES, len(candidates))):
            found = await _look_up(collector, person.number)
            if kind.fits(found):
                said = kind.card({**person.fields, **_on_card(kind, found)})
                cards.append(Card.of(f"{desk.area}-{kind.name}", kind.hints, said))
                used.add(person.ref)
                break
    rng = stream(seed, "cards", desk.area, "new")
    taken = {person.number for person in world.people}
    for place in range(1, _NEW_PEOPLE + 1):
        said = _stranger(rng, desk, tree, taken)
        taken.add(str(said["resident_number"]))
        cards.append(Card.of(f"{desk.area}-new-{place}", _NEW, said))
    return cards


def _plain(person: Person) -> bool:
    """Nothing was planted that would make the person another than the hint says."""
    return person.correction is None


def _on_card(kind: _Kind, found: Found) -> dict[str, object]:
    """A name that differs from the baseline's has to differ from what stands there."""
    if kind.name != "renamed":
        return {}
    return {"name": found["baseline"]["fields"]["name"]}


async def _look_up(collector: Account, number: str) -> Found:
    found: Found = await collector.post("capture", "/subjects/lookup", {"resident_number": number})
    return found


def _stranger(rng: Random, desk: Desk, tree: AreaTree, taken: Collection[str]) -> dict[str, object]:
    """Somebody of this desk's area who is in no list, and counted only once they are collected."""
    own = tree.county_of(desk.county)
    while True:
        sex = rng.choice("12")
        birth = date(1950, 1, 1) + timedelta(days=rng.randrange(15_000))
        number = resident_number.make(own, birth, rng.randrange(500) * 2 + (sex == "1"))
        if number not in taken:
            break
    village = rng.choice(tree.villages(desk.area))
    return {
        "name": make_name(rng, _HAN, sex),
        "sex": sex,
        "ethnicity": _HAN,
        "birth_date": birth.isoformat(),
        "household_address": f"{tree.path_name(village.code)}{rng.randint(1, 180)}号",
        "resident_number": number,
    }
