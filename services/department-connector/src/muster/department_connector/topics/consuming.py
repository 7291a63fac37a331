"""The consumer: takes requests from the broker, and again what had to wait.

Offsets are committed after the connector's own transaction. A broker or a service that is away
delays; what was taken twice is answered with the same event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from muster.department_connector import topics
from muster.department_connector.handlers import answering, opening
from muster.department_connector.handlers.common import Connector
from muster.department_connector.handlers.opening import Outcome, Waits
from muster.department_connector.store import journal, people
from muster.department_connector.store.journal import Raw
from muster.messaging import failpoints, unreadable
from muster.messaging.broker import commit, gather, new_consumer, patiently_start, pause
from muster.observability.logging import get_logger
from muster.spool.services import ServiceAway

_log = get_logger("muster.connector")

BATCH = 100
RETRY_SECONDS = 2.0
STOP_PATIENCE = 5.0


class Consumer:
    """Consumes for one department until stopped."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._stopping = asyncio.Event()
        # What waited and what comes must not be taken side by side.
        self._taking = asyncio.Lock()

    def stop(self) -> None:
        """Ask `run` to finish its batch and return."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until stopped; failures are logged, waited for and tried again."""
        waiting = asyncio.create_task(self._take_waiting())
        try:
            while not self._stopping.is_set():
                try:
                    await self._run_connected()
                except Exception as error:  # noqa: BLE001 - nothing is committed, so nothing is lost
                    _log.warning("consumer starts again", reason=type(error).__name__)
                    await pause(1.0, self._stopping)
        finally:
            await asyncio.gather(waiting)

    async def _run_connected(self) -> None:
        department = self._connector.department.id
        consumer = new_consumer(
            topics.consumed(department), self._connector.kafka(), topics.group(department)
        )
        try:
            await patiently_start(consumer, self._stopping)
            while not self._stopping.is_set():
                await self._poll(consumer)
        finally:
            try:
                async with asyncio.timeout(STOP_PATIENCE):
                    await consumer.stop()
            except TimeoutError:
                _log.info("the broker does not answer; the consumer is left")

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        try:
            fetched = await gather(consumer, BATCH)
        except NoOffsetForPartitionError as error:
            await consumer.seek_to_beginning(error.args[0])
            return
        except OffsetOutOfRangeError as error:
            # What expired is asked again by its service, under the same event id.
            _log.warning("the broker no longer has the next messages")
            await consumer.seek_to_beginning(*error.args[0])
            return
        except UnicodeDecodeError:
            await self._pass_over(consumer)
            return
        if fetched:
            await self._take(consumer, fetched)

    async def _pass_over(self, consumer: AIOKafkaConsumer) -> None:
        """Go on behind a message that cannot be read; it is noted as refused. A service that misses
        an answer asks again."""
        blocked = await unreadable.find(consumer, BATCH)
        if blocked is None:
            return
        tp = blocked.partition
        _log.error("a message cannot be read", topic=tp.topic, partition=tp.partition)
        if blocked.before:
            await self._take(consumer, {tp: blocked.before})
        code = self._connector.codes.message(tp.topic, "", (), b"")
        nothing = Raw(tp.topic, tp.partition, blocked.offset, "", (), b"", code)
        async with self._taking:
            await self.take([nothing])
        await commit(consumer, {tp: blocked.resume})
        consumer.seek(tp, blocked.resume)

    async def _take(
        self,
        consumer: AIOKafkaConsumer,
        fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]],
    ) -> None:
        raws = [self._raw(tp, record) for tp, records in fetched.items() for record in records]
        async with self._taking:
            await self.take(raws)
        await failpoints.reach("inbox.before-offset-commit")
        mine = consumer.assignment() & fetched.keys()
        await commit(consumer, {tp: fetched[tp][-1].offset + 1 for tp in mine})
        await failpoints.reach("inbox.after-offset-commit")

    def _raw(self, tp: TopicPartition, record: ConsumerRecord) -> Raw:
        key = (record.key or b"").decode(errors="replace")
        headers = tuple((str(name), bytes(value or b"")) for name, value in record.headers)
        value = record.value or b""
        code = self._connector.codes.message(tp.topic, key, headers, value)
        return Raw(tp.topic, tp.partition, record.offset, key, headers, value, code)

    async def take(self, raws: Sequence[Raw]) -> None:
        """Open, judge and settle messages. What is not settled waits in the file."""
        outcomes = await asyncio.to_thread(self._judge, raws)
        unsure = {opening.owner_of(one.raw.topic) for one in outcomes if _lacks_keys(one)}
        if unsure:
            asked = {service for service in unsure if await self._refresh(service)}
            outcomes = await asyncio.to_thread(self._judge, raws, asked)
        await asyncio.to_thread(answering.settle, self._connector, outcomes)

    def _judge(self, raws: Sequence[Raw], asked: set[str] | None = None) -> list[Outcome]:
        return [
            opening.judge(
                self._connector, raw, asked=opening.owner_of(raw.topic) in (asked or set())
            )
            for raw in raws
        ]

    async def _refresh(self, service: str) -> bool:
        """Fetch a service's keys; False when it is away."""
        try:
            await self._connector.keys.refresh([service])
        except (ServiceAway, OSError) as error:
            _log.info("keys cannot be fetched", service_asked=service, reason=type(error).__name__)
            return False
        return True

    async def _take_waiting(self) -> None:
        """Try again what waits for data or for keys, all of it at each turn."""
        while not self._stopping.is_set():
            try:
                async with self._taking:
                    await self._retry()
            except Exception as error:  # noqa: BLE001 - it is in the file, and stays there
                _log.warning("what waits is tried again later", reason=type(error).__name__)
            await pause(RETRY_SECONDS, self._stopping)

    async def _retry(self) -> None:
        spool, after = self._connector.spool, 0
        if await asyncio.to_thread(people.current, spool) is None:
            return
        while not self._stopping.is_set():
            rows = await asyncio.to_thread(journal.waiting, spool, BATCH, after)
            if not rows:
                return
            after = rows[-1][0]
            await self.take([raw for _, raw in rows])


def _lacks_keys(outcome: Outcome) -> bool:
    return isinstance(outcome, Waits) and outcome.why == "keys"
