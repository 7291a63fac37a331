"""Reporting's own tables, and every statement on them.

All of it is heard from topics and can be built again from them. In clear columns stands nothing
that names a person: ids, village codes, origins and states. The categories are sealed under the
person's data key, because a village plus a category names a person (design section 4); they are
opened and counted when an authorised reader asks, so that no stored count has to be kept in step.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.reporting.domain.balance import Tally
from muster.reporting.domain.problems import Age, AgeBounds, ProblemTally
from muster.reporting.domain.progress import Uploads
from muster.vocabulary.standing import Standing
from muster.vocabulary.states import Discrepancy, Origin, ReviewState, SubjectState

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)

subject_state = Table(
    "subject_state",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("reviewed_version", BigInteger, nullable=False, server_default=text("0")),
    Column("outcome", Text),
    Column("first_seen_at", _TIME, nullable=False, server_default=text("now()")),
)
"""One person: newest ``revision`` of the standing, newest record ``version``, newest review."""

counted_entry = Table(
    "counted_entry",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("village", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
)
"""The lines of the newest standing of each person, in their order."""

subject_category = Table(
    "subject_category",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
)

upload = Table(
    "upload",
    metadata,
    Column("event_id", _UUID, primary_key=True),
    Column("terminal_id", _UUID, nullable=False),
    Column("area", Text, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("received_at", _TIME, nullable=False),
)

problem = Table(
    "problem",
    metadata,
    Column("discrepancy_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("village", Text, nullable=False),
    Column("opened_at", _TIME, nullable=False),
    Column("closed_at", _TIME),
)
"""One work order as it stands. Whose it is, and which field and department, is not counted and so
not kept: no column leads from a problem to a person."""

device_status = Table(
    "device_status",
    metadata,
    Column("terminal_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("county", Text),
    Column("readers", JSONB, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("software", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("heard_at", _TIME, nullable=False, server_default=text("now()")),
)
"""The newest status of one terminal; ``at`` is by the terminal's clock, ``heard_at`` by ours."""


async def put_standings(conn: AsyncConnection, standings: Mapping[str, Standing]) -> None:
    """Note where people stand: per person the highest revision stays.

    Locks the rows of these people, in order of id, until the transaction ends.
    """
    fresh = await insert_rows(
        conn,
        subject_state,
        [
            {"subject_id": subject_id, "revision": standings[subject_id].revision}
            for subject_id in sorted(standings)
        ],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET revision = excluded.revision "
        "WHERE subject_state.revision < excluded.revision",
        returning=("subject_id",),
    )
    newer = sorted(str(row["subject_id"]) for row in fresh)
    await conn.execute(
        text("DELETE FROM counted_entry WHERE subject_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": newer},
    )
    await insert_rows(
        conn,
        counted_entry,
        [
            {
                "subject_id": subject_id,
                "place": place,
                "village": entry.village,
                "origin": entry.origin.value,
                "state": entry.state.value,
            }
            for subject_id in newer
            for place, entry in enumerate(standings[subject_id].entries)
        ],
    )


async def put_versions(conn: AsyncConnection, versions: Mapping[str, int]) -> None:
    """Note the newest record version of people; the highest stays."""
    await insert_rows(
        conn,
        subject_state,
        [{"subject_id": key, "version": versions[key]} for key in sorted(versions)],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version "
        "WHERE subject_state.version < excluded.version",
    )


async def put_reviews(
    conn: AsyncConnection, reviews: Mapping[str, tuple[int, ReviewState]]
) -> None:
    """Note the newest review of people: the one of the highest version stays."""
    await insert_rows(
        conn,
        subject_state,
        [
            {"subject_id": key, "reviewed_version": version, "outcome": outcome.value}
            for key, (version, outcome) in sorted(reviews.items())
        ],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET "
        "reviewed_version = excluded.reviewed_version, outcome = excluded.outcome "
        "WHERE subject_state.reviewed_version < excluded.reviewed_version",
    )


async def put_categories(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep sealed categories, one per person in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        subject_category,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version, "
        "sealed = excluded.sealed WHERE subject_category.version < excluded.version",
    )


