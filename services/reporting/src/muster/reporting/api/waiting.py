"""How long records and uploads wait, and how many went back: timeliness and quality."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter

from muster.persistence.database import Transaction
from muster.reporting import shapes
from muster.reporting.api.guard import readable
from muster.reporting.domain import progress, waiting
from muster.reporting.domain.progress import Uploads
from muster.reporting.domain.waiting import Wait, WaitBounds, Waiting
from muster.reporting.store import counted
from muster.runtime.asked_area import AreaQuery
from muster.runtime.auth import Authenticated, Composed
from muster.vocabulary.areas import Area, AreaTree
from muster.vocabulary.states import ReviewState

router = APIRouter()


@router.get("/waiting")
async def get_waiting(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> shapes.WaitingAnswer:
    """Of the area and each area directly below it: how long records wait for review or for being
    mended, how long ago units uploaded (R68), how many people's records went back (R70) and are
    flagged (R58)."""
    root, now = readable(caller, context, area), datetime.now(UTC)
    within, bounds = context.areas.below([root.code]), WaitBounds.at(now)
    found = waiting.by_area(await counted.waiting(conn, within, bounds), context.areas)
    uploads = await counted.uploads_by_area(conn, within)

    def answer(one: Area) -> shapes.AreaWaiting:
        return _area(context.areas, one, found.get(one.code, Waiting()), uploads, bounds)

    return shapes.WaitingAnswer(
        as_of=now,
        code=root.code,
        area=answer(root),
        areas={child.code: answer(child) for child in context.areas.children(root.code)},
        formulas={name: shapes.Words(zh=zh, en=en) for name, (zh, en) in waiting.FORMULAS.items()},
    )


def _area(
    tree: AreaTree,
    area: Area,
    held: Waiting,
    uploads: Mapping[str, Uploads],
    bounds: WaitBounds,
) -> shapes.AreaWaiting:
    units = dict.fromkeys(Wait, 0)
    for unit in progress.upload_units(tree, area.code):
        seen = progress.within(tree, uploads, unit)
        units[bounds.wait(seen.last) if seen else Wait.UNKNOWN] += 1
    own = progress.within(tree, uploads, area.code)
    return shapes.AreaWaiting(
        name=area.name,
        level=area.level,
        submitted={wait: held.waits[ReviewState.SUBMITTED, wait] for wait in Wait},
        returned={wait: held.waits[ReviewState.RETURNED, wait] for wait in Wait},
        units=units,
        reviewed=held.reviewed,
        returned_once=held.returned_once,
        flagged={state: held.flagged[state] for state in ReviewState},
        accepted=own.accepted if own else 0,
        refused=own.refused if own else 0,
    )
