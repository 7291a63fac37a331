"""A department without a connector: its officer's page is handed requests and posts answers (R92).

The page differs from a connector in its transport only. Requests are what the topic carries: the
same parts under the same ids, signed by this service and sealed to the department's key; answers
are bound, opened, checked and kept as those that come by the topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import seal_context
from muster.contracts.parts.verification import VerificationAnswer, VerificationRequest
from muster.contracts.topics import CONNECTOR, TopicSpec, service_topics
from muster.messaging import border, direct, enrolled, questions
from muster.messaging.direct import Posted
from muster.messaging.message import Message, Outcome, Subscription, done
from muster.runtime.context import Context
from muster.security.jose import Jwk
from muster.verification.handlers import answering, asking
from muster.verification.store import people, requests
from muster.vocabulary.reasons import Reason, Refusal

ANSWERED = "verification-answered-"


@dataclass(frozen=True, slots=True)
class Handed:
    """An open request as its topic carries it: the id of the event that asks, and the packet."""

    request: requests.RequestRow
    sealed: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of posted answers, in their order; ``before`` are the ids of those whose request
    had an answer already, which stands. ``subject_ids`` are whom the opened ones are about."""

    outcomes: Sequence[Outcome]
    before: frozenset[str]
    subject_ids: frozenset[str]


def check_department(context: Context, department: str) -> None:
    """Refuse a department that the profile does not have check records."""
    if department not in {one.id for one in asking.reviewing(context.profile)}:
        raise department_unknown()


def department_unknown() -> Refusal:
    """There is no such department to ask."""
    return Refusal(
        Reason(
            "department",
            "department-unknown",
            "采集方案中没有参与校核的该部门。",
            "The profile has no such department that checks records.",
        )
    )


async def department_of(context: Context, conn: AsyncConnection, packet: str) -> str:
    """The department whose key signed this question, a short while ago. Raises BadPacket."""
    return await questions.department_of(
        conn,
        context.keyring,
        context.service,
        [one.id for one in asking.reviewing(context.profile)],
        packet,
        border.ASKS_REQUESTS,
    )


async def hand_out(
    context: Context,
    conn: AsyncConnection,
    department: str,
    after: tuple[datetime, str],
    limit: int,
) -> tuple[list[Handed], requests.RequestRow | None]:
    """A department's open requests behind a place, the oldest first, each sealed to its key; and
    the last of them when there may be more.

    Raises Refusal: it has no key to seal to.
    """
    rows = await requests.waiting(conn, department, after, limit)
    spec = service_topics()[asking.TOPIC + department]
    try:
        reader = await enrolled.reader(conn, spec)
    except enrolled.UnknownReader:
        raise Refusal(
            Reason(
                "department",
                "department-not-enrolled",
                "该部门尚未登记加密密钥。",
                "The department has enrolled no key to seal to.",
            ),
            status=409,
            kind="conflict",
        ) from None
    assert reader is not None
    parts = await asking.parts(context, conn, rows)
    signing = context.keyring.current(f"sign/{context.service}").jwk()
    # Each signature and agreement takes a fraction of a millisecond; others are served meanwhile.
    sealed = await asyncio.to_thread(_seal, spec, rows, parts, signing, reader)
    handed = [Handed(row, sealed[row.event_id]) for row in rows if row.event_id in sealed]
    return handed, rows[-1] if len(rows) == limit else None


def _seal(
    spec: TopicSpec,
    rows: Sequence[requests.RequestRow],
    parts: Mapping[str, VerificationRequest],
    signing: Jwk,
    reader: Jwk,
) -> dict[str, str]:
    sealed = {}
    for row in rows:
        if row.event_id in parts:
            consumer = CONNECTOR + row.department
            place = seal_context(spec, consumer, row.event_id, row.case_id, row.version)
            sealed[row.event_id] = border.seal_part(parts[row.event_id], signing, reader, place)
    return sealed


async def take(
    context: Context, conn: AsyncConnection, department: str, batch: Sequence[Posted]
) -> Taken:
    """Take answers that a department's page posted, as those of its topic are taken."""
    before: set[str] = set()
    about: set[str] = set()

    async def keep(
        _: Context, conn: AsyncConnection, messages: Sequence[Message]
    ) -> Sequence[Outcome]:
        events = {_part(message).request for message in messages}
        subject_ids = await requests.subjects_of(conn, events)
        # Whoever answered a moment ago is seen: the handler takes the same locks.
        await people.lock(conn, subject_ids)
        held = await requests.by_event(conn, events)
        seen = {event_id for event_id, row in held.items() if row.received_at is not None}
        outcomes = await answering.take_answers(context, conn, messages)
        about.update(subject_ids)
        for message in done(messages, outcomes):
            request = _part(message).request
            if request in seen:
                before.add(message.event_id)
            seen.add(request)
        return outcomes

    outcomes = await direct.take(
        context,
        conn,
        Subscription(ANSWERED + department, keep),
        f"connector/{department}",
        batch,
        service=context.service,
        keyring=context.keyring,
    )
    return Taken(outcomes, frozenset(before), frozenset(about))


def _part(message: Message) -> VerificationAnswer:
    part: VerificationAnswer = message.part
    return part
