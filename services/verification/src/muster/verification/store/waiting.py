"""What waits for a reviewer: where, in which order, for how long, and what of it.

`review_item.waits_in` is set while a version is the newest of a person who is collected, and a
reviewer has to look at it: it has no outcome, and nobody passed it, or an answer contradicts it or
confirms nothing. So a page of the queue is a piece of an index, however long the queue is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.verification.domain.waiting import AgeBounds, Ages


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One record that waits for a reviewer. ``looker``, ``looks_since`` and ``looks_until`` are of
    who looks at it now, None where nobody does."""

    subject_id: str
    version: int
    village: str
    desk: str
    collector_id: str
    received_at: datetime
    passed: bool
    answers: str
    flagged: bool
    returned: int
    looker: str | None
    looks_since: datetime | None
    looks_until: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue: of what came by ``until``, where that is given, and only what the
    terminals do not attest, if ``flagged``."""

    places: Mapping[str, Sequence[str]]
    """Villages by desk."""
    until: datetime | None = None
    flagged: bool = False


# The condition stands in `items._SETTLE` once more, about what that statement changes.
_REQUEUE = text(
    """
    UPDATE review_item i SET waits_in = now_in.village
    FROM (
        SELECT one.subject_id, one.version,
               CASE WHEN one.version = s.version AND one.state = 'submitted'
                    AND (one.reviewed_at IS NULL OR one.answers IN ('cannot_tell', 'contradict'))
                    THEN s.village END AS village
        FROM review_subject s JOIN review_item one USING (subject_id)
        WHERE s.subject_id = ANY(CAST(:ids AS uuid[]))
    ) now_in
    WHERE i.subject_id = now_in.subject_id AND i.version = now_in.version
      AND i.waits_in IS DISTINCT FROM now_in.village
    """
)


async def requeue(conn: AsyncConnection, subject_ids: Collection[str]) -> None:
    """Note anew what of these people's records waits, and where.

    Their rows in ``review_subject`` are locked already, by whoever changed them.
    """
    if subject_ids:
        await conn.execute(_REQUEUE, {"ids": sorted(set(subject_ids))})


# Each statement is planned with what is asked: the index in the queue's order is right for who asks
# for most of it, the one by village for who asks for little, and no plan suits both.
PLANNED = text("SET LOCAL plan_cache_mode = force_custom_plan")


@cache
def page(desks: int, *, until: bool, flagged: bool) -> TextClause:
    """The statement for so many desks: a page of each in its order, and of these the first."""
    return text(
        f"""
        WITH page AS MATERIALIZED (
            SELECT * FROM (
                {" UNION ALL ".join(_of_desk(at, until, flagged) for at in range(desks))}
            ) every ORDER BY received_at, subject_id LIMIT :limit)
        SELECT page.subject_id::text, page.version, page.waits_in AS village, page.desk,
               page.collector_id::text, page.received_at, page.passed, page.answers,
               coalesce('flagged' IN (a.reading, a.signature), false) AS flagged,
               (SELECT count(*) FROM review_item earlier
                WHERE earlier.subject_id = page.subject_id
                  AND earlier.state = 'returned') AS returned,
               c.account_id::text AS looker, c.since AS looks_since, c.until AS looks_until
        FROM page
        LEFT JOIN attestation a ON a.subject_id = page.subject_id AND a.version = page.version
        LEFT JOIN review_claim c ON c.subject_id = page.subject_id AND c.until > now()
        ORDER BY page.received_at, page.subject_id
        """  # noqa: S608 - SQL of ours
    )


def _of_desk(at: int, until: bool, flagged: bool) -> str:
    return f"""(
        SELECT i.subject_id, i.version, i.waits_in, i.desk, i.collector_id, i.received_at,
               i.reviewed_at IS NOT NULL AS passed, i.answers
        FROM review_item i
        WHERE i.waits_in IS NOT NULL AND i.desk = :desk{at}
          AND i.waits_in = ANY(CAST(:villages{at} AS text[]))
          AND (i.received_at, i.subject_id) > (:after_time, CAST(:after_id AS uuid))
          {"AND i.received_at <= :until" if until else ""}
          {f"AND {_FLAGGED}" if flagged else ""}
        ORDER BY i.received_at, i.subject_id
        LIMIT :limit)"""  # noqa: S608 - SQL of ours


_FLAGGED = (
    "EXISTS (SELECT FROM attestation f WHERE f.subject_id = i.subject_id "
    "AND f.version = i.version AND (f.reading = 'flagged' OR f.signature = 'flagged'))"
)


async def queue(
    conn: AsyncConnection, wanted: Wanted, *, after: tuple[datetime, str], limit: int
) -> list[QueueRow]:
    """What waits and is wanted, the longest waiting first."""
    statement = page(len(wanted.places), until=wanted.until is not None, flagged=wanted.flagged)
    await conn.execute(PLANNED)
    rows = await conn.execute(statement, values(wanted, after, limit))
    return [QueueRow(**row._mapping) for row in rows]


def values(wanted: Wanted, after: tuple[datetime, str], limit: int) -> dict[str, Any]:
    """What the statement of a page is told."""
    told: dict[str, Any] = {"after_time": after[0], "after_id": after[1], "limit": limit}
    for at, desk in enumerate(sorted(wanted.places)):
        told[f"desk{at}"] = desk
        told[f"villages{at}"] = sorted(wanted.places[desk])
    if wanted.until is not None:
        told["until"] = wanted.until
    return told


_AGES = text(
    """
    SELECT count(*) AS everything, count(*) FILTER (WHERE i.received_at <= :over_3) AS over_3,
           count(*) FILTER (WHERE i.received_at <= :over_7) AS over_7,
           count(*) FILTER (WHERE i.received_at <= :over_15) AS over_15
    FROM review_item i
    WHERE i.waits_in IS NOT NULL AND i.waits_in = ANY(CAST(:villages AS text[]))
      AND i.desk = :desk
    """
)
_FLAGGED_COUNT = text(
    f"""
    SELECT count(*) FROM review_item i
    WHERE i.waits_in IS NOT NULL AND i.waits_in = ANY(CAST(:villages AS text[]))
      AND i.desk = :desk AND {_FLAGGED}
    """  # noqa: S608 - SQL of ours
)


async def ages(
    conn: AsyncConnection, places: Mapping[str, Sequence[str]], bounds: AgeBounds
) -> dict[str, Ages]:
    """How much waits, by desk, and how much of it for longer than each bound."""
    found = {}
    for desk, villages in sorted(places.items()):
        where = {"desk": desk, "villages": sorted(villages)}
        counted = (
            await conn.execute(
                _AGES,
                {
                    **where,
                    "over_3": bounds.over_3,
                    "over_7": bounds.over_7,
                    "over_15": bounds.over_15,
                },
            )
        ).one()
        flagged = (await conn.execute(_FLAGGED_COUNT, where)).scalar_one()
        found[desk] = Ages(
            everything=int(counted.everything),
            over_3=int(counted.over_3),
            over_7=int(counted.over_7),
            over_15=int(counted.over_15),
            flagged=int(flagged),
        )
    return found
