"""行政区划: the dated tree of areas from province to village (GB/T 2260 and below).

Village codes have 12 digits, township codes 9, county, city and province codes 6. An area without
a national code (a development zone) carries a local one and names, in `maps_to`, the county
under which it appears on topics (C16).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Self

from muster.vocabulary.data import data_path
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.states import AreaLevel

_LEVELS = (12, 9, 6, 4, 2)
"""Digits that say a village, its township, county, city, province."""
_CODE = re.compile(r"[0-9]{6}([0-9]{3}([0-9]{3})?)?")
_FILL = re.compile(r"(?<=^[0-9]{9})000$|(?<=^[0-9]{6})(000){1,2}$")


class UnknownArea(LookupError):  # noqa: N818 - reads as what it says
    """No such area in this tree."""


@dataclass(frozen=True, slots=True)
class Area:
    """One node. An empty validity end is None: not known, or still in force."""

    code: str
    parent: str | None
    level: AreaLevel
    name: str
    valid_from: PartialDate | None
    valid_to: PartialDate | None
    maps_to: str | None = None

    def in_force(self, on: date) -> bool:
        """A bound known only to the year covers that whole year."""
        return (self.valid_from is None or self.valid_from.earliest() <= on) and (
            self.valid_to is None or on <= self.valid_to.latest()
        )


class AreaTree:
    """The areas at and below one root, and the root's ancestors, as in force on one day."""

    def __init__(
        self,
        root_code: str,
        areas: Iterable[Area],
        other_codes: Mapping[str, str] | None = None,
        other_names: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._areas: dict[str, Area] = {area.code: area for area in areas}
        self._other_codes = dict(other_codes or {})
        self._other_names = dict(other_names or {})
        if root_code not in self._areas:
            raise UnknownArea(root_code)
        self.root = self._areas[root_code]
        self._children: dict[str, list[Area]] = {}
        for area in self._areas.values():
            if area.parent is not None:
                self._children.setdefault(area.parent, []).append(area)

    @classmethod
    def load(cls, root_code: str, on: date) -> Self:
        """Read the reference table that holds the root. The result is shared: do not change it.

        Raises UnknownArea when no table has that root in force on that day.
        """
        return cls._load_from(data_path("reference"), root_code, on)

    @classmethod
    @lru_cache(maxsize=16)
    def _load_from(cls, folder: Path, root_code: str, on: date) -> Self:
        for path in sorted(folder.glob("areas-*.csv")):
            everything = list(read_areas(path))
            areas = {area.code: area for area in everything if area.in_force(on)}
            if root_code in areas:
                others = _other_codes(everything, areas)
                names = _other_names(everything, areas, others)
                return cls(root_code, _around(root_code, areas), others, names)
        raise UnknownArea(root_code)

    def __contains__(self, code: object) -> bool:
        return code in self._areas

    def __len__(self) -> int:
        return len(self._areas)

    def __iter__(self) -> Iterator[Area]:
        """Every area of the tree, the root's ancestors included, parents before children."""
        return iter(self._areas.values())

    def get(self, code: str) -> Area:
        """Raises UnknownArea."""
        try:
            return self._areas[code]
        except KeyError:
            raise UnknownArea(code) from None

    def children(self, code: str) -> tuple[Area, ...]:
        """The areas directly below, in order of code."""
        self.get(code)
        return tuple(self._children.get(code, ()))

    def ancestors(self, code: str) -> tuple[Area, ...]:
        """From the parent up to the province; empty for a province."""
        chain: list[Area] = []
        parent = self.get(code).parent
        while parent is not None:
            area = self.get(parent)
            chain.append(area)
            parent = area.parent
        return tuple(chain)

    def is_within(self, code: str, ancestor: str) -> bool:
        """True when `code` is `ancestor` or lies below it; False for codes not in the tree."""
        if code not in self._areas or ancestor not in self._areas:
            return False
        return code == ancestor or any(area.code == ancestor for area in self.ancestors(code))

    def leaves(self, under: str | None = None) -> tuple[Area, ...]:
        """Areas with nothing below them: the villages, and zones that have none of their own."""
        return tuple(a for a in self._below(under) if a.code not in self._children)

    def villages(self, under: str | None = None) -> tuple[Area, ...]:
        """The villages at or below that area (default: the root)."""
        return tuple(a for a in self._below(under) if a.level is AreaLevel.VILLAGE)

    def townships(self, under: str | None = None) -> tuple[Area, ...]:
        """The townships at or below that area (default: the root)."""
        return tuple(a for a in self._below(under) if a.level is AreaLevel.TOWNSHIP)

    def county_of(self, code: str) -> str:
        """The county code that goes on topics; for a zone with a local code, what it maps to.

        Raises UnknownArea for an area above the counties.
        """
        for area in (self.get(code), *self.ancestors(code)):
            if area.level is AreaLevel.COUNTY:
                return area.maps_to or area.code
        raise UnknownArea(code)

    def county_or_none(self, code: str) -> str | None:
        """As `county_of`; None for an area above the counties, or one that is not in the tree."""
        try:
            return self.county_of(code)
        except UnknownArea:
            return None

    def place_of(self, code: str) -> str:
        """The code that this tree has for the place that another day's code names.

        A township or county may be filled up with zeros to twelve digits. The code itself when it
        is in the tree, or when nothing is known of it.
        """
        if code in self._areas:
            return code
        code = _FILL.sub("", code)
        return self._other_codes.get(code, code)

    def names_of(self, code: str) -> tuple[str, ...]:
        """The name of an area, and the names that it had or was to have on other days.

        Raises UnknownArea.
        """
        return (self.get(code).name, *self._other_names.get(code, ()))

    def levels_of(self, code: str) -> tuple[str, ...]:
        """The place that a code names and what it lies in, from the finest to the province.

        Each as the digits that say it: a village its twelve, a county its six, a province its two.
        What is no code stays alone.
        """
        digits = self.place_of(code)
        if not _CODE.fullmatch(digits):
            return (digits,)
        if digits.endswith("00") and len(digits) == _LEVELS[2]:
            digits = digits[:2] if digits.endswith("0000") else digits[:4]
        return tuple(digits[:length] for length in _LEVELS if length <= len(digits))

    def path_name(self, code: str) -> str:
        """The names from the province down, without a separator, as in an address."""
        chain = (self.get(code), *self.ancestors(code))
        return "".join(area.name for area in reversed(chain))

    def below(self, roots: Iterable[str]) -> list[str]:
        """The codes at and below these areas, each once, sorted; what is no area adds nothing."""
        inside = (code for code in roots if code in self)
        return sorted({area.code for code in inside for area in self._below(code)})

    def _below(self, under: str | None) -> Iterator[Area]:
        area = self.root if under is None else self.get(under)
        yield area
        for child in self._children.get(area.code, ()):
            yield from self._below(child.code)


def read_areas(path: Path) -> Iterator[Area]:
    """Rows of a dated area table: code,parent,level,name,valid_from,valid_to[,maps_to].

    Lines that begin with `#` are comments. Raises ValueError on a level or date that is none.
    """
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            yield Area(
                code=row["code"],
                parent=row["parent"] or None,
                level=AreaLevel(row["level"]),
                name=row["name"],
                valid_from=_bound(row["valid_from"]),
                valid_to=_bound(row["valid_to"]),
                maps_to=row.get("maps_to") or None,
            )


def _other_codes(everything: Iterable[Area], areas: Mapping[str, Area]) -> dict[str, str]:
    """Codes that were or will be in force, to today's code of the same place.

    A county that becomes a city keeps its name but for the last sign, and what lies below keeps
    its names and the rest of its code (同仁县 632321 became 同仁市 632301).
    """
    every = {area.code: area for area in everything}
    here: dict[tuple[str, ...], str] = {}
    for area in areas.values():
        here.setdefault(_place(area, areas), area.code)
    return {
        code: here[place]
        for code, area in every.items()
        if code not in areas and (place := _place(area, every)) in here
    }


def _other_names(
    everything: Iterable[Area], areas: Mapping[str, Area], other_codes: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Names of other days by today's code of the place (同仁市 of 同仁县)."""
    found: dict[str, dict[str, None]] = {}
    for area in everything:
        code = other_codes.get(area.code, area.code)
        if code in areas and area.name != areas[code].name:
            found.setdefault(code, {})[area.name] = None
    return {code: tuple(names) for code, names in found.items()}


def _place(area: Area, areas: Mapping[str, Area]) -> tuple[str, ...]:
    """Names from the county down, the county without its kind, and the code below the county."""
    names: list[str] = []
    node: Area | None = area
    while node is not None and node.level not in (AreaLevel.CITY, AreaLevel.PROVINCE):
        stem = node.name[:-1] if node.level is AreaLevel.COUNTY else node.name
        names.append(stem)
        node = areas.get(node.parent) if node.parent else None
    above = node.code if node is not None else ""
    return (above, area.code[6:], *names)


def _bound(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def _around(root_code: str, areas: dict[str, Area]) -> Iterator[Area]:
    """The root's ancestors from the top, the root, and all below it, parents first."""
    chain = [areas[root_code]]
    while (parent := chain[-1].parent) is not None:
        chain.append(areas[parent])
    yield from reversed(chain)
    kept = {root_code}
    for code in sorted(areas, key=lambda c: (len(c), c)):
        if areas[code].parent in kept:
            kept.add(code)
            yield areas[code]
