"""Whether the comparison phase is open, and the three locks by which its writers agree.

``intake`` is held shared by whoever takes data in and alone by whoever opens the phase: what came
before is seen by the first county job, what comes after is put on the list of touched subjects.
Once the phase is open, ``touching`` is held by one intake at a time, whatever process it is in: two
that do not see each other's rows would each leave out whose findings the other's come into.
``settling`` is held by one matcher or county job at a time, so that two never judge the same
person from different moments. All end with the transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store.tables import comparison
from muster.persistence.bulk import insert_rows

_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('crosscheck/intake', 0))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('crosscheck/intake', 0))")
_TOUCHING = text("SELECT pg_advisory_xact_lock(hashtextextended('crosscheck/touching', 0))")
_SETTLING = text("SELECT pg_advisory_xact_lock(hashtextextended('crosscheck/settling', 0))")


async def opened(conn: AsyncConnection) -> Row[Any] | None:
    """When and by whom the phase was opened; None before."""
    return (await conn.execute(select(comparison))).first()


async def open_for_intake(conn: AsyncConnection) -> bool:
    """Whether what is taken in now must be matched; holds ``intake`` shared, and then ``touching``.

    Call it before any row is locked, as every intake does, so that none waits for another's rows.
    """
    await conn.execute(_SHARED)
    if await opened(conn) is None:
        return False
    await conn.execute(_TOUCHING)
    return True


async def open_phase(conn: AsyncConnection, by: str, at: datetime) -> bool:
    """Open the phase; False when it was open already. Holds ``intake`` alone."""
    await conn.execute(_ALONE)
    written = await insert_rows(
        conn,
        comparison,
        [{"open": True, "opened_at": at, "opened_by": by}],
        conflict="ON CONFLICT (open) DO NOTHING",
        returning=("open",),
    )
    return bool(written)


async def settle_alone(conn: AsyncConnection) -> bool:
    """Hold ``settling``; False while the phase is not open and there is nothing to settle."""
    await conn.execute(_SETTLING)
    return await opened(conn) is not None
