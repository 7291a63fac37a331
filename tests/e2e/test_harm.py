"""Services, servers and edges are killed in the middle of a campaign; the broker is lost; a
database is emptied."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from muster.runtime import ledger, lifecycle
from muster.runtime.demo import edges
from muster.runtime.demo.command import Driven
from muster.runtime.embedded import EmbeddedPostgres
from muster.runtime.home import Home
from muster.runtime.processes import Identity
from muster.runtime.provisioning import service_names

PEOPLE = 150
VICTIMS = (
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
EDGES = tuple(name for name, _, _ in VICTIMS if name.endswith("-"))
PARTS = {name for name, _, _ in VICTIMS} - {*EDGES}


async def _until(condition: Callable[[], object]) -> None:
    for _ in range(1200):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("the campaign did not get so far")


async def _kill_one_after_the_other(county: Any) -> None:
    """kill -9, each time when some more has been done; edges that were killed start again."""
    begun: dict[Path, int] = {}
    for name, what, count in VICTIMS:
        await _until(lambda what=what, count=count: county.tale.counts[what] >= count)
        if name in EDGES:
            await _until(lambda name=name: _running(county.home, name))
            identity, log = _running(county.home, name)[-1]
            begun[log] = _starts(log)
            os.kill(identity.pid, signal.SIGKILL)
        else:
            await _until(lambda name=name: county.home.stack()["parts"][name]["pid"])
            os.kill(county.home.stack()["parts"][name]["pid"], signal.SIGKILL)
    for log, starts in begun.items():
        await _until(lambda log=log, starts=starts: _starts(log) > starts)


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


@pytest.fixture(scope="module")
def harmed(county_in: Callable[..., Any]) -> Iterator[tuple[Any, Driven]]:
    """A campaign during which every service, the broker, PostgreSQL, a gateway and a connector were
    killed."""
    folder = Path(tempfile.mkdtemp(prefix="muster-e2e-"))
    home = Home(folder).create()
    county = county_in(home, "tongren", PEOPLE, 21)
    try:
        county.muster("up", "--profile", "tongren")
        yield county, county.campaign(_kill_one_after_the_other)
    finally:
        lifecycle.down(home)
        shutil.rmtree(folder, ignore_errors=True)


def test_the_ledger_agrees_although_every_service_and_both_kinds_of_edges_were_killed(
    harmed: tuple[Any, Driven],
    plan: Callable[[Path], Any],
    count: Callable[[ledger.Sides], Any],
) -> None:
    """R106. Each of them came back (of edges: `_kill_one_after_the_other`), nothing acknowledged
    was lost or doubled, and the three ledgers are as planned."""
    county, driven = harmed
    assert {*service_names()} <= PARTS
    sides, unfinished = driven.sides, driven.unfinished
    restarts = {name: part["restarts"] for name, part in county.home.stack()["parts"].items()}
    assert all(restarts[name] for name in PARTS), restarts
    assert ledger.compare(sides) == []
    assert unfinished == []
    assert count(sides) == plan(county.folder)


def test_a_lost_broker_and_an_emptied_database_are_refilled_from_the_stores(
    harmed: tuple[Any, Driven],
    plan: Callable[[Path], Any],
    count: Callable[[ledger.Sides], Any],
) -> None:
    """The embedded broker keeps nothing over `down`; reporting's database is dropped besides."""
    county, _ = harmed
    county.muster("down")
    asyncio.run(_drop(county.home, "muster_reporting"))
    county.muster("up")
    sides = county.agreed()
    assert ledger.compare(sides) == []
    assert count(sides) == plan(county.folder)
    county.muster("ledger")


async def _drop(home: Home, database: str) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    try:
        connection = await asyncpg.connect(server.admin_url)
        await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
        await connection.close()
    finally:
        server.stop()
