"""The relay: publishes the outbox, sealed to the current keys, in the order of each shard.

A shard is one partition of one topic, and one process at a time holds it (an advisory lock on the
relay's own connection: who loses the connection loses the shard). Each event gets its place in
the shard before it is first published, so that a kill at any line publishes it again under the
same id and the same ``ce_sequence``, which consumers take as done.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import (
    Clear,
    seal_context,
    seal_purpose,
    write_headers,
    write_value,
)
from muster.contracts.topics import TopicSpec, service_topics
from muster.messaging import border, enrolled, failpoints, relay_sql
from muster.messaging.broker import BrokerView, let_gather, new_producer, patiently_start, pause
from muster.messaging.failpoints import FailPointError
from muster.messaging.login import Bootstrap
from muster.messaging.message import Event, OutboxRow, Publication
from muster.messaging.unread import UnreadWindow
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.database import Database
from muster.security.boxes import seal
from muster.security.jose import Jwk
from muster.security.keyring import Keyring

_log = get_logger("muster.relay")

BATCH = 1000
"""Rows that are sealed and published at a time; bounds the relay's memory."""
FORGET_EVERY = 60.0
IDLE = 0.1
"""Seconds between looks at an empty outbox."""
PUBLISH_PATIENCE = 60.0
"""An idempotent producer retries for ever; after this many seconds the batch is tried anew."""

Shard = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Packed:
    row: OutboxRow
    value: bytes
    headers: list[tuple[str, bytes]]


