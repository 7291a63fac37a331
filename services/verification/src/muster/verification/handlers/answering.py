"""Taking what departments answer, and what follows for the record (R73, R92).

A record is verified when the review and the mandatory answers agree. So an answer may complete what
a reviewer passed before, or, if it contradicts or confirms nothing, bring the record back into the
queue.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.verification import VerificationAnswer
from muster.contracts.topics import service_topics
from muster.messaging import outbox
from muster.messaging.message import DONE, Done, Invalid, Message, Outcome
from muster.runtime.context import Context
from muster.security.audit import Entry
from muster.security.vault import DataKeys
from muster.verification.domain import answers
from muster.verification.domain.answers import Answers
from muster.verification.handlers import sealing
from muster.verification.store import items, people, requests
from muster.vocabulary.states import ReviewState

TOPIC_OF = {
    ReviewState.VERIFIED: "verification-record-verified",
    ReviewState.RETURNED: "verification-record-returned",
}

_BAD_CASE = Invalid(
    "case-differs",
    "消息的键与反馈所指的校核编号不一致。",
    "The key of the message is not the case that the answer names.",
)
_UNKNOWN = Invalid(
    "request-unknown",
    "没有向该部门发出过这一校核请求。",
    "No such request was sent to this department.",
)
_BAD_REQUEST = Invalid(
    "request-differs",
    "反馈的校核编号或版本与所答的请求不一致。",
    "The case or the version of the answer is not that of the request.",
)


async def take_answers(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep each department's first answer, sealed, and settle what waited for it.

    Intake has checked that the topic's department signed. An answer about a version that has a
    newer one is kept and counts for nothing; of an erased person nothing is kept.
    """
    events = {part.request for part in map(_part, batch)}
    people_asked = await requests.subjects_of(conn, events)
    # The people are locked before anything about them is read: of two answers to one record the
    # later sees the earlier, and the outbox has their reviews in order of versions.
    await people.lock(conn, people_asked)
    held = await requests.by_event(conn, events)
    keys = await context.vault.keys_for(conn, people_asked)
    outcomes: list[Outcome] = []
    kept: dict[str, requests.Kept] = {}
    touched: set[str] = set()
    for message in batch:
        part = _part(message)
        row = held.get(part.request)
        outcome = _check(context, keys, message, row)
        outcomes.append(outcome)
        if not isinstance(outcome, Done) or row is None or row.subject_id not in keys:
            continue
        if row.received_at is None and row.event_id not in kept:
            said = part.verdicts.values()
            kept[row.event_id] = requests.Kept(
                contradicts=answers.contradict(said),
                cannot_tell=answers.cannot_tell(said),
                sealed=sealing.seal_answer(context, keys, row, part),
            )
            touched.add(row.subject_id)
    await requests.keep_answers(conn, kept)
    await _settle(context, conn, touched)
    return outcomes


def _part(message: Message) -> VerificationAnswer:
    part: VerificationAnswer = message.part
    return part


def _check(
    context: Context, keys: DataKeys, message: Message, row: requests.RequestRow | None
) -> Outcome:
    part = _part(message)
    if part.case_id != message.key:
        return _BAD_CASE
    if row is None or row.department != service_topics()[message.topic].department:
        return _UNKNOWN
    if (row.case_id, row.version) != (part.case_id, part.version):
        return _BAD_REQUEST
    if row.subject_id not in keys:
        return DONE
    asked = sealing.open_asked(context, keys, row)
    missing, unasked = answers.wrong_fields(asked, part.verdicts)
    if missing:
        return Invalid(
            "verdict-missing",
            f"所询字段缺少校核结论：{'、'.join(missing)}。",
            f"A field that was asked has no verdict: {', '.join(missing)}.",
        )
    if unasked:
        # Not by name: whatever stands there is the department's text.
        return Invalid(
            "verdict-unasked",
            f"反馈中有{len(unasked)}个未询问的字段。",
            f"{len(unasked)} field(s) of the answer were not asked.",
        )
    return DONE


async def _settle(context: Context, conn: AsyncConnection, subject_ids: Collection[str]) -> None:
    """What the answers now come to; who was passed is verified once nothing is outstanding."""
    if not subject_ids:
        return
    undecided = await items.undecided(conn, subject_ids)
    asked = await requests.at(conn, [item.place for item in undecided])
    rows: list[tuple[items.Place, Answers, bool]] = []
    verified: list[items.ItemRow] = []
    for item in undecided:
        stand = answers.come_to(one.as_asked() for one in asked[item.place])
        complete = item.passed and stand is Answers.AGREE
        rows.append((item.place, stand, complete))
        if complete:
            verified.append(item)
    villages = await items.settle(conn, rows)
    await outbox.add(
        conn,
        [
            review_event(context, item, ReviewState.VERIFIED, villages[item.subject_id])
            for item in verified
        ],
    )
    if verified:
        await context.audit.record_many(
            conn,
            [
                Entry(
                    actor=context.service,
                    action="record-verified",
                    subject_ids=[item.subject_id],
                    detail={"version": item.version},
                )
                for item in verified
            ],
        )


def review_event(
    context: Context, item: items.ItemRow, outcome: ReviewState, village: str
) -> outbox.OutboxItem:
    """The fact that a version was verified or returned."""
    return outbox.OutboxItem(
        topic=TOPIC_OF[outcome],
        key=item.subject_id,
        version=item.version,
        county=context.areas.county_of(village),
        ref={"subject_id": item.subject_id, "version": item.version},
    )
