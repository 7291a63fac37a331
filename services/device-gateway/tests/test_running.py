"""The gateway as the process that runs at a desk: start, end, kill, a broker away (R55, R60)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from muster.device_gateway import store, token
from muster.device_gateway.main import app
from muster.observability import logging
from muster.runtime.embedded import EmbeddedBroker
from muster.runtime.home import Home, free_port
from muster.spool import keyfile
from muster.spool.keyfile import Edge
from muster.synth import reader as virtual

from .conftest import Services, card_of, check_chain, enrol, resident, until

DIGEST = "sha256:" + "5a" * 32
SIGNATURE = {"record_digest": DIGEST, "kind": "handwriting", "trace": [[1, 2, 0], [3, 4, 9]]}


@dataclass
class Running:
    """A gateway's process and its API. `answered` are ids of readings and signatures."""

    process: asyncio.subprocess.Process
    where: dict[str, Any]
    client: httpx.AsyncClient

    async def read(self, serial: virtual.SerialReader, seed: int) -> str:
        serial.put(card_of(seed))
        answer = await self.client.post("/readings")
        serial.take()
        answer.raise_for_status()
        body = answer.json()
        assert body["fields"]["name"] == resident(seed)["name"]
        return str(body["reading"]["reading_id"])

    async def sign(self) -> str:
        answer = await self.client.post("/signatures", json=SIGNATURE)
        answer.raise_for_status()
        return str(answer.json()["signature"]["signature_id"])

    async def end(self, how: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(60):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def running(home: Path, **settings: str) -> AsyncIterator[Running]:
    """Run ``muster-gateway run`` for the length of a block; it is ended if it still runs."""
    with (home.parent / "gateway.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "muster.device_gateway.main", "run"),
            env={
                **os.environ,
                "MUSTER_GATEWAY_HOME": str(home),
                "MUSTER_GATEWAY_PORT": "0",
                "MUSTER_GATEWAY_WATCH_SECONDS": "0.3",
                **settings,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            line = await process.stdout.readline()
        assert line, (home.parent / "gateway.log").read_text()
        where = json.loads(line)
        secret = token.ensure(home)
        assert where["token_file"] == str(home / token.NAME)
        async with httpx.AsyncClient(
            base_url=where["url"], headers={"Authorization": f"Bearer {secret}"}, timeout=60
        ) as client:
            yield Running(process, where, client)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def at(edge: Edge, home: Path, kafka: str) -> None:
    """Tell the gateway where the broker is."""
    keyfile.write(home, edge.at(edge.services, kafka))


def told(services: Services) -> list[str]:
    """Ids of readings and signatures that arrived, as often as they did under another event."""
    found = []
    for event in services.events():
        if event.topic == store.CARD_READ:
            found.append(event.part.reading_id)
        elif event.topic == store.SIGNATURE:
            found.append(event.part.signature_id)
    return found


async def test_from_ready_to_drained(
    edge: Edge, home: Path, services: Services, serial: virtual.SerialReader, stack: Any
) -> None:
    """What is answered arrives; SIGTERM ends it when all is received."""
    at(edge, home, stack.kafka)
    async with (
        services.serving(),
        services.reading(stack.kafka),
        running(home, MUSTER_GATEWAY_SERIAL=serial.path) as gateway,
    ):
        assert gateway.where["ready"] is True
        assert gateway.where["terminal_id"] == edge.place
        answered = [await gateway.read(serial, 1), await gateway.sign()]
        assert await gateway.end() == 0
    assert told(services) == answered
    check_chain(services.events())
    assert services.events()[0].part.readers == {"serial": "ready"}
    spool = store.open_spool(home, edge)
    counts = spool.counts()
    spool.close()
    assert (counts.waiting, counts.published, counts.received) == (0, 0, 3)


async def test_a_broker_that_is_away_delays_only(
    edge: Edge, home: Path, services: Services, serial: virtual.SerialReader, stack: Any
) -> None:
    """Cards are read and signatures taken without it; the end is bounded; the next start sends."""
    at(edge, home, "127.0.0.1:1")
    async with services.serving(), services.reading(stack.kafka):
        drain = {"MUSTER_GATEWAY_DRAIN_SECONDS": "0.5"}
        async with running(home, MUSTER_GATEWAY_SERIAL=serial.path, **drain) as gateway:
            answered = [await gateway.read(serial, 1), await gateway.sign()]
            state = (await gateway.client.get("/status")).json()
            assert state["spool"]["waiting"] >= 2
            assert await gateway.end() == 0
        assert not services.arrivals
        at(edge, home, stack.kafka)
        async with running(home) as gateway:
            await until(lambda: set(answered) <= set(told(services)))
            assert await gateway.end() == 0
    assert told(services) == answered
    check_chain(services.events())


async def test_keys_that_could_not_be_fetched_are_fetched_soon(
    edge: Edge, home: Path, services: Services
) -> None:
    """R58: a desk that was started before its services waits no five minutes for them."""
    kept = home / "service-keys.json"
    kept.unlink()
    async with running(home) as gateway:
        answer = await gateway.client.post("/signatures", json=SIGNATURE)
        assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (503, "keys-unknown")
        async with services.serving():
            await until(lambda: kept.exists() and b"reporting" in kept.read_bytes())
            await gateway.sign()


# Those between publishing and receipt are in the tests of the spool itself.
POINTS = (
    "spool.before-commit=kill@4",
    "spool.after-commit=kill@4",
    "spool.after-publish=kill@2",
    "spool.before-received=kill@2",
)


@pytest.fixture(scope="module")
def kafka(server_home: Home) -> Iterator[str]:
    """The embedded broker: where an edge is killed does not depend on whose broker it is."""
    broker = EmbeddedBroker(Home(server_home.path / "broker-of-gateways").create())
    broker.start()
    yield broker.address
    broker.stop()


async def work_until_killed(gateway: Running, serial: virtual.SerialReader) -> list[str]:
    """Read cards and take signatures until the process dies; gives what was answered."""
    answered = []
    with contextlib.suppress(httpx.TransportError):
        for seed in range(40):
            answered.append(await gateway.read(serial, seed))
            answered.append(await gateway.sign())
            await asyncio.sleep(0.15)
    async with asyncio.timeout(90):
        assert await gateway.process.wait() == -signal.SIGKILL, "the point was never reached"
    return answered


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_loses_and_doubles_nothing_that_was_answered(
    point: str,
    edge: Edge,
    home: Path,
    services: Services,
    serial: virtual.SerialReader,
    kafka: str,
) -> None:
    """Killed at any step: each answered reading is published, once, and the chain is unbroken."""
    at(edge, home, kafka)
    settings: Mapping[str, str] = {"MUSTER_GATEWAY_SERIAL": serial.path}
    async with services.serving(), services.reading(kafka):
        async with running(home, MUSTER_FAIL_POINTS=point, **settings) as gateway:
            answered = await work_until_killed(gateway, serial)
        serial.take()
        async with running(home, **settings) as gateway:
            answered += [await gateway.read(serial, 50), await gateway.sign()]
            assert await gateway.end() == 0
        arrived = told(services)
        assert set(answered) <= set(arrived)
        assert len(arrived) == len(set(arrived))
        # What was committed and not answered may be there too: at most the one under way.
        assert len(arrived) <= len(answered) + 1
        check_chain(services.events())


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call ``muster-gateway`` in this process, with a home of its own."""
    monkeypatch.setenv("MUSTER_GATEWAY_HOME", str(tmp_path / "fresh"))
    monkeypatch.setenv("MUSTER_GATEWAY_PORT", str(free_port()))
    # The runner's own streams end with the call; what logs then must not write to them.
    logs = io.StringIO()
    configure = logging.configure
    monkeypatch.setattr(logging, "configure", lambda name, **_: configure(name, stream=logs))

    async def call(*arguments: str) -> tuple[int, str]:
        # In a thread: the command runs a loop of its own.
        done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
        return done.exit_code, done.stdout if done.exit_code == 0 else done.stderr

    return call


def addresses(port: int) -> list[str]:
    url = f"http://127.0.0.1:{port}"
    return [
        *("--access", f"{url}/access", "--capture", f"{url}/capture"),
        *("--reporting", f"{url}/reporting", "--kafka", "127.0.0.1:9092"),
    ]


async def test_enrolment(tmp_path: Path, services: Services, command: Any) -> None:
    """R101: one code, one key; repeated with the same key; keys are fetched, the token is made."""
    home = tmp_path / "fresh"
    async with services.serving() as port:
        for _ in range(2):
            asked = ("enrol", *addresses(port), "--code", "AAAA-BBBB", "--json")
            code, said = await command(*asked)
            assert code == 0, said
    found = json.loads(said)
    assert found["terminal_id"] == keyfile.read(home).place
    assert found["keys_missing"] == []
    first, second = services.enrolments
    assert first["jwk"] == second["jwk"]
    assert "d" not in first["jwk"]
    for name in (keyfile.NAME, token.NAME, "service-keys.json"):
        assert (home / name).stat().st_mode & 0o777 == 0o600
    code, said = await command("status")
    assert code == 0
    assert "未运行 does not run" in said
    assert "待发送 waiting 0" in said
    code, said = await command("status", "--json")
    assert code == 0
    state = json.loads(said)
    assert state["running"] is False
    assert state["spool"]["waiting"] == 0


@pytest.mark.parametrize("fixed", [True, False])
async def test_status_finds_the_running_gateway_on_whatever_port(
    home: Path, edge: Edge, command: Any, monkeypatch: pytest.MonkeyPatch, fixed: bool
) -> None:
    """One that took a free port says in its home which; after its end, and after a kill that left
    the file behind, nothing runs."""
    port = str(free_port()) if fixed else "0"
    monkeypatch.setenv("MUSTER_GATEWAY_HOME", str(home))
    monkeypatch.setenv("MUSTER_GATEWAY_PORT", port)

    async def runs() -> bool:
        code, said = await command("status", "--json")
        assert code == 0, said
        return bool(json.loads(said)["running"])

    assert not await runs()
    async with running(home, MUSTER_GATEWAY_PORT=port) as gateway:
        assert await runs()
        assert (home / "port").stat().st_mode & 0o777 == 0o600
        await gateway.end()
        assert not (home / "port").exists()
    async with running(home, MUSTER_GATEWAY_PORT=port) as gateway:
        await gateway.end(signal.SIGKILL)
        assert (home / "port").exists()
        assert not await runs()
    for left in ("", "x", "99999"):
        (home / "port").write_text(left)
        assert not await runs()


async def test_an_enrolment_that_fails_keeps_its_key(
    tmp_path: Path, services: Services, command: Any
) -> None:
    """Access that is away is said; the next attempt shows the same key."""
    code, said = await command("enrol", *addresses(1), "--code", "AAAA-BBBB")
    assert code == 1
    assert "127.0.0.1:1" in said
    assert "没有应答" in said
    kid = keyfile.read(tmp_path / "fresh").signing["kid"]
    assert (await command("status"))[0] == 1
    async with services.serving() as port:
        asked = ("enrol", *addresses(port), "--code", "AAAA-BBBB")
        assert (await command(*asked))[0] == 0
    assert services.enrolments[0]["jwk"]["kid"] == kid


async def test_new_addresses_need_no_code(tmp_path: Path, services: Services, command: Any) -> None:
    assert (await command("enrol", *addresses(1)))[0] == 1, "nobody is enrolled without a code"
    async with services.serving() as port:
        asked = ("enrol", *addresses(port), "--code", "AAAA-BBBB")
        assert (await command(*asked))[0] == 0
    place = keyfile.read(tmp_path / "fresh").place
    code, said = await command("enrol", *addresses(2), "--json")
    assert code == 0
    assert json.loads(said)["keys_missing"] == ["capture", "reporting"]
    edge = keyfile.read(tmp_path / "fresh")
    assert edge.place == place
    assert edge.services["capture"] == "http://127.0.0.1:2/capture"


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_token_that_others_can_read_is_not_used(mode: int, home: Path, edge: Edge) -> None:
    token.ensure(home)
    (home / token.NAME).chmod(mode)
    with pytest.raises(token.TokenError, match="0600"):
        token.ensure(home)


def test_a_token_is_made_once_and_checked(home: Path, edge: Edge) -> None:
    made = token.ensure(home)
    assert token.ensure(home) == made
    assert len(made) >= 43
    (home / token.NAME).write_text("short\n")
    with pytest.raises(token.TokenError):
        token.ensure(home)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("none", ("cannot be read", "edge.json 无法读取")),
        ("stranger", ("not enrolled", "尚未登记")),
        ("key", ("another key", "另一把密钥")),
        ("spool", ("is lost", "已丢失")),
    ],
)
async def test_a_home_that_cannot_be_used_is_said(
    change: str, words: tuple[str, str], tmp_path: Path, command: Any
) -> None:
    """A spool that is lost is not begun anew: its terminal would count from 1 again, and two chains
    under one name are believed on neither side (decision 10)."""
    home = tmp_path / "fresh"
    if change == "stranger":
        keyfile.create(home, Edge.new("terminal", {}, "127.0.0.1:1"))
    if change == "key":
        enrol(home, Edge.new("terminal", {}, "127.0.0.1:1"), "a")
        other = Edge.new("terminal", {}, "127.0.0.1:1").enrolled("a", None, None)
        keyfile.write(home, other)
    if change == "spool":
        enrol(home, Edge.new("terminal", {}, "127.0.0.1:1"), "a")
        (home / store.NAME).unlink()
    for asked in ("run", "status"):
        code, said = await command(asked)
        assert code == 1
        assert all(one in said for one in words)
        assert "登记" in said
        assert change != "spool" or not (home / store.NAME).exists()


async def test_malformed_settings_are_named(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_GATEWAY_BAUD", "fast")
    code, said = await command("status")
    assert code == 2
    assert "MUSTER_GATEWAY_BAUD" in said


async def test_a_taken_port_is_said(home: Path, edge: Edge) -> None:
    async with running(home) as first:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "muster.device_gateway.main", "run"),
            env={
                **os.environ,
                "MUSTER_GATEWAY_HOME": str(home),
                "MUSTER_GATEWAY_PORT": str(first.where["port"]),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        assert process.returncode == 1
        assert b"in use" in said
        assert "已被占用" in said.decode()
        assert orjson.loads((home / keyfile.NAME).read_bytes())["place"] == edge.place


def test_what_a_short_command_loads() -> None:
    """Nothing that paints or serves: else it takes twice as long."""
    code = (
        "import sys, muster.device_gateway.main, muster.spool.services as s; s.new_client(); "
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert not loaded & {"rich", "pygments", "aiokafka", "fastapi"}
