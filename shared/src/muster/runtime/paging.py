"""Where a page of a list ended: what an answer gives as `next` and takes again as `after`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from muster.vocabulary.reasons import Reason, Refusal

__all__ = ["malformed", "read", "write"]

_FIRST = datetime.fromtimestamp(0, UTC), str(UUID(int=0))


def write(at: datetime, row_id: str) -> str:
    """The place of a row in a list that is in the order of a time, then of an id."""
    return f"{at.isoformat()}~{row_id}"


def read(after: str | None) -> tuple[datetime, str]:
    """Time (UTC) and id of a place; without one those before every row. Raises Refusal when it is
    no place."""
    if after is None:
        return _FIRST
    moment, _, row_id = after.partition("~")
    try:
        at, place = datetime.fromisoformat(moment), UUID(row_id)
        if at.tzinfo is None:
            raise malformed()
        # In UTC here, where a year out of bounds is still an answer and no error.
        return at.astimezone(UTC), str(place)
    except (ValueError, OverflowError):
        raise malformed() from None


def malformed() -> Refusal:
    """What is said to a place that no answer gave."""
    return Refusal(
        Reason(
            "after",
            "cursor-malformed",
            "翻页标记不正确，请从头查询。",
            "This is no place in the list; begin anew.",
        )
    )
