"""Where figures changed just now, for who looks at them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.persistence.database import Database
from muster.reporting.store.tables import changed_area

SEEN_FOR = timedelta(seconds=30)
"""How long a change is told: longer than a batch takes from its note to its commit."""
_KEPT = timedelta(minutes=10)

_RECENT = text(
    "SELECT array_agg(id) AS ids FROM changed_area "
    "WHERE at > clock_timestamp() - CAST(:back AS interval) "
    "AND (CAST(:areas AS text[]) IS NULL OR area = ANY(CAST(:areas AS text[])))"
)


async def note(conn: AsyncConnection, areas: Collection[str]) -> None:
    """Figures of these areas change with this transaction."""
    await insert_rows(conn, changed_area, [{"area": area} for area in sorted(areas)])


async def recent(database: Database, areas: Collection[str] | None) -> frozenset[int]:
    """Ids of the changes of the last `SEEN_FOR` in these areas, or in all. Not a highest id: what
    got its id earlier may be committed later."""
    found = await database.look(
        _RECENT, {"back": SEEN_FOR, "areas": None if areas is None else list(areas)}
    )
    return frozenset(found.ids or ())


async def forget(conn: AsyncConnection) -> None:
    """Take away what nobody asks for any more."""
    await conn.execute(
        text("DELETE FROM changed_area WHERE at < now() - CAST(:kept AS interval)"),
        {"kept": _KEPT},
    )
