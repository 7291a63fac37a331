"""Relay, broker and consumer together, on the embedded broker and on Apache Kafka (design 4)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from muster.contracts.topics import service_topics
from muster.messaging.consumer import Consumer
from muster.synth.rubbish import write_unreadable

from .conftest import (
    TOPIC,
    Side,
    effects,
    make_intake,
    make_relay,
    new_subject,
    running,
    scalar,
    until,
    write_fact,
)

UNPUBLISHED = f"SELECT count(*) FROM outbox WHERE topic = '{TOPIC}' AND published_at IS NULL"


def make_consumer(side: Side, stack: Any) -> Consumer:
    return Consumer(
        service=side.name,
        database=side.database,
        intake=make_intake(side),
        bootstrap=stack.kafka,
    )


async def test_every_fact_takes_effect_once_and_in_order_of_its_key(
    source: Side, reader: Side, stack: Any
) -> None:
    """Order per key, each fact once, the outbox marked."""
    subjects = [new_subject() for _ in range(20)]
    for revision in (1, 2, 3):
        for subject in subjects:
            await write_fact(source, subject, revision)

    async def all_taken() -> bool:
        return len(await effects(reader)) == 60

    async with running(make_relay(source, stack), make_consumer(reader, stack)):
        await until(all_taken)
    taken = await effects(reader)
    for subject in subjects:
        assert [r for s, r in taken if s == subject] == [1, 2, 3]
    assert await scalar(source, UNPUBLISHED) == 0


async def test_a_broker_that_lost_everything_is_filled_again_and_nothing_is_doubled(
    source: Side, reader: Side, stack: Any
) -> None:
    """Published, lost unread with its broker, published again; what was taken stays done.

    The embedded broker comes back as another cluster, the emptied Kafka as the same one without
    offsets: the first is seen by the source, the second by the consumer.
    """
    first, second = new_subject(), new_subject()
    await write_fact(source, first, 1)

    async def one_taken() -> bool:
        return len(await effects(reader)) == 1

    async with running(make_relay(source, stack), make_consumer(reader, stack)):
        await until(one_taken)

    await write_fact(source, second, 1)

    async def published() -> bool:
        return bool(await scalar(source, UNPUBLISHED) == 0)

    async with running(make_relay(source, stack)):
        await until(published)
    stack.replace_broker()

    both = {(first, 1), (second, 1)}

    async def both_taken() -> bool:
        return set(await effects(reader)) == both

    async with running(
        make_relay(source, stack),
        make_relay(reader, stack),
        make_consumer(reader, stack),
        make_consumer(source, stack),
    ):
        await until(both_taken)
    assert sorted(await effects(reader)) == sorted(both)


async def test_a_hole_in_the_sequence_is_asked_for_and_filled(
    source: Side, reader: Side, stack: Any
) -> None:
    """A gap in ce_sequence makes the consumer ask, and the source publish again."""
    subject = new_subject()

    async def taken() -> set[int]:
        return {revision for _, revision in await effects(reader)}

    async def first_taken() -> bool:
        return await taken() == {1}

    async def all_taken() -> bool:
        return await taken() == {1, 2, 3}

    parts = (
        make_relay(source, stack),
        make_relay(reader, stack),
        make_consumer(reader, stack),
        make_consumer(source, stack),
    )
    await write_fact(source, subject, 1)
    async with running(*parts):
        await until(first_taken)
        async with source.database.transaction() as conn:
            # The second event is marked as published in the transaction that wrote it, and given
            # its place: no broker ever sees it.
            await _write_unseen(conn, subject)
        await write_fact(source, subject, 3)
        await until(all_taken)
    assert len(await effects(reader)) == 3
    position = f"SELECT contiguous FROM inbox_position WHERE topic = '{TOPIC}' AND contiguous > 0"
    assert await scalar(reader, position) == 3


async def _write_unseen(conn: Any, subject: str) -> None:
    await conn.execute(
        text(
            "INSERT INTO outbox (event_id, topic, partition, key, version, county, ref, "
            "occurred_at, sequence, published_at) SELECT gen_random_uuid(), topic, partition, "
            "key, 2, county, ref, now(), 2, now() FROM outbox WHERE key = :key"
        ),
        {"key": subject},
    )
    await conn.execute(
        text("UPDATE outbox_shard SET last_sequence = 2 WHERE topic = :t AND last_sequence = 1"),
        {"t": TOPIC},
    )


async def test_the_relay_never_has_more_unread_than_the_embedded_broker_keeps(
    source: Side, reader: Side, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a broker that drops the oldest the relay waits for its readers; Kafka needs no waiting."""
    monkeypatch.setattr("muster.messaging.unread.LIMIT_MESSAGES", 10)
    subject = new_subject()
    for revision in range(1, 41):
        await write_fact(source, subject, revision)
    out = 10 if stack.embedded_broker else 40

    async def as_far_as_it_may() -> bool:
        return bool(await scalar(source, UNPUBLISHED) == 40 - out)

    async def all_taken() -> bool:
        return len(await effects(reader)) == 40

    async with running(make_relay(source, stack)):
        await until(as_far_as_it_may)
        await asyncio.sleep(1)
        assert await as_far_as_it_may(), "nobody has read anything"
        others = [_OtherGroup(name, stack.kafka) for name in ("verification", "crosscheck")]
        async with running(make_consumer(reader, stack), *others):
            await until(all_taken)


