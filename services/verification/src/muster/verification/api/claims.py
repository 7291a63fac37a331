"""Who looks at a record: so that two reviewers do not take the same one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, status

from muster.contracts.parts.base import Uuid
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed
from muster.verification.api import models
from muster.verification.domain.answers import LOOK
from muster.verification.handlers import claiming
from muster.verification.store import claims
from muster.vocabulary.states import ReviewState

router = APIRouter()

SubjectPath = Annotated[Uuid, Path()]


@router.post("/items/{subject_id}/claim")
async def look(
    subject_id: SubjectPath,
    body: models.ClaimBody,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> models.ClaimAnswer:
    """Say that the caller looks at the record, or still does; the answer says whose it is.

    It ends by itself, with the decision, or when the caller leaves. It keeps nobody from deciding:
    of two decisions the first stands. With `take_over` the caller takes it from another.
    """
    looked = await claiming.look(context, conn, caller, subject_id, take_over=body.take_over)
    stand, claim = looked.stand, looked.claim
    return models.ClaimAnswer(
        subject_id=subject_id,
        looking=models.Looking(
            own=claim.account_id == caller.account_id, since=claim.since, until=claim.until
        ),
        version=stand.version,
        digest=stand.digest,
        reviewable=_reviewable(stand),
        answered=stand.answered,
        flagged=stand.flagged,
    )


@router.delete("/items/{subject_id}/claim", status_code=status.HTTP_204_NO_CONTENT)
async def leave(subject_id: SubjectPath, caller: Authenticated, conn: Transaction) -> None:
    """The caller looks at the record no longer; what another took over stays theirs."""
    await claims.leave(conn, subject_id, caller.account_id)


def _reviewable(stand: claims.Stand) -> bool:
    undecided = stand.state is ReviewState.SUBMITTED
    return stand.village is not None and undecided and (not stand.reviewed or stand.answers in LOOK)
