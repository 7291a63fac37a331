"""An edge against a real service's intake: sealed, taken once, acknowledged (design 4; R55)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from muster.contracts.envelope import Clear
from muster.contracts.topics import load_topics
from muster.messaging.consumer import Consumer
from muster.messaging.intake import Intake
from muster.messaging.message import DONE, Message, Outcome, Subscription
from muster.persistence.bulk import insert_rows
from muster.persistence.database import Database
from muster.persistence.ddl import SHARED_V1
from muster.persistence.tables import known_key
from muster.runtime import edges
from muster.runtime.home import free_port
from muster.security import jose
from muster.security.keyring import Keyring, plan, provision
from muster.spool import wire
from muster.spool.keyfile import Edge
from muster.spool.publisher import Publisher
from muster.spool.services import ServiceKeys, new_client
from muster.spool.store import Spool
from muster.vocabulary.ids import new_id

from .conftest import SPEC, TOPIC, card_read, put, running, until


@dataclass
class Capture:
    """What capture is to a gateway."""

    database: Database
    keyring: Keyring
    seen: list[Message] = field(default_factory=list)

    async def know(self, edge: Edge) -> None:
        """Heard of a terminal's key, as through ``access-key-changed``."""
        row = {
            "kid": edge.signing["kid"],
            "owner_id": edge.place,
            "owner_kind": "terminal",
            "version": 1,
            "area": edge.area,
            "use": "sig",
            "jwk": jose.public_jwk(edge.signing),
            "valid_from": datetime.now(UTC),
            "revoked_at": None,
        }
        async with self.database.transaction() as conn:
            await insert_rows(conn, known_key, [row])

    async def letters(self) -> list[str]:
        """Rules of its dead letters."""
        async with self.database.transaction() as conn:
            return list(await conn.scalars(text("SELECT rule FROM dead_letter")))

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app, port = FastAPI(), free_port()
        app.state.database = self.database
        app.state.context = SimpleNamespace(keyring=self.keyring, service="capture")
        app.include_router(edges.router)
        server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off")
        )
        task = asyncio.create_task(server._serve())
        await until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await task

    def consumer(self, kafka: str) -> Consumer:
        async def take(_context: Any, _conn: Any, batch: Sequence[Message]) -> Sequence[Outcome]:
            self.seen.extend(batch)
            return [DONE] * len(batch)

        intake = Intake(
            service="capture",
            context=self,
            database=self.database,
            subscriptions=[Subscription(TOPIC, take)],
            keyring=self.keyring,
        )
        return Consumer(service="capture", database=self.database, intake=intake, bootstrap=kafka)


@pytest.fixture
async def capture(
    new_database: Callable[[str | None], str], tmp_path: Path
) -> AsyncIterator[Capture]:
    files = provision(tmp_path / "keys", plan(load_topics().values(), ["capture", "reporting"], []))
    database = Database(new_database(None))
    async with database.transaction() as conn:
        for statement in SHARED_V1:
            await conn.execute(text(statement))
    yield Capture(database, Keyring.from_file(files["capture"]))
    await database.close()


async def test_a_services_intake_takes_an_edges_events_once(
    capture: Capture, spool: Spool, edge: Edge, home: Path, stack: Any
) -> None:
    """The service's keys come from its own address; every event is opened, taken and received."""
    await capture.know(edge)
    async with capture.serving() as url, new_client() as http:
        keys = ServiceKeys(home, {"capture": url}, http)
        await keys.refresh()
        with spool.transaction() as work:
            events = [put(work, edge, keys.packet_key("capture")) for _ in range(12)]
        publisher = Publisher(spool, stack.kafka, {"capture": url}, window=5, again_after=0.5)
        consumer = capture.consumer(stack.kafka)
        async with running(publisher), running(consumer):
            assert await publisher.drain(60)
            assert spool.again(events[3].event_id)
            assert await publisher.drain(60)
    assert [message.event_id for message in capture.seen] == [event.event_id for event in events]
    assert [message.version for message in capture.seen] == list(range(1, 13))
    assert {message.clear.terminal_id for message in capture.seen} == {edge.place}
    assert await capture.letters() == []


async def test_what_a_stranger_signed_is_a_dead_letter_and_no_standstill(
    capture: Capture, spool: Spool, edge: Edge, home: Path, stack: Any
) -> None:
    """Another's signature under this terminal's name: refused with its reason, and received, so
    that it does not come again for ever."""
    other = replace(edge, place=new_id(), signing=jose.generate("sig"))
    await capture.know(edge)
    await capture.know(other)
    async with capture.serving() as url, new_client() as http:
        keys = ServiceKeys(home, {"capture": url}, http)
        await keys.refresh()
        with spool.transaction() as work:
            put(work, edge, keys.packet_key("capture"))
            assert edge.place is not None
            forged = wire.seal_event(
                SPEC,
                Clear(version=2, terminal_id=edge.place),
                card_read(2),
                key=edge.place,
                place=edge.place,
                sequence=work.next_sequence(),
                signing=other.signing,
                reader=keys.packet_key("capture"),
            )
            work.add(forged)
            put(work, edge, keys.packet_key("capture"))
        publisher = Publisher(spool, stack.kafka, {"capture": url})
        async with running(publisher), running(capture.consumer(stack.kafka)):
            assert await publisher.drain(60)
    assert [message.version for message in capture.seen] == [1, 3]
    assert await capture.letters() == ["packet-key-unknown"]
