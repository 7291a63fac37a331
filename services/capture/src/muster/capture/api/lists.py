"""Routes of lists, and of the balance."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from muster.capture.api.models import (
    LedgerOut,
    ListedOut,
    PeopleOut,
    RefusalOut,
    RefusalsOut,
    ReturnedItem,
    ReturnedOut,
    VillageOut,
    return_reasons_out,
)
from muster.capture.handlers import common, lists
from muster.contracts.parts.base import AreaCode
from muster.persistence.database import Transaction
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Composed
from muster.vocabulary.states import Origin, ReviewState, SubjectState

router = APIRouter(tags=["lists"])

Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str | None, Query(max_length=100)]


@router.get("/subjects")
async def people(
    area: AreaCode,
    caller: Asking,
    context: Composed,
    conn: Transaction,
    state: SubjectState = SubjectState.OPEN,
    origin: Origin | None = None,
    review: ReviewState | None = None,
    after: After = None,
    limit: Limit = 100,
) -> PeopleOut:
    """Persons in a state, by village; by default those not yet collected. With `origin` only those
    who came so, with `review` those whose newest record stands so. Audited."""
    chosen = lists.Chosen(state, origin, review)
    found = await lists.people(
        context, caller, conn, area=area, chosen=chosen, after=after, limit=limit
    )
    return PeopleOut(
        people=[ListedOut.model_validate(item, from_attributes=True) for item in found],
        next=f"{found[-1].village}/{found[-1].subject_id}" if len(found) == limit else None,
    )


@router.get("/returned")
async def returned(
    area: AreaCode,
    caller: Asking,
    context: Composed,
    conn: Transaction,
    after: After = None,
    limit: Limit = 100,
) -> ReturnedOut:
    """Records that a reviewer sent back, with the reasons. Audited."""
    found = await lists.returned(context, caller, conn, area=area, after=after, limit=limit)
    return ReturnedOut(
        returned=[
            ReturnedItem(
                village=item.village,
                subject_id=item.subject_id,
                name=item.name,
                version=item.version,
                record_id=item.record_id,
                returned_at=item.returned_at,
                reasons=return_reasons_out(item.reasons),
            )
            for item in found
        ],
        next=f"{found[-1].village}/{found[-1].subject_id}" if len(found) == limit else None,
    )


@router.get("/refusals")
async def refusals(
    area: AreaCode,
    caller: Asking,
    context: Composed,
    conn: Transaction,
    after: After = None,
    limit: Limit = 100,
) -> RefusalsOut:
    """What was refused or doubted in an area and nobody has settled yet (R70). Audited."""
    found = await lists.open_refusals(context, caller, conn, area=area, after=after, limit=limit)
    return RefusalsOut(
        refusals=[refusal_out(row) for row in found],
        next=found[-1].row_id if len(found) == limit else None,
    )


@router.get("/ledger")
async def ledger(area: AreaCode, caller: Asking, context: Composed, conn: Transaction) -> LedgerOut:
    """Both sides of the balance of every village, as capture counts them."""
    as_of = common.now()
    counted = await lists.ledger(context, caller, conn, area)
    villages = {village: VillageOut.model_validate(sides) for village, sides in counted.items()}
    return LedgerOut(as_of=as_of, villages=villages)


def refusal_out(row: Any) -> RefusalOut:
    """A row of the list as it is answered; its content stays sealed."""
    return RefusalOut.model_validate(row, from_attributes=True)