class _OtherGroup:
    """The other consumer group of the topic: reads and commits, keeps nothing."""

    def __init__(self, group: str, bootstrap: str) -> None:
        self._group, self._bootstrap = group, bootstrap
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        consumer = AIOKafkaConsumer(
            TOPIC,
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            while not self._stopping.is_set():
                if await consumer.getmany(timeout_ms=100):
                    await consumer.commit()
        finally:
            await consumer.stop()


async def test_two_relays_of_one_service_publish_each_event_once(
    source: Side, reader: Side, stack: Any
) -> None:
    """A shard belongs to one process at a time; the second takes over when the first ends."""
    subjects = [new_subject() for _ in range(30)]
    for subject in subjects:
        await write_fact(source, subject, 1)

    async def published() -> bool:
        return bool(await scalar(source, UNPUBLISHED) == 0)

    async with running(make_relay(source, stack), make_relay(source, stack)):
        await until(published)
    assert await _messages_on_topic(stack.kafka) == 30


async def _messages_on_topic(bootstrap: str) -> int:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        return sum(ends.values())
    finally:
        await consumer.stop()


async def test_another_cluster_id_makes_the_source_publish_all_again(
    source: Side, stack: Any
) -> None:
    """The source sees it by itself, whether or not a consumer asks."""
    await write_fact(source, new_subject(), 1)

    async def published() -> bool:
        return bool(await scalar(source, UNPUBLISHED) == 0)

    async with running(make_relay(source, stack)):
        await until(published)
    assert await _messages_on_topic(stack.kafka) == 1
    async with source.database.transaction() as conn:
        await conn.execute(text("UPDATE outbox_shard SET cluster_id = 'the one before'"))
    async with running(make_relay(source, stack)):

        async def twice() -> bool:
            return await _messages_on_topic(stack.kafka) == 2

        await until(twice)


async def test_a_message_that_the_client_itself_cannot_read_stops_nobody(
    source: Side, reader: Side, stack: Any
) -> None:
    """A header's name that is no UTF-8 makes aiokafka fail before anybody sees the message, and at
    each try. It is passed over as a dead letter; what stands before and behind it is taken, and
    what its batch took along is asked for."""
    subjects = [new_subject() for _ in range(8)]
    parts = (
        make_relay(source, stack),
        make_relay(reader, stack),
        make_consumer(reader, stack),
        make_consumer(source, stack),
    )

    async def taken(revision: int) -> bool:
        return sum(r == revision for _, r in await effects(reader)) == len(subjects)

    async with running(*parts):
        for subject in subjects:
            await write_fact(source, subject, 1)
        await until(lambda: taken(1))
        for partition in range(service_topics()[TOPIC].partitions):
            await write_unreadable(stack.kafka, TOPIC, partition)
        for subject in subjects:
            await write_fact(source, subject, 2)
        await until(lambda: taken(2), 60.0)
    effects_seen = await effects(reader)
    assert sorted(effects_seen) == sorted({*effects_seen})
    letters = f"SELECT count(*) FROM outbox WHERE topic = '{reader.name}-dead-letter'"
    assert await scalar(reader, letters) >= service_topics()[TOPIC].partitions
