"""How an area stood, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from muster.persistence.database import Transaction
from muster.reporting import shapes
from muster.reporting.api.guard import readable
from muster.reporting.domain.days import LONGEST, day_of, filled
from muster.reporting.store import days
from muster.runtime.asked_area import AreaQuery
from muster.runtime.auth import Authenticated, Composed
from muster.vocabulary.reasons import Reason, Refusal

router = APIRouter()

_USUAL = 59


@router.get("/history")
async def get_history(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    since: Annotated[date | None, Query(alias="from", description="起 / first day")] = None,
    until: Annotated[date | None, Query(alias="to", description="止 / last day")] = None,
) -> shapes.HistoryAnswer:
    """How the area stood at the end of each day, by the campaign's clock; of today, when it was
    counted last. By default the last 60 days. A day before the first count is not there."""
    root, now = readable(caller, context, area), datetime.now(UTC)
    last = min(until or day_of(now), day_of(now))
    begin = since or date.fromordinal(max(1, last.toordinal() - _USUAL))
    if begin > last:
        raise Refusal(
            Reason("from", "span-backwards", "起始日期晚于截止日期。", "It begins after its end.")
        )
    if (last - begin).days >= LONGEST:
        raise Refusal(
            Reason(
                "from",
                "span-too-long",
                f"一次最多查询 {LONGEST} 天。",
                f"At most {LONGEST} days at once.",
            )
        )
    rows = await days.of_area(conn, root.code, begin, last)
    first = await days.first(conn)
    return shapes.HistoryAnswer(
        as_of=now,
        code=root.code,
        name=root.name,
        level=root.level,
        first=first,
        days=tuple(
            shapes.DayAnswer(
                day=one.day,
                at=one.at,
                expected=one.counts.expected,
                submitted=one.counts.submitted,
                returned=one.counts.returned,
                verified=one.counts.verified,
                ended=one.counts.ended,
                open=one.counts.open,
                problems=one.counts.problems,
            )
            for one in filled(rows, begin, last)
        ),
    )
