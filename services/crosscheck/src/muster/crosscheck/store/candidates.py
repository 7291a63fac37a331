"""People whom a listing department knows and the campaign does not, until they are known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store.matching import SAME_PERSON_BY_NAME
from muster.crosscheck.store.tables import candidate, reveal
from muster.persistence.bulk import in_ids, in_texts, sent

# Only who was closed, or could not be told of for another reason, begins anew.
_BACK = """(c.state IN ('closed', 'held')
    AND (c.state, c.rule) IS DISTINCT FROM (excluded.state, excluded.rule))"""
_MERGE = text(
    f"""
    WITH found AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:departments AS text[]), CAST(:rows AS uuid[]),
            CAST(:areas AS text[]), CAST(:states AS text[]), CAST(:rules AS text[])
        ) AS f(candidate_id, department, row_id, area, state, rule)
    ), closed AS (
        UPDATE candidate c SET state = 'closed', rule = NULL, sealed = NULL, closed_at = :now,
            revision = c.revision + 1
        WHERE c.state <> 'closed'
          AND NOT EXISTS (SELECT FROM found f WHERE f.candidate_id = c.candidate_id)
        RETURNING c.candidate_id
    ), fresh AS (
        INSERT INTO candidate AS c
            (candidate_id, revision, department, row_id, area, state, rule, found_at)
        SELECT candidate_id, 1, department, row_id, area, state, rule, :now FROM found
        ON CONFLICT (candidate_id) DO UPDATE SET
            department = excluded.department, row_id = excluded.row_id,
            revision = c.revision + CASE WHEN {_BACK} THEN 1 ELSE 0 END,
            area = CASE WHEN {_BACK} THEN excluded.area ELSE c.area END,
            state = CASE WHEN {_BACK} THEN excluded.state ELSE c.state END,
            rule = CASE WHEN {_BACK} THEN excluded.rule ELSE c.rule END,
            found_at = CASE WHEN {_BACK} THEN excluded.found_at ELSE c.found_at END,
            told_at = CASE WHEN {_BACK} THEN NULL ELSE c.told_at END,
            closed_at = CASE WHEN {_BACK} THEN NULL ELSE c.closed_at END,
            subject_id = CASE WHEN {_BACK} THEN NULL ELSE c.subject_id END
        WHERE {_BACK} OR (c.department, c.row_id)
            IS DISTINCT FROM (excluded.department, excluded.row_id)
        RETURNING c.candidate_id, c.found_at
    )
    SELECT CAST(candidate_id AS text) AS candidate_id, false AS closed FROM fresh
    WHERE found_at = :now
    UNION ALL
    SELECT CAST(candidate_id AS text), true FROM closed
    """  # noqa: S608 - put together from what stands here
)
# By number, as the matching function does it, and by name only where there is none by number.
_RECOGNISE = text(
    f"""
    WITH named AS MATERIALIZED (
        SELECT c.candidate_id, r.* FROM candidate c JOIN department_row r USING (department, row_id)
        WHERE c.candidate_id = ANY(CAST(:ids AS uuid[]))
    ), known AS (
        SELECT r.candidate_id, b.subject_id, 1 AS rank FROM named r
        JOIN subject_blind b ON b.holder = r.department AND b.number = r.number
        UNION ALL
        SELECT r.candidate_id, b.subject_id, 2 FROM named r
        JOIN subject_blind b ON b.holder = r.department AND {SAME_PERSON_BY_NAME}
    )
    UPDATE candidate c SET subject_id = best.subject_id
    FROM (SELECT DISTINCT ON (candidate_id) candidate_id, subject_id FROM known
          ORDER BY candidate_id, rank, subject_id) AS best
    WHERE c.candidate_id = best.candidate_id
    """  # noqa: S608 - put together from what stands here
)


async def merge(
    conn: AsyncConnection, found: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[list[str], int]:
    """Make the candidates that are not closed exactly those found, each with candidate_id,
    department, row_id, area, state (``waiting`` or ``held``) and rule.

    One that is under way keeps its state; one that is closed names the subject that its row
    belongs to now. Gives those that are new or came back, and how many were closed.
    """
    rows = (
        await conn.execute(
            _MERGE,
            {
                "ids": [one["candidate_id"] for one in found],
                "departments": [one["department"] for one in found],
                "rows": [one["row_id"] for one in found],
                "areas": [one["area"] for one in found],
                "states": [one["state"] for one in found],
                "rules": [one["rule"] for one in found],
                "now": now,
            },
        )
    ).all()
    closed = [row.candidate_id for row in rows if row.closed]
    await conn.execute(_RECOGNISE, {"ids": closed})
    return sorted(row.candidate_id for row in rows if not row.closed), len(closed)


# Whichever of the two clocks says later, so that a department's that is slow is not asked in vain
# all day; but one that is far ahead holds nobody back for more than a day.
_AFTER_QUOTA = text(
    """
    UPDATE candidate c SET state = 'waiting', rule = NULL, revision = c.revision + 1
    WHERE c.state = 'refused' AND c.rule = 'quota-exceeded' AND NOT EXISTS (
        SELECT FROM reveal r
        WHERE r.candidate_id = c.candidate_id AND greatest(
              r.asked_at, least(r.answered_at, r.asked_at + interval '1 day')) >= :began)
    RETURNING c.candidate_id
    """
)


async def after_quota(conn: AsyncConnection, began: datetime) -> int:
    """Have those wait again whose row a department did not open because its quota was used up, on a
    day before the one that began then; gives how many."""
    return len((await conn.execute(_AFTER_QUOTA, {"began": began})).all())


_WAITING = text(
    """
    SELECT CAST(c.candidate_id AS text), c.revision, c.department, CAST(c.row_id AS text), c.area,
           c.found_at, r.sealed
    FROM candidate c JOIN department_row r USING (department, row_id)
    WHERE c.state = 'waiting' ORDER BY c.candidate_id
    """
)


async def waiting(conn: AsyncConnection) -> list[Row[Any]]:
    """Candidates with whom nothing was done yet, each with its row's sealed content, if it has."""
    return list((await conn.execute(_WAITING)).all())


