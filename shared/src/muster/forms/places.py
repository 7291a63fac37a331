"""Areas by the names that people write: in short, with or without what they lie in.

Names of provinces, cities and counties are also known without their kind and without the peoples
that they are named after (青海, 黄南州), and by what the area table calls them on other days
(同仁市 for 同仁县). A village is known whatever its committee is called (隆务村, 隆务村委会,
隆务村民委员会), and so is a neighbourhood (社区, 居委会, 居民委员会); the two are not the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from muster.forms.tables import table
from muster.forms.text import comparable
from muster.vocabulary.areas import Area, AreaTree
from muster.vocabulary.states import AreaLevel

_BETWEEN = "-/\\|>,、_\u00b7\u2010\u2011\u2012\u2013\u2014\u2015"
"""What may stand between the names of a path."""
_KINDS = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "地区",
    "省",
    "市",
    "州",
    "盟",
    "县",
    "区",
    "旗",
)
_RURAL = re.compile(r"(.+?)(村民委员会|村委会|牧民委员会|牧委会|行政村|村)")
_URBAN = re.compile(r"(.+?)(社区居民委员会|社区居委会|居民委员会|居委会|社区)")
_STREETS = "路街巷道弄里桥大东西南北中"
"""What the name of a street goes on with behind the name of an area."""
_ENDS = "村会区"
"""What a committee's name may end with."""
_COMMITTEES = (("村", _RURAL), ("社区", _URBAN))
_WITH_SHORT_NAMES = (AreaLevel.PROVINCE, AreaLevel.CITY, AreaLevel.COUNTY)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the beginning of a text as areas from above down.

    ``loose`` counts the names that are not in the table as they stand. ``bare``: the last name was
    one without its kind, which is also the beginning of other names (同仁, 同仁路).
    ``led``: another area is named before it.
    """

    code: str
    rest: str
    loose: int
    bare: bool
    led: bool

    @property
    def plain(self) -> bool:
        """Whether the last name is an area's: in full, at the end, before a number, or behind
        another area's and before what no street's name goes on with.

        So in 青海同仁热贡路 and 同仁12号; 青海同仁路 and 同仁热贡路 may be streets.
        """
        if not self.bare or not self.rest or self.rest[0].isdigit():
            return True
        return self.led and self.rest[0] not in _STREETS


class Places:
    """The names of one area tree, indexed once."""

    def __init__(self, areas: AreaTree) -> None:
        self._areas = areas
        self._names: dict[str, dict[str, tuple[int, bool]]] = {}
        self._committees: dict[tuple[str, str], list[str]] = {}
        for area in areas:
            for name, loose, bare in _names(area, areas):
                self._names.setdefault(name, {}).setdefault(area.code, (loose, bare))
            if area.level is AreaLevel.VILLAGE:
                for key in stems(comparable(area.name)):
                    self._committees.setdefault(key, []).append(area.code)
        self._longest = max(map(len, self._names)) + len("村民委员会")
        self.find = lru_cache(maxsize=20_000)(self._find)

    def _find(self, text: str) -> str | None:
        """The code of the one area that a text names, of whatever level; None when it names none,
        or may mean several."""
        whole = [one for one in self._readings(comparable(text)) if not one.rest]
        if not whole:
            return None
        strict = min(one.loose for one in whole)
        codes = {one.code for one in whole if one.loose == strict}
        return codes.pop() if len(codes) == 1 else None

    def split(self, address: str) -> tuple[str | None, str]:
        """The area that an address, a comparable text, begins with, and what follows it.

        Where the names may mean several areas it is the one that all of them lie in. None when the
        address does not begin with a name from here, or those areas have nothing in common.
        """
        found = [one for one in self._readings(address) if one.plain]
        if not found:
            return None, address
        rest = min((one.rest for one in found), key=len)
        found = [one for one in found if one.rest == rest]
        strict = min(one.loose for one in found)
        code = self._common({one.code for one in found if one.loose == strict})
        return (None, address) if code is None else (code, rest)

    def _common(self, codes: set[str]) -> str | None:
        """The lowest area that is or holds each of them."""
        first, *others = codes
        for area in (self._areas.get(first), *self._areas.ancestors(first)):
            if all(self._areas.is_within(code, area.code) for code in others):
                return area.code
        return None

    def _readings(self, text: str) -> Iterator[Reading]:
        """Every reading of a beginning of the text, each name within the one before it."""
        waiting = [Reading("", text, 0, bare=False, led=False)]
        seen: set[Reading] = set()
        while waiting:
            before = waiting.pop()
            for length in range(2, min(len(before.rest), self._longest) + 1):
                name, rest = before.rest[:length], before.rest[length:].lstrip(_BETWEEN)
                for code, (loose, bare) in self._named(name).items():
                    if before.code and (
                        code == before.code or not self._areas.is_within(code, before.code)
                    ):
                        continue
                    found = Reading(code, rest, before.loose + loose, bare, bool(before.code))
                    if found not in seen:
                        seen.add(found)
                        waiting.append(found)
                        yield found

    def _named(self, name: str) -> dict[str, tuple[int, bool]]:
        known = self._names.get(name, {})
        if name[-1] not in _ENDS:
            return known
        loose = {code: (1, False) for key in stems(name) for code in self._committees.get(key, ())}
        return {**loose, **known}


@lru_cache(maxsize=16)
def places_of(areas: AreaTree) -> Places:
    """The names of a tree, which is shared; indexed at the first call."""
    return Places(areas)


def stems(name: str) -> Iterator[tuple[str, str]]:
    """What a village's or neighbourhood's name says beside the name of its committee."""
    for kind, pattern in _COMMITTEES:
        if (match := pattern.fullmatch(name)) is not None:
            stem, committee = match.groups()
            yield kind, stem
            if committee != kind and len(stem) > 1 and stem.endswith(kind):
                yield kind, stem.removesuffix(kind)


def _names(area: Area, areas: AreaTree) -> Iterator[tuple[str, int, bool]]:
    """Names of an area, how loose each is, and whether it is without its kind."""
    for name in map(comparable, areas.names_of(area.code)):
        yield name, 0 if name == comparable(area.name) else 1, False
        if name.endswith("街道"):
            yield f"{name}办事处", 1, False
            yield f"{name}办", 1, False
        if area.level in _WITH_SHORT_NAMES:
            yield from _short(name)


def _short(name: str) -> Iterator[tuple[str, int, bool]]:
    """黄南州 and 黄南 for 黄南藏族自治州; 青海 for 青海省."""
    kind = next((kind for kind in _KINDS if name.endswith(kind)), "")
    stem = whole = name.removesuffix(kind)
    while (people := next((p for p in _peoples() if stem.endswith(p)), "")) and stem != people:
        stem = stem.removesuffix(people)
    if stem != whole:
        yield stem + kind[-1:], 1, False
    if kind and len(stem) > 1:
        yield stem, 1, True


@lru_cache(maxsize=1)
def _peoples() -> tuple[str, ...]:
    return tuple(option.zh for option in table("ethnicity"))
