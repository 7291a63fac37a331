"""How areas stood, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.reporting.domain.days import COUNTED, Day, DayCounts
from muster.reporting.store.tables import day_count

_COLUMNS = ", ".join(COUNTED)
_LOCK = 0x6461_7973
"""Two processes count a day one after the other; the second finds it done."""


async def alone(conn: AsyncConnection) -> bool:
    """Whether nobody else counts a day just now; holds until the transaction ends."""
    found = await conn.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK})
    return bool(found.scalar_one())


async def newest(conn: AsyncConnection) -> dict[str, DayCounts]:
    """How every area stood when it was counted last."""
    rows = await conn.execute(
        text(
            f"SELECT DISTINCT ON (area) area, {_COLUMNS} FROM day_count "  # noqa: S608 - our names
            "ORDER BY area, day DESC"
        )
    )
    return {row.area: DayCounts(*(getattr(row, name) for name in COUNTED)) for row in rows}


async def put(
    conn: AsyncConnection, day: date, at: datetime, counts: Mapping[str, DayCounts]
) -> None:
    """Keep how these areas stand on a day; what the day said before gives way."""
    await insert_rows(
        conn,
        day_count,
        [
            {"area": area, "day": day, "at": at} | {name: getattr(one, name) for name in COUNTED}
            for area, one in sorted(counts.items())
        ],
        conflict="ON CONFLICT (area, day) DO UPDATE SET at = excluded.at, "
        + ", ".join(f"{name} = excluded.{name}" for name in COUNTED),
    )


async def of_area(conn: AsyncConnection, area: str, since: date, until: date) -> list[Day]:
    """The rows of an area within two days (both included), and the last one before them, by day."""
    rows = await conn.execute(
        text(
            f"SELECT day, at, {_COLUMNS} FROM day_count "  # noqa: S608 - our names
            "WHERE area = :area AND day <= :until AND day >= COALESCE("
            "(SELECT max(day) FROM day_count WHERE area = :area AND day <= :since), :since) "
            "ORDER BY day"
        ),
        {"area": area, "since": since, "until": until},
    )
    return [
        Day(row.day, row.at, DayCounts(*(getattr(row, name) for name in COUNTED))) for row in rows
    ]


async def first(conn: AsyncConnection) -> date | None:
    """The day from which there are any; None while nothing was counted yet."""
    found: date | None = (await conn.execute(text("SELECT min(day) FROM day_count"))).scalar_one()
    return found
