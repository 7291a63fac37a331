"""Kafka clients with the settings that keep facts: acks from all, commits by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.partitioner import murmur2

from muster.messaging.login import Bootstrap, cluster_of

POLL = 0.2
"""Seconds that a reader waits for a first message."""
_FEW, _GATHER, _LONGEST = 100, 0.2, 1.0
SESSION = float(os.environ.get("MUSTER_SESSION_SECONDS", "15"))
"""Seconds after which the broker gives a killed reader's partitions to the next one. Tests say 6,
the least that a broker takes."""
COMMIT_PATIENCE = 10.0
CONNECT_PATIENCE = 60.0
"""Seconds for which a service waits for its broker before it says that there is none."""


def partition_of(key: str, partitions: int) -> int:
    """Partition of a key, as Kafka's own default partitioner has it; it is also the shard."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)


def new_producer(bootstrap: Bootstrap, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer; a batch is lost only together with its process."""
    return AIOKafkaProducer(
        **cluster_of(bootstrap).aiokafka(),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=256 * 1024,
        max_request_size=4 * 1024 * 1024,
        compression_type="lz4",
    )


def new_consumer(topics: Iterable[str], bootstrap: Bootstrap, group: str) -> AIOKafkaConsumer:
    """A consumer that commits by hand, and says so when an offset is gone instead of skipping."""
    return AIOKafkaConsumer(
        *topics,
        **cluster_of(bootstrap).aiokafka(),
        group_id=group,
        client_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_poll_interval_ms=600_000,
        session_timeout_ms=int(1000 * SESSION),
        heartbeat_interval_ms=int(1000 * SESSION / 5),
        fetch_max_wait_ms=100,
    )


class BrokerView:
    """What a relay needs to know of the broker: who it is, and what is still unread."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        self._client = cluster_of(bootstrap).aiokafka()
        self._admin = AIOKafkaAdminClient(**self._client)
        self._reader: AIOKafkaConsumer | None = None
        self._started = False

    async def start(self) -> None:
        """Connect."""
        await self._admin.start()
        self._started = True

    async def stop(self) -> None:
        """Disconnect."""
        if self._reader is not None:
            await self._reader.stop()
        if self._started:
            await self._admin.close()

    async def cluster_id(self) -> str:
        """Identity of the cluster; another one means that its log is another log."""
        described = await self._admin.describe_cluster()
        return str(described["cluster_id"])

    async def committed(
        self, group: str, partitions: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], int]:
        """Committed offsets of a group; 0 where it never committed."""
        wanted = [TopicPartition(topic, partition) for topic, partition in partitions]
        found = await self._admin.list_consumer_group_offsets(group, partitions=wanted)
        return {(tp.topic, tp.partition): max(0, int(at.offset)) for tp, at in found.items()}

    async def ends(
        self, partitions: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], tuple[int, int]]:
        """Where the log of each partition begins, and where its next message will be."""
        if self._reader is None:
            # The administrator's client cannot tell it; only bounded relays ask.
            self._reader = AIOKafkaConsumer(**self._client)
            await self._reader.start()
        wanted = [TopicPartition(topic, partition) for topic, partition in partitions]
        first = await self._reader.beginning_offsets(wanted)
        then = await self._reader.end_offsets(wanted)
        return {(tp.topic, tp.partition): (int(first[tp]), int(then[tp])) for tp in wanted}


async def patiently_start(
    client: AIOKafkaProducer | AIOKafkaConsumer | BrokerView, stopping: asyncio.Event
) -> None:
    """Start a client, trying again while the broker is still coming up.

    Raises:
        Exception: the last error, when the broker did not appear in time or before `stopping`.
    """
    deadline = asyncio.get_running_loop().time() + CONNECT_PATIENCE
    while True:
        try:
            await client.start()
        except Exception:  # any error of a broker that is not up yet
            if stopping.is_set() or asyncio.get_running_loop().time() > deadline:
                raise
            await pause(0.5, stopping)
        else:
            return


def _moment(took: float) -> float:
    """How long to wait for more after a batch that took so many seconds: as long, so that a
    machine that has too much to do makes fewer and larger batches; within bounds."""
    return min(max(_GATHER, took), _LONGEST)


async def let_gather(
    count: int, stopping: asyncio.Event, *, few: int = _FEW, took: float = 0.0
) -> None:
    """After few events were sent, or none, wait a moment so that the next ones go out together: a
    batch costs the same number of statements whatever its size. `few` is how many leave none
    behind that could have gone out, `took` the seconds that these have cost."""
    if count < few:
        await pause(_moment(took), stopping)


async def gather(
    consumer: AIOKafkaConsumer, most: int, took: float = 0.0
) -> dict[TopicPartition, list[ConsumerRecord]]:
    """What has come, and what comes within a moment of it, for the same reason: at most so many.
    `took` is what the last ones have cost, in seconds.

    The fetcher asks for more only once what it has was taken, and a broker may answer with no more
    than one producer's batch; a reader that merely slept would fall behind.

    Raises:
        NoOffsetForPartitionError, OffsetOutOfRangeError: of a partition. What came before from
            others is given first; the partition's position stays, so the next call raises it.
    """
    fetched: dict[TopicPartition, list[ConsumerRecord]] = {}
    count, left, clock = 0, POLL, asyncio.get_running_loop()
    deadline = None
    while left > 0 and count < most:
        try:
            more = await consumer.getmany(timeout_ms=int(1000 * left), max_records=most - count)
        except (NoOffsetForPartitionError, OffsetOutOfRangeError):
            if not fetched:
                raise
            break
        for partition, records in more.items():
            fetched.setdefault(partition, []).extend(records)
            count += len(records)
        if not count or count >= _FEW:
            break
        if deadline is None:
            deadline = clock.time() + _moment(took)
        left = deadline - clock.time()
    return fetched


async def commit(consumer: AIOKafkaConsumer, taken: Mapping[TopicPartition, int]) -> None:
    """Commit the next offsets of partitions, within a while: aiokafka looks for a broker that is
    gone for ever, and whoever is asked to stop meanwhile would not hear of it.

    Raises:
        TimeoutError: no broker took them; what was taken comes again, and the inbox knows it.
    """
    async with asyncio.timeout(COMMIT_PATIENCE):
        await consumer.commit(dict(taken))


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Wait, but not past `stopping`.

    Not by `asyncio.wait_for`: Python 3.11's swallows a cancellation that comes just when the wait
    is over, and whoever cancelled then waits for ever.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