class Relay:
    """Publishes one service's outbox until it is stopped."""

    def __init__(
        self,
        *,
        service: str,
        context: object,
        database: Database,
        publications: Sequence[Publication],
        keyring: Keyring,
        bootstrap: Bootstrap,
        bound_unread: bool,
    ) -> None:
        self._service = service
        self._context = context
        self._database = database
        self._publications = {item.topic: item for item in publications}
        self._keyring = keyring
        self._bootstrap = bootstrap
        self._specs: Mapping[str, TopicSpec] = {
            topic: service_topics()[topic] for topic in self._publications
        }
        self._shards: list[Shard] = [
            (spec.name, number)
            for spec in self._specs.values()
            for number in range(spec.partitions)
        ]
        self._ephemeral = [spec.name for spec in self._specs.values() if spec.ephemeral]
        self._bound_unread = bound_unread
        self._held: set[Shard] = set()
        self._blocked: dict[str, float] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask `run` to publish what can go out and return."""
        self._stopping.set()

    async def run(self) -> None:
        """Publish until stopped; every failure is logged, waited for and tried again."""
        backoff = 0.5
        while True:
            try:
                await self._run_connected()
            except (SQLAlchemyError, KafkaError, OSError, TimeoutError, FailPointError) as error:
                _log.warning("relay starts again", reason=type(error).__name__)
                if self._stopping.is_set():
                    return
                await pause(backoff, self._stopping)
                backoff = min(backoff * 2, 10)
            else:
                return

    async def _run_connected(self) -> None:
        producer = new_producer(self._bootstrap, f"{self._service}-relay")
        view = BrokerView(self._bootstrap)
        self._held.clear()
        try:
            await patiently_start(producer, self._stopping)
            await patiently_start(view, self._stopping)
            window = UnreadWindow(view, self._specs) if self._bound_unread else None
            async with self._database.engine.connect() as conn:
                await self._prepare_shards(conn)
                try:
                    await self._loop(conn, producer, view, window)
                finally:
                    # The pool keeps the session; without this it would keep the shards too.
                    await conn.invalidate()
        finally:
            await producer.stop()
            await view.stop()

    async def _prepare_shards(self, conn: AsyncConnection) -> None:
        await conn.execute(
            text(
                "INSERT INTO outbox_shard (topic, partition) SELECT * FROM "
                "unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) "
                "ON CONFLICT DO NOTHING"
            ),
            _columns(self._shards),
        )
        await conn.commit()

    async def _loop(
        self,
        conn: AsyncConnection,
        producer: AIOKafkaProducer,
        view: BrokerView,
        window: UnreadWindow | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        next_hold = next_forget = 0.0
        while True:
            now = loop.time()
            if now >= next_hold:
                await self._hold_and_compare(conn, view, window)
                next_hold = now + 5
            if now >= next_forget:
                await self._forget(conn)
                next_forget = now + FORGET_EVERY
            # One cheap look while there is nothing to do, which is most of the time.
            waiting = await self._database.look(relay_sql.ANY_WAITING)
            began = loop.time()
            if waiting[0] and (published := await self.step(conn, producer, window)):
                # Fewer than one shard may give: none of them has more.
                few, took = self._per_shard(self._held), loop.time() - began
                await let_gather(published, self._stopping, few=few, took=took)
                continue
            if self._stopping.is_set():
                await self._say_what_is_left(conn)
                return
            await asyncio.sleep(IDLE)

    async def _hold_and_compare(
        self, conn: AsyncConnection, view: BrokerView, window: UnreadWindow | None
    ) -> None:
        """Take shards that no other process holds; publish all of a shard to a new cluster."""
        missing = [shard for shard in self._shards if shard not in self._held]
        if missing:
            rows = await conn.execute(relay_sql.HOLD, _columns(missing))
            taken = [(str(topic), int(partition)) for topic, partition in rows]
            if window is not None:
                await window.begin(taken)
            self._held.update(taken)
        cluster = await view.cluster_id()
        lasting = sorted(shard for shard in self._held if not self._specs[shard[0]].ephemeral)
        changed = await conn.execute(relay_sql.AGAIN, {"cluster": cluster, **_columns(lasting)})
        again = {str(topic): int(events) for topic, events in changed}
        if again:
            await failpoints.reach("relay.before-republish")
        await conn.commit()
        for topic, count in again.items():
            metrics.republished_total.labels(topic, "cluster-changed").inc()
            _log.warning("another cluster: publishing again", topic=topic, events=count)

    async def _forget(self, conn: AsyncConnection) -> None:
        """Of what is asked again while it matters, nothing old is kept."""
        await conn.execute(relay_sql.FORGET, {"topics": self._ephemeral})
        await conn.commit()

    async def _say_what_is_left(self, conn: AsyncConnection) -> None:
        """Nothing more can go out: what is left waits for readers, or for a topic that failed.

        Readers may have ended too (the whole stack stops at once), so nobody is waited for; the
        outbox keeps these events, and the next process publishes them.
        """
        count = (await conn.execute(relay_sql.WAITING)).one()[0]
        await conn.commit()
        if count:
            _log.info("stopping; the outbox keeps what could not go out", events=int(count))

    async def step(
        self, conn: AsyncConnection, producer: AIOKafkaProducer, window: UnreadWindow | None
    ) -> int:
        """Publish one batch; gives how many events were marked as published."""
        shards = self._open_shards()
        if not shards:
            return 0
        await failpoints.reach("relay.before-assign")
        await conn.execute(relay_sql.ASSIGN, {"batch": BATCH, **_columns(shards)})
        await conn.commit()
        await failpoints.reach("relay.after-assign")
        if window is not None:
            await window.refresh()
            shards = [shard for shard in shards if window.has_room(shard)]
        packed = await self._load_and_seal(conn, shards)
        if not packed:
            return 0
        await failpoints.reach("relay.before-publish")
        sent = await self._publish(producer, packed, window)
        await failpoints.reach("relay.after-publish")
        if sent:
            await failpoints.reach("relay.before-mark")
            await conn.execute(relay_sql.MARK, {"events": sent})
            await conn.commit()
            await failpoints.reach("relay.after-mark")
        return len(sent)

    @staticmethod
    def _per_shard(shards: Collection[Shard]) -> int:
        """How many rows of each of them are taken at a time."""
        return max(1, BATCH // max(1, len(shards)))

    def _open_shards(self) -> list[Shard]:
        now = asyncio.get_running_loop().time()
        return sorted(s for s in self._held if self._blocked.get(s[0], 0) <= now)

    async def _load_and_seal(self, conn: AsyncConnection, shards: list[Shard]) -> list[_Packed]:
        if not shards:
            return []
        rows = await conn.execute(
            relay_sql.PENDING, {"per_shard": self._per_shard(shards), **_columns(shards)}
        )
        by_topic: dict[str, list[OutboxRow]] = defaultdict(list)
        for row in rows:
            by_topic[row.topic].append(OutboxRow(**row._mapping))
        packed: list[_Packed] = []
        for topic, pending in by_topic.items():
            try:
                async with conn.begin_nested():
                    reader = await enrolled.reader(conn, self._specs[topic])
                    events = await self._publications[topic].load(self._context, conn, pending)
                packed += self._seal(self._specs[topic], pending, events, reader)
            except enrolled.UnknownReader:
                _log.info("nobody is enrolled to read it; topic waits", topic=topic)
                self._blocked[topic] = asyncio.get_running_loop().time() + 10
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a loader raises
                # One topic that cannot be built must not hold up the others.
                metrics.relay_failures_total.labels(topic, type(error).__name__).inc()
                _log.exception("events cannot be built; topic waits", topic=topic)
                self._blocked[topic] = asyncio.get_running_loop().time() + 10
        await conn.commit()
        return packed

    def _seal(
        self,
        spec: TopicSpec,
        rows: Sequence[OutboxRow],
        events: Mapping[str, Event],
        reader: Jwk | None = None,
    ) -> list[_Packed]:
        packed = []
        for row in rows:
            event = events.get(row.event_id) or _nothing_left(row)
            sealed = {}
            for consumer, part in event.parts.items():
                if spec.consumers.get(consumer) != type(part).__name__:
                    raise ValueError(f"{spec.name}: {type(part).__name__} is not for {consumer}")
                context = seal_context(spec, consumer, row.event_id, row.key, row.version)
                if reader is not None:
                    signing = self._keyring.current(f"sign/{self._service}").jwk()
                    sealed[consumer] = border.seal_part(part, signing, reader, context)
                else:
                    key = self._keyring.current(seal_purpose(spec.name, consumer))
                    sealed[consumer] = seal(key, part.model_dump_json().encode(), context)
            packed.append(
                _Packed(
                    row,
                    write_value(event.clear, sealed),
                    write_headers(
                        spec,
                        event_id=row.event_id,
                        place=row.partition,
                        time=row.occurred_at,
                        subject=row.key,
                        sequence=row.sequence,
                        traceparent=row.traceparent,
                    ),
                )
            )
        return packed

    async def _publish(
        self, producer: AIOKafkaProducer, packed: Sequence[_Packed], window: UnreadWindow | None
    ) -> list[str]:
        """Send a batch and wait for it; gives the ids that are safe to mark.

        Of each shard only the events before the first failure count, so that the next try starts
        where order was lost.
        """
        futures = []
        async with asyncio.timeout(PUBLISH_PATIENCE):
            for item in packed:
                if window is not None and not window.has_room((item.row.topic, item.row.partition)):
                    continue
                try:
                    future = await producer.send(
                        item.row.topic,
                        value=item.value,
                        key=item.row.key.encode(),
                        partition=item.row.partition,
                        headers=item.headers,
                    )
                except MessageSizeTooLargeError as error:
                    # Its shard must stop, because order would be lost; the others must not.
                    _log.critical("an event is too large for the broker", topic=item.row.topic)
                    future = asyncio.get_running_loop().create_future()
                    future.set_exception(error)
                if window is not None:
                    window.add((item.row.topic, item.row.partition), len(item.value))
                futures.append((item.row, future))
            results = await asyncio.gather(*(f for _, f in futures), return_exceptions=True)
        failed: set[Shard] = set()
        sent: list[str] = []
        for (row, _), result in zip(futures, results, strict=True):
            shard = (row.topic, row.partition)
            if isinstance(result, BaseException):
                failed.add(shard)
                metrics.relay_failures_total.labels(row.topic, type(result).__name__).inc()
            elif shard not in failed:
                sent.append(row.event_id)
                metrics.relay_published_total.labels(row.topic).inc()
        return sent


def _columns(shards: Sequence[Shard]) -> dict[str, Any]:
    return {"topics": [s[0] for s in shards], "partitions": [s[1] for s in shards]}


def _nothing_left(row: OutboxRow) -> Event:
    return Event(Clear(version=row.version, county=row.county), {})
