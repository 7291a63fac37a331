"""What verification does with what it hears, and with what a reviewer decides.

Everything heard carries full state, so order, doubles and replays do not matter: of a person the
highest standing and the highest record version count, and a version that is here already, reviewed
or not, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.capture import (
    BaselineForReview,
    Record,
    RecordForReview,
    StandingForReview,
)
from muster.contracts.parts.capture import Standing as StandingPart
from muster.messaging import outbox
from muster.messaging.message import DONE, Done, Invalid, Message, NotNow, Outcome
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.verification import store
from muster.verification.domain import return_reasons, review
from muster.verification.domain.desks import role_of
from muster.verification.domain.return_reasons import ReturnReason
from muster.verification.domain.standing import Entry, Standing, newest
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import ReviewState

TOPIC_OF = {
    ReviewState.VERIFIED: "verification-record-verified",
    ReviewState.RETURNED: "verification-record-returned",
}

_BAD_SUBJECT = Invalid(
    "subject-differs",
    "消息的键与采集对象编号不一致。",
    "The key of the message is not the subject it speaks of.",
)
_BAD_AREA = Invalid(
    "area-unknown",
    "消息中的行政区划不在本次采集范围内。",
    "An area in the message is not an area of this campaign.",
)
_BAD_CATEGORY = Invalid(
    "category-unknown",
    "消息中的对象类别不在采集方案内。",
    "A category in the message is not in the campaign profile.",
)
_NO_DESK = NotNow("no role serves the review desk that the profile names")


# -- what it hears ---------------------------------------------------------------------------------


async def take_baseline(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep the newest baseline of each person beside the record to come (R52, R59)."""
    outcomes = [_check_standing(context, message) for message in batch]
    taken = _done(batch, outcomes)
    last: dict[str, Message] = {}
    for message in taken:
        if message.key not in last or message.version > last[message.key].version:
            last[message.key] = message
    await store.put_subjects(conn, _standings(taken), {})
    keys = await context.vault.keys_for(conn, last, create=True)
    rows = []
    for subject_id in sorted(last):
        if subject_id in keys.erased:
            continue
        message = last[subject_id]
        part: BaselineForReview = message.part
        rows.append(
            {
                "subject_id": subject_id,
                "version": message.version,
                "sealed": context.vault.encrypt_bytes(
                    keys[subject_id],
                    part.record.model_dump_json().encode(),
                    table="baseline",
                    row=subject_id,
                    version=message.version,
                ),
            }
        )
    await store.put_baselines(conn, rows)
    return outcomes


