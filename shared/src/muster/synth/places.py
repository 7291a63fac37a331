"""Where people live, and which area their resident number begins with."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from stdnum import numdb

from muster.synth.streams import weighted
from muster.vocabulary.areas import Area, AreaTree, read_areas
from muster.vocabulary.data import data_path
from muster.vocabulary.states import AreaLevel

# People per desk that a county should have, and people per village.
_PER_DESK = 400
_PER_VILLAGE = 5
_FEWEST_DESKS = 3

_PERIOD = re.compile(r"\[([0-9]{4})?-([0-9]{4})?\](.+)")
_NOT_A_COUNTY = ("00", "01")


@dataclass(frozen=True, slots=True)
class Desk:
    """A collection point: its township (or a zone without townships) and the villages it serves."""

    area: Area
    county: str
    villages: tuple[Area, ...]


def choose_desks(rng: Random, tree: AreaTree, people: int) -> tuple[Desk, ...]:
    """As many desks as that many people need, spread over the area's counties, by code."""
    candidates = [a for a in tree.townships() if tree.children(a.code)]
    zones = [a for a in tree.leaves() if a.level is not AreaLevel.VILLAGE]
    wanted = max(_FEWEST_DESKS, min(len(candidates), people // _PER_DESK))
    by_county: dict[str, list[Area]] = {}
    for area in rng.sample(candidates, len(candidates)):
        by_county.setdefault(_county(tree, area.code), []).append(area)
    chosen: list[Area] = []
    while len(chosen) < min(wanted, len(candidates)):
        for county in sorted(by_county):
            if by_county[county] and len(chosen) < wanted:
                chosen.append(by_county[county].pop())
    if zones:  # a zone with a local code takes part, if it is the only part that is small
        chosen.append(rng.choice(zones))
    share = max(2, people // (len(chosen) * _PER_VILLAGE))
    return tuple(
        Desk(area, _county(tree, area.code), _villages(rng, tree, area, share))
        for area in sorted(chosen, key=lambda a: a.code)
    )


def _county(tree: AreaTree, code: str) -> str:
    """The county, zones included, in which an area lies."""
    for area in (tree.get(code), *tree.ancestors(code)):
        if area.level is AreaLevel.COUNTY:
            return area.code
    return code


def _villages(rng: Random, tree: AreaTree, area: Area, count: int) -> tuple[Area, ...]:
    below = tree.leaves(area.code)
    chosen = rng.sample(below, min(count, len(below)))
    return tuple(sorted(chosen, key=lambda a: a.code))


@dataclass(frozen=True, slots=True)
class _Issued:
    """One six-digit code: the names it had, and the first and last year of each."""

    code: str
    names: tuple[tuple[str, int, int], ...]


@cache
def _issued(province: str) -> tuple[_Issued, ...]:
    """Every county code that a province ever had (python-stdnum's table)."""
    table = numdb.get("cn/loc")
    found = []
    for number in range(10_000):
        code = f"{province}{number:04d}"
        texts = [p["county"] for _, p in table.info(code) if "county" in p]
        if texts and not code.endswith(_NOT_A_COUNTY):
            found.append(_Issued(code, tuple(n for text in texts for n in _named(text))))
    return tuple(found)


def _named(text: str) -> list[tuple[str, int, int]]:
    names = []
    for part in text.split(","):
        match = _PERIOD.fullmatch(part)
        first, last, name = match.groups() if match else (None, None, part)
        names.append((name, int(first or 0), int(last or 9999)))
    return names


def _stem(name: str) -> str:
    return name.rstrip("县市区")


@dataclass(frozen=True, slots=True)
class NumberAreas:
    """The area codes that resident numbers of one county's people may begin with."""

    own: str
    former: tuple[str, ...]
    others: tuple[str, ...]

    def pick(self, rng: Random) -> str:
        """Mostly the own county; else an abandoned code of the same place, or another county."""
        pools = {"own": 0.74, "former": 0.12 if self.former else 0.0, "others": 0.14}
        pool = weighted(rng, pools)
        if pool == "own" or (pool == "others" and not self.others):
            return self.own
        return rng.choice(self.former if pool == "former" else self.others)


@cache
def number_areas(tree: AreaTree, county: str, on: date) -> NumberAreas:
    """For the people of one county or zone, as of that day: no code that was yet to come."""
    own = tree.county_of(county)
    issued = [code for code in _issued(own[:2]) if any(n[1] <= on.year for n in code.names)]
    stem = _stem(tree.get(own).name)
    former = [
        code.code
        for code in issued
        if code.code != own and any(_stem(name) == stem for name, *_ in code.names)
    ]
    others = [code.code for code in issued if code.code not in (own, *former)]
    return NumberAreas(own, tuple(former), tuple(others))


@cache
def outside(tree: AreaTree, on: date) -> tuple[tuple[str, str], ...]:
    """Counties of the same province that a person may move away to: code, and name from the
    province down."""
    top = tree.ancestors(tree.root.code)
    province = top[-1] if top else tree.root
    found = []
    for issued in _issued(province.code[:2]):
        if issued.code[:4] == tree.root.code[:4] or issued.code in tree:
            continue
        names = [name for name, first, last in issued.names if first <= on.year <= last]
        if names:
            found.append((issued.code, f"{province.name}{names[-1]}"))
    return tuple(found)


@cache
def other_codes(tree: AreaTree) -> dict[str, tuple[str, ...]]:
    """By code of this tree, the codes that the same place has in the tables of other days."""
    found: dict[str, set[str]] = {}
    for path in sorted(data_path("reference").glob("areas-*.csv")):
        for area in read_areas(path):
            place = tree.place_of(area.code)
            if place != area.code and place in tree:
                found.setdefault(place, set()).add(area.code)
    return {place: tuple(sorted(codes)) for place, codes in found.items()}
