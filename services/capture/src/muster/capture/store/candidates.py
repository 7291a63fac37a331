"""Persons whom a department knows and the campaign did not, and what became of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store.tables import candidate, refused_row
from muster.persistence.bulk import in_ids, in_texts, insert_rows, sent


class Outcome(StrEnum):
    """What became of a candidate."""

    REGISTERED = "registered"
    KNOWN = "known"
    WAITING = "waiting"
    """On the list of refused rows, for the administrator."""
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate as stored: `version` of the newest that was heard, `subject_id` is who they
    turned out to be."""

    candidate_id: str
    version: int
    department: str
    outcome: Outcome
    subject_id: str | None


_LOCK = (
    select(candidate)
    .where(in_ids(candidate.c.candidate_id, "ids"))
    .order_by(candidate.c.candidate_id)
    .with_for_update()
)


async def lock(conn: AsyncConnection, candidates: Mapping[str, str]) -> dict[str, CandidateRow]:
    """Lock these candidates (id to department) until the transaction ends; those that nobody heard
    of before have version 0."""
    order = sorted(candidates)
    await insert_rows(
        conn,
        candidate,
        [
            {
                "candidate_id": candidate_id,
                "version": 0,
                "department": candidates[candidate_id],
                "outcome": Outcome.WAITING.value,
            }
            for candidate_id in order
        ],
        conflict="ON CONFLICT DO NOTHING",
    )
    rows = await conn.execute(_LOCK, {"ids": order})
    return {row.candidate_id: _candidate(row) for row in rows}


async def find(conn: AsyncConnection, candidate_id: str) -> CandidateRow | None:
    """One candidate, locked until the transaction ends."""
    rows = await conn.execute(
        select(candidate).where(candidate.c.candidate_id == candidate_id).with_for_update()
    )
    row = rows.first()
    return None if row is None else _candidate(row)


async def save(conn: AsyncConnection, rows: Sequence[CandidateRow]) -> None:
    """Write locked candidates back."""
    await insert_rows(
        conn,
        candidate,
        [
            {
                "candidate_id": row.candidate_id,
                "version": row.version,
                "department": row.department,
                "outcome": row.outcome.value,
                "subject_id": row.subject_id,
            }
            for row in rows
        ],
        conflict="ON CONFLICT (candidate_id) DO UPDATE SET version = excluded.version, "
        "department = excluded.department, outcome = excluded.outcome, "
        "subject_id = excluded.subject_id",
    )


async def waiting_row(conn: AsyncConnection, candidate_id: str) -> Row[Any] | None:
    """What was heard of a candidate, as it stands on the list of refused rows."""
    rows = await conn.execute(select(refused_row).where(refused_row.c.row_id == candidate_id))
    return rows.first()


async def waiting_in(
    conn: AsyncConnection, areas: Iterable[str], after: str | None, limit: int
) -> list[Row[Any]]:
    """Candidates of these areas that wait for the administrator, with their department."""
    query = (
        select(refused_row, candidate.c.department)
        .join(candidate, candidate.c.candidate_id == refused_row.c.row_id)
        .where(refused_row.c.settled_at.is_(None), in_texts(refused_row.c.area, "areas"))
    )
    if after is not None:
        query = query.where(refused_row.c.row_id > after)
    query = query.order_by(refused_row.c.row_id).limit(limit)
    return list((await conn.execute(query, {"areas": sent(areas)})).all())


def _candidate(row: Row[Any]) -> CandidateRow:
    return CandidateRow(
        row.candidate_id, row.version, row.department, Outcome(row.outcome), row.subject_id
    )
