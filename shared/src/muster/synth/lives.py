"""The few dates of a life that everything else hangs on: birth, enlistment, discharge."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from muster.synth.streams import weighted

EARLIEST_ENLISTED_LIMIT = date(1954, 10, 31)


@dataclass(frozen=True, slots=True)
class Life:
    """`enlisted` and `discharged` are None for those who never served."""

    sex: str
    birth: date
    enlisted: date | None
    discharged: date | None
    status: str
    relation: str


# Years of birth (first, last), age at enlistment, years of service; by category.
_SERVED: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "red_army_veteran": ((1919, 1922), (13, 15), (4, 14)),
    "demobilised_soldier": ((1928, 1935), (16, 19), (2, 8)),
    "retired_cadre": ((1930, 1962), (17, 20), (33, 40)),
    "civilian_staff": ((1930, 1957), (19, 24), (30, 36)),
    "transferred_officer": ((1945, 1979), (17, 20), (14, 24)),
    "discharged_soldier": ((1946, 1995), (18, 20), (2, 2)),
    "disabled_serviceman": ((1946, 1990), (18, 20), (2, 6)),
}
_FAMILY: dict[str, tuple[int, int]] = {"parent": (1952, 1976), "spouse": (1976, 1996)}
_CHILD = (2002, 2015)
_SURVIVOR: dict[str, tuple[int, int]] = {
    "parent": (1930, 1968),
    "fosterer": (1930, 1960),
    "spouse": (1935, 1985),
    "child": (1945, 2005),
    "sibling": (1932, 1990),
}
_SURVIVING = {"child": 0.38, "spouse": 0.26, "parent": 0.2, "sibling": 0.14, "fosterer": 0.02}
_LAST_DISCHARGE = date(2018, 9, 20)


def live(rng: Random, categories: Collection[str]) -> Life:
    """A life that suits the categories; a person of unknown ones is an adult who never served."""
    served = next((name for name in _SERVED if name in categories), None)
    if served is not None:
        return _soldier(rng, served)
    if "active_duty_family" in categories:
        relation = weighted(rng, {"parent": 0.66, "spouse": 0.22, "child": 0.12})
        born = _FAMILY.get(relation, _CHILD)
    else:
        relation = weighted(rng, _SURVIVING)
        born = _SURVIVOR[relation] if "disabled_militia" not in categories else (1938, 1985)
    sex = weighted(rng, {"1": 0.42, "2": 0.58})
    return Life(sex, _day(rng, *born), None, None, "not_applicable", relation)


def _soldier(rng: Random, category: str) -> Life:
    born, age, years = _SERVED[category]
    early = category == "demobilised_soldier" and rng.random() < 0.8
    if category == "demobilised_soldier" and not early:
        born, age, years = (1948, 1964), (17, 20), (12, 20)
    status = _status(rng, category, early)
    if status == "nco" and category == "discharged_soldier":
        years = (5, 16)
    birth = _day(rng, *born)
    enlisted = _after(rng, birth, rng.randint(*age))
    if early or category == "red_army_veteran":
        enlisted = min(enlisted, EARLIEST_ENLISTED_LIMIT - timedelta(days=rng.randint(0, 700)))
    discharged = min(_after(rng, enlisted, rng.randint(*years)), _LAST_DISCHARGE)
    sex = weighted(rng, {"1": 0.94, "2": 0.06})
    return Life(sex, birth, enlisted, discharged, status, weighted(rng, _SURVIVING))


def _status(rng: Random, category: str, early: bool) -> str:
    if category == "red_army_veteran" or early:
        return "not_applicable"
    if category in ("transferred_officer", "demobilised_soldier"):
        return weighted(rng, {"officer": 0.88, "civil_cadre": 0.12})
    if category == "retired_cadre":
        return weighted(rng, {"officer": 0.6, "nco": 0.3, "civil_cadre": 0.1})
    return weighted(rng, {"conscript": 0.66, "nco": 0.34})


def _day(rng: Random, first_year: int, last_year: int) -> date:
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def _after(rng: Random, day: date, years: int) -> date:
    return day + timedelta(days=round(years * 365.25) + rng.randint(20, 300))
