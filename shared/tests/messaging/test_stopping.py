"""Whoever is asked to stop stops soon: with readers gone, with the store or the broker away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from muster.messaging import consumer as consuming
from muster.messaging import relay as relaying
from muster.messaging import unread
from muster.runtime.home import free_port

from .conftest import (
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

SOON = 5.0
WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


async def stops(part: Any, task: asyncio.Task[None]) -> bool:
    """Whether a running part ends soon after it was asked to; it is ended in any case."""
    part.stop()
    done, late = await asyncio.wait([task], timeout=SOON)
    while late and not task.done():
        # Again and again, because the mistake that is looked for swallows single ones.
        task.cancel()
        await asyncio.sleep(0.001)
    return bool(done)


async def test_a_relay_does_not_wait_for_readers_who_have_stopped(
    source: Side, reader: Side, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no room stays in the outbox, and the next process publishes it."""
    monkeypatch.setattr(unread, "LIMIT_MESSAGES", 5)
    subject = new_subject()
    for revision in range(1, 21):
        await write_fact(source, subject, revision)
    left = 15 if stack.embedded_broker else 0

    async def went_out() -> bool:
        return bool(await scalar(source, WAITING) == left)

    relay = make_relay(source, stack)
    task = asyncio.create_task(relay.run())
    await until(went_out)
    assert await stops(relay, task)
    assert await scalar(source, WAITING) == left

    # Verification reads this topic too, and nobody plays it here: its part stays unread.
    monkeypatch.undo()

    async def all_taken() -> bool:
        return [revision for _, revision in await effects(reader)] == list(range(1, 21))

    consumer = consuming.Consumer(
        service=reader.name,
        database=reader.database,
        intake=make_intake(reader),
        bootstrap=stack.kafka,
    )
    async with running(make_relay(source, stack), consumer):
        await until(all_taken)


class _Quiet:
    """A broker's client that is there and has nothing to say."""

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def getmany(self, **_: object) -> dict[object, object]:
        await asyncio.sleep(0.01)
        return {}


class _Away:
    """An intake whose database refuses every connection."""

    topics = ()

    async def retry_parked(self) -> int:
        await asyncio.sleep(0)
        raise ConnectionRefusedError


async def test_a_consumer_stops_while_its_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "new_consumer", lambda *_: _Quiet())
    away: Any = _Away()
    nothing: Any = None
    for _ in range(5):
        part = consuming.Consumer(
            service="capture", database=nothing, intake=away, bootstrap="unused"
        )
        task = asyncio.create_task(part.run())
        await asyncio.sleep(0.03)
        assert await stops(part, task)


async def test_nobody_waits_for_a_broker_that_never_came(source: Side) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    consumer = consuming.Consumer(
        service=source.name,
        database=source.database,
        intake=make_intake(source),
        bootstrap=nowhere,
    )
    relay = relaying.Relay(
        service=source.name,
        context=source,
        database=source.database,
        publications=(),
        keyring=source.keyring,
        bootstrap=nowhere,
        bound_unread=True,
    )
    for part in (consumer, relay):
        task = asyncio.create_task(part.run())
        await asyncio.sleep(0.2)
        assert not task.done()
        assert await stops(part, task)
