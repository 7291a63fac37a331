"""Requests to a department in blind mode to open one of its rows, and its answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Row, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store.tables import department_row, reveal
from muster.persistence.bulk import in_ids, sent

# Two who ask for one row at once would count the same requests before theirs.
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended('crosscheck/reveal', 0))")
_ASK = text(
    """
    INSERT INTO reveal (reveal_id, department, row_id, number, candidate_id, discrepancy_id,
                        asked_by, asked_at, reason_sealed, state, event_id)
    SELECT n.reveal_id, n.department, n.row_id,
           (SELECT count(*) FROM reveal r
            WHERE r.department = n.department AND r.row_id = n.row_id)
             + row_number() OVER (PARTITION BY n.department, n.row_id ORDER BY n.reveal_id),
           n.candidate_id, n.discrepancy_id, n.asked_by, :now, n.reason_sealed, 'asked',
           n.event_id
    FROM unnest(CAST(:reveals AS uuid[]), CAST(:departments AS text[]), CAST(:rows AS uuid[]),
                CAST(:candidates AS uuid[]), CAST(:discrepancies AS uuid[]),
                CAST(:askers AS text[]), CAST(:reasons AS text[]), CAST(:events AS uuid[]))
        AS n(reveal_id, department, row_id, candidate_id, discrepancy_id, asked_by, reason_sealed,
             event_id)
    RETURNING CAST(reveal_id AS text), department, CAST(row_id AS text), number,
              CAST(event_id AS text)
    """
)


async def ask(
    conn: AsyncConnection, asked: Sequence[Mapping[str, Any]], now: datetime
) -> list[Row[Any]]:
    """Note requests; gives reveal_id, department, row_id, the request's number for that row and
    the id of the event that asks."""
    if not asked:
        return []
    await conn.execute(_ONE_BY_ONE)
    rows = await conn.execute(
        _ASK,
        {
            "reveals": [one["reveal_id"] for one in asked],
            "departments": [one["department"] for one in asked],
            "rows": [one["row_id"] for one in asked],
            "candidates": [one.get("candidate_id") for one in asked],
            "discrepancies": [one.get("discrepancy_id") for one in asked],
            "askers": [one["asked_by"] for one in asked],
            "reasons": [one["reason_sealed"] for one in asked],
            "events": [one["event_id"] for one in asked],
            "now": now,
        },
    )
    return list(rows.all())


_READ = select(reveal).where(in_ids(reveal.c.reveal_id, "ids")).order_by(reveal.c.reveal_id)
_READ_LOCKED = _READ.with_for_update()


async def read(
    conn: AsyncConnection, ids: Collection[str], *, lock: bool = False
) -> dict[str, Row[Any]]:
    """These requests; ``lock`` holds their rows, in order, until the transaction ends."""
    rows = await conn.execute(_READ_LOCKED if lock else _READ, {"ids": sent(ids)})
    return {row.reveal_id: row for row in rows}


async def latest_of(conn: AsyncConnection, discrepancy_id: str) -> Row[Any] | None:
    """The newest request for a work order; None while none was made."""
    query = select(reveal).where(reveal.c.discrepancy_id == discrepancy_id)
    return (await conn.execute(query.order_by(reveal.c.number.desc()).limit(1))).first()


# Nobody waits for a row any more once its work order is closed, or its candidate was found by other
# means. Rows that the relay is marking just now are left for the next turn.
_ASK_AGAIN = text(
    """
    UPDATE outbox SET published_at = NULL
    WHERE id IN (
        SELECT o.id FROM reveal r
        JOIN outbox o ON o.event_id = r.event_id
        LEFT JOIN discrepancy d ON d.discrepancy_id = r.discrepancy_id
        LEFT JOIN candidate c ON c.candidate_id = r.candidate_id
        WHERE r.state = 'asked' AND r.asked_at < now() - CAST(:patience AS interval)
          AND o.published_at < now() - CAST(:patience AS interval)
          AND (c.state = 'asked' OR (d.discrepancy_id IS NOT NULL AND d.closed_at IS NULL))
        ORDER BY r.asked_at LIMIT :limit
        FOR UPDATE OF o SKIP LOCKED)
    RETURNING topic
    """
)


async def ask_again(conn: AsyncConnection, patience: timedelta, limit: int) -> dict[str, int]:
    """Have open requests that went out longer ago published again, under the same event id.

    Gives how many, by topic.
    """
    again: dict[str, int] = {}
    for (topic,) in await conn.execute(_ASK_AGAIN, {"patience": patience, "limit": limit}):
        again[topic] = again.get(topic, 0) + 1
    return again


_ANSWER = text(
    """
    UPDATE reveal r SET state = n.state, rule = n.rule, sealed = n.sealed, answered_at = n.at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:rules AS text[]),
                CAST(:sealed AS text[]), CAST(:at AS timestamptz[]))
        AS n(reveal_id, state, rule, sealed, at)
    WHERE r.reveal_id = n.reveal_id
    """
)


async def answer(conn: AsyncConnection, answers: Sequence[Mapping[str, Any]]) -> None:
    """Note answers to locked requests: reveal_id, state, rule, sealed, answered_at."""
    if answers:
        await conn.execute(
            _ANSWER,
            {
                "ids": [one["reveal_id"] for one in answers],
                "states": [one["state"] for one in answers],
                "rules": [one["rule"] for one in answers],
                "sealed": [one["sealed"] for one in answers],
                "at": [one["answered_at"] for one in answers],
            },
        )


async def shown(conn: AsyncConnection, department: str) -> dict[str, Any]:
    """What is kept of a department's opened rows: per request the codes that its row has now."""
    rows = await conn.execute(
        select(reveal.c.reveal_id, department_row.c.fields)
        .join(
            department_row,
            (department_row.c.department == reveal.c.department)
            & (department_row.c.row_id == reveal.c.row_id),
        )
        .where(reveal.c.department == department, reveal.c.sealed.is_not(None))
    )
    return {row.reveal_id: row.fields for row in rows}


async def forget_changed(conn: AsyncConnection, department: str, before: Mapping[str, Any]) -> None:
    """Drop what was opened of rows that say something else now, or are not there any more;
    ``before`` is what `shown` gave."""
    if before:
        now = await shown(conn, department)
        changed = [one for one, fields in before.items() if now.get(one) != fields]
        await _drop(conn, reveal.c.reveal_id, changed)


async def forget(conn: AsyncConnection, discrepancy_ids: Collection[str]) -> None:
    """Drop what was revealed for work orders that are closed: nobody needs to see it any more."""
    await _drop(conn, reveal.c.discrepancy_id, discrepancy_ids)


async def _drop(conn: AsyncConnection, column: Column[str], ids: Collection[str]) -> None:
    if ids:
        query = update(reveal).where(in_ids(column, "ids")).values(sealed=None)
        await conn.execute(query, {"ids": sent(ids)})
