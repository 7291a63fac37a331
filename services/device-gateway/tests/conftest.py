"""A gateway in its home folder, its two services in small, and a virtual reader beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI
from pydantic import BaseModel

from muster.contracts.envelope import read_headers, read_value, seal_context
from muster.contracts.parts import PARTS
from muster.contracts.parts.device import TerminalEvent
from muster.contracts.topics import service_topics
from muster.device_gateway import store
from muster.device_gateway.domain import cards
from muster.device_gateway.handlers import Gateway
from muster.device_gateway.readers.bench import Bench
from muster.device_gateway.readers.serial_sdt import SerialReader
from muster.messaging import border
from muster.runtime.home import free_port
from muster.security import digests, jose
from muster.security.jose import Jwk
from muster.spool import keyfile
from muster.spool.keyfile import Edge
from muster.spool.services import ServiceKeys
from muster.spool.store import Spool
from muster.spool.wire import Outgoing
from muster.synth import reader as virtual
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id

TOPICS = (store.CARD_READ, store.SIGNATURE, store.STATUS)
PACKET = {name: jose.generate("enc") for name in ("capture", "reporting")}
"""Private packet keys of the services in these tests."""
TOKEN = "a-token-that-is-long-enough-for-tests"


def number_of(seed: int) -> str:
    """A resident number of somebody who never was."""
    chance = Random(seed)
    birth = date(1940, 1, 1) + timedelta(days=chance.randrange(20_000))
    return resident_number.make("632321", birth, chance.randrange(1000))


def resident(seed: int = 1) -> dict[str, str]:
    """What the card of such a person says, in the card's own form."""
    number = number_of(seed)
    return {
        "name": "才让" + "东西南北"[seed % 4],
        "sex": resident_number.parse(number).sex,
        "ethnicity": "04",
        "birth_date": number[6:14],
        "household_address": f"青海省同仁县隆务镇某村{seed}号",
        "resident_number": number,
        "issued_by": "同仁县公安局",
        "valid_from": "20120304",
        "valid_until": cards.LONG_TERM,
    }


