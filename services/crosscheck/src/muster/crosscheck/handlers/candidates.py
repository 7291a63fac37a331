"""Candidates: rows of listing departments that no subject matches (R75, R76).

A sealed row says who it is, and capture is told at once. A blind row is first opened by a reveal
request with its reason, under the department's quota; so that the quota is not spent on people who
stand in a sealed department's data too, blind ones wait until those of this pass are registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.domain import died
from muster.crosscheck.domain.finding import Unknown
from muster.crosscheck.handlers import areas, common, destinations, reveals
from muster.crosscheck.store import candidates, matching, touched
from muster.messaging import outbox
from muster.runtime.context import Context
from muster.security.audit import Entry

MISSED_REASON = "漏采人员核实"
"""Why a blind department's row is opened: to find somebody who was not collected."""
BLIND_WAIT = 8.0
"""Seconds that blind candidates wait at most for sealed ones to be registered: where one of those
is never entered, because nobody knows the village, all wait so long. Registering takes a second or
two; if it takes longer, some quota is spent on people who come to be known anyway, and nothing
else is lost."""

_WHO = (common.NAME, common.NUMBER, common.BIRTH, common.VILLAGE)
"""What a desk needs to find somebody; more of a department's data is not passed on."""


async def settle(context: Context, conn: AsyncConnection) -> tuple[list[str], int]:
    """Make the candidates exactly the rows that no subject matches now.

    Gives the ids of those that are new or came back, and how many are known by now. Call it with
    `comparison.settle_alone` held.
    """
    rules = common.rules_of(context.profile)
    unknown = await matching.unknown(conn, rules, areas.around(context.areas))
    found: dict[str, dict[str, Any]] = {}
    for one in unknown:
        candidate_id = common.keyed_id(context, "candidate", *one.identity)
        found.setdefault(candidate_id, _first_step(context, candidate_id, one))
    now = common.now()
    fresh, closed = await candidates.merge(conn, list(found.values()), now)
    waiting = await candidates.waiting(conn)
    sealed = [row for row in waiting if row.sealed is not None]
    await tell(context, conn, [_told(context, row) for row in sealed], now)
    blind = [row for row in waiting if row.sealed is None]
    if blind and await candidates.told_within(conn, BLIND_WAIT):
        await touched.due(conn, BLIND_WAIT)
    else:
        await touched.not_due(conn)
        await _ask(context, conn, blind)
    return fresh, closed


def _first_step(context: Context, candidate_id: str, one: Unknown) -> dict[str, Any]:
    rule = None
    if not context.areas.is_within(one.area, context.areas.root.code):
        rule = "area-unknown"
    elif not one.found_by:
        rule = "nothing-to-find-by"
    else:
        rule = one.disputed
    return {
        "candidate_id": candidate_id,
        "department": one.department,
        "row_id": one.row_id,
        "area": one.area,
        "state": "waiting" if rule is None else "held",
        "rule": rule,
    }


def _told(context: Context, row: Row[Any]) -> dict[str, Any]:
    place = f"{row.department}/{row.row_id}"
    values = common.open_fields(context, "department_row", place, row.sealed)["fields"]
    return told(context, row.candidate_id, values)


def told(context: Context, candidate_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The step by which capture hears of a candidate whose row is open."""
    village = destinations.read(context.areas, values.get(common.VILLAGE))
    here = village is not None and context.areas.is_within(village, context.areas.root.code)
    who = {name: values[name] for name in _WHO if name in values}
    if here:
        who[common.VILLAGE] = village
    return {
        "candidate_id": candidate_id,
        "state": "told",
        "sealed": common.seal_own(context, "candidate", candidate_id, {"fields": who}),
        "area": village if here else None,
    }


def gone(context: Context, values: Mapping[str, Any]) -> str | None:
    """Why somebody whom a revealed row names is not to be collected here (C6, C13)."""
    died_on = values.get(common.DIED_ON)
    if isinstance(died_on, str) and (
        died.died(died_on, context.profile.standard_time) == died.BEFORE
    ):
        return "died-before-standard-time"
    moved_to = destinations.read(context.areas, values.get(common.MOVED_TO))
    if moved_to not in (None, matching.UNREADABLE) and moved_to not in context.areas:
        return "moved-out"
    return None


async def tell(
    context: Context, conn: AsyncConnection, steps: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Take these steps, and tell capture of those that are `told`."""
    moved = await candidates.move(conn, steps, now)
    told_ids = {step["candidate_id"] for step in steps if step["state"] == "told"}
    await outbox.add(
        conn,
        [
            outbox.OutboxItem(
                topic=common.SUBJECT_MISSED,
                key=row.candidate_id,
                version=row.revision,
                county=context.areas.county_or_none(row.area),
                ref={"candidate_id": row.candidate_id},
            )
            for row in moved
            if row.candidate_id in told_ids
        ],
    )


async def _ask(context: Context, conn: AsyncConnection, blind: Sequence[Row[Any]]) -> None:
    if not blind:
        return
    await candidates.move(
        conn,
        [{"candidate_id": row.candidate_id, "state": "asked"} for row in blind],
        common.now(),
    )
    asked = await reveals.ask(
        context,
        conn,
        [
            {
                "department": row.department,
                "row_id": row.row_id,
                "candidate_id": row.candidate_id,
                "reason": MISSED_REASON,
                "asked_by": context.service,
            }
            for row in blind
        ],
    )
    # Nobody asked for it by hand, and somebody's row is opened all the same.
    await context.audit.record_many(
        conn,
        [
            Entry(
                actor=context.service,
                action="reveal-asked",
                reason=MISSED_REASON,
                detail={"candidate": row.candidate_id, "reveal": reveal_id},
            )
            for row, reveal_id in zip(blind, asked, strict=True)
        ],
    )
