"""Services, servers, edges and their commands are killed in every phase of a campaign; the broker
is lost; a database is emptied. On the embedded broker and on Apache Kafka."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from muster.runtime import ledger, lifecycle
from muster.runtime.client import Services, administrator
from muster.runtime.demo import edges
from muster.runtime.demo.command import Driven
from muster.runtime.demo.scorecard import judge
from muster.runtime.embedded import EmbeddedPostgres
from muster.runtime.home import Home
from muster.runtime.processes import Identity
from muster.runtime.provisioning import service_names

PEOPLE, SEED = 150, 21
AT_THE_DESKS = (
    ("capture", "pictures", 1),
    ("gateway-", "pictures", 10),
    ("verification", "records verified", 10),
    ("connector-", "records verified", 20),
    ("reporting", "records verified", 30),
    ("crosscheck", "records verified", 40),
    ("broker", "records verified", 50),
    ("postgres", "records verified", 60),
    ("capture", "records verified", 75),
    ("access", "records verified", 90),
)
"""Who is killed, and after how much of what. A name that ends in a dash is an edge: the one that
was started last."""
WITH_ORDERS = (
    ("gateway-", "endings", 1),
    ("capture", "packets of records", 1),
    ("crosscheck", "work orders mended", 1),
    ("verification", "work orders mended", 2),
)
"""The same once work orders are out, how much more of what. All gateways are killed: which of their
desks still has something to be signed, is not told."""
KINDS_OF_EDGES = ("gateway-", "connector-")
SERVERS = {"broker", "postgres"}
"""Parts of the embedded stack alone; on others they are not ours to kill."""
REPORTING = "muster_reporting"
BLIND = "connector-armed-forces"
"""The connector that opens rows."""
KINDS = (
    pytest.param("embedded", id="embedded"),
    pytest.param("kafka", id="kafka", marks=pytest.mark.needs("kafka")),
)


async def _until(condition: Callable[[], object]) -> None:
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("the campaign did not get so far")


@dataclass
class Harm:
    """kill -9, each time when some more has been done; edges that were killed start again."""

    county: Any
    begun: list[dict[Path, int]] = field(default_factory=list)
    """The logs of edges that were killed together, with how often each had started; one of them
    starts again."""
    killed: set[str] = field(default_factory=set)

    async def do(self) -> None:
        """From the first file that a department loads to the last work orders."""
        tale, apart = self.county.tale, self.county.home.stack()["stack"] != "embedded"
        await self._command("load")
        for name, what, count in AT_THE_DESKS:
            if not (apart and name in SERVERS):
                await _until(lambda what=what, count=count: tale.counts[what] >= count)
                await self._kill(name)
        await _until(lambda: "desks and review" in tale.seconds)
        await self._command("supply", after=1.0)
        await self._kill("crosscheck")
        await self._opening()
        await self._kill(BLIND)
        await self._kill("crosscheck")
        await _until(lambda: "cross-check" in tale.seconds)
        before = dict(tale.counts)
        for name, what, count in WITH_ORDERS:
            wanted = before.get(what, 0) + count
            await _until(lambda what=what, wanted=wanted: tale.counts[what] >= wanted)
            await (self._kill_all(name) if name in KINDS_OF_EDGES else self._kill(name))
        for logs in self.begun:
            await _until(lambda logs=logs: any(_starts(log) > once for log, once in logs.items()))

    async def _kill(self, name: str) -> None:
        home = self.county.home
        self.killed.add(name)
        if name.startswith(KINDS_OF_EDGES):
            await _until(lambda: _running(home, name))
            self._kill_edges(_running(home, name)[-1:])
        else:
            await _until(lambda: home.stack()["parts"][name]["pid"])
            os.kill(home.stack()["parts"][name]["pid"], signal.SIGKILL)

    async def _kill_all(self, name: str) -> None:
        await _until(lambda: _running(self.county.home, name))
        self._kill_edges(_running(self.county.home, name))

    def _kill_edges(self, found: list[tuple[Identity, Path]]) -> None:
        self.begun.append({log: _starts(log) for _, log in found})
        for identity, _ in found:
            with suppress(ProcessLookupError):
                os.kill(identity.pid, signal.SIGKILL)

    async def _command(self, name: str, after: float = 0.0) -> None:
        """A connector's command that ends, when it has worked for so many seconds."""
        await _until(lambda: _kill_command(name, after))
        self.killed.add(name)

    async def _opening(self) -> None:
        """Until a department was asked to open a row."""
        async with Services(self.county.home) as services:
            account = administrator(services)
            for _ in range(3000):
                page = await account.get("crosscheck", "/candidates", limit=1000)
                if any(one["state"] in ("asked", "told") for one in page["items"]):
                    return
                await asyncio.sleep(0.1)
        raise TimeoutError("no row was asked for")


