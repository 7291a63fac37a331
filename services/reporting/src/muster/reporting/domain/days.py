"""How an area stood, day by day, by the campaign's clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from muster.reporting.domain.balance import ENDINGS, Counts
from muster.vocabulary.states import ReviewState, SubjectState

ZONE = ZoneInfo("Asia/Shanghai")
"""Where a day begins and ends."""

LONGEST = 366
"""Days that are asked for at most at once."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The balance of one area, and its open work orders. ``ended`` are those neither open nor
    collected; collected are ``submitted``, ``returned`` and ``verified``."""

    expected: int = 0
    submitted: int = 0
    returned: int = 0
    verified: int = 0
    ended: int = 0
    open: int = 0
    problems: int = 0

    @classmethod
    def of(cls, counts: Counts, problems: int) -> DayCounts:
        """From what is counted now."""
        return cls(
            expected=counts.expected,
            submitted=counts.review[ReviewState.SUBMITTED],
            returned=counts.review[ReviewState.RETURNED],
            verified=counts.review[ReviewState.VERIFIED],
            ended=sum(counts.states[state] for state in ENDINGS),
            open=counts.states[SubjectState.OPEN],
            problems=problems,
        )


COUNTED = tuple(field.name for field in fields(DayCounts))


@dataclass(frozen=True, slots=True)
class Day:
    """How an area stood when ``day`` was counted last, at ``at``."""

    day: date
    at: datetime
    counts: DayCounts


def day_of(moment: datetime) -> date:
    """The day of a moment, by the campaign's clock."""
    return moment.astimezone(ZONE).date()


def filled(rows: Sequence[Day], since: date, until: date) -> list[Day]:
    """Every day of the span: one without a row stood as the newest row before it says, and before
    the first row there is nothing to say."""
    found: list[Day] = []
    held: Day | None = None
    waiting = list(rows)
    for day in _span(since, until):
        while waiting and waiting[0].day <= day:
            held = waiting.pop(0)
        if held is not None:
            found.append(Day(day, held.at, held.counts))
    return found


def _span(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(days=back) for back in range((until - since).days + 1))
