"""The consumer: reads a service's topics and commits offsets only after the database did."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from muster.messaging import failpoints, positions, unreadable
from muster.messaging.broker import commit, gather, new_consumer, patiently_start, pause
from muster.messaging.deadletters import RawMessage
from muster.messaging.intake import Intake
from muster.messaging.limits import Halted
from muster.messaging.login import Bootstrap
from muster.observability.logging import get_logger
from muster.persistence.database import Database

_log = get_logger("muster.consumer")

BATCH = 500
HOUSEKEEPING = 0.5
_ANY_WAITING = text(
    """
    SELECT EXISTS (SELECT FROM parked) OR EXISTS (
        SELECT FROM inbox_position WHERE out_of_range OR highest > contiguous)
    """
)


class Consumer:
    """Consumes for one service until stopped. Two processes of a service share the partitions."""

    def __init__(
        self, *, service: str, database: Database, intake: Intake, bootstrap: Bootstrap
    ) -> None:
        self._service = service
        self._database = database
        self._intake = intake
        self._bootstrap = bootstrap
        self._stopping = asyncio.Event()
        self._took = 0.0
        self.assigned = asyncio.Event()
        """Set while partitions are assigned and what came on them could be taken."""

    def stop(self) -> None:
        """Ask `run` to finish its batch and return."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until stopped; failures are logged, waited for and tried again."""
        housekeeping = asyncio.create_task(self._keep_house())
        try:
            while not self._stopping.is_set():
                try:
                    await self._run_connected()
                except (KafkaError, SQLAlchemyError, OSError, failpoints.FailPointError) as error:
                    _log.warning("consumer starts again", reason=type(error).__name__)
                    await pause(1.0, self._stopping)
                except Halted as error:
                    halt = error.halt
                    _log.critical("consumer halted", topic=halt.topic, zh=halt.zh, en=halt.en)
                    await self._stopping.wait()
        finally:
            housekeeping.cancel()
            await asyncio.gather(housekeeping, return_exceptions=True)

    async def _run_connected(self) -> None:
        consumer = new_consumer(self._intake.topics, self._bootstrap, self._service)
        try:
            await patiently_start(consumer, self._stopping)
            while not self._stopping.is_set():
                await self._poll(consumer)
        finally:
            # Not ready from here on: a consumer that starts again for ever must be seen.
            self.assigned.clear()
            await consumer.stop()

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        try:
            fetched = await gather(consumer, BATCH, self._took)
        except NoOffsetForPartitionError as error:
            # A newcomer, or a log that was emptied: all that the broker has, and the rest is asked
            # for, since what expired or was lost shows no gap before the next event comes.
            await self._start_over(consumer, [error.args[0]])
            return
        except OffsetOutOfRangeError as error:
            lost = list(error.args[0])
            places = [f"{tp.topic}/{tp.partition}" for tp in lost]
            _log.warning("the broker no longer has the next messages", partitions=places)
            await self._start_over(consumer, lost)
            return
        except UnicodeDecodeError:
            await self._pass_over(consumer)
            return
        if fetched:
            await self._take(consumer, fetched)
        else:
            self._took = 0.0  # after a quiet time the first one need not wait
        self.assigned.set()

    async def _take(
        self,
        consumer: AIOKafkaConsumer,
        fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]],
    ) -> None:
        """Take what came, and commit its offsets."""
        by_topic: dict[str, list[RawMessage]] = defaultdict(list)
        for tp, records in fetched.items():
            for record in records:
                by_topic[tp.topic].append(
                    RawMessage(
                        tp.topic,
                        tp.partition,
                        record.offset,
                        (record.key or b"").decode(errors="replace"),
                        # A header may be null; as a text that is damage, and no crash.
                        tuple((name, value or b"") for name, value in record.headers),
                        record.value or b"",
                    )
                )
        async with self._intake.alone:
            began = asyncio.get_running_loop().time()
            for topic, batch in by_topic.items():
                await self._intake.take(topic, batch)
            self._took = asyncio.get_running_loop().time() - began
        await failpoints.reach("inbox.before-offset-commit")
        # What another process was given meanwhile it reads again; its inbox knows what is here.
        mine = consumer.assignment() & fetched.keys()
        await commit(consumer, {tp: fetched[tp][-1].offset + 1 for tp in mine})
        await failpoints.reach("inbox.after-offset-commit")

    async def _pass_over(self, consumer: AIOKafkaConsumer) -> None:
        """Go on behind a message that cannot be read: it becomes a dead letter without content, and
        the source is asked for what was passed over with it."""
        blocked = await unreadable.find(consumer, BATCH)
        if blocked is None:
            return
        tp = blocked.partition
        _log.error("a message cannot be read", topic=tp.topic, partition=tp.partition)
        if blocked.before:
            await self._take(consumer, {tp: blocked.before})
        nothing = RawMessage(tp.topic, tp.partition, blocked.offset, "", (), b"")
        async with self._intake.alone:
            await self._intake.take(tp.topic, [nothing])
        async with self._database.transaction() as conn:
            await positions.mark_out_of_range(conn, [(tp.topic, tp.partition)])
        await commit(consumer, {tp: blocked.resume})
        consumer.seek(tp, blocked.resume)

    async def _start_over(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> None:
        """Go on with what the broker has, and ask the source for everything not taken yet."""
        async with self._database.transaction() as conn:
            await positions.mark_out_of_range(conn, [(tp.topic, tp.partition) for tp in partitions])
        await consumer.seek_to_beginning(*partitions)

    async def _keep_house(self) -> None:
        """Try parked keys again, and ask sources for what is missing; whatever fails, go on."""
        before = True
        while not self._stopping.is_set():
            try:
                waiting = bool((await self._database.look(_ANY_WAITING))[0])
                if waiting or before:
                    await self._look_after()
                before = waiting
            except (SQLAlchemyError, OSError, failpoints.FailPointError) as error:
                _log.warning("housekeeping waits", reason=type(error).__name__)
            except Exception:  # noqa: BLE001 - parked messages must not wait for ever unseen
                _log.exception("housekeeping failed and is tried again")
            await pause(HOUSEKEEPING, self._stopping)

    async def _look_after(self) -> None:
        async with self._intake.alone:
            await self._intake.retry_parked()
        async with self._database.transaction() as conn:
            asked = await positions.request_missing(conn, self._service)
            if asked:
                await failpoints.reach("replay.before-commit")
        if asked:
            await failpoints.reach("replay.after-commit")
