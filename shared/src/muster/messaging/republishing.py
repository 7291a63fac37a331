"""A service publishes again what it has published, because an operator asks for it.

It is what a gap or another cluster makes it do by itself (`muster.messaging.positions`,
`muster.messaging.relay`): rows of the outbox lose their mark, and the relay builds each event anew
from the store, under its old id and place. Consumers take what they have already as done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from muster.contracts.topics import service_topics
from muster.messaging import failpoints
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.database import Database
from muster.security.audit import Audit

_log = get_logger("muster.republish")

_AGAIN = text(
    """
    WITH again AS (
        UPDATE outbox SET published_at = NULL
        WHERE topic = ANY(CAST(:topics AS text[])) AND published_at IS NOT NULL
          AND (CAST(:since AS timestamptz) IS NULL OR occurred_at >= CAST(:since AS timestamptz))
        RETURNING topic
    )
    SELECT topic, count(*) AS events FROM again GROUP BY topic ORDER BY topic
    """
)


async def publish_again(
    database: Database,
    audit: Audit,
    published: Sequence[str],
    *,
    since: datetime | None,
    actor: str,
) -> dict[str, int]:
    """Let the relay publish again everything since that moment (or ever), in one transaction with
    its row in the audit chain; gives how many events of which topic.

    What is asked again while it matters (an ephemeral topic) is left out. What the relay has not
    published again yet is not counted twice: a second call finds it unmarked.
    """
    specs = service_topics()
    topics = [topic for topic in published if not specs[topic].ephemeral]
    async with database.transaction() as conn:
        rows = await conn.execute(_AGAIN, {"topics": topics, "since": since})
        again = {str(row.topic): int(row.events) for row in rows}
        detail: dict[str, str | int] = {"events": sum(again.values()), "topics": len(again)}
        if since is not None:
            detail["since"] = since.isoformat(timespec="seconds")
        await audit.record(conn, actor=actor, action="outbox.replay", detail=detail)
        await failpoints.reach("republish.before-commit")
    await failpoints.reach("republish.after-commit")
    for topic, events in again.items():
        metrics.republished_total.labels(topic, "operator").inc()
        _log.warning("an operator asked: publishing again", topic=topic, events=events)
    return again
