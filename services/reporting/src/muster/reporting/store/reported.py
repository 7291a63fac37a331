"""Work orders of the cross-check and devices of terminals, as they were heard last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.reporting.domain.problems import ProblemTally
from muster.reporting.store.tables import device_status, problem
from muster.vocabulary.ages import Age, AgeBounds
from muster.vocabulary.states import Discrepancy


async def put_problems(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep work orders, each once in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        problem,
        rows,
        conflict="ON CONFLICT (discrepancy_id) DO UPDATE SET version = excluded.version, "
        "kind = excluded.kind, village = excluded.village, opened_at = excluded.opened_at, "
        "closed_at = excluded.closed_at WHERE problem.version < excluded.version",
    )


_PROBLEMS = text(
    """
    SELECT village, kind,
           CASE WHEN closed_at IS NOT NULL THEN NULL
                WHEN opened_at > :week THEN :under
                WHEN opened_at >= :month THEN :between
                ELSE :over END AS age,
           count(*) AS orders
    FROM problem WHERE village = ANY(CAST(:villages AS text[]))
    GROUP BY 1, 2, 3
    """
)


async def problem_tallies(
    conn: AsyncConnection, villages: Sequence[str], bounds: AgeBounds
) -> list[ProblemTally]:
    """Work orders in these villages, by kind and age; closed ones by kind."""
    rows = await conn.execute(
        _PROBLEMS,
        {
            "villages": list(villages),
            "week": bounds.week,
            "month": bounds.month,
            "under": Age.UNDER_7_DAYS.value,
            "between": Age.FROM_7_TO_30_DAYS.value,
            "over": Age.OVER_30_DAYS.value,
        },
    )
    return [
        ProblemTally(
            row.village,
            Discrepancy(row.kind),
            None if row.age is None else Age(row.age),
            int(row.orders),
        )
        for row in rows
    ]


async def put_devices(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep how terminals are, each once in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        device_status,
        rows,
        conflict="ON CONFLICT (terminal_id) DO UPDATE SET version = excluded.version, "
        "county = excluded.county, readers = excluded.readers, waiting = excluded.waiting, "
        "software = excluded.software, at = excluded.at, heard_at = now() "
        "WHERE device_status.version < excluded.version",
    )


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One terminal: where it stands, how its devices are, when anything came from it last."""

    terminal_id: str
    area: str
    readers: Mapping[str, str]
    waiting: int
    software: str
    at: datetime
    last_heard: datetime


_DEVICES = text(
    """
    SELECT * FROM (
        SELECT d.terminal_id::text, COALESCE(k.area, d.county, :campaign) AS area, d.readers,
               d.waiting, d.software, d.at, GREATEST(d.heard_at, u.received_at) AS last_heard
        FROM device_status d
        LEFT JOIN (SELECT owner_id, max(area) AS area FROM known_key
                   WHERE owner_kind = 'terminal' GROUP BY owner_id) k
          ON k.owner_id = d.terminal_id::text
        LEFT JOIN LATERAL (SELECT max(received_at) AS received_at FROM upload
                           WHERE terminal_id = d.terminal_id) u ON true
    ) terminals
    WHERE area = ANY(CAST(:areas AS text[]))
    ORDER BY area, terminal_id
    """
)


async def devices(conn: AsyncConnection, areas: Sequence[str], campaign: str) -> list[DeviceRow]:
    """Terminals of these areas themselves (not of what lies below them).

    A terminal stands where it was enrolled, which its signature proves; else in the county that its
    event named in clear; else it is the campaign's.
    """
    rows = await conn.execute(_DEVICES, {"areas": list(areas), "campaign": campaign})
    return [DeviceRow(**row._mapping) for row in rows]
