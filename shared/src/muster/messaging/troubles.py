"""What a service could not take: parked messages and dead letters, counted and never opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class ParkedGroup:
    """Messages of one topic that wait for one reason. Of `messages`, `held` wait for an operator;
    the others are tried again by themselves. `keys` are the keys they belong to."""

    topic: str
    reason: str
    keys: int
    messages: int
    held: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """Dead letters of one topic under one rule, in the words of the newest."""

    topic: str
    rule: str
    zh: str
    en: str
    messages: int
    first_at: datetime
    last_at: datetime


_PARKED = text(
    """
    SELECT topic, reason, count(DISTINCT key) AS keys, count(*) AS messages,
           count(*) FILTER (WHERE next_try_at IS NULL) AS held,
           min(parked_at) AS first_at, max(parked_at) AS last_at
    FROM parked GROUP BY topic, reason ORDER BY topic, reason
    """
)
_LETTERS = text(
    """
    SELECT topic, rule, (array_agg(zh ORDER BY failed_at DESC))[1] AS zh,
           (array_agg(en ORDER BY failed_at DESC))[1] AS en, count(*) AS messages,
           min(failed_at) AS first_at, max(failed_at) AS last_at
    FROM dead_letter GROUP BY topic, rule ORDER BY topic, rule
    """
)


async def parked_groups(conn: AsyncConnection) -> list[ParkedGroup]:
    """What waits, by topic and reason."""
    return [ParkedGroup(**row._mapping) for row in await conn.execute(_PARKED)]


async def letter_groups(conn: AsyncConnection) -> list[LetterGroup]:
    """Dead letters, by topic and rule."""
    return [LetterGroup(**row._mapping) for row in await conn.execute(_LETTERS)]