def block_of(sign: str, fields: Mapping[str, str]) -> bytes:
    """The text block of a card of that layout; ones too long for their place are cut off."""
    _, layout = cards.LAYOUTS[sign]
    block = bytearray(" ".encode("utf-16-le") * (cards.BLOCK // 2))
    for name, (start, size) in {**layout, "sign": (248, 2)}.items():
        raw = {**fields, "sign": sign}.get(name, "").encode("utf-16-le")[:size]
        block[start : start + len(raw)] = raw
    return bytes(block)


def card_of(seed: int = 1) -> bytes:
    """The text block of that card."""
    return block_of("", resident(seed))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "gateway"


@pytest.fixture
def edge(home: Path) -> Edge:
    """An enrolled terminal that knows its services' keys."""
    port = free_port()
    services = {name: f"http://127.0.0.1:{port}/{name}" for name in ("capture", "reporting")}
    made = enrol(home, Edge.new("terminal", services, "127.0.0.1:1"), new_id())
    write_keys(home, services)
    return made


def enrol(home: Path, edge: Edge, place: str) -> Edge:
    """A home folder as `muster-gateway enrol` leaves it."""
    keyfile.create(home, edge)
    store.open_spool(home, edge).close()
    enrolled = edge.enrolled(place, "632321100", "一号机")
    keyfile.write(home, enrolled)
    return enrolled


def write_keys(home: Path, services: Mapping[str, str]) -> None:
    """The file of fetched keys, as the spool's library keeps it."""
    sign = jose.generate("sig")
    kept = {
        name: {
            "address": services[name],
            "keys": {
                "packet": [jose.public_jwk(PACKET[name])],
                "sign": [jose.public_jwk(sign)],
            },
        }
        for name in PACKET
    }
    (home / "service-keys.json").write_bytes(orjson.dumps(kept))


@pytest.fixture
def spool(edge: Edge, home: Path) -> Iterator[Spool]:
    made = store.open_spool(home, edge)
    yield made
    made.close()


@pytest.fixture
def serial() -> Iterator[virtual.SerialReader]:
    with virtual.SerialReader() as made:
        yield made


@pytest.fixture
async def gateway(
    edge: Edge, home: Path, spool: Spool, serial: virtual.SerialReader
) -> AsyncIterator[Gateway]:
    """A gateway without publisher and API, with the virtual reader on its serial port."""
    async with httpx.AsyncClient() as http:
        keys = ServiceKeys(home, edge.services, http)
        bench = Bench([SerialReader(serial.path)])
        yield Gateway(edge, spool, keys, bench)
        bench.close()


# -- what is in the spool, as the service that takes it opens it -----------------------------------


@dataclass(frozen=True)
class Event:
    """One event of a terminal, opened."""

    event_id: str
    topic: str
    sequence: int
    part: Any


def open_event(edge: Edge, topic: str, headers: Any, key: str, value: bytes) -> Event:
    """Open what this terminal signed and sealed; anything else fails."""
    spec = service_topics()[topic]
    [(reader, part)] = spec.consumers.items()
    found = read_headers(spec, list(headers), key)
    clear, sealed = read_value(value)
    context = seal_context(spec, reader, found.event_id, key, clear.version)
    signers = {edge.signing["kid"]: jose.public_jwk(edge.signing)}
    plain = border.open_packet(sealed[reader], [PACKET[reader]], signers, context)
    assert clear.terminal_id == key == edge.place
    assert clear.version == found.sequence
    return Event(found.event_id, topic, found.sequence, PARTS[part].model_validate_json(plain))


def spooled(edge: Edge, spool: Spool) -> list[Event]:
    """Everything that waits in a spool, opened, in order."""
    due: list[Outgoing] = spool.due(10_000, 1 << 30)
    return [open_event(edge, e.topic, e.headers, e.key, e.value) for e in due]


def check_chain(events: list[Event]) -> None:
    """Every event names the digest of the one before it, from the first on, without a gap."""
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    previous = None
    for event in events:
        part: TerminalEvent = event.part
        assert part.previous == previous
        previous = digests.event_digest(part.model_dump(mode="json"))


# -- services in small -----------------------------------------------------------------------------


class Sent(BaseModel):
    event_ids: list[str]


@dataclass
class Services:
    """Capture and reporting in small, on one port: keys, and an inbox filled from the broker."""

    edge: Edge
    arrivals: list[Event] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)
    enrolments: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/{service}/received")
        async def received(service: str, body: Sent) -> dict[str, Any]:
            return {"event_ids": sorted(self.inbox & set(body.event_ids))}

        @app.get("/{service}/public-keys")
        async def public_keys(service: str) -> dict[str, Any]:
            return {
                "service": service,
                "packet": [jose.public_jwk(PACKET[service])],
                "sign": [jose.public_jwk(jose.generate("sig"))],
            }

        @app.post("/access/terminals", status_code=201)
        async def enrol(body: dict[str, Any]) -> dict[str, Any]:
            jwk: Jwk = body["jwk"]
            assert jose.verified(body["proof"], jwk, 1024) == body["code"].encode()
            self.enrolments.append(body)
            return {
                "terminal_id": "11111111-2222-4333-8444-555555555555",
                "area": "632321100",
                "label": "一号机",
            }

        return app

    @contextlib.asynccontextmanager
    async def serving(self, port: int | None = None) -> AsyncIterator[int]:
        """Answer for the length of a block; gives the port."""
        port = port or int(self.edge.services["capture"].split(":")[2].split("/")[0])
        config = uvicorn.Config(
            self.app(), host="127.0.0.1", port=port, log_config=None, lifespan="off"
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        await until(lambda: server.started)
        try:
            yield port
        finally:
            server.should_exit = True
            await task

    @contextlib.asynccontextmanager
    async def reading(self, bootstrap: str) -> AsyncIterator[None]:
        """Take what this terminal publishes, from its beginning, for the length of a block."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=50
        )
        await consumer.start()
        consumer.assign(
            [
                TopicPartition(topic, number)
                for topic in TOPICS
                for number in range(service_topics()[topic].partitions)
            ]
        )

        async def take() -> None:
            async for message in consumer:
                key = message.key.decode()
                if key == self.edge.place:
                    event = open_event(
                        self.edge, message.topic, message.headers, key, message.value
                    )
                    self.arrivals.append(event)
                    self.inbox.add(event.event_id)

        task = asyncio.create_task(take())
        try:
            yield
        finally:
            task.cancel()
            done = await asyncio.gather(task, return_exceptions=True)
            await consumer.stop()
            # A message that cannot be opened fails the test.
            assert isinstance(done[0], asyncio.CancelledError), done

    def events(self) -> list[Event]:
        """What arrived, each once, in the terminal's order."""
        return sorted({e.event_id: e for e in self.arrivals}.values(), key=lambda e: e.sequence)


@pytest.fixture
def services(edge: Edge) -> Services:
    return Services(edge)


async def until(check: Any, seconds: float = 120.0) -> None:
    """Wait until a check is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not check():
        assert asyncio.get_running_loop().time() < deadline, "never true"
        await asyncio.sleep(0.02)
