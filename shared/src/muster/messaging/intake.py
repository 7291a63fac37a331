"""Taking a batch of messages into one service's database, with exactly-once effect.

One transaction per batch: the inbox rows (what was taken), the positions (what is missing), the
effects that the handler writes, parked messages and dead letters. A batch that raises is bisected
by savepoints, so that one bad message costs its own effect and nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import (
    Headers,
    Unreadable,
    read_headers,
    read_value,
    seal_context,
)
from muster.contracts.parts import PARTS
from muster.contracts.topics import TopicSpec, service_topics
from muster.messaging import border, failpoints, parking, positions
from muster.messaging.deadletters import DeadLetters, RawMessage
from muster.messaging.limits import InvalidLimits, quarantined
from muster.messaging.message import (
    DONE,
    Done,
    Invalid,
    Message,
    NotNow,
    Outcome,
    Subscription,
)
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.bulk import insert_rows
from muster.persistence.database import Database
from muster.persistence.errors import is_transient
from muster.persistence.tables import inbox
from muster.security.boxes import BadSeal, UnknownKey, open_box
from muster.security.keyring import Keyring
from muster.security.packets import BadPacket

_log = get_logger("muster.intake")


@dataclass(frozen=True, slots=True)
class _Arrival:
    raw: RawMessage
    headers: Headers
    sender: str


class Intake:
    """Takes messages of one service's subscriptions; knows nothing of brokers."""

    def __init__(
        self,
        *,
        service: str,
        context: object,
        database: Database,
        subscriptions: Sequence[Subscription],
        keyring: Keyring,
        limits: InvalidLimits | None = None,
    ) -> None:
        self._service = service
        self._context = context
        self._database = database
        self._subscriptions = {item.topic: item for item in subscriptions}
        self._specs: Mapping[str, TopicSpec] = {t: service_topics()[t] for t in self._subscriptions}
        self._keyring = keyring
        self._letters = DeadLetters(service, keyring)
        self.limits = limits or InvalidLimits()

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics of all subscriptions."""
        return tuple(self._subscriptions)

    async def take(self, topic: str, batch: Sequence[RawMessage]) -> None:
        """Take messages of one topic, in order; returns after commit.

        Raises:
            DBAPIError: the database is away; nothing was taken and the batch may come again.
            Halted: too much is invalid; an operator must look.
        """
        self.limits.check(topic)
        spec = self._specs[topic]
        with metrics.inbox_batch_seconds.labels(topic).time():
            async with self._database.transaction() as conn:
                await failpoints.reach("inbox.before-take")
                await self._take(conn, spec, batch)
                await failpoints.reach("inbox.before-commit")
            await failpoints.reach("inbox.after-commit")

    async def _take(
        self, conn: AsyncConnection, spec: TopicSpec, batch: Sequence[RawMessage]
    ) -> None:
        letters: list[tuple[RawMessage, Invalid]] = []
        arrivals: list[_Arrival] = []
        for raw in batch:
            try:
                headers = read_headers(spec, raw.headers, raw.key, raw.partition)
            except Unreadable as error:
                letters.append((raw, _unreadable(error)))
            else:
                arrivals.append(_Arrival(raw, headers, headers.sender))
        unreadable = [("unreadable", True)] * len(letters)
        fresh = await self._new(conn, spec, arrivals)
        waiting, ready = await self._set_apart(conn, spec, fresh)
        outcomes = await self._handle(
            conn, spec, [a.raw for a in ready], [a.headers for a in ready]
        )
        for arrival, outcome in zip(ready, outcomes, strict=True):
            if isinstance(outcome, NotNow):
                waiting.append((arrival.raw, arrival.sender, outcome.reason))
            elif isinstance(outcome, Invalid):
                letters.append((arrival.raw, outcome))
        await self._letters.write(conn, letters)
        await parking.park(conn, waiting)
        senders = [arrival.sender for arrival in ready]
        invalid = [isinstance(outcome, Invalid) for outcome in outcomes]
        await self.limits.note(conn, spec.name, [*unreadable, *zip(senders, invalid, strict=True)])
        counts = metrics.inbox_handled_total
        counts.labels(spec.name, "duplicate").inc(len(arrivals) - len(fresh))
        counts.labels(spec.name, "invalid").inc(len(letters))
        counts.labels(spec.name, "parked").inc(len(waiting))
        counts.labels(spec.name, "done").inc(sum(isinstance(o, Done) for o in outcomes))

    async def _new(
        self, conn: AsyncConnection, spec: TopicSpec, arrivals: Sequence[_Arrival]
    ) -> list[_Arrival]:
        """Enter messages into the inbox; those that were there already drop out."""
        written = await insert_rows(
            conn,
            inbox,
            [
                {
                    "event_id": a.headers.event_id,
                    "topic": spec.name,
                    "partition": a.headers.shard,
                    "sequence": a.headers.sequence,
                }
                for a in arrivals
            ],
            conflict="ON CONFLICT (event_id) DO NOTHING",
            returning=("event_id",),
        )
        new_ids = {str(row["event_id"]) for row in written}
        fresh = []
        for arrival in arrivals:
            if arrival.headers.event_id in new_ids:
                new_ids.discard(arrival.headers.event_id)
                fresh.append(arrival)
        if not spec.from_edge:
            # Edges keep what they sent until `/received` names it, and send it again until then.
            await positions.advance(
                conn, [(spec.name, a.headers.shard, a.headers.sequence) for a in fresh]
            )
        return fresh

    async def _set_apart(
        self, conn: AsyncConnection, spec: TopicSpec, fresh: Sequence[_Arrival]
    ) -> tuple[list[tuple[RawMessage, str, str]], list[_Arrival]]:
        """Messages behind a parked key wait with it; those of a quarantined sender wait too."""
        if not fresh:
            return [], []
        parked = await parking.parked_keys(conn, ((spec.name, a.raw.key) for a in fresh))
        held = await quarantined(conn, spec.name)
        waiting: list[tuple[RawMessage, str, str]] = []
        ready: list[_Arrival] = []
        for arrival in fresh:
            if arrival.sender in held:
                await parking.park(
                    conn, [(arrival.raw, arrival.sender, "sender quarantined")], retry=False
                )
            elif (spec.name, arrival.raw.key) in parked:
                waiting.append((arrival.raw, arrival.sender, "behind a parked message"))
            else:
                ready.append(arrival)
        return waiting, ready

    async def _handle(
        self,
        conn: AsyncConnection,
        spec: TopicSpec,
        raws: Sequence[RawMessage],
        headers: Sequence[Headers],
    ) -> list[Outcome]:
        """Open and hand over; a key whose message must wait holds back its later ones."""
        outcomes: list[Outcome | None] = [None] * len(raws)
        messages: list[tuple[int, Message]] = []
        senders: border.Senders = {}
        if spec.from_edge:
            senders = await border.senders(conn, {header.sender for header in headers})
        for place, (raw, header) in enumerate(zip(raws, headers, strict=True)):
            opened = self._open(spec, raw, header, senders)
            if isinstance(opened, Message):
                messages.append((place, opened))
            else:
                outcomes[place] = opened
        answered = await self._bisect(
            conn, self._subscriptions[spec.name], [message for _, message in messages]
        )
        for (place, _), outcome in zip(messages, answered, strict=True):
            outcomes[place] = outcome
        return [outcome or DONE for outcome in outcomes]

    def _open(
        self, spec: TopicSpec, raw: RawMessage, header: Headers, senders: border.Senders
    ) -> Message | Outcome:
        try:
            clear, sealed = read_value(raw.value)
        except Unreadable as error:
            return _unreadable(error)
        box = sealed.get(self._service)
        if box is None:
            # Addressed to others, or the subject was erased at the source.
            return DONE
        context = seal_context(spec, self._service, header.event_id, raw.key, clear.version)
        try:
            opened = (
                border.open_part(box, self._keyring, self._service, context, header.sender, senders)
                if spec.from_edge
                else open_box(box, self._keyring, context)
            )
            part = PARTS[spec.consumers[self._service]].model_validate_json(opened)
        except border.UnknownSender:
            return NotNow("the sender of this message is not known yet")
        except BadPacket as error:
            metrics.seals_refused_total.labels(error.reason.rule).inc()
            return Invalid(error.reason.rule, error.reason.zh, error.reason.en)
        except UnknownKey:
            metrics.seals_refused_total.labels("unknown-key").inc()
            return NotNow("the key of this message is not here yet")
        except BadSeal:
            metrics.seals_refused_total.labels("bad-seal").inc()
            return Invalid(
                "bad-seal",
                "密封内容无法打开：密钥、接收方或上下文不符，或内容已损坏。",
                "The sealed part does not open: wrong key, recipient or context, or damage.",
            )
        except ValidationError as error:
            fields = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
            return Invalid(
                "part-shape",
                f"内容与约定的格式不符，字段：{'、'.join(fields)}。",
                f"The content does not have the agreed shape; fields: {', '.join(fields)}.",
            )
        return Message(spec.name, raw.key, header.event_id, clear, part, header.traceparent)

    async def _bisect(
        self, conn: AsyncConnection, subscription: Subscription, batch: Sequence[Message]
    ) -> list[Outcome]:
        if not batch:
            return []
        try:
            async with conn.begin_nested():
                outcomes = list(await subscription.take(self._context, conn, batch))
        except Exception as error:
            if is_transient(error):
                raise
            if len(batch) == 1:
                _log.exception("a message cannot be taken", topic=subscription.topic)
                return [_failed(error)]
            middle = len(batch) // 2
            first = await self._bisect(conn, subscription, batch[:middle])
            return first + await self._bisect(conn, subscription, batch[middle:])
        # Fewer or more answers than messages would shift outcomes: that is a bug of the handler.
        assert len(outcomes) == len(batch), f"{subscription.topic}: one outcome per message"
        return _keep_order(batch, outcomes)

    async def retry_parked(self, limit: int = 200) -> int:
        """Try the first message of each due key again; gives how many keys moved on."""
        async with self._database.transaction() as conn:
            heads = await parking.due_heads(conn, limit)
            by_topic: dict[str, list[tuple[int, RawMessage]]] = defaultdict(list)
            for row_id, raw in heads:
                by_topic[raw.topic].append((row_id, raw))
            released: list[int] = []
            longer: list[tuple[int, str]] = []
            for topic, items in by_topic.items():
                spec = self._specs[topic]
                raws = [raw for _, raw in items]
                headers = [read_headers(spec, raw.headers, raw.key, raw.partition) for raw in raws]
                outcomes = await self._handle(conn, spec, raws, headers)
                for (row_id, raw), outcome in zip(items, outcomes, strict=True):
                    if isinstance(outcome, NotNow):
                        longer.append((row_id, outcome.reason))
                        continue
                    released.append(row_id)
                    if isinstance(outcome, Invalid):
                        await self._letters.write(conn, [(raw, outcome)])
            await parking.release(conn, released)
            await parking.wait_longer(conn, longer)
            await failpoints.reach("parked.before-commit")
        await failpoints.reach("parked.after-commit")
        return len(released)


def _keep_order(batch: Sequence[Message], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Later messages of a key that must wait, wait with it, whatever the handler said of them.

    Handlers take the highest version of a key, so an effect that is already written stays right;
    the message itself is tried again after the one before it.
    """
    behind: set[str] = set()
    kept: list[Outcome] = []
    for message, outcome in zip(batch, outcomes, strict=True):
        if message.key in behind:
            kept.append(NotNow("behind a parked message"))
            continue
        if isinstance(outcome, NotNow):
            behind.add(message.key)
        kept.append(outcome)
    return kept


def _unreadable(error: Unreadable) -> Invalid:
    return Invalid(
        error.rule,
        f"消息无法读取（{error.rule}）。",
        f"The message cannot be read: {error.detail}.",
    )


def _failed(error: Exception) -> Invalid:
    name = type(error).__name__
    return Invalid(
        "handler-failed",
        f"处理消息时出错（{name}），内容已密封保存。",
        f"Taking the message failed ({name}); its content is kept, sealed.",
    )
