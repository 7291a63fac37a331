"""Taking a batch of messages into one service's database, with exactly-once effect.

One transaction per batch: the inbox rows (what was taken), the positions (what is missing), the
effects that the handler writes, parked messages and dead letters.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Unreadable, read_headers
from muster.contracts.topics import TopicSpec, service_topics
from muster.messaging import aside, border, enrolled, failpoints, parking
from muster.messaging.arrivals import Arrival, advance, rounds, settle
from muster.messaging.aside import UNREADABLE
from muster.messaging.causes import trace_id
from muster.messaging.deadletters import DeadLetters, Kept, RawMessage, Refused
from muster.messaging.handling import BEHIND, hand_over
from muster.messaging.limits import InvalidLimits, Tally
from muster.messaging.message import DONE, Done, Invalid, Message, NotNow, Outcome, Subscription
from muster.messaging.opening import Unenrolled, holds_nothing, open_message, unreadable
from muster.messaging.parking import Parked, Waiting
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.bulk import insert_rows
from muster.persistence.database import Database
from muster.persistence.tables import inbox
from muster.security.keyring import Keyring

_log = get_logger("muster.intake")

_HELD = "sender quarantined"
NOT_READ = Invalid(
    "topic-not-read",
    "本服务已不再读取此主题。",
    "This service no longer reads that topic.",
)
READ_AND_REFUSED = Invalid(
    "read-and-refused",
    "现已能读取，但其内容仍不能接收：另有一条死信说明原因。",
    "It can be read now, and still not be taken: another dead letter says why.",
)


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
        self.alone = asyncio.Lock()
        """Held by whoever takes messages: parked ones, new ones and dead letters of the same key
        must not be taken side by side."""

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
        with metrics.inbox_batch_seconds.labels(topic).time():
            async with self._database.transaction() as conn:
                await failpoints.reach("inbox.before-take")
                tally = await self.limits.tally(conn, topic)
                await self._take(conn, self._specs[topic], batch, tally)
                await tally.write(conn)
                await failpoints.reach("inbox.before-commit")
            self.limits.keep(tally)
            await failpoints.reach("inbox.after-commit")

    async def _take(
        self, conn: AsyncConnection, spec: TopicSpec, batch: Sequence[RawMessage], tally: Tally
    ) -> None:
        refused: list[Refused] = []
        held: list[Waiting] = []
        arrivals: list[Arrival] = []
        for raw in batch:
            try:
                headers = read_headers(spec, raw.headers, raw.key, raw.partition)
            except Unreadable as error:
                if tally.invalid(UNREADABLE):
                    refused.append(Refused(raw, unreadable(error)))
                else:
                    held.append(Waiting(aside.put(spec, raw), UNREADABLE, _HELD, retry=False))
            else:
                empty = holds_nothing(self._service, spec, raw)
                arrivals.append(Arrival(raw, headers, empty))
        await self._letters.write(conn, refused)
        await parking.park(conn, held)
        _count(spec, invalid=len(refused), parked=len(held))
        for copies in rounds(arrivals):
            await self._take_readable(conn, spec, copies, tally)

    async def _take_readable(
        self, conn: AsyncConnection, spec: TopicSpec, arrivals: Sequence[Arrival], tally: Tally
    ) -> None:
        fresh = await self._new(conn, spec, arrivals)
        waiting, ready = await self._set_apart(conn, spec, fresh, tally)
        refused: list[Refused] = []
        stands: set[str] = set()
        done = sum(arrival.empty for arrival in arrivals)
        opened = await self._open(conn, spec, ready)
        await advance(conn, spec, arrivals, ready, opened)
        outcomes = await self._hand_over(conn, spec, opened)
        for arrival, outcome in zip(ready, outcomes, strict=True):
            if isinstance(outcome, NotNow):
                waiting.append(Waiting(arrival.raw, arrival.sender, outcome.reason))
                _say_waiting(arrival.raw, outcome)
            elif isinstance(outcome, Done):
                tally.good(arrival.sender)
                done += 1
            elif arrival.again:
                # Its letter stands; and as it is no news, it says nothing about its sender.
                stands.add(arrival.event_id)
            elif tally.invalid(arrival.sender):
                refused.append(Refused(arrival.raw, outcome, arrival.event_id))
            else:
                waiting.append(Waiting(arrival.raw, arrival.sender, _HELD, retry=False))
        superseded = [a.event_id for a in fresh if a.again and a.event_id not in stands]
        await self._letters.withdraw(conn, spec.name, superseded)
        await self._letters.write(conn, refused)
        await parking.park(conn, waiting)
        _count(
            spec,
            duplicate=sum(not a.empty for a in arrivals) - len(fresh) + len(stands),
            invalid=len(refused),
            parked=len(waiting),
            done=done,
        )

    async def _new(
        self, conn: AsyncConnection, spec: TopicSpec, arrivals: Sequence[Arrival]
    ) -> list[Arrival]:
        """Enter messages into the inbox; those that were there already drop out, and empty ones.

        Except an event of which only a damaged copy came so far: a good one takes its place.
        """
        written = await insert_rows(
            conn,
            inbox,
            [
                {
                    "event_id": a.inbox_id,
                    "topic": spec.name,
                    "partition": a.headers.shard,
                    "sequence": a.headers.sequence,
                }
                for a in arrivals
            ],
            conflict="ON CONFLICT (event_id) DO NOTHING",
            returning=("event_id",),
        )
        new = {str(row["event_id"]) for row in written}
        whole = [a for a in arrivals if not a.empty]
        again = await self._letters.claim(
            conn, spec.name, [a.event_id for a in whole if a.event_id not in new]
        )
        return [replace(a, again=a.event_id in again) for a in whole if a.event_id in new | again]

    async def _set_apart(
        self, conn: AsyncConnection, spec: TopicSpec, fresh: Sequence[Arrival], tally: Tally
    ) -> tuple[list[Waiting], list[Arrival]]:
        """What waits with a quarantined sender or behind a parked key, and what may be handled."""
        waiting: list[Waiting] = []
        ready: list[Arrival] = []
        parked = await parking.parked_keys(conn, ((spec.name, a.raw.key) for a in fresh))
        for arrival in fresh:
            if arrival.sender in tally.held:
                waiting.append(Waiting(arrival.raw, arrival.sender, _HELD, retry=False))
            elif (spec.name, arrival.raw.key) in parked:
                waiting.append(Waiting(arrival.raw, arrival.sender, BEHIND.reason))
            else:
                ready.append(arrival)
        return waiting, ready

    async def _hand_over(
        self, conn: AsyncConnection, spec: TopicSpec, opened: Sequence[Message | Outcome]
    ) -> list[Outcome]:
        """What becomes of each, in order."""
        messages = [found for found in opened if isinstance(found, Message)]
        answered = iter(
            await hand_over(self._context, conn, self._subscriptions[spec.name], messages)
        )
        return [next(answered) if isinstance(found, Message) else found for found in opened]

    async def _open(
        self, conn: AsyncConnection, spec: TopicSpec, arrivals: Sequence[Arrival]
    ) -> list[Message | Outcome]:
        """Open messages in their order; a key whose message must wait holds back its later ones.
        About signers that are not known is asked together."""
        senders: border.Senders = {}
        if spec.from_edge:
            senders = await enrolled.senders(conn, {arrival.sender for arrival in arrivals})
        found: list[Message | Outcome | Unenrolled] = []
        behind: set[str] = set()
        for a in arrivals:
            if a.raw.key in behind:
                found.append(BEHIND)
                continue
            found.append(
                open_message(self._service, self._keyring, spec, a.raw, a.headers, senders)
            )
            if isinstance(found[-1], NotNow):
                behind.add(a.raw.key)
        unknown = {
            (arrival.sender, one.kid)
            for arrival, one in zip(arrivals, found, strict=True)
            if isinstance(one, Unenrolled)
        }
        return settle(arrivals, found, await enrolled.held(conn, unknown))

    async def retry_parked(self, limit: int = 200) -> int:
        """Try the first message of each due key again; gives how many keys moved on."""
        tallies: list[Tally] = []
        moved = 0
        async with self._database.transaction() as conn:
            by_topic: dict[str, list[Parked]] = defaultdict(list)
            for head in await parking.due_heads(conn, self.topics, limit):
                by_topic[head.raw.topic].append(head)
            for topic, heads in by_topic.items():
                tally = await self.limits.tally(conn, topic)
                moved += await self._retry(conn, self._specs[topic], heads, tally)
                await tally.write(conn)
                tallies.append(tally)
            await failpoints.reach("parked.before-commit")
        for tally in tallies:
            self.limits.keep(tally)
        await failpoints.reach("parked.after-commit")
        return moved

    async def open(self, conn: AsyncConnection, raw: RawMessage) -> Message | Outcome:
        """A message that was kept, opened for whoever looks at it: nothing is taken or noted."""
        spec = self._specs.get(raw.topic)
        if spec is None:
            return NOT_READ
        try:
            headers = read_headers(spec, raw.headers, raw.key, raw.partition)
        except Unreadable as error:
            return unreadable(error)
        [opened] = await self._open(conn, spec, [Arrival(raw, headers)])
        return opened

    async def retake(
        self, conn: AsyncConnection, topic: str, letters: Sequence[Kept]
    ) -> list[Outcome]:
        """Try dead letters of one topic again, in order, in the caller's transaction and `alone`.

        One that is taken is withdrawn. One that must wait is parked, or, behind messages of its key
        that wait already, stays: it was before them, and they may be waiting for it. One that is
        invalid stays, and is no news of its sender.
        """
        spec = self._specs.get(topic)
        if spec is None:
            return [NOT_READ] * len(letters)
        known = [one for one in letters if one.event_id is not None]
        before = await parking.parked_keys(conn, ((topic, one.raw.key) for one in known))
        outcomes = dict(zip(known, await self._try(conn, spec, known, again=True), strict=True))
        gone: list[str] = []
        waiting: list[Waiting] = []
        for one, outcome in outcomes.items():
            if isinstance(outcome, Done):
                gone.append(one.id)
            elif isinstance(outcome, NotNow) and (topic, one.raw.key) not in before:
                gone.append(one.id)
                sender = read_headers(spec, one.raw.headers, one.raw.key).sender
                waiting.append(Waiting(one.raw, sender, outcome.reason))
        await self._letters.remove(conn, gone)
        await parking.park(conn, waiting)
        await parking.hurry(conn, before)
        _count(spec, done=len(gone) - len(waiting), parked=len(waiting))
        for one in letters:
            if one.event_id is None:
                outcomes[one] = await self._read_after_all(conn, spec, one)
        return [outcomes[one] for one in letters]

    async def _read_after_all(
        self, conn: AsyncConnection, spec: TopicSpec, letter: Kept
    ) -> Outcome:
        """One whose headers no version could read so far never got into the inbox: if this version
        reads them, it comes in by the same door as new ones."""
        raw = letter.raw
        try:
            headers = read_headers(spec, raw.headers, raw.key, raw.partition)
        except Unreadable as error:
            return unreadable(error)
        await self._letters.remove(conn, [letter.id])
        await self._take(conn, spec, [raw], await self.limits.tally(conn, spec.name))
        again = await self._letters.claim(conn, spec.name, [headers.event_id])
        return READ_AND_REFUSED if again else DONE

    async def _retry(
        self, conn: AsyncConnection, spec: TopicSpec, heads: Sequence[Parked], tally: Tally
    ) -> int:
        unread = [head for head in heads if head.sender == UNREADABLE]
        if unread:
            # They never got into the inbox: they come in by the same door as new ones.
            await parking.release(conn, [head.id for head in unread])
            await self._take(conn, spec, [aside.take_back(head.raw) for head in unread], tally)
        known = [head for head in heads if head.sender != UNREADABLE]
        longer: list[tuple[int, str]] = []
        held: list[int] = []
        released: list[int] = []
        refused: list[Refused] = []
        for head, outcome in zip(known, await self._try(conn, spec, known), strict=True):
            if isinstance(outcome, NotNow):
                longer.append((head.id, outcome.reason))
                _say_waiting(head.raw, outcome)
            elif isinstance(outcome, Done):
                tally.good(head.sender)
                released.append(head.id)
            elif tally.invalid(head.sender):
                released.append(head.id)
                refused.append(Refused(head.raw, outcome, _event_id(head.raw)))
            else:
                held.append(head.id)
        await self._letters.write(conn, refused)
        await parking.release(conn, released)
        await parking.wait_longer(conn, longer)
        await parking.hold(conn, held, _HELD)
        _count(spec, invalid=len(refused), done=len(released) - len(refused))
        return len(released) + len(unread)

    async def _try(
        self,
        conn: AsyncConnection,
        spec: TopicSpec,
        kept: Sequence[Parked] | Sequence[Kept],
        *,
        again: bool = False,
    ) -> list[Outcome]:
        """Outcomes of messages that were kept; a newer version of this service may read them
        otherwise. ``again`` says that they are dead letters, which are no word of their source."""
        read: list[Arrival | Invalid] = []
        for one in kept:
            raw = one.raw
            try:
                headers = read_headers(spec, raw.headers, raw.key, raw.partition)
                read.append(Arrival(raw, headers, again=again, since=one.since))
            except Unreadable as error:
                read.append(unreadable(error))
        arrivals = [one for one in read if isinstance(one, Arrival)]
        opened = await self._open(conn, spec, arrivals)
        await advance(conn, spec, (), arrivals, opened)
        outcomes = iter(await self._hand_over(conn, spec, opened))
        return [next(outcomes) if isinstance(one, Arrival) else one for one in read]


def _event_id(raw: RawMessage) -> str:
    # It was readable when the message was parked, whatever is thought of the rest of it now.
    return dict(raw.headers)["ce_id"].decode("ascii")


def _say_waiting(raw: RawMessage, why: NotNow) -> None:
    if why is not BEHIND:
        traced = trace_id(raw.traceparent)
        _log.info("a message waits", topic=raw.topic, reason=why.reason, trace_id=traced)


def _count(spec: TopicSpec, **outcomes: int) -> None:
    for outcome, number in outcomes.items():
        metrics.inbox_handled_total.labels(spec.name, outcome).inc(number)
