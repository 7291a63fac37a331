"""Whose counts a caller may see, and what lies within an area."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.areas import Area, AreaTree
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import AreaLevel, Role

READERS = (Role.LEADER, Role.TOWNSHIP_LEADER, Role.ADMINISTRATOR)
"""Who sees the counts of the areas that they are granted (R103)."""

AreaQuery = Annotated[str | None, Query(max_length=12, description="行政区划代码 / area code")]
_DEPTH = {level: depth for depth, level in enumerate(AreaLevel)}


def readable(caller: Caller, context: Context, code: str | None) -> Area:
    """The area asked for (the campaign's by default), if the caller may see its counts.

    Raises Refusal: 422 for what is no area, 403 without a grant.
    """
    wanted = context.profile.area if code is None else code
    if wanted not in context.areas:
        raise Refusal(
            Reason(
                "area",
                "area-unknown",
                "行政区划代码不在本次采集范围内。",
                "This is no area of the campaign.",
            )
        )
    caller.require(READERS, wanted)
    return context.areas.get(wanted)


def fits(root: Area, level: AreaLevel) -> None:
    """Refuse a level above the area."""
    if _DEPTH[level] < _DEPTH[root.level]:
        raise Refusal(
            Reason(
                "level",
                "level-above-area",
                "所选层级高于该行政区划。",
                "This level lies above the area.",
            )
        )


def codes(areas: AreaTree, root: str) -> list[str]:
    """The codes at and below an area."""
    found, waiting = [], [root]
    while waiting:
        code = waiting.pop()
        found.append(code)
        waiting += [child.code for child in areas.children(code)]
    return sorted(found)


def counties(caller: Caller, context: Context) -> frozenset[str]:
    """The counties, by the codes that topics carry, whose counts the caller may see."""
    return frozenset(
        context.areas.county_of(area.code)
        for area in context.areas
        if area.level is AreaLevel.COUNTY and caller.may(READERS, area.code)
    )
