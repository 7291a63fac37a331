"""What the page of a department's officer asks and posts: sealed packets, in and out (R92, R101).

The account says who sits there; which department it is, only the department's key says. Both are
asked for.
"""

from __future__ import annotations

from fastapi import APIRouter

from muster.messaging.direct import Posted
from muster.messaging.message import Done, Invalid, Outcome
from muster.persistence.database import Transaction
from muster.runtime import paging
from muster.runtime.auth import Authenticated, Composed
from muster.verification.api import models
from muster.verification.handlers import at_the_page
from muster.verification.store import requests
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

router = APIRouter()

_TWICE = Reason(
    "items",
    "answer-twice",
    "同一反馈编号在一次提交中出现两次。",
    "Two answers of one post have the same id.",
)


@router.post("/departments/requests")
async def open_requests(
    body: models.OpenBody, caller: Authenticated, context: Composed, conn: Transaction
) -> models.OpenAnswer:
    """The open requests of the department that asks, sealed to its key (R92); audited.

    ``packet`` is made as any packet across the border: a JWS by the department's signing key in a
    JWE to this service, with the payload ``{"asks": "requests"}``, not older than ten minutes.
    """
    caller.require(Role.DEPARTMENT_OFFICER, context.profile.area)
    place = paging.read(body.after)
    department = await at_the_page.department_of(context, conn, body.packet)
    handed, last = await at_the_page.hand_out(context, conn, department, place, body.limit)
    if handed:
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="requests-handed-out",
            subject_ids=[one.request.subject_id for one in handed],
            detail={"department": department},
        )
    return models.OpenAnswer(
        department=department,
        open=await requests.how_many_wait(conn, department),
        items=tuple(
            models.OpenRequest(
                event_id=one.request.event_id,
                case_id=one.request.case_id,
                version=one.request.version,
                sealed=one.sealed,
            )
            for one in handed
        ),
        next=None if last is None else paging.write(last.asked_at, last.event_id),
    )


@router.post("/departments/answers")
async def take_answers(
    body: models.AnswersBody, caller: Authenticated, context: Composed, conn: Transaction
) -> models.OutcomesAnswer:
    """Take a department's answers and say of each what became of it (R73, R92); audited.

    Each is bound, signed and sealed as on the department's topic, and checked as there. Posting the
    same again changes nothing and is answered the same.
    """
    caller.require(Role.DEPARTMENT_OFFICER, context.profile.area)
    at_the_page.check_department(context, body.department)
    if len({one.event_id for one in body.items}) < len(body.items):
        raise Refusal(_TWICE)
    batch = [Posted(one.event_id, one.case_id, one.version, one.sealed) for one in body.items]
    taken = await at_the_page.take(context, conn, body.department, batch)
    if taken.subject_ids:
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="answers-posted",
            subject_ids=sorted(taken.subject_ids),
            detail={"department": body.department},
        )
    return models.OutcomesAnswer(
        items=tuple(
            _told(one.event_id, outcome, before=one.event_id in taken.before)
            for one, outcome in zip(batch, taken.outcomes, strict=True)
        )
    )


def _told(event_id: str, outcome: Outcome, *, before: bool) -> models.PostedOutcome:
    if isinstance(outcome, Invalid):
        return models.PostedOutcome(
            event_id=event_id, state="refused", rule=outcome.rule, zh=outcome.zh, en=outcome.en
        )
    if not isinstance(outcome, Done):
        return models.PostedOutcome(event_id=event_id, state="later")
    return models.PostedOutcome(event_id=event_id, state="before" if before else "taken")
