"""The connector as the process that runs at a department: start, end, kill, a broker away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from muster.contracts.topics import service_topics
from muster.department_connector.commands import running as commands
from muster.department_connector.handlers import supplying
from muster.department_connector.store import journal
from muster.department_connector.store.journal import Raw
from muster.department_connector.topics import consumed
from muster.messaging.broker import BrokerView, new_producer, partition_of
from muster.spool import keyfile
from muster.spool.turn import NAME, Turn
from muster.synth.rubbish import write_unreadable

from .conftest import Bench, Make, Services, person, soldier, until


@dataclass
class Running:
    """A connector's process."""

    process: asyncio.subprocess.Process
    who: dict[str, Any]

    async def end(self, how: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(120):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def running(bench: Bench, **settings: str) -> AsyncIterator[Running]:
    """Run ``muster-connector run`` for the length of a block; it is ended if it still runs."""
    log = bench.home.parent / "connector.log"
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "muster.department_connector.main", "run"),
            env={**os.environ, "MUSTER_CONNECTOR_HOME": str(bench.home), **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            line = await process.stdout.readline()
        assert line, log.read_text()
        yield Running(process, json.loads(line))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def at(bench: Bench, kafka: str) -> None:
    """Tell the connector where the broker is."""
    edge = bench.connector.edge
    keyfile.write(bench.home, edge.at(edge.services, kafka))


async def publish(kafka: str, raws: Sequence[Raw]) -> None:
    """Put messages on their topics, as a service's relay does."""
    producer = new_producer(kafka, "test")
    await producer.start()
    try:
        for raw in raws:
            await producer.send_and_wait(
                raw.topic,
                value=raw.value,
                key=raw.key.encode(),
                partition=partition_of(raw.key, service_topics()[raw.topic].partitions),
                headers=list(raw.headers),
            )
    finally:
        await producer.stop()


async def committed(kafka: str, group: str) -> int:
    """How many messages a group has committed."""
    view = BrokerView(kafka)
    await view.start()
    try:
        topics = consumed(group.removeprefix("connector-"))
        shards = [(t, n) for t in topics for n in range(service_topics()[t].partitions)]
        return sum((await view.committed(group, shards)).values())
    finally:
        await view.stop()


def answered(services: Services) -> list[str]:
    """Requests that were answered, as often as they were under another event."""
    return [e.part.request for e in services.events() if e.topic.startswith("verification-")]


def ids(raws: Sequence[Raw]) -> list[str]:
    return [dict(raw.headers)["ce_id"].decode() for raw in raws]


async def test_a_supply_may_wait_until_it_is_received(make: Make, stack: Any) -> None:
    """R74: another process sends it; whoever waits hears when crosscheck has all of it."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(seed) for seed in range(150)])
    extract_id = supplying.supply(bench.connector).extract_id
    assert not await commands.received(bench.connector, extract_id, 0.2)
    async with (
        services.serving(),
        services.reading(stack.kafka, bench.connector.edge),
        running(bench),
    ):
        assert await commands.received(bench.connector, extract_id, 120)
        assert len(services.events()) == 3
    # A connector that runs always has answers on their way; they are not waited for.
    await bench.take(bench.request(person(1), ["sex"]))
    assert await commands.received(bench.connector, extract_id, 0)


async def test_from_ready_to_drained(make: Make, stack: Any) -> None:
    """R73, R92: what is asked is answered, what is supplied arrives; SIGTERM ends it drained."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(seed) for seed in range(150)])
    supplying.supply(bench.connector)
    raws = [bench.request(person(seed), ["sex"]) for seed in range(20)]
    async with services.serving(), services.reading(stack.kafka, bench.connector.edge):
        async with running(bench) as connector:
            assert connector.who == {
                "ready": True,
                "department": "public-security",
                "mode": "sealed",
                "topics": [
                    "verification-requested-public-security",
                    "crosscheck-reveal-requested-public-security",
                ],
                "group": "connector-public-security",
            }
            await publish(stack.kafka, raws)
            await until(lambda: len(answered(services)) == 20)
            assert await connector.end() == 0
        assert await committed(stack.kafka, "connector-public-security") == 20
    assert sorted(answered(services)) == sorted(ids(raws))
    assert len([e for e in services.events() if e.topic.startswith("crosscheck-")]) == 3
    counts = bench.connector.spool.counts()
    assert (counts.waiting, counts.published, counts.received) == (0, 0, 23)


async def test_a_message_that_the_client_itself_cannot_read_stops_nobody(
    make: Make, stack: Any
) -> None:
    """What stands before and behind a header's name that is no UTF-8 is answered."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(seed) for seed in range(20)])
    raws = [bench.request(person(seed), ["sex"]) for seed in range(20)]
    topic = raws[0].topic
    await publish(stack.kafka, raws[:10])
    for partition in range(service_topics()[topic].partitions):
        await write_unreadable(stack.kafka, topic, partition)
    await publish(stack.kafka, raws[10:])
    async with (
        services.serving(),
        services.reading(stack.kafka, bench.connector.edge),
        running(bench) as connector,
    ):
        await until(lambda: len(answered(services)) == 20)
        assert await connector.end() == 0
    assert sorted(answered(services)) == sorted(ids(raws))


async def test_a_broker_and_services_that_are_away_delay_only(make: Make, stack: Any) -> None:
    """Requests of before are answered later; an end without them is bounded, and loses nothing."""
    services = Services()
    bench = make("armed-forces", port=services.port)
    at(bench, "127.0.0.1:1")
    bench.load([soldier(1)])
    supplying.supply(bench.connector)
    async with running(bench, MUSTER_CONNECTOR_DRAIN_SECONDS="0.5") as connector:
        await asyncio.sleep(1)
        assert await connector.end() == 0
    at(bench, stack.kafka)
    raws = [bench.request(soldier(1), ["enlisted_on"]), bench.reveal(bench.row_id(soldier(1)))]
    await publish(stack.kafka, raws)
    async with services.reading(stack.kafka, bench.connector.edge), running(bench) as connector:
        await until(lambda: len(services.events()) == 4)
        async with services.serving():
            await until(lambda: bench.connector.spool.counts().received == 4)
            assert await connector.end() == 0


async def test_requests_of_before_the_data_wait_for_them(make: Make, stack: Any) -> None:
    """The connector runs and has no data: it says nothing about anybody until they are loaded."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    raws = [bench.request(person(1), ["sex"])]
    async with (
        services.serving(),
        services.reading(stack.kafka, bench.connector.edge),
        running(bench) as connector,
    ):
        await publish(stack.kafka, raws)
        await until(lambda: journal.counts(bench.connector.spool)["waiting"] == 1)
        assert services.events() == []
        await asyncio.to_thread(bench.load, [person(1)])
        await until(lambda: answered(services) == ids(raws))
        assert await connector.end() == 0


POINTS = (
    "spool.before-commit=kill@1",
    "spool.before-commit=kill@3",
    "spool.after-commit=kill@1",
    "spool.after-commit=kill@3",
    "inbox.before-offset-commit=kill@1",
    "inbox.after-offset-commit=kill@1",
    "spool.before-publish=kill@1",
    "spool.after-publish=kill@1",
    "spool.before-mark=kill@1",
    "spool.after-mark=kill@1",
    "spool.before-received=kill@1",
)


def on_brokers(points: Iterable[str]) -> Any:
    """Each point on the embedded broker; those at which the broker is asked something, on Apache
    Kafka too."""
    tried = [
        pytest.param(point, kind, marks=pytest.mark.needs("kafka") if kind == "kafka" else ())
        for point in points
        for kind in ("embedded", "kafka")
        if kind == "embedded" or "publish" in point or "offset" in point
    ]
    return pytest.mark.parametrize(("point", "stack"), tried, indirect=["stack"])


@on_brokers(POINTS)
async def test_a_kill_loses_and_doubles_no_answer(point: str, make: Make, stack: Any) -> None:
    """Killed at any step, each request has one answer, under one event id; each opened row counts
    once for the quota."""
    services = Services()
    bench = make("armed-forces", port=services.port)
    at(bench, stack.kafka)
    bench.load([soldier(seed) for seed in range(6)])
    asked = [bench.request(soldier(seed), ["enlisted_on"]) for seed in range(6)]
    opened = [bench.reveal(bench.row_id(soldier(seed))) for seed in range(3)]
    async with services.serving(), services.reading(stack.kafka, bench.connector.edge):
        await publish(stack.kafka, [*asked, *opened])
        async with running(bench, MUSTER_FAIL_POINTS=point) as connector:
            async with asyncio.timeout(120):
                assert await connector.process.wait() == -signal.SIGKILL
        async with running(bench) as connector:
            await until(lambda: len(services.events()) >= 9)
            await until(lambda: bench.connector.spool.counts().received == 9)
            assert await connector.end() == 0
    assert sorted(answered(services)) == sorted(ids(asked))
    reveals = [e.part for e in services.events() if e.topic.startswith("crosscheck-")]
    assert len({part.reveal_id for part in reveals}) == len(reveals) == 3
    assert journal.counts(bench.connector.spool) == {"answered": 9, "waiting": 0, "refused": 0}
    [[day]] = bench.connector.spool.rows("SELECT DISTINCT opened_on FROM answer WHERE opened_on")
    assert journal.opened_on(bench.connector.spool, day) == 3


async def command(bench: Bench, *arguments: str, point: str = "") -> tuple[int, str]:
    """A command of ``muster-connector``: its exit code, and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "muster.department_connector.main", *arguments),
        env={
            **os.environ,
            "MUSTER_CONNECTOR_HOME": str(bench.home),
            "MUSTER_FAIL_POINTS": point,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(120):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def tries(bench: Bench) -> set[int]:
    """How often events of the spool were published."""
    return {row["tries"] for row in bench.connector.spool.rows("SELECT tries FROM outgoing")}


async def test_a_supply_that_waits_sends_by_itself(make: Make, stack: Any) -> None:
    """R74: no other process is needed; the extract arrives whole, and each event of it once."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(seed) for seed in range(150)])
    async with services.serving(), services.reading(stack.kafka, bench.connector.edge):
        code, said = await command(bench, "supply", "--wait", "60", "--json")
        assert (code, json.loads(said)["received"]) == (0, True)
        assert sorted(event.part.number for event in services.arrivals) == [0, 1, 2]
    assert tries(bench) == {1}
    assert Turn(bench.home).take()


async def test_a_supply_beside_a_run_leaves_sending_to_it(make: Make, stack: Any) -> None:
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(seed) for seed in range(150)])
    async with (
        services.serving(),
        services.reading(stack.kafka, bench.connector.edge),
        running(bench) as connector,
    ):
        # It would not live to publish anything.
        point = "spool.before-publish=kill@1"
        _, said = await command(bench, "supply", "--wait", "60", "--json", point=point)
        assert json.loads(said)["received"]
        assert sorted(event.part.number for event in services.arrivals) == [0, 1, 2]
        assert await connector.end() == 0
    assert tries(bench) == {1}


