"""What a reviewer decides about one version of one record (R71)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.verification.domain import answers, return_reasons, review
from muster.verification.domain.answers import Answers
from muster.verification.domain.desks import role_of
from muster.verification.domain.return_reasons import ReturnReason
from muster.verification.handlers import common, sealing
from muster.verification.handlers.answering import review_event
from muster.verification.store import cases, items, requests
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.states import ReviewState


@dataclass(frozen=True, slots=True)
class _Case:
    """One version under review, with everything that the decision depends on."""

    item: items.ItemRow
    village: str
    requests: Sequence[requests.RequestRow]
    keys: DataKeys


async def review_item(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    *,
    subject_id: str,
    version: int,
    decision: review.Decision,
) -> items.ItemRow:
    """Verify or return one version of one record, once (R71); the same decision again is fine.

    Verified before the mandatory answers are there, the item is passed and waits for them.

    Raises:
        Refusal: not found, not granted, own record, another digest, superseded, reviewed already,
            answers that contradict or cannot tell.
    """
    # The row of the person is locked first, so that the outbox has reviews in order of versions.
    found = await cases.locked(conn, (subject_id, version))
    if found is None:
        raise common.not_found()
    subject, item = found
    require_desk(caller, item.desk, subject.village or item.village)
    keys = await context.vault.keys_for(conn, [subject_id])
    if subject_id not in keys:
        raise common.erased()
    asked = (await requests.at(conn, [item.place]))[item.place]
    fresh = review.judge(
        review.Item(
            version=item.version,
            digest=item.digest,
            state=item.state,
            collector_id=item.collector_id,
            current=item.version == subject.version,
            collected=subject.village is not None,
            contradicting=frozenset(one.department for one in asked if one.as_asked().against),
            cannot_tell=frozenset(one.department for one in asked if one.as_asked().blank),
            reviewer_id=item.reviewer_id,
            reasons=sealing.open_reasons(context, keys, item),
            despite=_despite(context, keys, item, asked),
        ),
        decision,
    )
    if not fresh:
        return item
    assert subject.village is not None
    return await _write(context, conn, _Case(item, subject.village, asked, keys), decision)


def _despite(
    context: Context, keys: DataKeys, item: items.ItemRow, asked: Sequence[requests.RequestRow]
) -> str | None:
    """The reason that went with the decision taken: written in the same transaction, it has the
    same time. An earlier one belongs to an earlier decision."""
    for one in asked:
        if one.overruled_at is not None and one.overruled_at == item.reviewed_at:
            return sealing.open_despite(context, keys, one)
    return None


async def _write(
    context: Context, conn: AsyncConnection, case: _Case, decision: review.Decision
) -> items.ItemRow:
    item, overruled = case.item, _overruled(case, decision)
    stand = answers.come_to(
        replace(asked, overruled=True) if asked.department in overruled else asked
        for asked in (one.as_asked() for one in case.requests)
    )
    awaits = decision.outcome is ReviewState.VERIFIED and stand is Answers.WAITING
    state = ReviewState.SUBMITTED if awaits else decision.outcome
    codes = list(dict.fromkeys(reason.code for reason in decision.reasons))
    written = await items.decide(
        conn,
        place=item.place,
        state=state,
        village=case.village,
        reviewer_id=decision.reviewer_id,
        reason_codes=orjson.dumps(codes).decode(),
        reasons_sealed=sealing.seal_reasons(context, case.keys, item.place, decision.reasons),
        answers=stand,
    )
    if decision.despite is not None:
        sealed = {
            one.event_id: sealing.seal_despite(context, case.keys, one, decision.despite)
            for one in case.requests
            if one.department in overruled
        }
        await requests.overrule(conn, decision.reviewer_id, sealed)
    if not awaits:
        await outbox.add(conn, [review_event(context, item, state, case.village)])
    detail = {"version": item.version}
    if overruled:
        detail["overruled"] = len(overruled)
    await context.audit.record(
        conn,
        actor=decision.reviewer_id,
        action="record-passed" if awaits else f"record-{state.value}",
        subject_ids=[item.subject_id],
        detail=detail,
    )
    return written


def _overruled(case: _Case, decision: review.Decision) -> frozenset[str]:
    """The departments in spite of whose answers the reviewer verifies."""
    if decision.outcome is not ReviewState.VERIFIED:
        return frozenset()
    asked = [one.as_asked() for one in case.requests]
    return frozenset(one.department for one in asked if one.against or one.blank)


def require_desk(caller: Caller, desk: str, village: str) -> None:
    """Refuse (403) who does not review at that desk for that village (design section 5, 10)."""
    role = role_of(desk)
    caller.require(role if role is not None else (), village)


def check_reasons(context: Context, reasons: Sequence[ReturnReason]) -> None:
    """Refuse reasons that are not on the list or name no field of the form."""
    wrong = return_reasons.check(reasons, context.profile.fields)
    if wrong:
        raise Refusal(wrong)
