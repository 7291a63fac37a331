"""A county, a stack of real processes, and the campaign that is driven through it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from rich.console import Console

from muster.forms import Profile
from muster.runtime import ledger
from muster.runtime.client import Services, administrator
from muster.runtime.demo.command import Driven, drive
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Stage
from muster.runtime.demo.world import World
from muster.runtime.home import Home
from muster.runtime.provisioning import service_names
from muster.synth import TRUTH, build, write

Villages = dict[str, dict[str, dict[str, int]]]
Meanwhile = Callable[["County"], Awaitable[None]]


def planned(folder: Path) -> Villages:
    """How every village should stand in the end, as the truth file says."""
    truth = json.loads((folder / TRUTH).read_text("utf-8"))
    found: Villages = {}
    for village, counts in truth["ledger"].items():
        sides = {"origins": Counter[str](), "states": Counter[str](), "review": Counter[str]()}
        for line, count in counts.items():
            first, second = line.split("/")
            if first == "review":
                sides["review"][second] += count
            else:
                sides["origins"][first] += count
                sides["states"][second] += count
        found[village] = {name: dict(side) for name, side in sides.items()}
    return found


def without_zeros(villages: dict[str, Any]) -> Villages:
    """A ledger as JSON, without the states that nobody is in."""
    return {
        code: {
            side: {name: count for name, count in counts.items() if count}
            for side, counts in sides.items()
        }
        for code, sides in villages.items()
    }


def counted(sides: ledger.Sides) -> Villages:
    """Reporting's ledger by village."""
    return without_zeros({code: ledger.as_dict(sides.reporting[code]) for code in sides.villages()})


@dataclass
class County:
    """A county on disk, and the stack in `home` on which its campaign runs."""

    home: Home
    folder: Path
    profile: Profile
    tale: Tale = field(default_factory=Tale)

    @classmethod
    def make(cls, home: Home, profile: str, people: int, seed: int) -> County:
        loaded = Profile.load(profile)
        return cls(home, write(build(loaded, people, seed), home.path / "county"), loaded)

    def muster(self, *command: str) -> None:
        """One `muster` command on this county's stack, as an operator gives it."""
        done = subprocess.run(
            [sys.executable, "-m", "muster.runtime.cli", *command],
            env={**os.environ, "MUSTER_HOME": str(self.home.path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def campaign(self, meanwhile: Meanwhile | None = None) -> Driven:
        """Run it all; `meanwhile` runs beside it and does harm."""
        stage = Stage(Console(file=io.StringIO()), self.tale)

        async def both() -> Driven:
            world = World.load(self.folder)
            harm = asyncio.create_task(meanwhile(self)) if meanwhile else None
            result = await drive(self.home, world, self.profile, self.tale, stage)
            if harm is not None:
                await harm
            return result

        return asyncio.run(both())

    def agreed(self, patience: float = 60.0) -> ledger.Sides:
        """The ledgers as soon as they agree and hold everybody, or as they are in the end."""

        async def wait() -> ledger.Sides:
            deadline = asyncio.get_running_loop().time() + patience
            async with Services(self.home) as services:
                account = administrator(services)
                while True:
                    sides = await ledger.fetch(account, self.profile.area)
                    late = asyncio.get_running_loop().time() > deadline
                    if not ledger.compare(sides) or late:
                        return sides
                    await asyncio.sleep(0.3)

        return asyncio.run(wait())


@pytest.fixture(scope="module")
def county_in() -> Callable[[Home, str, int, int], County]:
    """Makes a county: home, profile, people, seed."""
    return County.make


@pytest.fixture(scope="session")
def plan() -> Callable[[Path], Villages]:
    return planned


@pytest.fixture(scope="session")
def count() -> Callable[[ledger.Sides], Villages]:
    return counted


@pytest.fixture(scope="session")
def plain() -> Callable[[dict[str, Any]], Villages]:
    return without_zeros


async def _drop_databases(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        for service in service_names():
            await connection.execute(f"DROP DATABASE IF EXISTS muster_{service} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def drop_databases(
    postgres: str, alone: Callable[[str], AbstractContextManager[None]]
) -> Iterator[Callable[[], None]]:
    """Drops the databases of all services from the session's PostgreSQL. Their names and roles are
    the same in every run, so of several processes one has them at a time."""
    with alone("databases"):
        yield lambda: asyncio.run(_drop_databases(postgres))


@pytest.fixture(scope="module")
def servers_apart(
    postgres: str,
    redis_url: str,
    empty_kafka: Callable[[], str],
    drop_databases: Callable[[], None],
) -> Iterator[Callable[[], dict[str, str]]]:
    """Empties servers that are not a stack's own; gives what names them to it."""

    def emptied() -> dict[str, str]:
        drop_databases()
        return {
            "MUSTER_STACK": "native",
            "MUSTER_KAFKA": empty_kafka(),
            "MUSTER_POSTGRES_ADMIN_URL": postgres,
            "MUSTER_REDIS_URL": redis_url,
        }

    yield emptied
    drop_databases()


@pytest.fixture(
    scope="module",
    params=(
        pytest.param("embedded", id="embedded"),
        pytest.param("kafka", id="kafka", marks=pytest.mark.needs("kafka")),
    ),
)
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """A module runs once with a stack's own servers and once with Apache Kafka, PostgreSQL and
    Redis that are only named to it; the fixture that starts the stack asks for this one first."""
    kind: str = request.param
    with pytest.MonkeyPatch.context() as patch:
        if kind == "kafka":
            for name, value in request.getfixturevalue("servers_apart")().items():
                patch.setenv(name, value)
        yield kind
