"""The demo's gateways and connectors: killed in the middle, they go on; killed with the demo, they
are ended by the next."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from muster.runtime.client import Services
from muster.runtime.demo import departments, edges
from muster.runtime.demo.departments import Departments
from muster.runtime.demo.edges import PROCESS, Connector, EdgeFailed, Gateway
from muster.runtime.home import Home, write_private
from muster.runtime.processes import Identity
from muster.synth.reader import SerialReader

_TOY = Path(__file__).with_name("toy_edge.py")


class ToyGateway(Gateway):
    """The real driver of a program that is a toy."""

    def _path(self) -> str:
        return str(self.services.home.path / "toy")


class ToyConnector(Connector):
    """The same, of a connector."""

    def _path(self) -> str:
        return str(self.services.home.path / "toy")


@dataclass
class Reader:
    """A reader that only notes what is laid on it."""

    path: str = "/dev/null"
    cards: list[bytes] = field(default_factory=list)
    lifted: int = 0

    def put(self, text: bytes) -> None:
        self.cards.append(text)

    def take(self) -> None:
        self.lifted += 1


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    home = Home(tmp_path).create()
    toy = tmp_path / "toy"
    toy.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_TOY}" "$@"\n', encoding="utf-8")
    toy.chmod(0o755)
    names = ("access", "capture", "reporting", "verification", "crosscheck")
    told = {name: {"url": "http://127.0.0.1:1"} for name in names}
    write_private(home.stack_file, {"kafka": "127.0.0.1:1", "services": told})
    async with Services(home) as found:
        yield found


@pytest.fixture
async def gateway(services: Services) -> AsyncIterator[Gateway]:
    made = ToyGateway.beside(services, "520602")
    made.reader = cast("SerialReader", Reader())
    _prepare(made)
    await made.readdress()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def connector(services: Services) -> AsyncIterator[Connector]:
    made = ToyConnector.at(services, "police", "tongren")
    _prepare(made)
    await made.readdress()
    await made.start()
    yield made
    await made.stop()


def _prepare(edge: Gateway | Connector, **spool: int) -> None:
    edge.home.mkdir(parents=True, exist_ok=True)
    said = {"waiting": 0, "published": 0, "received": 0, **spool}
    (edge.home / "spool").write_text(json.dumps(said), encoding="utf-8")


def _kill(edge: Gateway | Connector) -> None:
    assert edge.child is not None
    os.kill(edge.child.pid, signal.SIGKILL)
    edge.child.wait_stopped()


async def _another_answers(gateway: Gateway) -> None:
    """Under its address, and refuses."""
    assert gateway.http is not None
    await gateway.http.aclose()
    refusing = httpx.MockTransport(lambda _: httpx.Response(401, text="token-required"))
    gateway.http = httpx.AsyncClient(transport=refusing, base_url="http://127.0.0.1:1")


async def test_a_gateway_that_is_killed_while_it_reads_or_signs_is_asked_again(
    gateway: Gateway,
) -> None:
    reader = cast("Any", gateway.reader)
    (gateway.home / "die-at-answer").write_text("2", encoding="utf-8")
    assert await gateway.read(b"card") == {"path": "/readings"}
    assert (reader.cards, reader.lifted) == ([b"card"] * 3, 1)
    (gateway.home / "die-at-answer").write_text("1", encoding="utf-8")
    assert await gateway.sign("digest", [[1, 2, 3]]) == {"path": "/signatures"}
    asked = (gateway.home / "answers").read_text("utf-8").splitlines()
    assert asked == ["POST /readings"] * 3 + ["POST /signatures"] * 2


async def test_a_gateway_whose_port_another_was_given_is_started_again(
    gateway: Gateway,
) -> None:
    """After a kill; what the other one answers is not its answer."""
    assert gateway.child is not None
    before = gateway.child.pid
    _kill(gateway)
    await _another_answers(gateway)
    assert await gateway.sign("digest", [[1, 2, 3]]) == {"path": "/signatures"}
    assert gateway.child.pid != before
    await _another_answers(gateway)
    with pytest.raises(EdgeFailed, match="answered 401"):
        await gateway.sign("digest", [[1, 2, 3]])


async def test_a_gateway_that_dies_each_time_ends_the_demo_with_a_sentence(
    gateway: Gateway,
) -> None:
    (gateway.home / "die-at-answer").write_text("1000", encoding="utf-8")
    with pytest.raises(EdgeFailed, match="does not answer"):
        await gateway.sign("digest", [[1, 2, 3]])


async def test_a_command_that_is_killed_is_given_again(connector: Connector) -> None:
    (connector.home / "die-at-supply").write_text("2", encoding="utf-8")
    assert await connector.call("supply") == {"received": True}
    assert (connector.home / "answers").read_text("utf-8").splitlines() == ["supply"] * 3


async def test_a_command_that_is_killed_each_time_ends_the_demo_with_a_sentence(
    connector: Connector,
) -> None:
    (connector.home / "die-at-supply").write_text("1000", encoding="utf-8")
    with pytest.raises(EdgeFailed, match="supply ended with -9"):
        await connector.call("supply")


async def test_a_gateway_that_is_stopped_is_started_again_once_it_has_ended(
    gateway: Gateway,
) -> None:
    """Somebody switches it off in the middle: it drains first, and listens no more meanwhile."""
    (gateway.home / "slow-to-end").write_text("2", encoding="utf-8")
    assert gateway.child is not None
    before = gateway.child.pid
    os.kill(before, signal.SIGTERM)
    assert await gateway.sign("digest", [[1, 2, 3]]) == {"path": "/signatures"}
    assert gateway.child is not None
    assert gateway.child.pid != before
    (gateway.home / "slow-to-end").unlink()


async def test_draining_starts_a_gateway_again_that_died(gateway: Gateway) -> None:
    _kill(gateway)
    _prepare(gateway, waiting=2)
    await gateway.drain()
    assert gateway.child is not None
    assert gateway.child.running()


async def test_draining_goes_on_as_long_as_anything_is_received(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "_DRAIN", 1.0)
    _prepare(gateway, waiting=10)  # two seconds at least
    await gateway.drain()
    _prepare(gateway, published=1)
    with pytest.raises(EdgeFailed, match="no more in 1 s"):
        await gateway.drain()


async def test_a_connector_that_died_is_started_again_by_who_looks_after_it(
    connector: Connector,
) -> None:
    assert connector.child is not None
    before = connector.child.pid
    await connector.follow()
    assert connector.child.pid == before  # one that runs is left alone
    _kill(connector)
    await connector.follow()
    assert connector.child.pid != before
    assert connector.child.running()


async def test_a_broker_that_moved_is_told_until_it_is_known(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_private(
        connector.services.home.stack_file,
        {**connector.services.home.stack(), "kafka": "127.0.0.1:2"},
    )
    with monkeypatch.context() as hurried:
        hurried.setattr(edges, "_CALL", 0.001)
        with pytest.raises(EdgeFailed, match="enrol took over"):
            await connector.follow()
    assert connector.wanted
    await connector.follow()
    assert connector.broker == "127.0.0.1:2"
    assert connector.child is not None
    assert connector.child.running()


async def test_killed_while_it_starts_it_is_started_again_and_a_fault_is_said(
    connector: Connector,
) -> None:
    await connector.stop()
    (connector.home / "die-at-start").write_text("2", encoding="utf-8")
    assert (await connector.start())["ready"]
    await connector.stop()
    (connector.home / "die-at-start").write_text("1000", encoding="utf-8")
    with pytest.raises(EdgeFailed, match="did not start"):
        await connector.start()
    assert connector.wanted  # so that it is tried again at the next turn


async def test_it_is_ready_although_its_log_was_rotated_at_this_start(
    connector: Connector,
) -> None:
    await connector.stop()
    with connector.log.open("ab") as log:
        log.truncate(6 * 1024 * 1024)
    assert (await asyncio.wait_for(connector.start(), 90))["ready"]


async def test_a_command_that_takes_too_long_is_a_sentence(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "_CALL", 0.001)
    with pytest.raises(EdgeFailed, match="status took over"):
        await connector.spooled()


async def test_what_a_killed_demo_left_running_is_ended_and_nothing_else(
    connector: Connector,
) -> None:
    home = connector.services.home
    child = connector.child
    assert child is not None
    noted = home.read(connector.home / PROCESS)
    assert Identity.parse(noted) == child.identity
    # The number of another process by now: this one's.
    other = edges.folder(home) / "gateway-1" / PROCESS
    write_private(other, {"pid": os.getpid(), "created": 1.0})
    edges.end_left(home)
    for _ in range(200):
        if not child.identity.running():
            break
        await asyncio.sleep(0.05)
    assert not child.identity.running()
    assert not other.exists()
    assert not (connector.home / PROCESS).exists()


async def test_who_looks_after_connectors_says_what_fails_and_goes_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departments, "_LOOK", 0.0)
    said: list[str] = []
    turns = asyncio.Semaphore(0)

    async def follow() -> None:
        turns.release()
        if not said:
            raise EdgeFailed("it did not start")

    left = cast("Any", None)
    stage = cast("Any", SimpleNamespace(say=said.append))
    office = Departments(services, left, left, left, left, stage)
    office.connectors["police"] = cast("Any", SimpleNamespace(wanted=True, follow=follow))
    office._busy["police"] = asyncio.Lock()
    task = asyncio.create_task(office._follow())
    for _ in range(3):
        await asyncio.wait_for(turns.acquire(), 5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert said == ["the connector of police, tried again: it did not start"]
