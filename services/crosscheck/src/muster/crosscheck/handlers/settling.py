"""Settling: what is found becomes work orders and candidates. The matcher's path and the county
job's path are these functions, with some subjects or with all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.handlers import candidates, common
from muster.crosscheck.store import comparison, discrepancies, matching, reveals, subjects, touched
from muster.messaging import outbox
from muster.runtime.context import Context

LEFT_AFTER = 20.0
"""Seconds after which a touched subject is settled whether or not the topic brought it."""
LEFT_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Settled:
    """What one pass did: work orders (``marked`` ones can be compared no more and stay open), and
    candidates that came or went."""

    opened: int = 0
    reopened: int = 0
    redirected: int = 0
    closed: int = 0
    marked: int = 0
    candidates: int = 0
    candidates_closed: int = 0


async def settle_touched(
    context: Context, conn: AsyncConnection, subject_ids: Collection[str]
) -> Settled:
    """Settle those of these subjects that are on the list; again, there is nothing to do."""
    if not await comparison.settle_alone(conn):
        return Settled()
    return await settle(context, conn, await touched.take(conn, subject_ids))


async def settle_left(context: Context) -> None:
    """What the topic did not bring in time, and candidates that are due; in transactions of its
    own, as a job of the service."""
    async with context.database.transaction() as conn:
        if await comparison.settle_alone(conn):
            await settle(context, conn, await touched.take_left(conn, LEFT_AFTER, LEFT_AT_ONCE))
    async with context.database.transaction() as conn:
        if await comparison.settle_alone(conn) and await touched.take_due(conn):
            await candidates.settle(context, conn)


async def settle_county(context: Context, conn: AsyncConnection) -> Settled:
    """The county job: every subject and every candidate (R75). Nothing while the comparison phase
    is not open."""
    if not await comparison.settle_alone(conn):
        return Settled()
    await subjects.analyse(conn)
    await touched.take(conn, None)
    await touched.take_due(conn, early=True)
    done = await settle(context, conn, None)
    fresh, closed = await candidates.settle(context, conn)
    return replace(done, candidates=len(fresh), candidates_closed=closed)


async def settle(
    context: Context, conn: AsyncConnection, subject_ids: Collection[str] | None
) -> Settled:
    """Make the open work orders of these subjects (None: of all) what is found now, and what can
    be neither found nor shown to be gone.

    The number of statements does not depend on the number of subjects. Call it with
    `comparison.settle_alone` held.
    """
    if subject_ids is not None and not subject_ids:
        return Settled()
    rules = common.rules_of(context.profile)
    now = await matching.match(conn, rules, subject_ids)
    changes = await discrepancies.merge(
        conn,
        [(common.keyed_id(context, "discrepancy", *one.identity), one) for one in now.found],
        now.gone,
        subject_ids,
        common.now(),
    )
    await publish(context, conn, changes)
    return _count(changes)


async def publish(
    context: Context, conn: AsyncConnection, changes: Sequence[discrepancies.Change]
) -> None:
    """Tell of work orders that were opened, sent elsewhere or closed; what was revealed for closed
    ones is kept no longer."""
    await reveals.forget(conn, [change.discrepancy_id for change in changes if change.closed])
    await outbox.add(conn, [_event(context, change) for change in changes if not change.marked])


def _event(context: Context, change: discrepancies.Change) -> outbox.OutboxItem:
    return outbox.OutboxItem(
        topic=common.DISCREPANCY_CLOSED if change.closed else common.DISCREPANCY_OPENED,
        key=change.discrepancy_id,
        version=change.revision,
        county=context.areas.county_or_none(change.village),
        ref={"discrepancy_id": change.discrepancy_id},
    )


def _count(changes: Sequence[discrepancies.Change]) -> Settled:
    opened = sum(change.fresh for change in changes)
    reopened = sum(change.again for change in changes)
    closed = sum(change.closed for change in changes)
    marked = sum(change.marked for change in changes)
    redirected = len(changes) - opened - reopened - closed - marked
    return Settled(opened, reopened, redirected, closed, marked)
