"""Why persons could not be met yet, by the id that the client made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store.tables import absence
from muster.persistence.bulk import in_ids, insert_rows, sent


async def find(conn: AsyncConnection, absence_id: str) -> Row[Any] | None:
    """The remark with that id, ended or not."""
    query = select(absence).where(absence.c.absence_id == absence_id)
    return (await conn.execute(query)).first()


async def add(conn: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep a remark."""
    await insert_rows(conn, absence, [row])


_STANDING = select(absence).where(in_ids(absence.c.subject_id, "ids"), absence.c.ended_at.is_(None))


async def standing(conn: AsyncConnection, subject_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """The remark that stands, of each of these subjects that has one."""
    rows = await conn.execute(_STANDING, {"ids": sent(subject_ids)})
    return {row.subject_id: row for row in rows}


_END = (
    update(absence)
    .where(in_ids(absence.c.subject_id, "ids"), absence.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)


async def end(conn: AsyncConnection, subject_ids: Iterable[str], now: datetime) -> None:
    """What stood of these subjects, whose rows are locked, stands no longer."""
    given = sent(subject_ids)
    if given:
        await conn.execute(_END, {"ids": given, "now": now})