async def test_a_run_beside_a_supply_sends_when_that_has_ended(make: Make, stack: Any) -> None:
    """Whatever is wrong with the file of the turn meanwhile; it is logged once."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(1)])
    supplying.supply(bench.connector)
    turn = Turn(bench.home)
    assert turn.take()
    async with (
        services.serving(),
        services.reading(stack.kafka, bench.connector.edge),
        running(bench) as connector,
    ):
        file, aside = bench.home / NAME, bench.home / "aside"
        file.rename(aside)
        file.mkdir()
        log = bench.home.parent / "connector.log"
        await until(lambda: str(file) in log.read_text())
        await asyncio.sleep(1)
        assert log.read_text().count("turn to send") == 1
        assert tries(bench) == {0}
        file.rmdir()
        aside.rename(file)
        turn.close()
        await until(lambda: bench.connector.spool.counts().received == 2)
        assert await connector.end() == 0


@on_brokers(one for one in POINTS if "publish" in one or "mark" in one)
async def test_what_a_killed_supply_had_to_send_a_run_sends(
    point: str, make: Make, stack: Any
) -> None:
    """R74: under the event ids that it has, so that the cross-check takes each once."""
    services = Services()
    bench = make("public-security", port=services.port)
    at(bench, stack.kafka)
    bench.load([person(seed) for seed in range(150)])
    async with services.serving(), services.reading(stack.kafka, bench.connector.edge):
        code, _ = await command(bench, "supply", "--wait", "60", point=point)
        assert code == -signal.SIGKILL
        async with running(bench) as connector:
            await until(lambda: bench.connector.spool.counts().received == 3)
            assert await connector.end() == 0
    assert sorted(event.part.number for event in services.events()) == [0, 1, 2]
    assert len({event.key for event in services.arrivals}) == 1


@pytest.mark.parametrize("passage", [1, 2, 4])
async def test_a_killed_load_or_supply_is_done_again(make: Make, passage: int) -> None:
    """The command is killed at a commit; the data of before stand, and it can be repeated."""
    bench = make("public-security")
    bench.load([person(1)])
    file = bench.file([person(seed) for seed in range(700)])

    def rows() -> list[int]:
        return [
            r[0]
            for r in bench.connector.spool.rows("SELECT rows FROM loading WHERE state = 'current'")
        ]

    point = f"spool.before-commit=kill@{passage}"
    assert (await command(bench, "load", str(file), point=point))[0] == -signal.SIGKILL
    assert rows() == [1]
    assert (await command(bench, "load", str(file)))[0] == 0
    assert (await command(bench, "supply", point=point))[0] == -signal.SIGKILL
    assert bench.spooled() == []
    assert (await command(bench, "supply"))[0] == 0
    parts = [event.part for event in bench.spooled()]
    assert sum(len(part.rows) for part in parts) == rows()[0]
