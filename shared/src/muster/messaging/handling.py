"""Handing opened messages to a subscription's handler, so that one bad one harms no other.

A batch that raises is bisected by savepoints: one bad message costs its own effect and nobody
else's.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging.causes import caused_by, trace_id
from muster.messaging.message import Message, NotNow, Outcome, Subscription
from muster.messaging.opening import failed
from muster.observability.logging import get_logger
from muster.persistence.errors import is_transient

_log = get_logger("muster.intake")

BEHIND = NotNow("behind a parked message")


async def hand_over(
    context: object, conn: AsyncConnection, subscription: Subscription, batch: Sequence[Message]
) -> list[Outcome]:
    """One outcome per message, in order.

    Raises:
        Exception: the store is away or busy; the whole batch may come again.
    """
    if not batch:
        return []
    try:
        with caused_by(batch):
            async with conn.begin_nested():
                outcomes = list(await subscription.take(context, conn, batch))
    except Exception as error:
        if is_transient(error):
            raise
        if len(batch) == 1:
            traced = trace_id(batch[0].traceparent)
            _log.exception("a message cannot be taken", topic=subscription.topic, trace_id=traced)
            return [failed(error)]
        return await _halves(context, conn, subscription, batch)
    # Fewer or more answers than messages would shift outcomes: that is a bug of the handler.
    assert len(outcomes) == len(batch), f"{subscription.topic}: one outcome per message"
    return _keep_order(batch, outcomes)


async def _halves(
    context: object, conn: AsyncConnection, subscription: Subscription, batch: Sequence[Message]
) -> list[Outcome]:
    middle = len(batch) // 2
    first = await hand_over(context, conn, subscription, batch[:middle])
    waiting = {m.key for m, o in zip(batch, first, strict=False) if isinstance(o, NotNow)}
    rest = [m for m in batch[middle:] if m.key not in waiting]
    second = iter(await hand_over(context, conn, subscription, rest))
    return first + [BEHIND if m.key in waiting else next(second) for m in batch[middle:]]


def _keep_order(batch: Sequence[Message], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Later messages of a key that must wait, wait with it, whatever the handler said of them.

    Handlers take the highest version of a key, so an effect that is already written stays right;
    the message itself is tried again after the one before it.
    """
    behind: set[str] = set()
    kept: list[Outcome] = []
    for message, outcome in zip(batch, outcomes, strict=True):
        if message.key in behind:
            kept.append(BEHIND)
            continue
        if isinstance(outcome, NotNow):
            behind.add(message.key)
        kept.append(outcome)
    return kept
