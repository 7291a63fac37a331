"""One database and one role per service; no role opens another's."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from muster.runtime import databases
from muster.runtime.home import Home


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def names() -> list[str]:
    """Services that no other test of this server knows."""
    mark = secrets.token_hex(4)
    return [f"a-{mark}", f"b-{mark}", f"c-{mark}"]


@pytest.fixture
async def urls(postgres: str, names: list[str], tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    home = Home(tmp_path)
    made = await databases.provision(postgres, names, home.secret)
    assert await databases.provision(postgres, names, home.secret) == made  # idempotent
    yield made
    admin = await asyncpg.connect(postgres)
    for name in map(databases.database_name, names):
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE {name}")
    await admin.close()


async def test_a_role_works_in_its_own_database(urls: dict[str, str]) -> None:
    for service, url in urls.items():
        own = await asyncpg.connect(plain(url))
        await own.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
        assert await own.fetchval("SELECT current_user") == databases.database_name(service)
        assert await own.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is (
            False
        )
        await own.close()


async def test_no_role_opens_another_database(urls: dict[str, str]) -> None:
    refused = 0
    for own in urls.values():
        for other in urls.values():
            if own == other:
                continue
            theirs = make_url(other).database
            crossed = make_url(own).set(drivername="postgresql", database=theirs)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
                await asyncpg.connect(crossed.render_as_string(hide_password=False))
            refused += 1
    assert refused == 6


async def test_passwords_are_scram_and_demanded(postgres: str, urls: dict[str, str]) -> None:
    admin = await asyncpg.connect(postgres)
    for url in urls.values():
        parts = make_url(url)
        stored = await admin.fetchval(
            "SELECT rolpassword FROM pg_authid WHERE rolname = $1", parts.username
        )
        assert stored.startswith("SCRAM-SHA-256$4096:")
        assert str(parts.password) not in stored
        for wrong in ("", "guess"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(
                    parts.set(drivername="postgresql", password=None).render_as_string(),
                    password=wrong,
                )
    await admin.close()


async def test_a_changed_password_takes_over(
    postgres: str, urls: dict[str, str], names: list[str], tmp_path: Path
) -> None:
    other = await databases.provision(postgres, names, Home(tmp_path / "other").secret)
    assert other != urls
    await (await asyncpg.connect(plain(other[names[0]]))).close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(plain(urls[names[0]]))


async def test_the_embedded_server_asks_everyone_for_scram(postgres: str) -> None:
    admin = await asyncpg.connect(postgres)
    methods = await admin.fetch("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
    if "pgserver" in await admin.fetchval("SHOW data_directory"):
        assert [row[0] for row in methods] == ["scram-sha-256"]
    assert "trust" not in {row[0] for row in methods}
    await admin.close()


@pytest.mark.parametrize("bad", ["", "A", "x y", "a;drop", "1a", "ä", 'a"b'])
def test_a_name_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        databases.database_name(bad)


async def test_no_server_is_said_plainly() -> None:
    with pytest.raises(databases.DatabaseError, match=r"127\.0\.0\.1:9"):
        await databases.provision("postgresql://a:secret@127.0.0.1:9/postgres", ["x"], str)
