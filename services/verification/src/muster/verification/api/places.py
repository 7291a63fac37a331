"""Areas in requests: which are there, what lies below them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Query

from muster.vocabulary.areas import AreaTree
from muster.vocabulary.reasons import Reason, Refusal

AreaQuery = Annotated[str | None, Query(max_length=12, description="行政区划代码 / area code")]


def known(areas: AreaTree, code: str) -> str:
    """The code itself. Raises Refusal (422) when it is no area of the campaign."""
    if code not in areas:
        raise Refusal(
            Reason(
                "area",
                "area-unknown",
                "行政区划代码不在本次采集范围内。",
                "This is no area of the campaign.",
            )
        )
    return code


def below(areas: AreaTree, roots: Iterable[str]) -> list[str]:
    """The codes at and below these areas."""
    found: set[str] = set()
    waiting = [code for code in roots if code in areas]
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += [child.code for child in areas.children(code)]
    return sorted(found)
