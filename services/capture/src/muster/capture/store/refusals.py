"""Refused rows and records: they stay on a list until somebody settles them (R70)."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store.tables import import_job, refused_row
from muster.persistence.bulk import in_ids, in_texts, insert_rows, sent

_SOME = 500


async def add(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows on the list; a row of a file that is there already stays as it is."""
    await insert_rows(
        conn,
        refused_row,
        rows,
        conflict="ON CONFLICT (import_id, row_number) DO NOTHING",
    )


async def put(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows on the list under ids of their own, in place of what stood there under the same."""
    await insert_rows(
        conn,
        refused_row,
        rows,
        conflict="ON CONFLICT (row_id) DO UPDATE SET area = excluded.area, "
        "reasons = excluded.reasons, number_index = excluded.number_index, "
        "sealed = excluded.sealed, created_at = now(), settled_at = NULL, settled_by = NULL",
    )


_SETTLE = (
    update(refused_row)
    .where(
        refused_row.c.settled_at.is_(None),
        or_(
            in_ids(refused_row.c.row_id, "rows"),
            in_ids(refused_row.c.record_id, "records"),
            in_ids(refused_row.c.subject_id, "subjects"),
            in_texts(refused_row.c.number_index, "numbers"),
        ),
    )
    .values(settled_at=bindparam("at"), settled_by=bindparam("by"))
)
_SETTLE_IMPORTED = _SETTLE.where(refused_row.c.import_id.is_not(None))


async def settle(
    conn: AsyncConnection,
    *,
    by: str,
    at: datetime,
    imported_only: bool = False,
    rows: Iterable[str] = (),
    records: Iterable[str] = (),
    subjects: Iterable[str] = (),
    numbers: Iterable[str] = (),
) -> None:
    """Take off the list what is now right: by row, record, subject or resident number.

    `imported_only` leaves records of uploads alone: a baseline does not set a record right.
    """
    named = {
        "rows": sent(rows),
        "records": sent(records),
        "subjects": sent(subjects),
        "numbers": sent(numbers),
    }
    if any(named.values()):
        await conn.execute(
            _SETTLE_IMPORTED if imported_only else _SETTLE, {**named, "at": at, "by": by}
        )


_OF_NUMBERS = (
    select(refused_row.c.row_id, refused_row.c.area)
    .join(import_job, import_job.c.import_id == refused_row.c.import_id)
    .where(
        refused_row.c.settled_at.is_(None),
        in_texts(refused_row.c.number_index, "numbers"),
        in_texts(import_job.c.origin, "origins"),
    )
)


async def of_numbers(
    conn: AsyncConnection, numbers: Iterable[str], origins: Iterable[str]
) -> dict[str, str]:
    """Areas of rows on the list, by row id, that imports of these kinds put there under one of
    these resident numbers."""
    wanted = sent(numbers)
    if not wanted:
        return {}
    rows = await conn.execute(_OF_NUMBERS, {"numbers": wanted, "origins": sent(origins)})
    return {row.row_id: row.area for row in rows}


_AREAS_OF = select(refused_row.c.row_id, refused_row.c.area).where(
    in_ids(refused_row.c.row_id, "rows")
)


async def areas_of(conn: AsyncConnection, rows: Iterable[str]) -> dict[str, str]:
    """Areas of rows on the list, by row id."""
    wanted = sent(rows)
    if not wanted:
        return {}
    found = await conn.execute(_AREAS_OF, {"rows": wanted})
    return {row.row_id: row.area for row in found}


async def open_in(
    conn: AsyncConnection, areas: Sequence[str], after: str | None, limit: int
) -> list[Row[Any]]:
    """What is not settled in these areas, in order of row id."""
    query = select(refused_row).where(
        refused_row.c.settled_at.is_(None), in_texts(refused_row.c.area, "areas")
    )
    if after is not None:
        query = query.where(refused_row.c.row_id > after)
    query = query.order_by(refused_row.c.row_id).limit(limit)
    return list((await conn.execute(query, {"areas": sent(areas)})).all())


async def of_import(
    conn: AsyncConnection, import_id: str, after: int, limit: int
) -> list[Row[Any]]:
    """Refused and warned rows of one import behind that row, settled ones too."""
    query = (
        select(refused_row)
        .where(refused_row.c.import_id == import_id, refused_row.c.row_number > after)
        .order_by(refused_row.c.row_number)
        .limit(limit)
    )
    return list((await conn.execute(query)).all())


async def open_of_import(
    conn: AsyncConnection, import_id: str, severity: str, after: int, limit: int
) -> list[Row[Any]]:
    """Rows of one import and one severity that nobody has settled, behind that row."""
    query = (
        select(refused_row)
        .where(
            refused_row.c.import_id == import_id,
            refused_row.c.severity == severity,
            refused_row.c.settled_at.is_(None),
            refused_row.c.row_number > after,
        )
        .order_by(refused_row.c.row_number)
        .limit(limit)
    )
    return list((await conn.execute(query)).all())


async def stream_of_import(
    conn: AsyncConnection, import_id: str
) -> AsyncIterator[Sequence[Row[Any]]]:
    """Rows of one import that are refused and not settled, some at a time."""
    query = (
        select(refused_row)
        .where(
            refused_row.c.import_id == import_id,
            refused_row.c.severity == "refuse",
            refused_row.c.settled_at.is_(None),
        )
        .order_by(refused_row.c.row_number)
    )
    async with conn.stream(query) as rows:
        async for some in rows.partitions(_SOME):
            yield some
