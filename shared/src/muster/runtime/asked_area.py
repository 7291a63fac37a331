"""The area that a request is about."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from muster.vocabulary.areas import AreaTree
from muster.vocabulary.reasons import Reason, Refusal

__all__ = ["AreaQuery", "known"]

AreaQuery = Annotated[str | None, Query(max_length=12, description="行政区划代码 / area code")]


def known(tree: AreaTree, code: str) -> str:
    """The code itself. Raises Refusal (422) when it is no area of the campaign."""
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
