"""Where somebody moved, as a department writes it: a code, a name, an address, or nothing of it.

What cannot be read says nothing: it makes no work order, and nobody is taken for moved away by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from stdnum import numdb

from muster.crosscheck.domain.cells import plain
from muster.crosscheck.handlers.areas import place
from muster.crosscheck.store.matching import UNREADABLE
from muster.forms.places import stems
from muster.forms.tables import table
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import AreaLevel

ELSEWHERE = "elsewhere"
"""A place outside the campaign's area that is named, and not by a code."""
_CODE = re.compile(r"[0-9]{6}(?:[0-9]{3}(?:[0-9]{3})?)?")
_STAYED = frozenset(
    (
        "未迁", "未迁出", "未迁移", "未转出", "未变动", "在籍", "当地", "本地",
        "本县", "本市", "本乡", "本镇", "本街道", "本村", "本社区", "本组",
    )
)  # fmt: skip
"""What people write into a cell to say that nobody moved."""
_AWAY = frozenset(("外省", "省外", "国外", "境外"))
"""What they write of a place outside that they do not name."""
_ABOVE = frozenset({AreaLevel.PROVINCE, AreaLevel.CITY, AreaLevel.COUNTY})
_KINDS = {
    AreaLevel.PROVINCE: ("省",),
    AreaLevel.CITY: ("市", "地区", "州"),
    AreaLevel.COUNTY: ("县", "市", "区"),
}
"""By level the last signs of names that one place has had, or may be written with."""
_LAST = re.compile(r"(?:特别行政区|地区|[省市县区盟旗])$")
_PERIOD = re.compile(r"^\[[0-9]*-[0-9]*\]")


def read(tree: AreaTree, told: object) -> str | None:
    """The code of a place that a department names by code, name or address.

    None for no place, and for a name that several areas of the campaign bear, which says nothing;
    of a place outside that there is or was the code itself, or `ELSEWHERE`; `UNREADABLE` for
    everything else.
    """
    if not isinstance(told, str):
        return None
    text = plain(told)
    if not text or text in _STAYED:
        return None
    if text in _AWAY:
        return ELSEWHERE
    if _CODE.fullmatch(text):
        code = place(tree, text)
        return code if code in tree or code[:6] in _country().codes else UNREADABLE
    found = _by_path(tree).get(text)
    if found is None:
        return _by_address(tree, text)
    return found[0] if len(found) == 1 else None


def _by_address(tree: AreaTree, text: str) -> str | None:
    """The smallest area of the campaign that an address leads to, level by level, some of which may
    be left out; `ELSEWHERE` where it names another place instead."""
    reached: str | None = None
    rest = text
    while True:
        length, codes = _longest(tree, rest, reached)
        if reached is None and _names_another(tree, rest, length):
            return ELSEWHERE
        if not codes:
            break
        if len(codes) > 1:
            return reached
        reached, rest = codes[0], rest[length:]
    if reached is None:
        return UNREADABLE
    if not rest or tree.is_within(reached, tree.root.code):
        return reached
    # Only the province or the prefecture was named so far.
    province = _country().provinces[reached[:2]]
    return ELSEWHERE if province.holds(rest) else UNREADABLE


def _longest(tree: AreaTree, text: str, reached: str | None) -> tuple[int, list[str]]:
    """The areas below the one reached that the longest beginning of a text names; 0 for none."""
    written = _written(tree)
    for length in range(len(text), 1, -1):
        codes = [
            code
            for code in written.get(text[:length], ())
            if reached is None or (code != reached and tree.is_within(code, reached))
        ]
        if codes:
            return length, codes
    return 0, []


def _names_another(tree: AreaTree, text: str, length: int) -> bool:
    """Whether a text begins with a place outside, by a name longer than so many signs."""
    written = _written(tree)
    country = _country()
    for end in range(length + 1, len(text) + 1):
        name, rest = text[:end], text[end:]
        if _stem(name) in written:
            continue
        if name in country.names:
            return True
        if not rest and name in _village_stems(tree):
            continue  # 天津 may be 天津村
        if any(one.is_named(name, rest) for one in country.provinces.values()):
            return True
    return False


