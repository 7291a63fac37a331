"""Servers of the session, and fresh databases on its PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.plugins.shared import KAFKA_DEPLOY, KAFKA_LIBS, one_at_a_time, run


@pytest.fixture(scope="session")
def worker() -> int:
    """Which of a run's processes this is (pytest-xdist), from 0; 0 if there is one only."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def server_home() -> Iterator[Any]:
    """A temporary folder for the session's servers; not pytest's, which only its owner enters."""
    from muster.runtime.home import Home

    folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
    yield Home(folder).create()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_home: Any) -> Iterator[str]:
    """Administrator's URL (``postgresql://``) of PostgreSQL."""
    given = os.environ.get("MUSTER_TEST_POSTGRES_ADMIN_URL")
    if given:
        yield given
        return
    from muster.runtime.embedded import EmbeddedPostgres

    server = EmbeddedPostgres(server_home, fast=True)
    server.start()
    yield server.admin_url
    server.stop()


@pytest.fixture(scope="session")
def redis_url(server_home: Any, worker: int) -> Iterator[str]:
    """A database of Redis that tests empty: the one that is given, or of several processes the
    first has it and each other one of those behind it."""
    given = os.environ.get("MUSTER_TEST_REDIS_URL")
    if given:
        address = urlsplit(given)
        database = int(address.path.strip("/") or 0) + worker
        yield address._replace(path=f"/{database}").geturl()
        return
    from muster.runtime.embedded import EmbeddedRedis

    server = EmbeddedRedis(server_home)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def real_kafka(server_home: Any) -> Iterator[str]:
    """Address of Apache Kafka. Only for tests that carry ``needs("kafka")``."""
    given = os.environ.get("MUSTER_TEST_KAFKA")
    if given:
        yield given
        return
    from muster.runtime.kafka import KafkaServer

    server = KafkaServer(server_home, KAFKA_LIBS, KAFKA_DEPLOY / "server.properties")
    server.start()
    yield server.address
    server.stop()


@pytest.fixture(scope="session")
def alone() -> Callable[[str], AbstractContextManager[None]]:
    """``with alone("pcscd")``: what only one test process of this machine can have at a time."""
    return one_at_a_time


# -- databases -------------------------------------------------------------------------------------


async def _admin(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _other(url: str, database: str) -> str:
    from sqlalchemy.engine import make_url

    changed = make_url(url).set(drivername="postgresql+asyncpg", database=database)
    return changed.render_as_string(hide_password=False)


@dataclass
class Databases:
    """Makes fresh databases fast: a service's migrations run once, into a template."""

    admin_url: str
    templates: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def new(self, service: str | None = None) -> str:
        name = f"test_{uuid.uuid4().hex[:16]}"
        template = self._template(service) if service else "template0"
        run(_admin(self.admin_url, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"))
        self.made.append(name)
        return _other(self.admin_url, name)

    def drop(self, names: list[str]) -> None:
        for name in names:
            run(_admin(self.admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            self.made.remove(name)

    def _template(self, service: str) -> str:
        if service not in self.templates:
            from muster.persistence.migrations import upgrade_async
            from muster.runtime.provisioning import load_service

            name = f"template_{service.replace('-', '_')}_{uuid.uuid4().hex[:8]}"
            run(_admin(self.admin_url, f"CREATE DATABASE {name} TEMPLATE template0"))
            self.made.append(name)
            migrations = load_service(service).migrations
            run(upgrade_async(_other(self.admin_url, name), migrations))
            self.templates[service] = name
        return self.templates[service]


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[Databases]:
    made = Databases(postgres)
    yield made
    made.drop(list(made.made))


@contextmanager
def fresh_databases(databases: Databases) -> Iterator[Callable[[str | None], str]]:
    before = set(databases.made)
    yield databases.new
    templates = set(databases.templates.values())
    databases.drop([name for name in databases.made if name not in before | templates])


@pytest.fixture
def new_database(databases: Databases) -> Iterator[Callable[[str | None], str]]:
    with fresh_databases(databases) as new:
        yield new
