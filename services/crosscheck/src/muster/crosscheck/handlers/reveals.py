"""Reveal requests: a department in blind mode is asked, with a reason, to open one of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.domain.candidate import quota_day
from muster.crosscheck.handlers import common
from muster.crosscheck.settings import Settings
from muster.crosscheck.store import candidates, reveals, touched
from muster.messaging import outbox
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id

_log = get_logger("muster.crosscheck.reveals")

AGAIN_LIMIT = 5000
"""Requests that are asked again at a time; the rest follow at the next turn."""


async def ask(
    context: Context, conn: AsyncConnection, asked: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Ask for rows: department, row_id, candidate_id or discrepancy_id, reason, asked_by each.

    Gives the ids of the requests, in order. The department's connector answers once each.
    """
    rows = []
    for one in asked:
        reveal_id = new_id()
        rows.append(
            {
                **one,
                "reveal_id": reveal_id,
                "event_id": new_id(),
                # A person wrote it, so it may name one.
                "reason_sealed": common.seal_own(
                    context, "reveal_reason", reveal_id, {"reason": one["reason"]}
                ),
            }
        )
    noted = await reveals.ask(conn, rows, common.now())
    await outbox.add(
        conn,
        [
            outbox.OutboxItem(
                topic=common.REVEAL_REQUESTED + row.department,
                key=row.row_id,
                version=row.number,
                ref={"reveal_id": row.reveal_id},
                event_id=row.event_id,
            )
            for row in noted
        ],
    )
    return [row["reveal_id"] for row in rows]


async def ask_again(context: Context) -> None:
    """Publish again what went out long ago and is still open, under the same event id: a
    department that has it takes it as done, one that lost it does not. And look again at candidates
    for whom a department's quota of an earlier day was used up."""
    settings = context.settings
    assert isinstance(settings, Settings)
    patience = timedelta(seconds=settings.ask_again_seconds)
    async with context.database.transaction() as conn:
        again = await reveals.ask_again(conn, patience, AGAIN_LIMIT)
        if await candidates.after_quota(conn, quota_day(common.now())):
            await touched.due(conn)
    for topic, count in again.items():
        metrics.republished_total.labels(topic, "unanswered").inc()
        _log.info("unanswered requests are asked again", topic=topic, events=count)
