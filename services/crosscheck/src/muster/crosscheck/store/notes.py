"""What people ask, answer and pass on about work orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store.tables import discrepancy, order_note
from muster.persistence.bulk import in_ids, insert_rows, sent


async def add(conn: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Keep a note; False when one with its id, or another answer to the same question, is there."""
    written = await insert_rows(
        conn, order_note, [row], conflict="ON CONFLICT DO NOTHING", returning=("note_id",)
    )
    return bool(written)


async def of_order(conn: AsyncConnection, discrepancy_id: str) -> list[Row[Any]]:
    """All notes of a work order, in the order in which they came."""
    query = (
        select(order_note)
        .where(order_note.c.discrepancy_id == discrepancy_id)
        .order_by(order_note.c.at, order_note.c.note_id)
    )
    return list((await conn.execute(query)).all())


async def find(conn: AsyncConnection, note_id: str) -> Row[Any] | None:
    """The note with that id, of whatever order."""
    return (await conn.execute(select(order_note).where(order_note.c.note_id == note_id))).first()


async def handle_in(conn: AsyncConnection, discrepancy_id: str, area: str | None) -> None:
    """Say where a locked work order is handled; None for the village of the household."""
    await conn.execute(
        update(discrepancy)
        .where(discrepancy.c.discrepancy_id == discrepancy_id)
        .values(handled_in=area)
    )


_OPEN_QUESTIONS = select(order_note.c.discrepancy_id, order_note.c.addressee).where(
    in_ids(order_note.c.discrepancy_id, "ids"),
    order_note.c.kind == "question",
    text("NOT EXISTS (SELECT 1 FROM order_note a WHERE a.answers = order_note.note_id)"),
)


async def waiting(conn: AsyncConnection, orders: Collection[str]) -> dict[str, int]:
    """How many questions about each of these work orders nobody has answered."""
    found: dict[str, int] = {}
    for row in await conn.execute(_OPEN_QUESTIONS, {"ids": sent(orders)}):
        found[row.discrepancy_id] = found.get(row.discrepancy_id, 0) + 1
    return found
