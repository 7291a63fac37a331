"""What waits for a reviewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from muster.persistence.database import Transaction
from muster.runtime import paging
from muster.runtime.asked_area import AreaQuery, known
from muster.runtime.auth import Authenticated, Caller, Composed
from muster.verification.api import models
from muster.verification.domain.answers import Answers
from muster.verification.domain.desks import REVIEWERS, desk_of, role_of
from muster.verification.domain.waiting import LONGEST_DAYS, AgeBounds, came_by
from muster.verification.store import waiting
from muster.vocabulary.reasons import Reason, Refusal

router = APIRouter()


DeskQuery = Annotated[str | None, Query(max_length=64)]


@router.get("/queue")
async def get_queue(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    desk: DeskQuery = None,
    days: Annotated[
        int | None, Query(ge=0, le=LONGEST_DAYS, description="至少已等待天数 / waited so long")
    ] = None,
    since: Annotated[
        date | None, Query(description="自该日或更早起等待 / waiting since then or longer")
    ] = None,
    flagged: Annotated[bool, Query(description="只看存疑的 / flagged ones only")] = False,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> models.QueueAnswer:
    """Records that wait for the caller's review, the longest waiting first (R71).

    One that was passed is not among them, unless a department's answer contradicts it or a
    mandatory one confirms nothing. Audited when anybody is shown: an id and a village say of whom a
    department's answer contradicts.
    """
    now = datetime.now(UTC)
    wanted = waiting.Wanted(
        _places(caller, desk, area), until=came_by(now, days, since), flagged=flagged
    )
    rows = await waiting.queue(conn, wanted, after=paging.read(after), limit=limit)
    if rows:
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="queue-read",
            subject_ids=[row.subject_id for row in rows],
            detail={} if area is None else {"area": area},
        )
    last = rows[-1] if len(rows) == limit else None
    following = None if last is None else paging.write(last.received_at, last.subject_id)
    return models.QueueAnswer(
        items=tuple(_item(row, caller.account_id, now) for row in rows), next=following
    )


@router.get("/queue/ages")
async def get_ages(
    caller: Authenticated, conn: Transaction, area: AreaQuery = None, desk: DeskQuery = None
) -> models.AgesAnswer:
    """How much waits for the caller's review, by desk and by how long; names nobody."""
    now = datetime.now(UTC)
    found = await waiting.ages(conn, _places(caller, desk, area), AgeBounds.at(now))
    return models.AgesAnswer(
        as_of=now, desks={one: models.AgeCounts(**asdict(ages)) for one, ages in found.items()}
    )


def _item(row: waiting.QueueRow, reader_id: str, now: datetime) -> models.QueueItem:
    looking = None
    if row.looker is not None:
        assert row.looks_since is not None
        assert row.looks_until is not None
        looking = models.Looking(
            own=row.looker == reader_id, since=row.looks_since, until=row.looks_until
        )
    return models.QueueItem(
        subject_id=row.subject_id,
        version=row.version,
        village=row.village,
        desk=row.desk,
        received_at=row.received_at,
        age_seconds=max(0, int((now - row.received_at).total_seconds())),
        returned=row.returned,
        own=row.collector_id == reader_id,
        passed=row.passed,
        answers=Answers(row.answers),
        flagged=row.flagged,
        looking=looking,
    )


def _places(caller: Caller, asked: str | None, area: str | None) -> dict[str, Sequence[str]]:
    """Villages at which the caller may review and asked to look, by desk."""
    if area is not None:
        known(caller.areas, area)
    found: dict[str, Sequence[str]] = {}
    for desk in [asked] if asked is not None else [desk_of(role) for role in REVIEWERS]:
        role = role_of(desk)
        if role is None:
            raise Refusal(Reason("desk", "desk-unknown", "没有该复核岗位。", "No such desk."))
        roots = caller.granted_areas((role,))
        if area is not None:
            roots = frozenset({area}) if caller.may(role, area) else frozenset()
        if roots:
            found[desk] = caller.areas.below(roots)
    if not found:
        # Refuses: not granted. An empty queue would look like work that is done.
        caller.require(
            REVIEWERS if asked is None else tuple(filter(None, [role_of(asked)])),
            area or caller.areas.root.code,
        )
    return found
