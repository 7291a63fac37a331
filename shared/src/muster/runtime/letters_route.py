"""``/dead-letters`` of every service: what it could not take, for the campaign's administrators.

The list shows nothing of what a message holds. Looking at one is a read in the audit trail, opening
it takes a reason, and so does putting it away for good. ``muster dlq`` asks these routes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StringConstraints

from muster.messaging.letters import MOST, Acted, Letters, Shown, Stuck
from muster.messaging.message import Invalid, NotNow
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Caller, Composed
from muster.runtime.context import Context
from muster.runtime.troubles_route import waiting_words
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

router = APIRouter(tags=["operations"], prefix="/dead-letters")

_ID = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|p[1-9][0-9]{0,17})$"
MessageId = Annotated[str, StringConstraints(pattern=_ID)]
"""A dead letter's id, or ``p`` and the number of a message that waits."""


class StuckOut(BaseModel):
    """A message that could not be taken. `rule` is null of one that waits (`kind` is parked);
    `held` says that it waits for `muster quarantine`."""

    id: str
    kind: str
    topic: str
    partition: int
    offset: int
    event_id: str | None
    rule: str | None
    zh: str
    en: str
    at: datetime
    tried: int
    key_parked: bool
    held: bool


class StuckPage(BaseModel):
    """A page of the list; `next` is what to send as `after`, null at the end."""

    service: str
    items: list[StuckOut]
    next: str | None


class StuckShown(StuckOut):
    """One message as it came. `part` is what was sealed for this service in it, once opened;
    `not_opened_zh` and `not_opened_en` say why it does not open."""

    key: str
    headers: dict[str, str]
    clear: dict[str, Any] | None
    size: int
    part: dict[str, Any] | None
    not_opened_zh: str | None
    not_opened_en: str | None


class OpenIn(BaseModel):
    """Why it is opened."""

    reason: Annotated[str, Field(max_length=500)]


class ReplayIn(BaseModel):
    """Which messages are tried again."""

    ids: Annotated[list[MessageId], Field(min_length=1, max_length=MOST)]


class DiscardIn(ReplayIn):
    """Which messages are put away for good, and why."""

    reason: Annotated[str, Field(max_length=500)]


class ActedOut(BaseModel):
    """What became of a message: done, due, invalid, waits, held, discarded or gone; and why."""

    id: str
    became: str
    rule: str | None
    zh: str
    en: str


class ActedList(BaseModel):
    """What became of each, in the order in which they were named."""

    items: list[ActedOut]


@router.get("")
async def list_letters(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    request: Request,
    after: Annotated[str | None, Query(pattern=_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> StuckPage:
    """Dead letters, then messages that wait; nothing of what they hold."""
    found = await _letters(caller, context, request).listed(conn, after, limit)
    return StuckPage(
        service=context.service,
        items=[StuckOut(**_stuck(one)) for one in found],
        next=found[-1].id if len(found) == limit else None,
    )


@router.get("/{message_id}")
async def show_letter(
    message_id: MessageId,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    request: Request,
) -> StuckShown:
    """One message with its headers, and nothing of what is sealed in it; audited (R100)."""
    letters = _letters(caller, context, request)
    return _shown(await letters.show(conn, message_id, actor=caller.account_id))


@router.post("/{message_id}/open")
async def open_letter(
    message_id: MessageId,
    body: OpenIn,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    request: Request,
) -> StuckShown:
    """What is sealed for this service in a message, for a reason; audited (R100)."""
    letters = _letters(caller, context, request)
    shown = await letters.show(conn, message_id, actor=caller.account_id, reason=body.reason)
    return _shown(shown)


@router.post("/replay")
async def replay_letters(
    body: ReplayIn, caller: Authenticated, context: Composed, request: Request
) -> ActedList:
    """Try messages again, each key's in its order; audited. A second time finds them gone."""
    letters = _letters(caller, context, request)
    acted = await letters.replay(body.ids, actor=caller.account_id)
    return ActedList(items=[_acted(one) for one in acted])


@router.post("/discard")
async def discard_letters(
    body: DiscardIn, caller: Authenticated, context: Composed, request: Request
) -> ActedList:
    """Put messages away for good, for a reason; audited. What waits behind them goes on."""
    letters = _letters(caller, context, request)
    acted = await letters.discard(body.ids, actor=caller.account_id, reason=body.reason)
    return ActedList(items=[_acted(one) for one in acted])


def _letters(caller: Caller, context: Context, request: Request) -> Letters:
    """The messages of this service, to whoever administers the campaign."""
    caller.require(Role.ADMINISTRATOR, context.profile.area)
    return Letters(
        service=context.service,
        database=context.database,
        intake=request.app.state.running.intake,
        keyring=context.keyring,
        audit=context.audit,
    )


def _stuck(one: Stuck) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": "parked" if one.rule is None else "dead-letter",
        "topic": one.topic,
        "partition": one.partition,
        "offset": one.offset,
        "event_id": one.event_id,
        "rule": one.rule,
        "zh": one.zh or waiting_words(one.en),
        "en": one.en,
        "at": one.at,
        "tried": one.tried,
        "key_parked": one.key_parked,
        "held": one.held,
    }


def _shown(shown: Shown | None) -> StuckShown:
    if shown is None:
        raise Refusal(
            Reason(
                "id",
                "message-unknown",
                "没有这条消息，或已处理完毕。",
                "There is no such message, or not any more.",
            ),
            status=404,
            kind="not-found",
        )
    why = _said(shown.why)
    return StuckShown(
        **_stuck(shown.stuck),
        key=shown.key,
        headers=shown.headers,
        clear=None if shown.clear is None else shown.clear.model_dump(mode="json"),
        size=shown.size,
        part=shown.part,
        not_opened_zh=why[0] or None,
        not_opened_en=why[1] or None,
    )


_WORDS = {
    "done": ("已接收。", "Taken."),
    "due": ("即将重试。", "It is tried at the next turn."),
    "held": (
        "发送方已被隔离，请先用 muster quarantine lift 解除。",
        "Its sender is held; let it in first: muster quarantine lift.",
    ),
    "discarded": ("已作废。", "Put away."),
    "gone": ("没有这条消息，或已处理完毕。", "There is no such message, or not any more."),
}


def _acted(one: Acted) -> ActedOut:
    rule = one.outcome.rule if isinstance(one.outcome, Invalid) else None
    zh, en = _WORDS.get(one.became) or _said(one.outcome)
    return ActedOut(id=one.id, became=one.became, rule=rule, zh=zh, en=en)


def _said(outcome: object) -> tuple[str, str]:
    if isinstance(outcome, Invalid):
        return outcome.zh, outcome.en
    if isinstance(outcome, NotNow):
        return waiting_words(outcome.reason), outcome.reason
    return "", ""
