"""Keys that must wait: their messages are parked in PostgreSQL, in order, while others go on."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging.deadletters import RawMessage
from muster.persistence.bulk import in_numbers, in_texts, insert_rows, sent
from muster.persistence.tables import parked

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)

_WAIT_LONGER = text(
    """
    UPDATE parked p SET attempts = p.attempts + 1, reason = n.reason, next_try_at = now()
        + least(CAST(:first AS interval) * power(2, least(p.attempts, 20)),
                CAST(:longest AS interval))
    FROM unnest(CAST(:rows AS bigint[]), CAST(:reasons AS text[])) AS n(id, reason)
    WHERE p.id = n.id
    """
)

Key = tuple[str, str]
"""Topic and key: order is kept within it."""


_ALREADY = text(
    """
    SELECT DISTINCT topic, key FROM parked
    JOIN unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS wanted(topic, key)
        USING (topic, key)
    """
)


async def parked_keys(conn: AsyncConnection, keys: Iterable[Key]) -> set[Key]:
    """Which of these keys already wait."""
    wanted = sorted(set(keys))
    rows = await conn.execute(
        _ALREADY,
        {"topics": [k[0] for k in wanted], "keys": [k[1] for k in wanted]},
    )
    return {(row.topic, row.key) for row in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to park; without ``retry`` it waits for an operator."""

    raw: RawMessage
    sender: str
    reason: str
    retry: bool = True


async def park(conn: AsyncConnection, items: Sequence[Waiting]) -> None:
    """Keep messages, in this order."""
    due = datetime.now(UTC) + FIRST_WAIT
    await insert_rows(
        conn,
        parked,
        [
            {
                "topic": item.raw.topic,
                "partition": item.raw.partition,
                "offset": item.raw.offset,
                "key": item.raw.key,
                "sender": item.sender,
                "headers": [[n, base64.b64encode(v).decode()] for n, v in item.raw.headers],
                "value": item.raw.value,
                "reason": item.reason,
                "next_try_at": due if item.retry else None,
            }
            for item in items
        ],
    )


@dataclass(frozen=True, slots=True)
class Parked:
    """One waiting message."""

    id: int
    raw: RawMessage
    sender: str
    since: datetime


_DUE = (
    select(parked)
    .where(
        in_texts(parked.c.topic, "topics"),
        parked.c.id.in_(select(func.min(parked.c.id)).group_by(parked.c.topic, parked.c.key)),
        parked.c.next_try_at <= func.now(),
    )
    .order_by(parked.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


async def due_heads(conn: AsyncConnection, topics: Iterable[str], limit: int) -> list[Parked]:
    """The first message of each key that is due, locked against a second process.

    A key is due when its first message is; the messages behind it wait for it, whatever their own
    time says. Topics that are no longer subscribed to keep what waits on them.
    """
    rows = await conn.execute(_DUE, {"topics": sent(topics), "most": limit})
    return [
        Parked(
            row.id,
            RawMessage(
                row.topic,
                row.partition,
                row.offset,
                row.key,
                tuple((n, base64.b64decode(v)) for n, v in row.headers),
                row.value,
            ),
            row.sender,
            row.parked_at,
        )
        for row in rows
    ]


_RELEASE = delete(parked).where(in_numbers(parked.c.id, "rows"))


async def release(conn: AsyncConnection, ids: Sequence[int]) -> None:
    """These were taken (or became dead letters)."""
    await conn.execute(_RELEASE, {"rows": list(ids)})


async def wait_longer(conn: AsyncConnection, items: Sequence[tuple[int, str]]) -> None:
    """These cannot be taken yet: try again after a wait that doubles up to five minutes."""
    if not items:
        return
    await conn.execute(
        _WAIT_LONGER,
        {
            "rows": [row for row, _ in items],
            "reasons": [reason for _, reason in items],
            "first": FIRST_WAIT,
            "longest": LONGEST_WAIT,
        },
    )


_HOLD = (
    update(parked)
    .where(in_numbers(parked.c.id, "rows"))
    .values(attempts=parked.c.attempts + 1, reason=bindparam("why"), next_try_at=None)
)


async def hold(conn: AsyncConnection, ids: Sequence[int], reason: str) -> None:
    """These wait for an operator from now on."""
    if ids:
        await conn.execute(_HOLD, {"rows": list(ids), "why": reason})


_HURRY = text(
    """
    UPDATE parked SET next_try_at = now()
    FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])) AS wanted(topic, key)
    WHERE parked.topic = wanted.topic AND parked.key = wanted.key AND next_try_at IS NOT NULL
    """
)


async def hurry(conn: AsyncConnection, keys: Iterable[Key]) -> None:
    """What these keys waited for may be here: they are tried at the next turn. What waits for an
    operator's word on its sender still does."""
    wanted = sorted(set(keys))
    if wanted:
        columns = {"topics": [k[0] for k in wanted], "keys": [k[1] for k in wanted]}
        await conn.execute(_HURRY, columns)
