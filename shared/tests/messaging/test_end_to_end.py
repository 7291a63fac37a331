"""Relay, broker and consumer together, on the embedded broker (design section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from muster.messaging.consumer import Consumer
from muster.runtime.embedded import EmbeddedBroker
from muster.runtime.home import Home
from sqlalchemy import text

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


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(Home(tmp_path))
    broker.start()
    yield broker
    broker.stop()


def make_consumer(side: Side, bootstrap: str) -> Consumer:
    return Consumer(
        service=side.name, database=side.database, intake=make_intake(side), bootstrap=bootstrap
    )


async def test_every_fact_takes_effect_once_and_in_order_of_its_key(
    source: Side, reader: Side, broker: EmbeddedBroker
) -> None:
    """Order per key, each fact once, the outbox marked."""
    subjects = [new_subject() for _ in range(20)]
    for revision in (1, 2, 3):
        for subject in subjects:
            await write_fact(source, subject, revision)

    async def all_taken() -> bool:
        return len(await effects(reader)) == 60

    async with running(make_relay(source, broker.address), make_consumer(reader, broker.address)):
        await until(all_taken)
    taken = await effects(reader)
    for subject in subjects:
        assert [r for s, r in taken if s == subject] == [1, 2, 3]
    assert await scalar(source, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0


async def test_a_broker_that_lost_everything_is_filled_again_and_nothing_is_doubled(
    source: Side, reader: Side, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    """A changed cluster id makes the source publish again; what was taken stays done."""
    first, second = new_subject(), new_subject()
    await write_fact(source, first, 1)

    async def one_taken() -> bool:
        return len(await effects(reader)) == 1

    async with running(make_relay(source, broker.address), make_consumer(reader, broker.address)):
        await until(one_taken)

    # Published, then lost with its broker before anyone read it.
    await write_fact(source, second, 1)
    lost = EmbeddedBroker(Home(tmp_path / "lost"))
    lost.start()

    async def published() -> bool:
        unpublished = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        return bool(await scalar(source, unpublished) == 0)

    async with running(make_relay(source, lost.address)):
        await until(published)
    lost.stop()

    empty = EmbeddedBroker(Home(tmp_path / "empty"))
    empty.start()
    try:
        both = {(first, 1), (second, 1)}

        async def both_taken() -> bool:
            return set(await effects(reader)) == both

        async with running(make_relay(source, empty.address), make_consumer(reader, empty.address)):
            await until(both_taken)
    finally:
        empty.stop()
    assert sorted(await effects(reader)) == sorted(both)


async def test_a_hole_in_the_sequence_is_asked_for_and_filled(
    source: Side, reader: Side, broker: EmbeddedBroker
) -> None:
    """A gap in ce_sequence makes the consumer ask, and the source publish again."""
    subject = new_subject()
    for revision in (1, 2, 3):
        await write_fact(source, subject, revision)
    # The second event is marked as if published, though no broker ever saw it.
    async with source.database.transaction() as conn:
        await conn.execute(
            text(
                "UPDATE outbox SET published_at = now(), sequence = version "
                "WHERE version = 2 AND topic = :t"
            ),
            {"t": TOPIC},
        )
        await conn.execute(
            text("UPDATE outbox SET sequence = version WHERE topic = :t"), {"t": TOPIC}
        )
        await conn.execute(
            text(
                "INSERT INTO outbox_shard (topic, partition, last_sequence, cluster_id) "
                "SELECT topic, partition, 3, :c FROM outbox LIMIT 1"
            ),
            {"c": await _cluster(broker)},
        )

    async def all_taken() -> bool:
        return {r for _, r in await effects(reader)} == {1, 2, 3}

    async with running(
        make_relay(source, broker.address),
        make_relay(reader, broker.address),
        make_consumer(reader, broker.address),
        make_consumer(source, broker.address),
    ):
        await until(all_taken)
    assert len(await effects(reader)) == 3
    assert (
        await scalar(reader, f"SELECT contiguous FROM inbox_position WHERE topic = '{TOPIC}'") == 3
    )


async def _cluster(broker: EmbeddedBroker) -> str:
    from muster.messaging.broker import BrokerView

    view = BrokerView(broker.address)
    await view.start()
    try:
        return await view.cluster_id()
    finally:
        await view.stop()


async def test_the_relay_never_has_more_unread_than_the_embedded_broker_keeps(
    source: Side, reader: Side, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a broker that drops the oldest, the relay waits for its readers."""
    monkeypatch.setattr("muster.messaging.unread.LIMIT_MESSAGES", 10)
    subject = new_subject()
    for revision in range(1, 41):
        await write_fact(source, subject, revision)

    async def ten_out() -> bool:
        return bool(
            await scalar(source, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 10
        )

    relay = make_relay(source, broker.address)
    async with running(relay, _Idle()):
        await until(ten_out)
        # Nobody reads: one second later it is still ten.
        import asyncio

        await asyncio.sleep(1)
        assert await ten_out()
        reading = _reading_group("verification", broker)
        async with running(make_consumer(reader, broker.address), reading):

            async def all_taken() -> bool:
                return len(await effects(reader)) == 40

            await until(all_taken)


class _Idle:
    async def run(self) -> None:
        return

    def stop(self) -> None:
        return


def _reading_group(group: str, broker: EmbeddedBroker) -> _Committer:
    return _Committer(group, broker.address)


class _Committer:
    """Stands for the other consumer group of the topic: reads and commits, keeps nothing."""

    def __init__(self, group: str, bootstrap: str) -> None:
        import asyncio

        self._group, self._bootstrap = group, bootstrap
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        from aiokafka import AIOKafkaConsumer

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
