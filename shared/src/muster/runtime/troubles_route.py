"""``GET /troubles`` of every service: what it could not take, to the campaign's administrators.

Counts by topic and reason with the first and the last moment, and never what a message holds or
whose it is: so nobody is shown, and no row of the audit trail is left.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from muster.messaging import troubles
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed
from muster.vocabulary.states import Role

__all__ = ["WAITING_WORDS", "router", "waiting_words"]

router = APIRouter(tags=["operations"])

WAITING_WORDS = {
    "behind a parked message": "排在同一对象的前一条之后",
    "sender quarantined": "发送方已被隔离，等待管理员处理",
    "no key for the case ids of a department of the profile": "缺少方案中某部门的案号密钥",
    "no role serves the review desk that the profile names": "方案中的审核窗口没有对应的角色",
    "the key of this message is not here yet": "消息的密钥尚未到达",
    "the key of this message's sender is not known yet": "尚不知道发送方的密钥",
    "the sender of this message is not known yet": "尚不知道发送方",
}
"""Chinese for every reason with which a message waits; the store keeps the English."""
_OTHER = "所需内容尚未到达"


def waiting_words(reason: str) -> str:
    """Chinese for a reason with which a message waits."""
    return WAITING_WORDS.get(reason, _OTHER)


class ParkedOut(BaseModel):
    """Messages of a topic that wait for one reason: how many of how many keys, how many of them
    for an operator (`held`), since when."""

    topic: str
    zh: str
    en: str
    keys: int
    messages: int
    held: int
    first_at: datetime
    last_at: datetime


class DeadLettersOut(BaseModel):
    """Messages of a topic that can never be taken, by the rule that they break."""

    topic: str
    rule: str
    zh: str
    en: str
    messages: int
    first_at: datetime
    last_at: datetime


class TroublesOut(BaseModel):
    """What one service could not take, at that moment."""

    service: str
    as_of: datetime
    parked: list[ParkedOut]
    dead_letters: list[DeadLettersOut]


@router.get("/troubles")
async def get_troubles(caller: Authenticated, context: Composed, conn: Transaction) -> TroublesOut:
    """Parked messages and dead letters, counted by topic and reason; nothing of what they hold."""
    caller.require(Role.ADMINISTRATOR, context.profile.area)
    return TroublesOut(
        service=context.service,
        as_of=datetime.now(UTC),
        parked=[
            ParkedOut(
                topic=one.topic,
                zh=waiting_words(one.reason),
                en=one.reason,
                keys=one.keys,
                messages=one.messages,
                held=one.held,
                first_at=one.first_at,
                last_at=one.last_at,
            )
            for one in await troubles.parked_groups(conn)
        ],
        dead_letters=[
            DeadLettersOut.model_validate(one, from_attributes=True)
            for one in await troubles.letter_groups(conn)
        ],
    )
