"""Subjects as the cross-check knows them, and their blinds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store.tables import subject, subject_blind
from muster.persistence.bulk import in_ids, insert_rows, sent

_NEWER = """
    ON CONFLICT (subject_id) DO UPDATE SET
        revision = excluded.revision, version = excluded.version, village = excluded.village,
        state = excluded.state, origin = excluded.origin, places = excluded.places,
        lacking = excluded.lacking, sealed = excluded.sealed
    WHERE (subject.revision, subject.version) < (excluded.revision, excluded.version)
"""


async def put(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keep the newest state of subjects, one row each; gives those of whom it was newer.

    Locks their rows, in the order given, until the transaction ends. A record may be corrected
    without a change of standing, so of two with one revision the higher version counts.
    """
    written = await insert_rows(conn, subject, rows, conflict=_NEWER, returning=("subject_id",))
    return [str(row["subject_id"]) for row in written]


_WITHOUT_BLINDS = delete(subject_blind).where(in_ids(subject_blind.c.subject_id, "ids"))


async def put_blinds(
    conn: AsyncConnection, subject_ids: Collection[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Make the blinds of these locked subjects exactly those given."""
    await conn.execute(_WITHOUT_BLINDS, {"ids": sent(subject_ids)})
    await insert_rows(conn, subject_blind, rows)


_READ = select(subject).where(in_ids(subject.c.subject_id, "ids"))


async def read(conn: AsyncConnection, subject_ids: Collection[str]) -> dict[str, Row[Any]]:
    """These subjects; unknown ones are left out."""
    rows = await conn.execute(_READ, {"ids": sent(subject_ids)})
    return {row.subject_id: row for row in rows}


async def analyse(conn: AsyncConnection) -> None:
    """Tell the planner how much there is, before everything is matched at once."""
    await conn.execute(text("ANALYZE subject, subject_blind, department_row"))
