"""``POST /outbox/replay`` of every service: publish again what it has published, since a moment.

For the campaign's administrators; ``muster replay`` asks it. It shows nobody: counts by topic.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel

from muster.messaging.republishing import publish_again
from muster.runtime.auth import Authenticated, Composed
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

router = APIRouter(tags=["operations"], prefix="/outbox")


class AgainIn(BaseModel):
    """Since when; without it everything."""

    since: AwareDatetime | None = None


class AgainOut(BaseModel):
    """How many events of which topic go out again."""

    service: str
    topics: dict[str, int]


@router.post("/replay")
async def replay_outbox(
    body: AgainIn, caller: Authenticated, context: Composed, request: Request
) -> AgainOut:
    """Publish again, under the same ids, what was published since then; audited. Consumers take
    what they have already as done."""
    caller.require(Role.ADMINISTRATOR, context.profile.area)
    topics = await publish_again(
        context.database,
        context.audit,
        request.app.state.running.published,
        since=None if body.since is None else _past(body.since),
        actor=caller.account_id,
    )
    return AgainOut(service=context.service, topics=topics)


def _past(since: datetime) -> datetime:
    """The moment in UTC. Raises Refusal for one that is still to come, or beyond all bounds."""
    try:
        moment = since.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or moment > datetime.now(UTC):
        raise Refusal(
            Reason(
                "since",
                "moment-not-past",
                "起始时间须在此刻之前。",
                "The moment must lie in the past.",
            )
        )
    return moment
