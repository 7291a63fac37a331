"""Verification's own tables, and every statement on them.

In clear columns stands nothing that names a person: ids, village codes, states, reason codes. What
a record, the baseline or a reviewer's own words say is sealed under the person's data key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Row, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.verification.domain.standing import Entry, Standing
from muster.vocabulary.states import Origin, ReviewState, SubjectState

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)

review_subject = Table(
    "review_subject",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("entries", JSONB, nullable=False, server_default=text("'[]'")),
    Column("village", Text),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
)
"""One person: standing by highest ``revision``, where collected now, newest record ``version``."""

review_item = Table(
    "review_item",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("village", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'submitted'")),
    Column("collector_id", _UUID, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("received_at", _TIME, nullable=False, server_default=text("now()")),
    Column("reviewed_at", _TIME),
    Column("reviewer_id", _UUID),
    Column("reason_codes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("reasons_sealed", Text),
)
"""One version of one record, and its review. ``village`` is where the person was collected when
the version came, and from the review on where the person stood then."""

baseline = Table(
    "baseline",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One row of ``review_subject``."""

    subject_id: str
    standing: Standing
    village: str | None
    version: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One row of ``review_item``."""

    subject_id: str
    version: int
    digest: str
    village: str
    desk: str
    state: ReviewState
    collector_id: str
    sealed: str
    received_at: datetime
    reviewed_at: datetime | None
    reviewer_id: str | None
    reason_codes: tuple[str, ...]
    reasons_sealed: str | None


@dataclass(frozen=True, slots=True)
class BaselineRow:
    """One row of ``baseline``."""

    version: int
    sealed: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One record that waits for review."""

    subject_id: str
    version: int
    village: str
    desk: str
    collector_id: str
    received_at: datetime
    returned: int


async def put_subjects(
    conn: AsyncConnection, standings: Mapping[str, Standing], versions: Mapping[str, int]
) -> None:
    """Note standings and newest record versions: per person the highest of each stays.

    Locks the rows of these people, in order of id, until the transaction ends.
    """
    nothing = Standing(0, ())
    rows = []
    for subject_id in sorted({*standings, *versions}):
        standing = standings.get(subject_id, nothing)
        rows.append(
            {
                "subject_id": subject_id,
                "revision": standing.revision,
                "entries": [
                    {"village": e.village, "origin": e.origin.value, "state": e.state.value}
                    for e in standing.entries
                ],
                "village": standing.collected_in(),
                "version": versions.get(subject_id, 0),
            }
        )
    newer = "excluded.revision > review_subject.revision"
    await insert_rows(
        conn,
        review_subject,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET "
        "revision = greatest(review_subject.revision, excluded.revision), "
        f"entries = CASE WHEN {newer} THEN excluded.entries ELSE review_subject.entries END, "
        f"village = CASE WHEN {newer} THEN excluded.village ELSE review_subject.village END, "
        "version = greatest(review_subject.version, excluded.version)",
    )


