"""Routes of the administrator: persons whom a department knows and who could not be entered."""

from fastapi import APIRouter

from muster.capture.api.lists import After, Limit
from muster.capture.api.models import (
    CandidateOut,
    CandidatesOut,
    OpenedCandidateOut,
    ReasonIn,
    SettledOut,
    SettlementIn,
)
from muster.capture.handlers import candidates
from muster.contracts.parts.base import AreaCode, Uuid
from muster.persistence.database import Transaction
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Composed

router = APIRouter(tags=["candidates"])


@router.get("/candidates")
async def waiting(
    area: AreaCode,
    caller: Asking,
    context: Composed,
    conn: Transaction,
    after: After = None,
    limit: Limit = 100,
) -> CandidatesOut:
    """Whom departments know and nobody could enter yet: who says so and why. Audited."""
    found = await candidates.waiting(context, caller, conn, area=area, after=after, limit=limit)
    return CandidatesOut(
        candidates=[CandidateOut.model_validate(item, from_attributes=True) for item in found],
        next=found[-1].candidate_id if len(found) == limit else None,
    )


@router.post("/candidates/{candidate_id}/open")
async def open_candidate(
    candidate_id: Uuid,
    body: ReasonIn,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> OpenedCandidateOut:
    """What the department says of one who waits, with a reason. Audited (R100)."""
    fields = await candidates.open_candidate(context, caller, conn, candidate_id, body.reason)
    return OpenedCandidateOut(candidate_id=candidate_id, fields=dict(fields))


@router.post("/candidates/{candidate_id}/settlement")
async def settle(
    candidate_id: Uuid,
    body: SettlementIn,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> SettledOut:
    """Name the village, mend the number, or say why nobody is entered. Audited."""
    decision = candidates.Decision(body.village, body.resident_number, body.dismissed)
    settled = await candidates.settle(context, caller, conn, candidate_id, decision)
    return SettledOut.model_validate(settled, from_attributes=True)
