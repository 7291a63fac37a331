"""An edge with its spool, and a reader that takes its events from a broker and says which."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI
from pydantic import BaseModel

from muster.contracts.envelope import Clear, read_headers
from muster.contracts.parts.device import CardRead
from muster.contracts.topics import service_topics
from muster.runtime.embedded import EmbeddedBroker
from muster.runtime.home import Home, free_port
from muster.security import jose
from muster.security.jose import Jwk
from muster.spool import keyfile, wire
from muster.spool.keyfile import Edge
from muster.spool.store import Spool, Work
from muster.vocabulary.ids import new_id

TOPIC = "device-card-read"
SPEC = service_topics()[TOPIC]
READER_KEY = jose.generate("enc")
"""Capture's packet key in these tests."""


def card_read(sequence: int) -> CardRead:
    """A reading that says nothing of anybody."""
    root = "sha256:" + hashlib.sha256(str(sequence).encode()).hexdigest()
    return CardRead(
        salt=secrets.token_hex(32),
        previous=None,
        reading_id=new_id(),
        card="resident",
        reader_id="SAM",
        root=root,
        fields=("name",),
        read_at=datetime.now(UTC),
    )


def put(work: Work, edge: Edge, reader: Jwk = READER_KEY) -> wire.Outgoing:
    """One reading into the spool, as a gateway does it."""
    assert edge.place is not None
    sequence = work.next_sequence()
    event = wire.seal_event(
        SPEC,
        Clear(version=sequence, terminal_id=edge.place),
        card_read(sequence),
        key=edge.place,
        place=edge.place,
        sequence=sequence,
        signing=edge.signing,
        reader=reader,
    )
    work.add(event)
    return event


def put_many(spool: Spool, edge: Edge, count: int) -> list[wire.Outgoing]:
    """Readings in one transaction."""
    with spool.transaction() as work:
        return [put(work, edge) for _ in range(count)]


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    """An enrolled terminal; its file stands in ``home``."""
    made = Edge.new("terminal", {"capture": "http://127.0.0.1:1"}, "127.0.0.1:1")
    made = made.enrolled(new_id(), "632321100", "一号机")
    keyfile.create(tmp_path / "home", made)
    return made


@pytest.fixture
def home(edge: Edge, tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def spool(edge: Edge, home: Path) -> Iterator[Spool]:
    made = Spool(home / "spool.db", edge.spool_key)
    yield made
    made.close()


@pytest.fixture
def broker(server_home: Home) -> Iterator[EmbeddedBroker]:
    """A broker of this test alone, which it may stop."""
    made = EmbeddedBroker(Home(server_home.path / f"broker-{new_id()[:8]}").create())
    made.start()
    yield made
    made.stop()


class Sent(BaseModel):
    event_ids: list[str]


@dataclass
class Reader:
    """A service in small: an inbox of event ids, filled from the broker, asked over HTTP.

    ``arrivals`` are all messages in their order, ``deaf`` makes it read nothing, ``asked`` counts
    the questions.
    """

    place: str
    arrivals: list[tuple[str, int]] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    asked: int = 0
    largest: int = 0
    url: str = ""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/received")
        async def received(body: Sent) -> dict[str, Any]:
            self.asked += 1
            self.largest = max(self.largest, len(body.event_ids))
            return {"event_ids": sorted(self.inbox & set(body.event_ids))}

        return app

    @contextlib.asynccontextmanager
    async def serving(self, port: int | None = None) -> AsyncIterator[str]:
        """Answer at `url` for the length of a block."""
        port = port or free_port()
        config = uvicorn.Config(
            self.app(), host="127.0.0.1", port=port, log_config=None, lifespan="off"
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        await until(lambda: server.started)
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self.url
        finally:
            server.should_exit = True
            await task

    @contextlib.asynccontextmanager
    async def reading(self, bootstrap: str) -> AsyncIterator[None]:
        """Take what is on the topic, from its beginning, for the length of a block."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=50
        )
        await consumer.start()
        consumer.assign([TopicPartition(TOPIC, number) for number in range(SPEC.partitions)])

        async def take() -> None:
            async for message in consumer:
                key = message.key.decode()
                if key != self.place:
                    continue
                headers = read_headers(SPEC, message.headers, key)
                self.arrivals.append((headers.event_id, headers.sequence))
                if headers.event_id in self.lost:
                    self.lost.discard(headers.event_id)
                else:
                    self.inbox.add(headers.event_id)

        task = asyncio.create_task(take())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await consumer.stop()

    def first_arrivals(self) -> list[int]:
        """Sequences in the order in which each came first."""
        seen: dict[int, None] = {}
        for _, sequence in self.arrivals:
            seen.setdefault(sequence)
        return list(seen)


@pytest.fixture
def reader(edge: Edge) -> Reader:
    assert edge.place is not None
    return Reader(edge.place)


@contextlib.asynccontextmanager
async def running(publisher: Any) -> AsyncIterator[None]:
    """Run a publisher, or a consumer, for the length of a block; it ends when it is asked to."""
    task = asyncio.create_task(publisher.run())
    try:
        yield
    finally:
        publisher.stop()
        async with asyncio.timeout(90):
            await task


async def until(check: Any, seconds: float = 90.0) -> None:
    """Wait until a check is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not check():
        assert asyncio.get_running_loop().time() < deadline, "never true"
        await asyncio.sleep(0.02)
