"""Endings as they were recorded, by the id that the client made."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store.tables import status_change
from muster.persistence.bulk import insert_rows


async def find(conn: AsyncConnection, change_id: str) -> Row[Any] | None:
    """The change with that id."""
    query = select(status_change).where(status_change.c.change_id == change_id)
    return (await conn.execute(query)).first()


async def add(conn: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep a change."""
    await insert_rows(conn, status_change, [row])
