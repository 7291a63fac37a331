"""The same campaign on Apache Kafka."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from muster.runtime import ledger, lifecycle
from muster.runtime.demo.scorecard import judge
from muster.runtime.home import Home
from muster.runtime.provisioning import service_names

PEOPLE = 120


async def _drop_databases(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        for service in service_names():
            await connection.execute(f"DROP DATABASE IF EXISTS muster_{service} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture
def native_home(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A stack whose servers are not its own: Kafka, PostgreSQL and Redis are only named to it."""
    monkeypatch.setenv("MUSTER_STACK", "native")
    monkeypatch.setenv("MUSTER_KAFKA", stack.kafka)
    monkeypatch.setenv("MUSTER_POSTGRES_ADMIN_URL", stack.admin_url)
    monkeypatch.setenv("MUSTER_REDIS_URL", stack.redis_url)
    folder = Path(tempfile.mkdtemp(prefix="muster-e2e-"))
    asyncio.run(_drop_databases(stack.admin_url))
    home = Home(folder).create()
    try:
        yield home
    finally:
        lifecycle.down(home)
        asyncio.run(_drop_databases(stack.admin_url))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.needs("kafka")
@pytest.mark.parametrize("stack", ["kafka"], indirect=True)
def test_the_campaign_balances_on_apache_kafka(
    native_home: Home,
    county_in: Callable[..., Any],
    plan: Callable[[Path], Any],
    count: Callable[[ledger.Sides], Any],
) -> None:
    county = county_in(native_home, "loudi", PEOPLE, 31)
    county.muster("up", "--profile", "loudi")
    assert native_home.stack()["stack"] == "native"
    driven = county.campaign()
    assert ledger.compare(driven.sides) == []
    assert driven.unfinished == []
    assert count(driven.sides) == plan(county.folder)
    scored = judge(county.profile, PEOPLE, 31, driven.before, driven.after, driven.sides.reporting)
    assert scored.good, scored.as_dict()
