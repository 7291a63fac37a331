"""Routes about one person. A resident number only ever arrives in a posted body."""

from fastapi import APIRouter, Response

from muster.capture.api.models import (
    AbsenceIn,
    AbsenceOut,
    CompletionIn,
    CompletionOut,
    EndingIn,
    LookupIn,
    LookupOut,
    NotedOut,
    PersonIn,
    PersonOut,
    Prefill,
    ReviewOut,
    StandingOut,
    entries_out,
    return_reasons_out,
)
from muster.capture.domain.reasons import refusal
from muster.capture.handlers import absences, completing, endings, evidence, people
from muster.contracts.parts.base import Digest, Uuid
from muster.persistence.database import Transaction
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Composed
from muster.vocabulary.states import ReviewState

router = APIRouter(tags=["people"])

_PAPER = {
    "cache-control": "no-store",
    "content-disposition": "inline",
    # What somebody uploaded is looked at, never run: a PDF may hold scripts.
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}


@router.post("/subjects/lookup")
async def look_up(
    body: LookupIn, caller: Asking, context: Composed, conn: Transaction
) -> LookupOut:
    """Find a person by resident number or id, to fill the form in (R53, R55). Audited."""
    found = await people.look_up(
        context, caller, conn, number=body.resident_number, subject_id=body.subject_id
    )
    review = None
    if found.review_state is not None:
        review = ReviewOut(
            state=ReviewState(found.review_state),
            reasons=return_reasons_out(found.review_reasons),
        )
    return LookupOut(
        known=found.subject_id is not None,
        elsewhere=found.elsewhere,
        subject_id=found.subject_id,
        version=found.version,
        revision=found.revision,
        entries=entries_out(found.entries),
        merged_into=found.merged_into,
        baseline=Prefill.model_validate(found.baseline) if found.baseline else None,
        record=dict(found.record) if found.record else None,
        review=review,
    )


@router.post("/subjects")
async def enter(body: PersonIn, caller: Asking, context: Composed, conn: Transaction) -> PersonOut:
    """Enter a person of the roster, one whom a department knows, or one who moved in. Audited."""
    if body.origin not in people.ENTERED_ORIGINS:
        raise refusal("ending-not-allowed", field="origin")
    entered = await people.enter(
        context,
        caller,
        conn,
        people.Person(
            subject_id=body.subject_id,
            origin=body.origin,
            village=body.village,
            name=body.name,
            number=body.resident_number,
            categories=tuple(sorted(set(body.categories))),
            fields=body.fields,
        ),
    )
    return PersonOut(subject_id=entered.subject_id, created=entered.created)


@router.get(
    "/subjects/{subject_id}/evidence/{digest}",
    response_class=Response,
    responses={200: {"content": {name: {} for name in evidence.MEDIA_TYPES}}},
)
async def show_evidence(
    subject_id: Uuid, digest: Digest, caller: Asking, context: Composed, conn: Transaction
) -> Response:
    """A picture or paper as it was taken, to look at or to print (R59, R66). Audited."""
    shown = await evidence.show(context, caller, conn, subject_id, digest)
    return Response(shown.content, media_type=shown.media_type, headers=_PAPER)


@router.post("/subjects/{subject_id}/ending")
async def end(
    subject_id: Uuid,
    body: EndingIn,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> StandingOut:
    """Record an ending of the balance, or take one back; once per `change_id`. Audited."""
    stands = await endings.end(
        context,
        caller,
        conn,
        endings.Asked(
            change_id=body.change_id,
            subject_id=subject_id,
            ending=body.ending,
            village=body.village,
            day=body.date,
            to_village=body.to_village,
            merged_into=body.merged_into,
            note=body.note,
        ),
    )
    return StandingOut(
        subject_id=stands.subject_id,
        revision=stands.revision,
        entries=entries_out(stands.entries),
    )


@router.post("/subjects/{subject_id}/completion")
async def complete(
    subject_id: Uuid,
    body: CompletionIn,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> CompletionOut:
    """Fill in or correct single fields of the newest version, as its reviewer (R71, C17): a new
    version to review, whose changed fields nobody signed; once per `completion_id`. Audited."""
    made = await completing.complete(
        context,
        caller,
        conn,
        completing.Asked(
            completion_id=body.completion_id,
            subject_id=subject_id,
            base_version=body.base_version,
            fields=body.fields,
            reason=body.reason,
        ),
    )
    return CompletionOut(
        subject_id=made.subject_id,
        version=made.version,
        digest=made.digest,
        unsigned=list(made.unsigned),
    )


@router.post("/subjects/{subject_id}/absence")
async def note_absence(
    subject_id: Uuid,
    body: AbsenceIn,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> NotedOut:
    """Put down why somebody could not be met yet; once per `absence_id`. It ends nothing: they stay
    open, and a record or an ending takes it away (R106). Audited."""
    noted = await absences.note(
        context,
        caller,
        conn,
        absences.Asked(
            absence_id=body.absence_id,
            subject_id=subject_id,
            village=body.village,
            reason=body.reason,
            note=body.note,
            until=body.until,
        ),
    )
    out = None if noted is None else AbsenceOut.model_validate(noted, from_attributes=True)
    return NotedOut(subject_id=subject_id, absence=out)
