"""What departments supply: parts as they arrive, and the rows of the current extract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store.tables import department_row, extract, extract_part
from muster.persistence.bulk import insert_rows


async def begin(conn: AsyncConnection, first: Mapping[str, Any]) -> Row[Any]:
    """The extract of a part, locked until the transaction ends; noted when it is the first."""
    await insert_rows(conn, extract, [first], conflict="ON CONFLICT (extract_id) DO NOTHING")
    query = select(extract).where(extract.c.extract_id == first["extract_id"]).with_for_update()
    return (await conn.execute(query)).one()


async def add_parts(conn: AsyncConnection, parts: Sequence[Mapping[str, Any]]) -> None:
    """Keep parts; one that is there already stays as it is."""
    await insert_rows(
        conn, extract_part, parts, conflict="ON CONFLICT (extract_id, number) DO NOTHING"
    )


async def held(conn: AsyncConnection, extract_id: str) -> dict[int, tuple[str, int]]:
    """Digest and number of rows of the parts that are here, by number."""
    rows = await conn.execute(
        select(extract_part.c.number, extract_part.c.digest, extract_part.c.rows).where(
            extract_part.c.extract_id == extract_id
        )
    )
    return {row.number: (row.digest, row.rows) for row in rows}


async def part(conn: AsyncConnection, extract_id: str, number: int) -> str:
    """The sealed content of one part that is here."""
    query = select(extract_part.c.sealed).where(
        extract_part.c.extract_id == extract_id, extract_part.c.number == number
    )
    sealed: str = (await conn.execute(query)).scalar_one()
    return sealed


async def note_manifest(conn: AsyncConnection, extract_id: str, rows: int, parts: int) -> None:
    """Keep what the manifest of an extract says, also when it is refused later."""
    await conn.execute(
        update(extract).where(extract.c.extract_id == extract_id).values(rows=rows, parts=parts)
    )


async def settle(
    conn: AsyncConnection, extract_id: str, state: str, rule: str | None, at: datetime
) -> None:
    """Close a locked extract and forget its parts."""
    await conn.execute(
        update(extract)
        .where(extract.c.extract_id == extract_id)
        .values(state=state, rule=rule, settled_at=at)
    )
    await conn.execute(delete(extract_part).where(extract_part.c.extract_id == extract_id))


_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('crosscheck/extract/' || :department, 0))"
)


async def current(conn: AsyncConnection, department: str) -> Row[Any] | None:
    """The extract that a department's rows are of; nobody else replaces it meanwhile."""
    await conn.execute(_LOCK, {"department": department})
    query = select(extract).where(extract.c.department == department, extract.c.state == "current")
    return (await conn.execute(query)).first()


async def remove(conn: AsyncConnection, department: str, at: datetime) -> None:
    """Take away the rows of a department; its current extract becomes a former one."""
    await conn.execute(delete(department_row).where(department_row.c.department == department))
    await conn.execute(
        update(extract)
        .where(extract.c.department == department, extract.c.state == "current")
        .values(state="replaced", settled_at=at)
    )


async def add_rows(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows; one whose id is there already is left out. Gives how many were added."""
    written = await insert_rows(
        conn,
        department_row,
        rows,
        conflict="ON CONFLICT (department, row_id) DO NOTHING",
        returning=("row_id",),
    )
    return len(written)


_LISTED = text(
    """
    SELECT e.*, coalesce(e.rows, 0) AS expected,
           (SELECT count(*) FROM extract_part p
            WHERE p.extract_id = e.extract_id AND p.number > 0) AS here,
           (SELECT coalesce(sum(p.rows), 0) FROM extract_part p
            WHERE p.extract_id = e.extract_id) AS rows_here
    FROM (
        SELECT x.*, row_number() OVER (
            PARTITION BY department ORDER BY (state = 'current') DESC, first_seen_at DESC,
            extract_id) AS place
        FROM extract x
        WHERE CAST(:department AS text) IS NULL OR department = :department) AS e
    WHERE place <= :each
    ORDER BY department, place
    """
)


async def listed(conn: AsyncConnection, each: int, department: str | None = None) -> list[Row[Any]]:
    """Of each department, or of one, the current extract and the newest others beside it."""
    rows = await conn.execute(_LISTED, {"each": each, "department": department})
    return list(rows.all())


async def row(conn: AsyncConnection, department: str, row_id: str) -> Row[Any] | None:
    """One row of a department's current extract."""
    query = select(department_row).where(
        department_row.c.department == department, department_row.c.row_id == row_id
    )
    return (await conn.execute(query)).first()
