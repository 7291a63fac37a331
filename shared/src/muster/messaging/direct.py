"""Messages of an edge that come over HTTP and not by the broker, taken as those are taken.

They are opened by the same code, entered into the same inbox and handed to the same handler, in the
request's transaction. Only what becomes of the others differs: who sent them is there and is told,
so that nothing is parked, and nothing becomes a dead letter or counts towards a quarantine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear, Headers, write_value
from muster.contracts.topics import TopicSpec, service_topics
from muster.messaging import border, enrolled
from muster.messaging.deadletters import DeadLetters, RawMessage
from muster.messaging.handling import hand_over
from muster.messaging.message import DONE, Done, Message, Outcome, Subscription
from muster.messaging.opening import Unenrolled, open_message
from muster.persistence.bulk import in_ids, insert_rows, sent
from muster.persistence.tables import inbox
from muster.security.keyring import Keyring

_FIRST: Final = 1
"""An edge's page keeps no sequence of its own; no place is noted for what comes this way."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One message as it was posted: its id, key and version, and the packet for this service."""

    event_id: str
    key: str
    version: int
    sealed: str


async def take(
    context: Any,
    conn: AsyncConnection,
    subscription: Subscription,
    sender: str,
    batch: Sequence[Posted],
    *,
    service: str,
    keyring: Keyring,
) -> list[Outcome]:
    """One outcome per message, in order; one that was taken before is done.

    Args:
        subscription: the topic to which these belong, and its handler.
        sender: who has to have signed them, such as ``connector/<department>``.
        batch: messages of different ids.

    Raises:
        Exception: the store is away or busy; the whole batch may come again.
    """
    spec = service_topics()[subscription.topic]
    senders = await enrolled.senders(conn, [sender])
    # To open a packet costs as much as a statement; meanwhile others are served.
    found = await asyncio.to_thread(_open_all, service, keyring, spec, sender, batch, senders)
    unknown = {(sender, one.kid) for one in found if isinstance(one, Unenrolled)}
    held = await enrolled.held(conn, unknown)
    outcomes: dict[str, Outcome] = {}
    messages: list[Message] = []
    for posted, one in zip(batch, found, strict=True):
        if isinstance(one, Message):
            messages.append(one)
        elif isinstance(one, Unenrolled):
            known = (sender, one.kid) in held
            outcomes[posted.event_id] = one.outcome(held=known, since=datetime.now(UTC))
        else:
            outcomes[posted.event_id] = one
    outcomes |= await _hand_over(
        context, conn, subscription, messages, DeadLetters(service, keyring)
    )
    return [outcomes[posted.event_id] for posted in batch]


async def _hand_over(
    context: Any,
    conn: AsyncConnection,
    subscription: Subscription,
    messages: Sequence[Message],
    letters: DeadLetters,
) -> dict[str, Outcome]:
    """What becomes of opened messages, by id; only those that are done stay in the inbox."""
    ids = [message.event_id for message in messages]
    written = await insert_rows(
        conn,
        inbox,
        [
            {
                "event_id": event_id,
                "topic": subscription.topic,
                "partition": -1,
                "sequence": _FIRST,
            }
            for event_id in ids
        ],
        conflict="ON CONFLICT (event_id) DO NOTHING",
        returning=("event_id",),
    )
    new = {str(row["event_id"]) for row in written}
    # A damaged copy that came by the broker stands in nobody's way.
    again = await letters.claim(conn, subscription.topic, [one for one in ids if one not in new])
    fresh = [message for message in messages if message.event_id in new | again]
    outcomes = dict.fromkeys(ids, DONE) | dict(
        zip(
            [message.event_id for message in fresh],
            await hand_over(context, conn, subscription, fresh),
            strict=True,
        )
    )
    done = {event_id for event_id, outcome in outcomes.items() if isinstance(outcome, Done)}
    await letters.withdraw(conn, subscription.topic, sorted(again & done))
    await _forget(conn, new - done)
    return outcomes


async def _forget(conn: AsyncConnection, event_ids: Collection[str]) -> None:
    """A refused one may be mended and come again under its id."""
    if event_ids:
        statement = delete(inbox).where(in_ids(inbox.c.event_id, "ids"))
        await conn.execute(statement, {"ids": sent(event_ids)})


def _open_all(
    service: str,
    keyring: Keyring,
    spec: TopicSpec,
    sender: str,
    batch: Sequence[Posted],
    senders: border.Senders,
) -> list[Message | Outcome | Unenrolled]:
    return [
        open_message(
            service, keyring, spec, _raw(service, spec, one), _headers(spec, sender, one), senders
        )
        for one in batch
    ]


def _raw(service: str, spec: TopicSpec, one: Posted) -> RawMessage:
    value = write_value(Clear(version=one.version), {service: one.sealed})
    return RawMessage(spec.name, -1, 0, one.key, (), value)


def _headers(spec: TopicSpec, sender: str, one: Posted) -> Headers:
    return Headers(
        event_id=one.event_id,
        type=spec.type,
        sender=sender,
        shard=-1,
        time=datetime.now(UTC).isoformat(),
        subject=one.key,
        sequence=_FIRST,
        traceparent=None,
    )
