"""Messages that the broker's client itself cannot read: a header's name that is no UTF-8.

aiokafka decodes names before anybody sees a message, and fails at it again at each try; so one such
message, which anybody who reaches the broker can write, would stop a reader for ever. It is looked
for here, one message at a time, so that the reader can take what stands before it and go on behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_WAIT = 500
"""Milliseconds for what is there to come."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A partition whose message at `offset` cannot be read.

    `before` are those in front of it that were not committed yet. Reading goes on at `resume`,
    behind it: a batch is read from its first message, so others of the same batch may be passed
    over too, and their source has to be asked for them.
    """

    partition: TopicPartition
    before: list[ConsumerRecord]
    offset: int
    resume: int


async def find(consumer: AIOKafkaConsumer, most: int) -> Blocked | None:
    """The first of the assigned partitions that is blocked within so many messages; every partition
    is then where its offsets were committed. None when all of them can be read."""
    ends = await consumer.end_offsets(consumer.assignment())
    found = None
    for partition, end in sorted(ends.items()):
        start = await _start(consumer, partition)
        consumer.seek(partition, start)
        if found is None and start < end and not await _reads(consumer, partition, most):
            consumer.seek(partition, start)
            found = await _look(consumer, partition, end)
        consumer.seek(partition, start)
    return found


async def _start(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
    committed = await consumer.committed(partition)
    if committed is None:
        return int((await consumer.beginning_offsets([partition]))[partition])
    return int(committed)


async def _reads(consumer: AIOKafkaConsumer, partition: TopicPartition, most: int) -> bool:
    left = most
    try:
        while left > 0 and (
            more := await consumer.getmany(partition, timeout_ms=_WAIT, max_records=left)
        ):
            left -= len(more[partition])
    except UnicodeDecodeError:
        return False
    return True


async def _look(consumer: AIOKafkaConsumer, partition: TopicPartition, end: int) -> Blocked | None:
    before: list[ConsumerRecord] = []
    try:
        while more := await consumer.getmany(partition, timeout_ms=_WAIT, max_records=1):
            before += more[partition]
    except UnicodeDecodeError:
        offset = int(await consumer.position(partition))
    else:
        return None
    step, resume = 1, offset + 1
    while resume < end:
        consumer.seek(partition, resume)
        if await _reads(consumer, partition, 1):
            break
        step *= 2
        resume = min(offset + step, end)
    return Blocked(partition, before, offset, resume)
