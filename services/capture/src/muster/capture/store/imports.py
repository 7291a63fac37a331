"""Import jobs: how far a file has been read, and what came of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store.tables import import_job
from muster.persistence.bulk import in_texts, sent

RUNNING = "running"
FINISHED = "finished"
STOPPED = "stopped"
"""The rest of the file cannot be read; the rows before are in."""


async def begin(
    conn: AsyncConnection,
    *,
    import_id: str,
    file_code: str,
    origin: str,
    actor: str,
    area: str,
    at: datetime,
    sealed_headers: str,
) -> list[Row[Any]]:
    """Open the job unless its id or its file is there; gives the job or jobs that now match."""
    await conn.execute(
        postgresql.insert(import_job)
        .values(
            import_id=import_id,
            file_code=file_code,
            state=RUNNING,
            origin=origin,
            actor=actor,
            area=area,
            rows_done=0,
            added=0,
            updated=0,
            unchanged=0,
            refused=0,
            warned=0,
            reasons=[],
            started_at=at,
            sealed_headers=sealed_headers,
        )
        .on_conflict_do_nothing()
    )
    rows = await conn.execute(
        select(import_job).where(
            or_(import_job.c.import_id == import_id, import_job.c.file_code == file_code)
        )
    )
    return list(rows.all())


async def lock(conn: AsyncConnection, import_id: str) -> Row[Any]:
    """The job, locked until the transaction ends: two runs of it take turns."""
    rows = await conn.execute(
        select(import_job).where(import_job.c.import_id == import_id).with_for_update()
    )
    return rows.one()


async def read(conn: AsyncConnection, import_id: str) -> Row[Any] | None:
    """The job."""
    rows = await conn.execute(select(import_job).where(import_job.c.import_id == import_id))
    return rows.first()


async def newest(
    conn: AsyncConnection, areas: Iterable[str], after: str | None, limit: int
) -> list[Row[Any]]:
    """Jobs of these areas, the newest first, behind the job of that id."""
    query = select(import_job).where(in_texts(import_job.c.area, "areas"))
    if after is not None:
        place = select(import_job.c.started_at, import_job.c.import_id).where(
            import_job.c.import_id == after
        )
        mine = tuple_(import_job.c.started_at, import_job.c.import_id)
        query = query.where(mine < place.scalar_subquery())
    query = query.order_by(import_job.c.started_at.desc(), import_job.c.import_id.desc())
    return list((await conn.execute(query.limit(limit), {"areas": sent(areas)})).all())


async def advance(
    conn: AsyncConnection, import_id: str, rows_done: int, counts: dict[str, int]
) -> None:
    """Add a batch's counts and say how far the file has been read."""
    changes = {name: import_job.c[name] + number for name, number in counts.items()}
    await conn.execute(
        update(import_job)
        .where(import_job.c.import_id == import_id)
        .values(rows_done=rows_done, **changes)
    )


async def end(
    conn: AsyncConnection,
    import_id: str,
    *,
    state: str,
    reasons: list[dict[str, str]],
    at: datetime,
) -> None:
    """Close the job, once."""
    await conn.execute(
        update(import_job)
        .where(import_job.c.import_id == import_id, import_job.c.state == RUNNING)
        .values(state=state, reasons=reasons, finished_at=at)
    )