async def put_items(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep record versions; one that is there already stays as it is, with its review."""
    await insert_rows(
        conn, review_item, rows, conflict="ON CONFLICT (subject_id, version) DO NOTHING"
    )


async def put_baselines(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep baseline records, one per person in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        baseline,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version, "
        "sealed = excluded.sealed WHERE baseline.version < excluded.version",
    )


_SUBJECT = "SELECT subject_id::text, revision, entries, village, version FROM review_subject"


async def subject(
    conn: AsyncConnection, subject_id: str, *, lock: bool = False
) -> SubjectRow | None:
    """One person; ``lock`` holds the row until the transaction ends."""
    statement = f"{_SUBJECT} WHERE subject_id = CAST(:id AS uuid)" + (" FOR UPDATE" if lock else "")
    row = (
        await conn.execute(text(statement).columns(entries=JSONB), {"id": subject_id})
    ).one_or_none()
    if row is None:
        return None
    entries = tuple(
        Entry(entry["village"], Origin(entry["origin"]), SubjectState(entry["state"]))
        for entry in row.entries
    )
    return SubjectRow(row.subject_id, Standing(row.revision, entries), row.village, row.version)


_ITEM = """
    SELECT i.subject_id::text, i.version, i.digest, i.village, i.desk, i.state,
           i.collector_id::text, i.sealed, i.received_at, i.reviewed_at, i.reviewer_id::text,
           i.reason_codes, i.reasons_sealed
    FROM review_item i
"""
_ITEMS_AT = text(
    _ITEM
    + """
    JOIN unnest(CAST(:subjects AS uuid[]), CAST(:versions AS bigint[])) AS wanted(s, v)
        ON i.subject_id = wanted.s AND i.version = wanted.v
    """
).columns(reason_codes=JSONB)
_ITEMS_OF = text(_ITEM + "WHERE i.subject_id = CAST(:id AS uuid) ORDER BY i.version DESC").columns(
    reason_codes=JSONB
)


def _item(row: Row[Any]) -> ItemRow:
    values = dict(row._mapping)
    values["state"] = ReviewState(row.state)
    values["reason_codes"] = tuple(row.reason_codes)
    return ItemRow(**values)


async def items_at(conn: AsyncConnection, places: Collection[tuple[str, int]]) -> list[ItemRow]:
    """The record versions at these places (person, version); absent ones are left out."""
    wanted = sorted(set(places))
    rows = await conn.execute(
        _ITEMS_AT, {"subjects": [p[0] for p in wanted], "versions": [p[1] for p in wanted]}
    )
    return [_item(row) for row in rows]


async def items_of(conn: AsyncConnection, subject_id: str) -> list[ItemRow]:
    """All versions of one person's record, newest first."""
    return [_item(row) for row in await conn.execute(_ITEMS_OF, {"id": subject_id})]


async def baseline_of(conn: AsyncConnection, subject_id: str) -> BaselineRow | None:
    """The baseline of one person, if there is one."""
    row = (
        await conn.execute(
            text("SELECT version, sealed FROM baseline WHERE subject_id = CAST(:id AS uuid)"),
            {"id": subject_id},
        )
    ).one_or_none()
    return None if row is None else BaselineRow(row.version, row.sealed)


_DECIDE = text(
    """
    UPDATE review_item SET state = :state, village = :village, reviewer_id = CAST(:by AS uuid),
        reviewed_at = now(), reason_codes = CAST(:codes AS jsonb), reasons_sealed = :reasons
    WHERE subject_id = CAST(:id AS uuid) AND version = :version
    RETURNING reviewed_at
    """
)


async def decide(
    conn: AsyncConnection,
    *,
    subject_id: str,
    version: int,
    state: ReviewState,
    village: str,
    reviewer_id: str,
    reason_codes: str,
    reasons_sealed: str | None,
) -> datetime:
    """Write the outcome of a review; ``reason_codes`` is a JSON list. Gives the time of it."""
    result = await conn.execute(
        _DECIDE,
        {
            "state": state.value,
            "village": village,
            "by": reviewer_id,
            "codes": reason_codes,
            "reasons": reasons_sealed,
            "id": subject_id,
            "version": version,
        },
    )
    reviewed_at: datetime = result.scalar_one()
    return reviewed_at


_QUEUE = text(
    """
    WITH page AS MATERIALIZED (
        SELECT i.subject_id, i.version, s.village, i.desk, i.collector_id, i.received_at
        FROM review_item i
        JOIN review_subject s ON s.subject_id = i.subject_id AND s.version = i.version
        WHERE i.state = 'submitted'
          AND i.desk || '/' || s.village = ANY(CAST(:places AS text[]))
          AND (i.received_at, i.subject_id) > (:after_time, CAST(:after_id AS uuid))
        ORDER BY i.received_at, i.subject_id
        LIMIT :limit)
    SELECT subject_id::text, version, village, desk, collector_id::text, received_at,
           (SELECT count(*) FROM review_item earlier
            WHERE earlier.subject_id = page.subject_id AND earlier.state = 'returned') AS returned
    FROM page ORDER BY received_at, subject_id
    """
)


async def queue(
    conn: AsyncConnection,
    open_at: Collection[tuple[str, str]],
    *,
    after: tuple[datetime, str],
    limit: int,
) -> list[QueueRow]:
    """Records that wait at these (desk, village), the longest waiting first."""
    rows = await conn.execute(
        _QUEUE,
        {
            "places": sorted(f"{desk}/{village}" for desk, village in open_at),
            "after_time": after[0],
            "after_id": after[1],
            "limit": limit,
        },
    )
    return [QueueRow(**row._mapping) for row in rows]


_LEDGER = text(
    """
    SELECT s.village, i.state, count(*)
    FROM review_subject s
    JOIN review_item i ON i.subject_id = s.subject_id AND i.version = s.version
    WHERE s.village = ANY(CAST(:villages AS text[]))
    GROUP BY s.village, i.state
    """
)


async def ledger(
    conn: AsyncConnection, villages: Sequence[str]
) -> list[tuple[str, ReviewState, int]]:
    """People collected in these villages, by village and state of their newest version."""
    rows = await conn.execute(_LEDGER, {"villages": list(villages)})
    return [(village, ReviewState(state), int(count)) for village, state, count in rows]
