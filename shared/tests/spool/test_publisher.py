"""The spool's way out: order, window, what is away, what is lost (design section 4)."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from muster.contracts.topics import load_topics
from muster.messaging import failpoints
from muster.runtime.embedded import EmbeddedBroker
from muster.runtime.home import free_port
from muster.spool import wire
from muster.spool.keyfile import Edge
from muster.spool.publisher import Publisher
from muster.spool.services import new_client
from muster.spool.store import Spool
from muster.vocabulary.ids import new_id

from .conftest import Reader, put_many, running, until


async def test_events_arrive_in_order_within_the_window(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """At most `window` events are out and not received; all arrive, in order, once each."""
    put_many(spool, edge, 60)
    most = 0
    async with reader.serving() as url, reader.reading(stack.kafka):
        publisher = Publisher(spool, stack.kafka, {"capture": url}, window=7)
        async with running(publisher):
            drained = asyncio.create_task(publisher.drain(30))
            while not drained.done():
                most = max(most, spool.counts().published)
                await asyncio.sleep(0.01)
            assert await drained
    assert 0 < most <= 7
    assert [sequence for _, sequence in reader.arrivals] == list(range(1, 61))
    assert reader.largest <= 7
    assert spool.counts().received == 60


async def test_a_reader_that_is_away_delays_and_holds_up_nobody_else(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """While it is away nothing is repeated, however long that is; then all is asked for."""
    put_many(spool, edge, 3)
    port = free_port()
    services = {"capture": f"http://127.0.0.1:{port}", "reporting": "http://127.0.0.1:1"}
    publisher = Publisher(spool, stack.kafka, services, window=3, again_after=0.2)
    async with reader.reading(stack.kafka), running(publisher):
        await until(lambda: len(reader.inbox) == 3)
        with spool.transaction() as work:
            for _ in range(3):
                # Those of another reader have a window of their own.
                sequence = work.next_sequence()
                value = b'{"clear": {"version": 1}, "sealed": {}}'
                work.add(
                    wire.Outgoing(
                        new_id(), "device-status-changed", "k", "reporting", sequence, (), value
                    )
                )
        await until(lambda: spool.counts().published == 6)
        await asyncio.sleep(1.5)
        assert len(reader.arrivals) == 3, "repeated for a reader that does not answer"
        async with reader.serving(port):
            await until(lambda: spool.counts().received == 3)
        assert spool.counts().published == 3
        assert not await publisher.drain(0.3)
    assert len(reader.arrivals) == 3


async def test_what_is_not_received_goes_out_again(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """Under the same event id, and only what is missing."""
    events = put_many(spool, edge, 5)
    missing = events[2].event_id
    reader.lost.add(missing)
    async with reader.serving() as url, reader.reading(stack.kafka):
        publisher = Publisher(spool, stack.kafka, {"capture": url}, again_after=1.0)
        async with running(publisher):
            assert await publisher.drain(30)
    assert reader.inbox == {event.event_id for event in events}
    assert [event_id for event_id, _ in reader.arrivals].count(missing) == 2
    assert len(reader.arrivals) == 6


async def test_a_broker_that_comes_late_or_is_lost_gets_everything_that_was_not_received(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """An outage delays, never loses. Another cluster id: at once, not after the patience."""
    first = put_many(spool, edge, 2)
    address = [f"127.0.0.1:{free_port()}"]
    async with reader.serving() as url:
        publisher = Publisher(spool, lambda: address[0], {"capture": url}, again_after=3600)
        async with running(publisher):
            await asyncio.sleep(0.7)
            assert spool.counts().waiting == 2
            address[0] = stack.kafka
            async with reader.reading(address[0]):
                assert await publisher.drain(30)
            second = put_many(spool, edge, 3)
            await until(lambda: spool.counts().published == 3)
            if stack.embedded_broker:
                address[0] = stack.replace_broker()
            async with reader.reading(address[0]):
                put_many(spool, edge, 1)
                assert await publisher.drain(60)
    assert reader.inbox >= {event.event_id for event in (*first, *second)}
    assert len(reader.inbox) == 6


async def test_a_kept_event_goes_out_again_as_it_was(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """A repeated question gets the very same answer: same id, same bytes."""
    [event] = put_many(spool, edge, 1)
    async with reader.serving() as url, reader.reading(stack.kafka):
        publisher = Publisher(spool, stack.kafka, {"capture": url})
        async with running(publisher):
            assert await publisher.drain(30)
            assert spool.event(event.event_id) == event
            assert spool.again(event.event_id)
            assert spool.counts().waiting == 1
            assert await publisher.drain(30)
            await until(lambda: len(reader.arrivals) == 2)
    assert reader.arrivals == [(event.event_id, 1)] * 2
    assert not spool.again(new_id())


async def test_received_events_are_kept_for_a_time_and_then_removed(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """And their sequence never comes back."""
    put_many(spool, edge, 3)
    async with reader.serving() as url, reader.reading(stack.kafka):
        publisher = Publisher(spool, stack.kafka, {"capture": url})
        async with running(publisher):
            assert await publisher.drain(30)
        assert spool.counts().received == 3
        short = Publisher(spool, stack.kafka, {"capture": url}, keep=timedelta(0))
        async with running(short):
            await until(lambda: spool.counts().received == 0)
    with spool.transaction() as work:
        assert work.next_sequence() == 4


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"event_ids": "all"}),
        httpx.Response(302, headers={"Location": "http://elsewhere.invalid/"}),
        httpx.Response(
            422, json={"reasons": [{"field": "f", "rule": "r", "zh": "z", "severity": "refuse"}]}
        ),
        httpx.Response(200, json={"event_ids": [new_id()]}),
    ],
)
async def test_an_answer_that_is_none_marks_nothing(
    spool: Spool, edge: Edge, answer: httpx.Response
) -> None:
    """Nor does it end the publisher; nor does naming an event that was never sent."""
    events = put_many(spool, edge, 2)
    spool.mark_published([event.sequence for event in events])
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
        services = {"capture": "http://capture"}
        publisher = Publisher(spool, "127.0.0.1:1", services, http=http)
        async with running(publisher):
            await until(lambda: bool(asked))
            await asyncio.sleep(0.1)
    assert spool.counts().published == 2


async def test_errors_inside_are_waited_out(
    spool: Spool, edge: Edge, reader: Reader, stack: Any
) -> None:
    """A step that raises is tried again; nothing comes out of `run`."""
    put_many(spool, edge, 3)
    failpoints.configure("spool.before-mark=raise@1,spool.before-received=raise@1")
    try:
        async with reader.serving() as url, reader.reading(stack.kafka):
            publisher = Publisher(spool, stack.kafka, {"capture": url})
            async with running(publisher):
                assert await publisher.drain(30)
    finally:
        failpoints.configure("")
    assert len(reader.inbox) == 3
    assert len(reader.arrivals) > 3, "published, not marked: published again"


async def test_it_stops_soon_while_the_broker_is_away(spool: Spool, edge: Edge) -> None:
    put_many(spool, edge, 3)
    publisher = Publisher(spool, f"127.0.0.1:{free_port()}", {})
    started = time.monotonic()
    async with running(publisher):
        await asyncio.sleep(0.3)
    assert time.monotonic() - started < 10
    assert spool.counts().waiting == 3


async def test_it_stops_soon_when_the_broker_went_away(
    spool: Spool, edge: Edge, reader: Reader, broker: EmbeddedBroker
) -> None:
    """An idempotent producer tries for ever; the spool does not wait for it."""
    put_many(spool, edge, 1)
    async with reader.serving() as url:
        publisher = Publisher(spool, broker.address, {"capture": url})
        async with running(publisher):
            await until(lambda: spool.counts().published == 1)
            broker.stop()
            put_many(spool, edge, 2)
            await asyncio.sleep(1)
            started = time.monotonic()
        assert time.monotonic() - started < 15
    assert spool.counts().waiting == 2


def test_large_events_share_the_bytes_that_may_be_out(spool: Spool) -> None:
    """The embedded broker forgets beyond 5 MiB of a partition."""
    with spool.transaction() as work:
        for _ in range(8):
            work.add(
                wire.Outgoing(
                    new_id(), "t", "k", "crosscheck", work.next_sequence(), (), b"x" * 800_000
                )
            )
    due = spool.due(200, 2_000_000)
    assert [event.sequence for event in due] == [1, 2]
    spool.mark_published([1, 2])
    assert spool.due(200, 2_000_000) == []
    assert [event.sequence for event in spool.due(200, 2_500_000)] == [3]
    spool.mark_received([due[0].event_id, due[1].event_id])
    assert [event.sequence for event in spool.due(200, 100)] == [3], "one always may"


def test_edge_topics_have_the_partitions_that_the_embedded_broker_makes() -> None:
    """Else a key would have another partition there than by the topic's file."""
    edges = [spec for spec in load_topics(departments=["housing"]).values() if spec.from_edge]
    assert len(edges) > 4
    assert {spec.partitions for spec in edges} == {4}


async def test_the_client_follows_nobody_elsewhere() -> None:
    async with new_client() as http:
        assert not http.follow_redirects
