"""What leaders see: the balance of review, and what departments have not answered yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from muster.persistence.database import Transaction
from muster.runtime.asked_area import AreaQuery, known
from muster.runtime.auth import Authenticated, Composed
from muster.verification.api import models
from muster.verification.domain.desks import REVIEWERS
from muster.verification.handlers import asking, at_the_page
from muster.verification.store import items, requests
from muster.vocabulary.return_reasons import RETURN_REASONS
from muster.vocabulary.states import Role

router = APIRouter()

LEDGER_ROLES = (*REVIEWERS, Role.TOWNSHIP_LEADER, Role.LEADER, Role.ADMINISTRATOR)


@router.get("/return-reasons")
async def get_return_reasons(_: Authenticated) -> list[models.ReturnCode]:
    """The list of reasons for which a record may go back."""
    return [models.ReturnCode(code=code, zh=zh, en=en) for code, (zh, en) in RETURN_REASONS.items()]


@router.get("/ledger")
async def get_ledger(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> models.LedgerAnswer:
    """How many people collected in each village are submitted, returned, verified."""
    code = known(context.areas, context.profile.area if area is None else area)
    caller.require(LEDGER_ROLES, code)
    counts = {leaf.code: models.ReviewCounts() for leaf in context.areas.leaves(code)}
    for village, state, count in await items.ledger(conn, context.areas.below([code])):
        setattr(counts.setdefault(village, models.ReviewCounts()), state.value, count)
    return models.LedgerAnswer(as_of=datetime.now(UTC), villages=counts)


@router.get("/requests")
async def get_requests(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    department: Annotated[str | None, Query(max_length=64)] = None,
    state: Literal["open", "answered"] = "open",
) -> models.RequestsAnswer:
    """How many requests departments have not answered (or have), and how old they are (R73).

    Counts the newest record versions of who is collected in the area; names nobody. Of answered
    ones also what they come to, as far as it stands outside of what is sealed.
    """
    code = known(context.areas, context.profile.area if area is None else area)
    caller.require(LEDGER_ROLES, code)
    departments = {one.id: one for one in asking.reviewing(context.profile)}
    if department is not None:
        if department not in departments:
            raise at_the_page.department_unknown()
        departments = {department: departments[department]}
    villages = context.areas.below([code])
    counts = await requests.counts(conn, state, villages, list(departments))
    enrolled = await asking.enrolled(context, conn)
    now = datetime.now(UTC)
    return models.RequestsAnswer(
        as_of=now,
        state=state,
        departments=tuple(
            _counts(one.id, one.zh, one.en, one.id in enrolled, counts.get(one.id))
            for one in departments.values()
        ),
    )


def _counts(
    department: str, zh: str, en: str, enrolled: bool, row: requests.CountRow | None
) -> models.RequestCounts:
    if row is None:
        return models.RequestCounts(department=department, zh=zh, en=en, enrolled=enrolled)
    return models.RequestCounts(
        department=department,
        zh=zh,
        en=en,
        enrolled=enrolled,
        count=row.count,
        mandatory=row.mandatory,
        longest_seconds=int(row.longest.total_seconds()),
        ages=models.Ages(under_day=row.under_day, under_week=row.under_week, older=row.older),
        contradict=row.contradict,
        cannot_tell=row.cannot_tell,
        last_at=row.last_at,
    )
