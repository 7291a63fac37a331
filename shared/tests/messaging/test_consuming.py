"""The consumer around the intake: when offsets are committed, what readiness sees."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from sqlalchemy.exc import SQLAlchemyError

from muster.messaging import consumer as consuming
from muster.messaging import failpoints
from muster.messaging.consumer import Consumer

from .conftest import TOPIC, Side, effects, make_intake, new_subject, raw, until


class _Broker:
    """A broker's client with one batch, which it gives until its offsets are committed."""

    def __init__(self, record: Any, log: list[str]) -> None:
        self._batch = {TopicPartition(TOPIC, record.partition): [record]}
        self.log = log
        self.committed: dict[Any, int] = {}
        self.lost = False

    async def start(self) -> None:
        self.log.append("start")

    async def stop(self) -> None:
        self.log.append("stop")

    async def getmany(self, **_: object) -> dict[Any, Any]:
        await asyncio.sleep(0.01)
        return {} if self.committed else self._batch

    def assignment(self) -> set[Any]:
        return set() if self.lost else set(self._batch)

    def highwater(self, partition: Any) -> int:
        assert partition in self.assignment()
        return 2

    async def commit(self, offsets: dict[Any, int]) -> None:
        self.log.append("commit")
        self.committed = offsets


def _record(source: Side) -> Any:
    message = raw(source.keyring, new_subject(), 1, 1)
    return SimpleNamespace(
        partition=message.partition,
        offset=message.offset,
        key=message.key.encode(),
        headers=message.headers,
        value=message.value,
    )


def _consumer(reader: Side, intake: Any) -> Consumer:
    return Consumer(
        service=reader.name, database=reader.database, intake=intake, bootstrap="unused"
    )


async def test_offsets_are_committed_only_after_the_database(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing commit of the database leaves the offset where it was, and the batch comes again.

    Meanwhile the service is not ready, however often the consumer connects.
    """
    monkeypatch.setattr(consuming, "pause", lambda *_: asyncio.sleep(0.05))
    broker = _Broker(_record(source), [])
    monkeypatch.setattr(consuming, "new_consumer", lambda *_: broker)
    consumer = _consumer(reader, make_intake(reader))
    failpoints.configure("inbox.before-commit=raise")
    task = asyncio.create_task(consumer.run())
    try:

        async def tried_often() -> bool:
            assert not consumer.assigned.is_set()
            return broker.log.count("start") >= 3

        await until(tried_often)
        assert "commit" not in broker.log
        assert await effects(reader) == []
        failpoints.configure("")

        async def committed() -> bool:
            return bool(broker.committed)

        await until(committed)
        assert len(await effects(reader)) == 1
        assert list(broker.committed.values()) == [2]
        await asyncio.wait_for(consumer.assigned.wait(), 5)
    finally:
        failpoints.configure("")
        consumer.stop()
        await task


async def test_a_consumer_that_starts_again_is_not_ready_until_it_can_take(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was ready before: that must not hide that it fails for ever now."""
    monkeypatch.setattr(consuming, "pause", lambda *_: asyncio.sleep(0.05))
    broker = _Broker(_record(source), [])
    monkeypatch.setattr(consuming, "new_consumer", lambda *_: broker)
    consumer = _consumer(reader, make_intake(reader))
    task = asyncio.create_task(consumer.run())
    try:
        await asyncio.wait_for(consumer.assigned.wait(), 20)

        async def away(**_: object) -> dict[Any, Any]:
            await asyncio.sleep(0.01)
            raise OSError

        broker.getmany = away  # type: ignore[method-assign]

        async def noticed() -> bool:
            return not consumer.assigned.is_set() and broker.log.count("start") >= 3

        await until(noticed)
    finally:
        consumer.stop()
        await task


async def test_a_broker_that_is_gone_while_offsets_are_committed_holds_nobody(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka looks for it for ever; the consumer starts again, and ends when it is asked to."""
    broker = _Broker(_record(source), [])

    async def looks_for_ever(_: object) -> None:
        broker.log.append("looking")
        await asyncio.Event().wait()

    broker.commit = looks_for_ever  # type: ignore[method-assign]
    monkeypatch.setattr(consuming, "new_consumer", lambda *_: broker)
    monkeypatch.setattr("muster.messaging.broker.COMMIT_PATIENCE", 0.3)
    monkeypatch.setattr(consuming, "pause", lambda *_: asyncio.sleep(0.05))
    consumer = _consumer(reader, make_intake(reader))
    task = asyncio.create_task(consumer.run())

    async def again() -> bool:
        return broker.log.count("looking") >= 2

    await until(again)
    assert len(await effects(reader)) == 1
    consumer.stop()
    await asyncio.wait_for(task, 10)


async def test_of_a_partition_that_another_was_given_meanwhile_nothing_is_committed(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken all the same: the other one reads it again, and the inbox knows it then."""
    broker = _Broker(_record(source), [])
    broker.lost = True
    monkeypatch.setattr(consuming, "new_consumer", lambda *_: broker)
    consumer = _consumer(reader, make_intake(reader))
    task = asyncio.create_task(consumer.run())
    try:

        async def taken() -> bool:
            return len(await effects(reader)) == 1 and "commit" in broker.log

        await until(taken)
        assert not broker.committed
        assert broker.log.count("start") == 1
    finally:
        consumer.stop()
        await task


@pytest.mark.parametrize("error", [KeyError("a mistake"), SQLAlchemyError("away")])
async def test_housekeeping_goes_on_whatever_fails(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Parked messages are tried again after it; nobody would notice a task that is gone."""
    monkeypatch.setattr(consuming, "pause", lambda *_: asyncio.sleep(0.01))
    intake: Any = make_intake(reader)
    tried = []

    async def fails_first() -> int:
        tried.append(1)
        if len(tried) == 1:
            raise error
        return 0

    intake.retry_parked = fails_first
    consumer = _consumer(reader, intake)
    house = asyncio.create_task(consumer._keep_house())

    async def tried_again() -> bool:
        return len(tried) > 1

    try:
        await until(tried_again)
    finally:
        consumer.stop()
        await house
