"""The comparison phase: opened once by an administrator, and the county job over everything."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.handlers import common, settling
from muster.crosscheck.store import comparison
from muster.runtime.context import Context


async def open_phase(context: Context, conn: AsyncConnection, by: str) -> settling.Settled:
    """Open the comparison phase and match everything (R74, R75); once open, it stays as it is."""
    if not await comparison.open_phase(conn, by, common.now()):
        return settling.Settled()
    done = await settling.settle_county(context, conn)
    await context.audit.record(conn, actor=by, action="comparison-opened", detail={**asdict(done)})
    return done


async def run_county(context: Context, conn: AsyncConnection, by: str) -> settling.Settled:
    """The county job now.

    Raises:
        Refusal: the comparison phase is not open.
    """
    if await comparison.opened(conn) is None:
        raise common.refusal(
            "comparison",
            "comparison-not-open",
            "比对阶段尚未开启。",
            "The comparison phase is not open yet.",
            409,
        )
    done = await settling.settle_county(context, conn)
    await context.audit.record(conn, actor=by, action="county-run", detail={**asdict(done)})
    return done