@lru_cache(maxsize=4)
def _by_path(tree: AreaTree) -> dict[str, tuple[str, ...]]:
    """Codes by the names under which an area may be written: its own, and with what is above."""
    found: dict[str, set[str]] = {}
    for area in tree:
        written = area.name
        found.setdefault(written, set()).add(area.code)
        for above in tree.ancestors(area.code):
            written = above.name + written
            found.setdefault(written, set()).add(area.code)
    return {name: tuple(sorted(codes)) for name, codes in found.items()}


@lru_cache(maxsize=4)
def _written(tree: AreaTree) -> dict[str, tuple[str, ...]]:
    """Codes by name; of a county and what is above it also by what they are called for short, and
    with the last sign that they had or have on another day."""
    found: dict[str, set[str]] = {}
    for area in tree:
        names = {area.name}
        if area.level in _ABOVE:
            stem = _stem(area.name)
            names |= {stem, *(stem + kind for kind in _KINDS[area.level])}
        for name in names:
            found.setdefault(name, set()).add(area.code)
    return {name: tuple(sorted(codes)) for name, codes in found.items()}


@lru_cache(maxsize=4)
def _village_stems(tree: AreaTree) -> frozenset[str]:
    """What villages are called without the sign of what they are."""
    villages = (area.name for area in tree if area.level is AreaLevel.VILLAGE)
    return frozenset(stem for name in villages for _, stem in stems(name))


@lru_cache(maxsize=1)
def _autonomous() -> re.Pattern[str]:
    """Names that end in the peoples of an autonomous place: 黄南, 藏族, 自治州."""
    peoples = "|".join(re.escape(item.zh.removesuffix("族")) for item in table("ethnicity"))
    return re.compile(rf"(.{{2,}}?)(?:(?:{peoples})族?)*自治[区州县旗]")


def _stem(name: str) -> str:
    """What a place is called for short; the name itself where that would be a single sign."""
    found = _autonomous().fullmatch(name)
    stem = found[1] if found else _LAST.sub("", name)
    return stem if len(stem) > 1 else name


@dataclass(slots=True)
class _Province:
    """Names that a province, its cities and its counties have or had, and what they are called for
    short."""

    short: str = ""
    cities: set[str] = field(default_factory=set)
    counties: set[str] = field(default_factory=set)
    short_cities: set[str] = field(default_factory=set)
    short_counties: set[str] = field(default_factory=set)

    def holds(self, rest: str) -> bool:
        """Whether what stands after the province's name names one of its places."""
        begins = {rest[:length] for length in range(2, len(rest) + 1)}
        return rest in self.short_counties or not (
            begins.isdisjoint(self.cities)
            and begins.isdisjoint(self.counties)
            and begins.isdisjoint(self.short_cities)
        )

    def is_named(self, name: str, rest: str) -> bool:
        """Whether a name is this province's or one of its cities' for short, alone or before a
        place in it: 四川, 四川成都, 成都武侯区."""
        if name == self.short:
            return not rest or self.holds(rest)
        if name in self.short_cities:
            return not rest or any(map(rest.startswith, self.counties))
        return False


@dataclass(slots=True)
class _Country:
    """All codes; provinces by their two digits; and the names that tell a place by themselves."""

    codes: set[str] = field(default_factory=set)
    provinces: dict[str, _Province] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@lru_cache(maxsize=1)
def _country() -> _Country:
    """Every code and name that there is or was (python-stdnum's table, as in `national_areas`)."""
    country = _Country()
    for code, name in _table():
        province = country.provinces.setdefault(code[:2], _Province())
        country.codes.add(code)
        if len(name) < 2:
            continue  # a heading of the table (市, 县), and the beginning of many words
        stem = _stem(name)
        # 海西蒙古族藏族自治州 is 海西州, 化隆回族自治县 is 化隆县.
        names = {name, stem + name[-1]} if "自治" in name else {name}
        if code.endswith("0000"):
            province.short = stem
            country.names.add(name)
        elif code.endswith("00"):
            if name[-1] in "市州盟" or name.endswith("地区"):
                province.cities |= names
                province.short_cities.add(stem)
                country.names |= names
        else:
            province.counties |= names
            province.short_counties.add(stem)
            # 城区, 郊区 and the like are everywhere.
            country.names |= {one for one in names if len(one) > 2 and one[-1] in "县市旗"}
    return country


def _table() -> Iterator[tuple[str, str]]:
    for _, province, _, _, below in numdb.get("cn/loc").prefixes:
        for _, digits, _, properties, _ in below:
            for name in properties.get("county", "").split(","):
                yield province + digits, _PERIOD.sub("", name)
