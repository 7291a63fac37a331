"""How long work orders have been open: the ages by which they are counted and listed (R75, R76)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Age(StrEnum):
    """How long a work order has been open."""

    UNDER_7_DAYS = "under_7_days"
    FROM_7_TO_30_DAYS = "from_7_to_30_days"
    OVER_30_DAYS = "over_30_days"


_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AgeBounds:
    """The moments between which work orders have which age: opened after ``week`` under 7 days,
    from ``month`` to ``week`` (both included) 7 to 30, before ``month`` over 30. What a clock that
    runs ahead opened has just been opened."""

    week: datetime
    month: datetime

    @classmethod
    def at(cls, now: datetime) -> AgeBounds:
        """The bounds of this moment."""
        return cls(now - _WEEK, now - _MONTH)