async def put_uploads(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep how uploads went; one that is there already is the same upload."""
    await insert_rows(conn, upload, rows, conflict="ON CONFLICT (event_id) DO NOTHING")


_TALLIES = text(
    """
    SELECT e.village, e.origin, e.state,
           CASE WHEN e.state <> 'collected' THEN NULL
                WHEN s.reviewed_version > 0 AND s.reviewed_version >= s.version THEN s.outcome
                WHEN s.version > 0 THEN 'submitted' END AS review,
           count(*) AS people
    FROM counted_entry e JOIN subject_state s USING (subject_id)
    WHERE e.village = ANY(CAST(:villages AS text[]))
    GROUP BY 1, 2, 3, 4
    """
)


async def tallies(conn: AsyncConnection, villages: Sequence[str]) -> list[Tally]:
    """Lines of the balance in these villages, by origin, state and review.

    A review counts for its own version and hides when a newer version has come; where a review
    overtook its record on the way, the review is what is known.
    """
    rows = await conn.execute(_TALLIES, {"villages": list(villages)})
    return [
        Tally(
            row.village,
            Origin(row.origin),
            SubjectState(row.state),
            None if row.review is None else ReviewState(row.review),
            int(row.people),
        )
        for row in rows
    ]


async def uploads_by_area(conn: AsyncConnection, areas: Sequence[str]) -> dict[str, Uploads]:
    """Uploads of these areas themselves (not of what lies below them)."""
    rows = await conn.execute(
        text(
            "SELECT area, max(received_at) AS last, sum(accepted) AS accepted, "
            "sum(refused) AS refused FROM upload WHERE area = ANY(CAST(:areas AS text[])) "
            "GROUP BY area"
        ),
        {"areas": list(areas)},
    )
    return {row.area: Uploads(row.last, int(row.accepted), int(row.refused)) for row in rows}


async def first_seen(conn: AsyncConnection, villages: Sequence[str]) -> dict[str, datetime]:
    """When the first person of each village was heard of."""
    rows = await conn.execute(
        text(
            "SELECT e.village, min(s.first_seen_at) AS first FROM counted_entry e "
            "JOIN subject_state s USING (subject_id) "
            "WHERE e.village = ANY(CAST(:villages AS text[])) GROUP BY e.village"
        ),
        {"villages": list(villages)},
    )
    return {row.village: row.first for row in rows}


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """The sealed categories of one person who is collected in a village."""

    subject_id: str
    village: str
    version: int
    sealed: str


_CATEGORIES = text(
    """
    SELECT c.subject_id::text, e.village, c.version, c.sealed
    FROM subject_category c JOIN counted_entry e USING (subject_id)
    WHERE e.state = 'collected' AND e.village = ANY(CAST(:villages AS text[]))
      AND c.subject_id > CAST(:after AS uuid)
    ORDER BY c.subject_id LIMIT :batch
    """
)


async def categories(
    conn: AsyncConnection, villages: Sequence[str], batch: int = 1000
) -> AsyncIterator[list[CategoryRow]]:
    """Sealed categories of who is collected in these villages, in bounded batches."""
    after = "00000000-0000-0000-0000-000000000000"
    while True:
        rows = await conn.execute(
            _CATEGORIES, {"villages": list(villages), "after": after, "batch": batch}
        )
        found = [CategoryRow(**row._mapping) for row in rows]
        if not found:
            return
        after = found[-1].subject_id
        yield found


async def put_problems(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep work orders, each once in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        problem,
        rows,
        conflict="ON CONFLICT (discrepancy_id) DO UPDATE SET version = excluded.version, "
        "kind = excluded.kind, village = excluded.village, opened_at = excluded.opened_at, "
        "closed_at = excluded.closed_at WHERE problem.version < excluded.version",
    )


_PROBLEMS = text(
    """
    SELECT village, kind,
           CASE WHEN closed_at IS NOT NULL THEN NULL
                WHEN opened_at > :week THEN :under
                WHEN opened_at >= :month THEN :between
                ELSE :over END AS age,
           count(*) AS orders
    FROM problem WHERE village = ANY(CAST(:villages AS text[]))
    GROUP BY 1, 2, 3
    """
)


async def problem_tallies(
    conn: AsyncConnection, villages: Sequence[str], bounds: AgeBounds
) -> list[ProblemTally]:
    """Work orders in these villages, by kind and age; closed ones by kind."""
    rows = await conn.execute(
        _PROBLEMS,
        {
            "villages": list(villages),
            "week": bounds.week,
            "month": bounds.month,
            "under": Age.UNDER_7_DAYS.value,
            "between": Age.FROM_7_TO_30_DAYS.value,
            "over": Age.OVER_30_DAYS.value,
        },
    )
    return [
        ProblemTally(
            row.village,
            Discrepancy(row.kind),
            None if row.age is None else Age(row.age),
            int(row.orders),
        )
        for row in rows
    ]


async def put_devices(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep how terminals are, each once in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        device_status,
        rows,
        conflict="ON CONFLICT (terminal_id) DO UPDATE SET version = excluded.version, "
        "county = excluded.county, readers = excluded.readers, waiting = excluded.waiting, "
        "software = excluded.software, at = excluded.at, heard_at = now() "
        "WHERE device_status.version < excluded.version",
    )


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One terminal: where it stands, how its devices are, when anything came from it last."""

    terminal_id: str
    area: str
    readers: Mapping[str, str]
    waiting: int
    software: str
    at: datetime
    last_heard: datetime


_DEVICES = text(
    """
    SELECT * FROM (
        SELECT d.terminal_id::text, COALESCE(k.area, d.county, :campaign) AS area, d.readers,
               d.waiting, d.software, d.at, GREATEST(d.heard_at, u.received_at) AS last_heard
        FROM device_status d
        LEFT JOIN (SELECT owner_id, max(area) AS area FROM known_key
                   WHERE owner_kind = 'terminal' GROUP BY owner_id) k
          ON k.owner_id = d.terminal_id::text
        LEFT JOIN LATERAL (SELECT max(received_at) AS received_at FROM upload
                           WHERE terminal_id = d.terminal_id) u ON true
    ) terminals
    WHERE area = ANY(CAST(:areas AS text[]))
    ORDER BY area, terminal_id
    """
)


async def devices(conn: AsyncConnection, areas: Sequence[str], campaign: str) -> list[DeviceRow]:
    """Terminals of these areas themselves (not of what lies below them).

    A terminal stands where it was enrolled, which its signature proves; else in the county that its
    event named in clear; else it is the campaign's.
    """
    rows = await conn.execute(_DEVICES, {"areas": list(areas), "campaign": campaign})
    return [DeviceRow(**row._mapping) for row in rows]
