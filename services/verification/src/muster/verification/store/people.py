"""People and their baseline: where each stands, and what was known before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.verification.store.tables import baseline, review_subject
from muster.vocabulary.standing import Entry, Standing
from muster.vocabulary.states import Origin, SubjectState


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One row of ``review_subject``."""

    subject_id: str
    standing: Standing
    village: str | None
    version: int


@dataclass(frozen=True, slots=True)
class BaselineRow:
    """One row of ``baseline``."""

    version: int
    sealed: str


async def put_subjects(
    conn: AsyncConnection, standings: Mapping[str, Standing], versions: Mapping[str, int]
) -> dict[str, int]:
    """Note standings and newest record versions: per person the highest of each stays.

    Locks the rows of these people, in order of id, until the transaction ends. Gives the newest
    version of each.
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
    written = await insert_rows(
        conn,
        review_subject,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET "
        "revision = greatest(review_subject.revision, excluded.revision), "
        f"entries = CASE WHEN {newer} THEN excluded.entries ELSE review_subject.entries END, "
        f"village = CASE WHEN {newer} THEN excluded.village ELSE review_subject.village END, "
        "version = greatest(review_subject.version, excluded.version)",
        returning=("subject_id", "version"),
    )
    return {str(row["subject_id"]): int(row["version"]) for row in written}


async def put_baselines(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep baseline records, one per person in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        baseline,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version, "
        "sealed = excluded.sealed WHERE baseline.version < excluded.version",
    )


def standing_of(revision: int, entries: Sequence[Mapping[str, str]]) -> Standing:
    """Where a person stands, from the columns ``revision`` and ``entries``."""
    return Standing(
        revision,
        tuple(Entry(e["village"], Origin(e["origin"]), SubjectState(e["state"])) for e in entries),
    )


_LOCK = text(
    """
    SELECT subject_id FROM review_subject WHERE subject_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY subject_id FOR UPDATE
    """
)


async def lock(conn: AsyncConnection, subject_ids: Collection[str]) -> None:
    """Hold the rows of these people, in order of id, until the transaction ends."""
    await conn.execute(_LOCK, {"ids": sorted(set(subject_ids))})
