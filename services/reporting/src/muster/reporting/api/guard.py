"""Whose counts a caller may see."""

from __future__ import annotations

from muster.runtime.asked_area import known
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.areas import Area
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import AreaLevel, Role

READERS = (Role.LEADER, Role.TOWNSHIP_LEADER, Role.ADMINISTRATOR)
"""Who sees the counts of the areas that they are granted (R103)."""

_DEPTH = {level: depth for depth, level in enumerate(AreaLevel)}


def readable(caller: Caller, context: Context, code: str | None) -> Area:
    """The area asked for (the campaign's by default), if the caller may see its counts.

    Raises Refusal: 422 for what is no area, 403 without a grant.
    """
    wanted = context.profile.area if code is None else code
    known(context.areas, wanted)
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


def counties(caller: Caller, context: Context) -> frozenset[str]:
    """The counties, by the codes that topics carry, whose counts the caller may see."""
    return frozenset(
        context.areas.county_of(area.code)
        for area in context.areas
        if area.level is AreaLevel.COUNTY and caller.may(READERS, area.code)
    )
