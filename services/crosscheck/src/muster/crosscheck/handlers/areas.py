"""Which area is meant: destinations that a department writes, areas that a caller may read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from muster.runtime.auth import Caller
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import AreaLevel, Role

ELSEWHERE = "elsewhere"
"""A place outside the campaign's area that has no code here."""
_CODE = re.compile(r"[0-9]{6}(?:[0-9]{3}(?:[0-9]{3})?)?")
_NOWHERE = frozenset({"无", "否", "没有", "未迁", "未迁出", "空", "NO", "NONE", "NULL", "N/A"})
"""What people write into a cell to say that it is empty."""
_BEGINS_AN_ADDRESS = (AreaLevel.PROVINCE, AreaLevel.CITY, AreaLevel.COUNTY)


def place(tree: AreaTree, code: str) -> str:
    """The area of the tree that a code names, whatever its code was on another day.

    Of a place that is not known here, the township or the county with whose code it begins: files
    made elsewhere have other villages. The code itself where none of these is in the tree.
    """
    named = (tree.place_of(code[:length]) for length in (len(code), 9, 6))
    return next((known for known in named if known in tree), code)


def destination(tree: AreaTree, told: object) -> str | None:
    """The code of a place that a department names by code, name or address; None for no place, and
    for a name that several areas of the campaign bear, which says nothing."""
    if not isinstance(told, str):
        return None
    text = "".join(unicodedata.normalize("NFKC", told).split())
    if text.upper() in _NOWHERE or not any(sign.isalnum() for sign in text):
        return None
    if _CODE.fullmatch(text):
        return place(tree, text)
    found = _by_name(tree).get(text)
    if found is None:
        return _by_address(tree, text)
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=4)
def _by_name(tree: AreaTree) -> dict[str, tuple[str, ...]]:
    """Codes by the names under which an area may be written: its own, and with what is above."""
    found: dict[str, set[str]] = {}
    for area in tree:
        written = area.name
        found.setdefault(written, set()).add(area.code)
        for above in tree.ancestors(area.code):
            written = above.name + written
            found.setdefault(written, set()).add(area.code)
    return {name: tuple(sorted(codes)) for name, codes in found.items()}


def _by_address(tree: AreaTree, text: str) -> str:
    """The smallest area of the campaign that an address names, level by level from a county or
    above; some levels may be left out. `ELSEWHERE` for what does not lead into the campaign's
    area."""
    reached: str | None = None
    rest = text
    while True:
        named = [
            area
            for area in tree
            if rest.startswith(area.name)
            and (
                area.level in _BEGINS_AN_ADDRESS
                if reached is None
                else area.code != reached and tree.is_within(area.code, reached)
            )
        ]
        longest = max((len(area.name) for area in named), default=0)
        best = [area.code for area in named if len(area.name) == longest]
        if len(best) != 1:
            break
        reached, rest = best[0], rest[longest:]
    inside = reached is not None and tree.is_within(reached, tree.root.code)
    return reached if reached is not None and inside else ELSEWHERE


def around(tree: AreaTree) -> list[str]:
    """Codes of the campaign's areas and of those above them."""
    return [area.code for area in tree]


def known(tree: AreaTree, code: str) -> str:
    """The code itself. Raises Refusal when it is no area of the campaign."""
    if code not in tree:
        raise Refusal(
            Reason(
                "area",
                "area-unknown",
                "行政区划代码不在本次采集范围内。",
                "This is no area of the campaign.",
            )
        )
    return code


def below(tree: AreaTree, roots: Iterable[str]) -> list[str]:
    """The codes at and below these areas."""
    found: set[str] = set()
    waiting = [code for code in roots if code in tree]
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += [child.code for child in tree.children(code)]
    return sorted(found)


def readable(caller: Caller, roles: tuple[Role, ...], area: str | None) -> list[str]:
    """Codes at and below the area asked for, or below all that the caller is granted.

    Raises Refusal (403) when the caller holds no grant there: an empty list would look like work
    that is done.
    """
    if area is not None:
        caller.require(roles, known(caller.areas, area))
        return below(caller.areas, [area])
    roots = caller.granted_areas(roles)
    if not roots:
        caller.require(roles, caller.areas.root.code)
    return below(caller.areas, roots)
