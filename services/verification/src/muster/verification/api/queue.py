"""What waits for a reviewer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from muster.persistence.database import Transaction
from muster.runtime import paging
from muster.runtime.asked_area import AreaQuery, known
from muster.runtime.auth import Authenticated, Caller, Composed
from muster.verification.api import models
from muster.verification.domain.answers import Answers
from muster.verification.domain.desks import REVIEWERS, desk_of, role_of
from muster.verification.store import items
from muster.vocabulary.reasons import Reason, Refusal

router = APIRouter()


@router.get("/queue")
async def get_queue(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    desk: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> models.QueueAnswer:
    """Records that wait for the caller's review, the longest waiting first (R71).

    One that was passed is not among them, unless a department's answer contradicts it or a
    mandatory one confirms nothing. Audited when anybody is shown: an id and a village say of whom a
    department's answer contradicts.
    """
    desks = [desk] if desk is not None else [desk_of(role) for role in REVIEWERS]
    open_at = _open_at(caller, desks, area, asked=desk is not None)
    rows = await items.queue(conn, open_at, after=paging.read(after), limit=limit)
    if rows:
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="queue-read",
            subject_ids=[row.subject_id for row in rows],
            detail={} if area is None else {"area": area},
        )
    now = datetime.now(UTC)
    waiting = tuple(
        models.QueueItem(
            subject_id=row.subject_id,
            version=row.version,
            village=row.village,
            desk=row.desk,
            received_at=row.received_at,
            age_seconds=max(0, int((now - row.received_at).total_seconds())),
            returned=row.returned,
            own=row.collector_id == caller.account_id,
            passed=row.passed,
            answers=Answers(row.answers),
            flagged=row.flagged,
        )
        for row in rows
    )
    last = rows[-1] if len(rows) == limit else None
    following = None if last is None else paging.write(last.received_at, last.subject_id)
    return models.QueueAnswer(items=waiting, next=following)


def _open_at(
    caller: Caller, desks: Iterable[str], area: str | None, *, asked: bool
) -> set[tuple[str, str]]:
    """(desk, village) pairs at which the caller may review and asked to look."""
    if area is not None:
        known(caller.areas, area)
    found: set[tuple[str, str]] = set()
    allowed = False
    for desk in desks:
        role = role_of(desk)
        if role is None:
            raise Refusal(Reason("desk", "desk-unknown", "没有该复核岗位。", "No such desk."))
        roots = caller.granted_areas((role,))
        if area is not None:
            roots = frozenset({area}) if caller.may(role, area) else frozenset()
        allowed = allowed or bool(roots)
        found.update((desk, code) for code in caller.areas.below(roots))
    if not allowed:
        # Refuses: not granted. An empty queue would look like work that is done.
        caller.require(
            REVIEWERS if not asked else tuple(filter(None, map(role_of, desks))),
            area or caller.areas.root.code,
        )
    return found