async def told_within(conn: AsyncConnection, seconds: float) -> bool:
    """Whether capture was told of somebody in these last seconds and has not registered them."""
    statement = text(
        "SELECT EXISTS (SELECT FROM candidate WHERE state = 'told' "
        "AND told_at > now() - make_interval(secs => :seconds))"
    )
    return bool((await conn.execute(statement, {"seconds": seconds})).scalar_one())


_MOVE = text(
    """
    UPDATE candidate c SET state = n.state, rule = n.rule, sealed = n.sealed,
        area = coalesce(n.area, c.area),
        told_at = CASE WHEN n.state = 'told' THEN :now ELSE c.told_at END,
        revision = c.revision + 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:rules AS text[]),
                CAST(:sealed AS text[]), CAST(:areas AS text[]))
        AS n(candidate_id, state, rule, sealed, area)
    WHERE c.candidate_id = n.candidate_id AND c.state <> 'closed'
    RETURNING CAST(c.candidate_id AS text), c.revision, c.area
    """
)


async def move(
    conn: AsyncConnection, steps: Sequence[Mapping[str, Any]], now: datetime
) -> list[Row[Any]]:
    """Take candidates a step on: each with candidate_id, state, rule, sealed, area (or None).

    Gives candidate_id, revision and area of those that were not closed meanwhile.
    """
    if not steps:
        return []
    moved = await conn.execute(
        _MOVE,
        {
            "ids": [step["candidate_id"] for step in steps],
            "states": [step["state"] for step in steps],
            "rules": [step.get("rule") for step in steps],
            "sealed": [step.get("sealed") for step in steps],
            "areas": [step.get("area") for step in steps],
            "now": now,
        },
    )
    return list(moved.all())


_READ = (
    select(candidate)
    .where(in_ids(candidate.c.candidate_id, "ids"))
    .order_by(candidate.c.candidate_id)
)
_READ_LOCKED = _READ.with_for_update()


async def read(
    conn: AsyncConnection, ids: Collection[str], *, lock: bool = False
) -> dict[str, Row[Any]]:
    """These candidates; ``lock`` holds their rows, in order, until the transaction ends."""
    rows = await conn.execute(_READ_LOCKED if lock else _READ, {"ids": sent(ids)})
    return {row.candidate_id: row for row in rows}


def _with_reveal() -> Select[Any]:
    """Candidates, each with the newest request to open its row and the event that asked."""
    newest = (
        select(reveal.c.reveal_id, reveal.c.event_id)
        .where(reveal.c.candidate_id == candidate.c.candidate_id)
        .order_by(reveal.c.number.desc())
        .limit(1)
        .lateral()
    )
    return select(candidate, newest.c.reveal_id, newest.c.event_id.label("request")).select_from(
        candidate.outerjoin(newest, true())
    )


async def page(
    conn: AsyncConnection,
    areas: Sequence[str] | None,
    *,
    closed: bool,
    subject_id: str | None,
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Candidates of these areas (None: of all, also outside the campaign), in order of id, each
    with the newest request to open its row."""
    query = _with_reveal()
    if subject_id is not None:
        query = query.where(candidate.c.subject_id == subject_id)
    if areas is not None:
        query = query.where(in_texts(candidate.c.area, "areas"))
    if not closed:
        query = query.where(candidate.c.state != "closed")
    if after is not None:
        query = query.where(candidate.c.candidate_id > after)
    query = query.order_by(candidate.c.candidate_id).limit(limit)
    values = {} if areas is None else {"areas": sent(areas)}
    return list((await conn.execute(query, values)).all())


async def naming(conn: AsyncConnection, subject_ids: Collection[str]) -> list[Row[Any]]:
    """Candidates that turned out to be these subjects, with the newest request to open its row."""
    query = _with_reveal().where(in_ids(candidate.c.subject_id, "ids"))
    query = query.order_by(candidate.c.candidate_id)
    return list((await conn.execute(query, {"ids": sent(subject_ids)})).all())
