"""What departments are asked, and what they said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.verification.domain.answers import Asked
from muster.verification.store.items import Place
from muster.verification.store.tables import department_request


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One row of ``department_request``; ``open`` while an answer would still count."""

    subject_id: str
    version: int
    department: str
    event_id: str
    case_id: str
    mandatory: bool
    sealed: str
    asked_at: datetime
    received_at: datetime | None
    contradicts: bool | None
    cannot_tell: bool | None
    answer_sealed: str | None
    overruled_at: datetime | None
    overruled_by: str | None
    overruled_sealed: str | None
    open: bool

    @property
    def place(self) -> Place:
        return self.subject_id, self.version

    def as_asked(self) -> Asked:
        """As the rules see it."""
        return Asked(
            department=self.department,
            mandatory=self.mandatory,
            answered=self.received_at is not None,
            contradicts=bool(self.contradicts),
            cannot_tell=bool(self.cannot_tell),
            overruled=self.overruled_at is not None,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A department's answer to keep: what it comes to, and its sealed verdicts."""

    contradicts: bool
    cannot_tell: bool
    sealed: str


@dataclass(frozen=True, slots=True)
class CountRow:
    """Requests of one department in one state: how many, how many of them the record waits for,
    and for how long they have waited (or took to be answered). Of answered ones how many
    contradict, how many say nothing of the record, and when the last came."""

    department: str
    count: int
    mandatory: int
    contradict: int
    cannot_tell: int
    last_at: datetime | None
    under_day: int
    under_week: int
    older: int
    longest: timedelta


async def put(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep requests, each of a version and department of which there is none yet."""
    await insert_rows(conn, department_request, rows)


# Nobody waits for an answer about a version that was decided, that has a newer one, or whose person
# was erased or counts as collected no longer (declined, moved, died): nothing is asked about it.
_OPEN = """
    r.received_at IS NULL AND i.state = 'submitted' AND s.version = r.version
    AND s.village IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM subject_key k
                    WHERE k.subject_id = r.subject_id AND k.destroyed_at IS NOT NULL)
"""
_JOINED = """
    JOIN review_item i ON i.subject_id = r.subject_id AND i.version = r.version
    JOIN review_subject s ON s.subject_id = r.subject_id
"""
_REQUEST = f"""
    SELECT r.subject_id::text, r.version, r.department, r.event_id::text, r.case_id::text,
           r.mandatory, r.sealed, r.asked_at, r.received_at, r.contradicts, r.cannot_tell,
           r.answer_sealed, r.overruled_at, r.overruled_by::text, r.overruled_sealed,
           ({_OPEN}) AS open
    FROM department_request r {_JOINED}
"""  # noqa: S608 - SQL of ours
_AT = text(
    _REQUEST
    + """
    JOIN unnest(CAST(:subjects AS uuid[]), CAST(:versions AS bigint[])) AS wanted(s, v)
        ON r.subject_id = wanted.s AND r.version = wanted.v
    ORDER BY r.subject_id, r.version, r.department
    """
)
_BY_EVENT = text(_REQUEST + "WHERE r.event_id = ANY(CAST(:events AS uuid[]))")
_SUBJECTS = text(
    "SELECT DISTINCT subject_id::text FROM department_request "
    "WHERE event_id = ANY(CAST(:events AS uuid[]))"
)


def _request(row: Row[Any]) -> RequestRow:
    return RequestRow(**row._mapping)


async def at(conn: AsyncConnection, places: Collection[Place]) -> dict[Place, list[RequestRow]]:
    """The requests about these record versions, by department."""
    wanted = sorted(set(places))
    rows = await conn.execute(
        _AT, {"subjects": [p[0] for p in wanted], "versions": [p[1] for p in wanted]}
    )
    found: dict[Place, list[RequestRow]] = {place: [] for place in wanted}
    for row in rows:
        request = _request(row)
        found[request.place].append(request)
    return found


async def subjects_of(conn: AsyncConnection, event_ids: Collection[str]) -> set[str]:
    """About whom these events ask."""
    return set(await conn.scalars(_SUBJECTS, {"events": sorted(set(event_ids))}))


async def by_event(conn: AsyncConnection, event_ids: Collection[str]) -> dict[str, RequestRow]:
    """The requests that these events ask, by event id."""
    rows = await conn.execute(_BY_EVENT, {"events": sorted(set(event_ids))})
    return {row.event_id: _request(row) for row in rows}


_WAITING = text(
    _REQUEST
    + f"""
    WHERE r.department = :department AND {_OPEN}
      AND (r.asked_at, r.event_id) > (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY r.asked_at, r.event_id LIMIT :limit
    """
)
_HOW_MANY = text(
    f"SELECT count(*) FROM department_request r {_JOINED} "  # noqa: S608 - SQL of ours
    f"WHERE r.department = :department AND {_OPEN}"
)


async def waiting(
    conn: AsyncConnection, department: str, after: tuple[datetime, str], limit: int
) -> list[RequestRow]:
    """A department's open requests behind a place (when asked, event id), the oldest first."""
    rows = await conn.execute(
        _WAITING, {"department": department, "at": after[0], "id": after[1], "limit": limit}
    )
    return [_request(row) for row in rows]


async def how_many_wait(conn: AsyncConnection, department: str) -> int:
    """How many requests of a department are open."""
    return int((await conn.execute(_HOW_MANY, {"department": department})).scalar_one())


_ANSWER = text(
    """
    UPDATE department_request r SET received_at = now(), contradicts = new.contradicts,
        cannot_tell = new.cannot_tell, answer_sealed = new.sealed
    FROM unnest(CAST(:events AS uuid[]), CAST(:contradicts AS boolean[]),
                CAST(:cannot_tell AS boolean[]), CAST(:sealed AS text[]))
        AS new(event_id, contradicts, cannot_tell, sealed)
    WHERE r.event_id = new.event_id
    """
)


async def keep_answers(conn: AsyncConnection, rows: Mapping[str, Kept]) -> None:
    """Keep answers by the event that asked."""
    await conn.execute(
        _ANSWER,
        {
            "events": list(rows),
            "contradicts": [one.contradicts for one in rows.values()],
            "cannot_tell": [one.cannot_tell for one in rows.values()],
            "sealed": [one.sealed for one in rows.values()],
        },
    )


_OVERRULE = text(
    """
    UPDATE department_request r SET overruled_at = now(), overruled_by = CAST(:by AS uuid),
        overruled_sealed = new.sealed
    FROM unnest(CAST(:events AS uuid[]), CAST(:sealed AS text[])) AS new(event_id, sealed)
    WHERE r.event_id = new.event_id
    """
)


async def overrule(conn: AsyncConnection, by: str, sealed: Mapping[str, str]) -> None:
    """Note that a reviewer verified in spite of these answers, with the sealed reason."""
    await conn.execute(
        _OVERRULE, {"by": by, "events": list(sealed), "sealed": list(sealed.values())}
    )


# Rows that the relay is marking just now are left for the next turn.
_ASK_AGAIN = text(
    f"""
    UPDATE outbox SET published_at = NULL
    WHERE id IN (
        SELECT o.id FROM department_request r {_JOINED}
        JOIN outbox o ON o.event_id = r.event_id
        WHERE {_OPEN} AND r.asked_at < now() - CAST(:patience AS interval)
          AND o.published_at < now() - CAST(:patience AS interval)
        ORDER BY r.asked_at LIMIT :limit
        FOR UPDATE OF o SKIP LOCKED)
    RETURNING topic
    """  # noqa: S608 - SQL of ours
)


async def ask_again(conn: AsyncConnection, patience: timedelta, limit: int) -> dict[str, int]:
    """Have open requests that went out longer ago published again, under the same event id.

    Gives how many, by topic.
    """
    again: dict[str, int] = {}
    for (topic,) in await conn.execute(_ASK_AGAIN, {"patience": patience, "limit": limit}):
        again[topic] = again.get(topic, 0) + 1
    return again


_SPAN = "coalesce(r.received_at, now()) - r.asked_at"
_COUNT = f"""
    SELECT r.department, count(*), count(*) FILTER (WHERE r.mandatory) AS mandatory,
           count(*) FILTER (WHERE r.contradicts) AS contradict,
           count(*) FILTER (WHERE r.cannot_tell) AS cannot_tell, max(r.received_at) AS last_at,
           count(*) FILTER (WHERE {_SPAN} < interval '1 day') AS under_day,
           count(*) FILTER (WHERE {_SPAN} >= interval '1 day'
                            AND {_SPAN} < interval '7 days') AS under_week,
           count(*) FILTER (WHERE {_SPAN} >= interval '7 days') AS older,
           max({_SPAN}) AS longest
    FROM department_request r {_JOINED}
    WHERE s.village = ANY(CAST(:villages AS text[])) AND s.version = r.version
      AND r.department = ANY(CAST(:departments AS text[]))
"""  # noqa: S608 - SQL of ours
_COUNTS = {
    "open": text(f"{_COUNT} AND {_OPEN} GROUP BY r.department"),
    "answered": text(f"{_COUNT} AND r.received_at IS NOT NULL GROUP BY r.department"),
}


async def counts(
    conn: AsyncConnection, state: str, villages: Sequence[str], departments: Sequence[str]
) -> dict[str, CountRow]:
    """Requests about the newest versions of who is collected in these villages, by department.

    ``state`` is ``open`` or ``answered``.
    """
    rows = await conn.execute(
        _COUNTS[state], {"villages": list(villages), "departments": list(departments)}
    )
    return {row.department: CountRow(**row._mapping) for row in rows}


_ENROLLED = text(
    """
    SELECT owner_id FROM known_key
    WHERE owner_kind = 'department' AND owner_id = ANY(CAST(:departments AS text[]))
      AND valid_from <= now() AND (revoked_at IS NULL OR revoked_at > now())
    GROUP BY owner_id HAVING bool_or(use = 'enc') AND bool_or(use = 'sig')
    """
)


async def enrolled(conn: AsyncConnection, departments: Collection[str]) -> frozenset[str]:
    """Those of the departments that can open a request and sign an answer now."""
    return frozenset(await conn.scalars(_ENROLLED, {"departments": sorted(departments)}))