def _kill_command(name: str, after: float) -> bool:
    """Whether one of that name ran long enough, and is killed."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            told = child.cmdline()
            if name in told and "muster-connector" in " ".join(told):
                if time.time() - child.create_time() < after:
                    continue
                child.kill()
                return True
    return False


def _running(home: Home, name: str) -> list[tuple[Identity, Path]]:
    """Edges of that kind that run, each with its log; the one that was started last comes last."""
    found = []
    for file in edges.folder(home).glob(f"{name}*/{edges.PROCESS}"):
        identity = Identity.parse(home.read(file))
        if identity is not None and identity.running():
            found.append((identity, home.log(file.parent.name)))
    return sorted(found, key=lambda one: one[0].created)


def _starts(log: Path) -> int:
    """How often a program said that it is ready."""
    return log.read_text("utf-8", "replace").count('{"ready"')


@dataclass
class Harmed:
    """A campaign during which every service, PostgreSQL, the broker, gateways, connectors and their
    commands were killed."""

    county: Any
    driven: Driven
    killed: set[str]
    lose: Callable[[], None]
    """Loses the broker's messages, while the stack is down, and reporting's database."""


@pytest.fixture(scope="module", params=KINDS)
def harmed(request: pytest.FixtureRequest, county_in: Callable[..., Any]) -> Iterator[Harmed]:
    folder = Path(tempfile.mkdtemp(prefix="muster-e2e-"))
    home = Home(folder).create()
    county = county_in(home, "tongren", PEOPLE, SEED)
    harm = Harm(county)

    def lose() -> None:
        if request.param == "embedded":
            asyncio.run(_drop_own(home, REPORTING))
        else:
            request.getfixturevalue("empty_kafka")()
            asyncio.run(_drop(request.getfixturevalue("postgres"), REPORTING))

    with pytest.MonkeyPatch.context() as patch:
        if request.param == "kafka":
            for name, value in request.getfixturevalue("servers_apart")().items():
                patch.setenv(name, value)
        try:
            county.muster("up", "--profile", "tongren")
            yield Harmed(county, county.campaign(lambda _: harm.do()), harm.killed, lose)
        finally:
            lifecycle.down(home)
            shutil.rmtree(folder, ignore_errors=True)


def test_all_is_found_and_agrees_although_everything_was_killed_in_the_middle(
    harmed: Harmed,
    plan: Callable[[Path], Any],
    count: Callable[[ledger.Sides], Any],
) -> None:
    """R75, R76, R106. Everything came back (of edges: `Harm`), nothing acknowledged was lost or
    doubled, the three ledgers are as planned, and what was planted was found and closed as in a
    campaign without harm."""
    county, driven = harmed.county, harmed.driven
    parts = county.home.stack()["parts"]
    services = {*service_names()}
    assert harmed.killed >= {*services, "load", "supply", "gateway-", "connector-", BLIND}
    assert harmed.killed >= SERVERS & parts.keys()
    restarts = {name: part["restarts"] for name, part in parts.items()}
    assert all(restarts[name] for name in harmed.killed & parts.keys()), restarts
    assert ledger.compare(driven.sides) == []
    assert driven.unfinished == []
    assert count(driven.sides) == plan(county.folder)
    found = judge(county.profile, PEOPLE, SEED, driven.before, driven.after, driven.sides.reporting)
    assert found.good, found.as_dict()


def test_a_lost_broker_and_an_emptied_database_are_refilled_from_the_stores(
    harmed: Harmed,
    plan: Callable[[Path], Any],
    count: Callable[[ledger.Sides], Any],
) -> None:
    """The broker keeps nothing over `down`; reporting's database is dropped besides."""
    county = harmed.county
    county.muster("down")
    harmed.lose()
    county.muster("up")
    sides = county.agreed()
    assert ledger.compare(sides) == []
    assert count(sides) == plan(county.folder)
    county.muster("ledger")


async def _drop_own(home: Home, database: str) -> None:
    """Of the embedded server, which is down."""
    server = EmbeddedPostgres(home)
    server.start()
    try:
        await _drop(server.admin_url, database)
    finally:
        server.stop()


async def _drop(admin_url: str, database: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
    finally:
        await connection.close()
