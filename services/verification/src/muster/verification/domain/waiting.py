"""How long records wait for a reviewer, and until when somebody who looks at one keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
"""Where a day ends."""

LONGEST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class AgeBounds:
    """What came at one of these moments or before has waited for 3, 7, 15 days or longer."""

    over_3: datetime
    over_7: datetime
    over_15: datetime

    @classmethod
    def at(cls, now: datetime) -> AgeBounds:
        """The bounds of this moment."""
        return cls(*(now - timedelta(days=days) for days in (3, 7, 15)))


@dataclass(frozen=True, slots=True)
class Ages:
    """Records that wait, those of them that have waited so long, and those whose card reading or
    signature the terminals do not attest."""

    everything: int = 0
    over_3: int = 0
    over_7: int = 0
    over_15: int = 0
    flagged: int = 0


def came_by(now: datetime, days: int | None, day: date | None) -> datetime | None:
    """By when a record came that has waited for ``days`` or longer, and since that day or longer
    (by the campaign's clock); None where neither is asked."""
    bounds = []
    if days is not None:
        bounds.append(now - timedelta(days=days))
    if day is not None:
        # The last day of all has no next one.
        bounds.append(datetime.combine(day, time.max, ZONE))
    return min(bounds, default=None)
