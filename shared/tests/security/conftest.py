"""Keys that never change, and a PostgreSQL of this folder's own."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from muster.runtime.embedded import EmbeddedPostgres
from muster.runtime.home import Home
from muster.security.keyring import Key
from muster.security.suites import CIPHERS
from muster.security.tables import AUDIT_HEAD, audit_table, subject_key_table


@pytest.fixture
def fixed_key() -> Callable[..., Key]:
    """A key whose bytes are 0, 1, 2, ... for golden vectors; `start` makes another one."""

    def make(kid: str, suite: str = "A256GCM", start: int = 0) -> Key:
        length = CIPHERS[suite].key_bytes if suite in CIPHERS else 32
        return Key(kid, suite, bytes(range(start, start + length)))

    return make


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with its data in a temporary folder, stopped at the end."""
    home = Home(Path(tmp_path_factory.mktemp("security"))).create()
    server = EmbeddedPostgres(home, fast=True)
    server.start()
    try:
        yield server.admin_url.replace("postgresql://", "postgresql+asyncpg://")
    finally:
        server.stop()


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """Fresh tables `subject_key` and `audit`."""
    metadata = MetaData()
    subject_key_table(metadata)
    audit_table(metadata)
    made = create_async_engine(postgres_url)
    async with made.begin() as conn:
        await conn.run_sync(metadata.drop_all)
        await conn.run_sync(metadata.create_all)
        await conn.exec_driver_sql(AUDIT_HEAD)
    yield made
    await made.dispose()
