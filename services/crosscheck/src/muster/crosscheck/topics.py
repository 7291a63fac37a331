"""What crosscheck consumes and publishes, as a table.

Loaders read the store for a set of outbox rows: an event is built when it is published, at every
replay anew, and says how things stand then (the highest version wins).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear
from muster.contracts.parts.crosscheck import DiscrepancyForCount, MissedForDesk, RevealRequest
from muster.crosscheck.handlers import answers, common, data
from muster.crosscheck.handlers import subjects as taking
from muster.crosscheck.store import candidates, discrepancies, reveals
from muster.messaging.message import Event, OutboxRow, Publication, Subscription
from muster.runtime.context import Context
from muster.security import following
from muster.vocabulary.states import Discrepancy


async def load_discrepancies(
    _context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``crosscheck-discrepancy-opened`` and ``-closed``: the work order as it stands."""
    stored = await discrepancies.read(conn, [row.ref["discrepancy_id"] for row in rows])
    events = {}
    for row in rows:
        order = stored.get(row.ref["discrepancy_id"])
        if order is not None:
            clear = Clear(
                version=row.version,
                subject_id=order.subject_id,
                county=row.county,
                occurred_at=row.occurred_at,
            )
            events[row.event_id] = Event(clear, {"reporting": _for_count(order)})
    return events


def _for_count(order: Row[Any]) -> DiscrepancyForCount:
    return DiscrepancyForCount(
        discrepancy_id=order.discrepancy_id,
        kind=Discrepancy(order.kind),
        field=order.field or None,
        department=order.said_by,
        village=order.village,
        opened_at=order.opened_at,
        closed_at=order.closed_at,
    )


async def load_missed(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``crosscheck-subject-missed``: who is to be found; who is known by now has no part."""
    stored = await candidates.read(conn, [row.ref["candidate_id"] for row in rows])
    events = {}
    for row in rows:
        found = stored.get(row.ref["candidate_id"])
        if found is None or found.sealed is None:
            continue
        opened = common.open_fields(context, "candidate", found.candidate_id, found.sealed)
        part = MissedForDesk(
            candidate_id=found.candidate_id,
            department=found.department,
            area=found.area,
            fields=opened["fields"],
            found_at=found.found_at,
        )
        clear = Clear(version=row.version, county=row.county, occurred_at=row.occurred_at)
        events[row.event_id] = Event(clear, {"capture": part})
    return events


async def load_reveals(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``crosscheck-reveal-requested-<department>``: the request, also when it comes again."""
    stored = await reveals.read(conn, [row.ref["reveal_id"] for row in rows])
    events = {}
    for row in rows:
        asked = stored.get(row.ref["reveal_id"])
        if asked is None:
            continue
        why = common.open_fields(context, "reveal_reason", asked.reveal_id, asked.reason_sealed)
        part = RevealRequest(
            reveal_id=asked.reveal_id,
            row_id=asked.row_id,
            reason=why["reason"],
            asked_by=asked.asked_by,
            asked_at=asked.asked_at,
        )
        clear = Clear(version=row.version, occurred_at=row.occurred_at)
        events[row.event_id] = Event(clear, {f"connector-{asked.department}": part})
    return events


async def load_touched(
    _context: Context, _conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``crosscheck-touched``: the subject, and nothing else."""
    return {row.event_id: Event(Clear(version=row.version, subject_id=row.key), {}) for row in rows}


PUBLICATIONS = (
    Publication(common.DISCREPANCY_OPENED, load_discrepancies),
    Publication(common.DISCREPANCY_CLOSED, load_discrepancies),
    Publication(common.SUBJECT_MISSED, load_missed),
    Publication(f"{common.REVEAL_REQUESTED}<department>", load_reveals),
    Publication(common.TOUCHED, load_touched),
)

SUBSCRIPTIONS = (
    Subscription("capture-baseline-imported", taking.take_subjects),
    Subscription("capture-record-submitted", taking.take_subjects),
    Subscription("capture-subject-status-changed", taking.take_subjects),
    Subscription(f"{common.DEPARTMENT_DATA}<department>", data.take_data),
    Subscription(f"{common.REVEAL_ANSWERED}<department>", answers.take_revealed),
    *following.SUBSCRIPTIONS,
)