async def take_standings(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow where each person stands; who no longer counts as collected leaves the queue."""
    outcomes = [_check_standing(context, message) for message in batch]
    await store.put_subjects(conn, _standings(_done(batch, outcomes)), {})
    return outcomes


async def take_records(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Queue each record version at its desk (R71); a newer version takes an older one's place."""
    outcomes = [_check_record(context, message) for message in batch]
    taken = _done(batch, outcomes)
    versions: dict[str, int] = {}
    for message in taken:
        versions[message.key] = max(message.version, versions.get(message.key, 0))
    await store.put_subjects(conn, _standings(taken), versions)
    keys = await context.vault.keys_for(conn, versions, create=True)
    await store.put_items(
        conn,
        [
            _item_row(context, keys, message)
            for message in sorted(taken, key=lambda m: (m.key, m.version))
            if message.key not in keys.erased
        ],
    )
    return outcomes


def _item_row(context: Context, keys: DataKeys, message: Message) -> dict[str, object]:
    part: RecordForReview = message.part
    return {
        "subject_id": message.key,
        "version": message.version,
        "digest": part.signed_digest,
        "village": _standing(part.standing).collected_in() or part.standing.entries[-1].village,
        "desk": context.profile.review_desk(part.record.categories),
        "collector_id": part.collector_id,
        "sealed": context.vault.encrypt_bytes(
            keys[message.key],
            part.model_dump_json().encode(),
            table="review_item",
            row=message.key,
            version=message.version,
        ),
    }


def _standing(part: StandingPart) -> Standing:
    return Standing(part.revision, tuple(Entry(e.village, e.origin, e.state) for e in part.entries))


def _standings(taken: Iterable[Message]) -> dict[str, Standing]:
    parts: list[tuple[str, BaselineForReview | RecordForReview | StandingForReview]] = [
        (message.key, message.part) for message in taken
    ]
    return newest((key, _standing(part.standing)) for key, part in parts)


def _done(batch: Sequence[Message], outcomes: Sequence[Outcome]) -> list[Message]:
    return [m for m, outcome in zip(batch, outcomes, strict=True) if isinstance(outcome, Done)]


def _check_standing(context: Context, message: Message) -> Outcome:
    part: BaselineForReview | RecordForReview | StandingForReview = message.part
    if message.clear.subject_id != message.key:
        return _BAD_SUBJECT
    if not part.standing.entries or any(
        e.village not in context.areas for e in part.standing.entries
    ):
        return _BAD_AREA
    return DONE


def _check_record(context: Context, message: Message) -> Outcome:
    outcome = _check_standing(context, message)
    if not isinstance(outcome, Done):
        return outcome
    part: RecordForReview = message.part
    categories = part.record.categories
    if not categories or not context.profile.categories.keys() >= set(categories):
        return _BAD_CATEGORY
    if role_of(context.profile.review_desk(categories)) is None:
        return _NO_DESK
    return DONE


# -- what a reviewer decides -----------------------------------------------------------------------


async def review_item(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    *,
    subject_id: str,
    version: int,
    outcome: ReviewState,
    digest: str,
    reasons: tuple[ReturnReason, ...] = (),
) -> store.ItemRow:
    """Verify or return one version of one record, once (R71); the same decision again is fine.

    Raises:
        Refusal: not found, not granted, own record, another digest, superseded, reviewed already.
    """
    # The row of the person is locked first, so that the outbox has reviews in order of versions.
    subject = await store.subject(conn, subject_id, lock=True)
    found = await store.items_at(conn, [(subject_id, version)])
    if subject is None or not found:
        raise not_found()
    item = found[0]
    require_desk(caller, item.desk, subject.village or item.village)
    keys = await context.vault.keys_for(conn, [subject_id])
    if subject_id not in keys:
        raise erased()
    decision = review.Decision(outcome, digest, caller.account_id, reasons)
    fresh = review.judge(
        review.Item(
            version=item.version,
            digest=item.digest,
            state=item.state,
            collector_id=item.collector_id,
            current=item.version == subject.version,
            collected=subject.village is not None,
            reviewer_id=item.reviewer_id,
            reasons=open_reasons(context, keys, item),
        ),
        decision,
    )
    if not fresh:
        return item
    assert subject.village is not None
    await _write(context, conn, keys, item, decision, subject.village)
    return (await store.items_at(conn, [(subject_id, version)]))[0]


async def _write(
    context: Context,
    conn: AsyncConnection,
    keys: DataKeys,
    item: store.ItemRow,
    decision: review.Decision,
    village: str,
) -> None:
    codes = list(dict.fromkeys(reason.code for reason in decision.reasons))
    await store.decide(
        conn,
        subject_id=item.subject_id,
        version=item.version,
        state=decision.outcome,
        village=village,
        reviewer_id=decision.reviewer_id,
        reason_codes=orjson.dumps(codes).decode(),
        reasons_sealed=_seal_reasons(context, keys, item, decision.reasons),
    )
    await outbox.add(
        conn,
        [
            outbox.OutboxItem(
                topic=TOPIC_OF[decision.outcome],
                key=item.subject_id,
                version=item.version,
                county=context.areas.county_of(village),
                ref={"subject_id": item.subject_id, "version": item.version},
            )
        ],
    )
    await context.audit.record(
        conn,
        actor=decision.reviewer_id,
        action=f"record-{decision.outcome.value}",
        subject_ids=[item.subject_id],
        detail={"version": item.version},
    )


def require_desk(caller: Caller, desk: str, village: str) -> None:
    """Refuse (403) who does not review at that desk for that village (design section 5, 10)."""
    role = role_of(desk)
    caller.require(role if role is not None else (), village)


def not_found() -> Refusal:
    """There is no such record here."""
    return Refusal(
        Reason(
            "record", "record-unknown", "没有这份采集记录。", "There is no such record to review."
        ),
        status=404,
        kind="not-found",
    )


def erased() -> Refusal:
    """There was a record; the person's data have been erased."""
    return Refusal(
        Reason(
            "record",
            "subject-erased",
            "该对象的数据已清除。",
            "The data of this person have been erased.",
        ),
        status=404,
        kind="not-found",
    )


# -- what is sealed --------------------------------------------------------------------------------


def open_record(context: Context, keys: DataKeys, item: store.ItemRow) -> RecordForReview:
    """A record version as capture sent it."""
    plain = context.vault.decrypt_bytes(
        keys[item.subject_id],
        item.sealed,
        table="review_item",
        row=item.subject_id,
        version=item.version,
    )
    return RecordForReview.model_validate_json(plain)


def open_baseline(
    context: Context, keys: DataKeys, subject_id: str, row: store.BaselineRow
) -> Record:
    """The baseline of a person as capture sent it."""
    plain = context.vault.decrypt_bytes(
        keys[subject_id], row.sealed, table="baseline", row=subject_id, version=row.version
    )
    return Record.model_validate_json(plain)


def _seal_reasons(
    context: Context, keys: DataKeys, item: store.ItemRow, reasons: Sequence[ReturnReason]
) -> str | None:
    if not reasons:
        return None
    value = {"reasons": [{"code": r.code, "field": r.field, "text": r.text} for r in reasons]}
    return context.vault.encrypt_bytes(
        keys[item.subject_id],
        orjson.dumps(value),
        table="review_item.reasons",
        row=item.subject_id,
        version=item.version,
    )


def open_reasons(context: Context, keys: DataKeys, item: store.ItemRow) -> tuple[ReturnReason, ...]:
    """Why a version went back; empty when it did not."""
    if item.reasons_sealed is None:
        return ()
    value = context.vault.decrypt(
        keys[item.subject_id],
        item.reasons_sealed,
        table="review_item.reasons",
        row=item.subject_id,
        version=item.version,
    )
    return tuple(ReturnReason(r["code"], r["field"], r["text"]) for r in value["reasons"])


def check_reasons(context: Context, reasons: Sequence[ReturnReason]) -> None:
    """Refuse reasons that are not on the list or name no field of the form."""
    wrong = return_reasons.check(reasons, context.profile.fields)
    if wrong:
        raise Refusal(wrong)
