"""Departments and their keys: every statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Text, any_, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.store.tables import department as table
from muster.access.store.tables import enrolment
from muster.persistence.bulk import insert_rows
from muster.persistence.tables import known_key

_NOW = text("now()")


async def lock(conn: AsyncConnection, department: str, *, area: str, label: str) -> Row[Any]:
    """The row of a department, made at version 0 when it is not there, and locked: of two
    enrolments at once one waits for the other."""
    await insert_rows(
        conn,
        table,
        [
            {
                "department": department,
                "area": area,
                "label": label,
                "version": 0,
                "enrolled_at": datetime.now(UTC),
            }
        ],
        conflict="ON CONFLICT (department) DO NOTHING",
    )
    row = await by_id(conn, department, lock=True)
    assert row is not None
    return row


async def by_id(conn: AsyncConnection, department: str, *, lock: bool = False) -> Row[Any] | None:
    """One department."""
    query = select(table).where(table.c.department == department)
    return (await conn.execute(query.with_for_update() if lock else query)).one_or_none()


async def in_areas(conn: AsyncConnection, areas: Sequence[str]) -> list[Row[Any]]:
    """Departments that were enrolled for these areas, in order of id; a profile has few."""
    wanted = any_(cast(list(areas), ARRAY(Text)))
    query = select(table).where(table.c.area == wanted).order_by(table.c.department)
    return list(await conn.execute(query))


async def change(conn: AsyncConnection, department: str, **values: object) -> None:
    """Write columns of one department."""
    await conn.execute(update(table).where(table.c.department == department).values(**values))


async def revoke_keys(
    conn: AsyncConnection, department: str, *, version: int, at: datetime
) -> None:
    """Mark a department's keys as revoked; those that were before stay as they are."""
    await conn.execute(
        update(known_key)
        .where(known_key.c.owner_id == department)
        .values(revoked_at=func.coalesce(known_key.c.revoked_at, at), version=version)
    )


async def use_enrolment(conn: AsyncConnection, enrolment_id: str) -> None:
    """Mark an enrolment as used, at its first time."""
    await conn.execute(
        update(enrolment)
        .where(enrolment.c.enrolment_id == enrolment_id)
        .values(used_at=func.coalesce(enrolment.c.used_at, _NOW))
    )
