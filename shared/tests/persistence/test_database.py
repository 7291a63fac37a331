"""Transactions, sets of rows and migrations on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import FastAPI
from sqlalchemy import ARRAY, Column, Connection, Integer, MetaData, Table, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import QueuePool

from muster.persistence.bulk import insert_rows
from muster.persistence.database import Database, Transaction
from muster.persistence.ddl import FUNCTIONS, SHARED_V1
from muster.persistence.tables import metadata as shared_metadata
from muster.vocabulary.ids import new_id


@pytest.fixture
async def database(new_database: Callable[[str | None], str]) -> AsyncIterator[Database]:
    database = Database(new_database(None))
    yield database
    await database.close()


async def test_a_request_commits_before_its_response_is_sent(database: Database) -> None:
    """Whoever hears of success may rely on it: the row is there when the first byte leaves."""
    async with database.transaction() as conn:
        await conn.execute(text("CREATE TABLE written (id int)"))
    app = FastAPI()
    app.state.database = database

    @app.post("/write")
    async def write(conn: Transaction) -> dict[str, str]:
        await conn.execute(text("INSERT INTO written VALUES (1)"))
        return {"status": "written"}

    seen_at_start: list[int] = []

    async def watch(scope, receive, send):  # type: ignore[no-untyped-def]
        async def sending(message):  # type: ignore[no-untyped-def]
            if message["type"] == "http.response.start":
                async with database.transaction() as conn:
                    count = (await conn.execute(text("SELECT count(*) FROM written"))).scalar_one()
                    seen_at_start.append(count)
            await send(message)

        await app(scope, receive, sending)

    transport = httpx.ASGITransport(app=watch)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.post("/write")).status_code == 200
    assert seen_at_start == [1]


async def test_a_failing_commit_is_no_success(database: Database) -> None:
    """A constraint that fails only at commit reaches the client as a failure."""
    async with database.transaction() as conn:
        await conn.execute(text("CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        await conn.execute(text("INSERT INTO late VALUES (1)"))
    app = FastAPI()
    app.state.database = database

    @app.post("/write")
    async def write(conn: Transaction) -> dict[str, str]:
        await conn.execute(text("INSERT INTO late VALUES (1)"))
        return {"status": "written"}

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.post("/write")).status_code == 500


async def test_a_set_of_rows_goes_in_with_one_statement_and_keeps_its_order(
    database: Database,
) -> None:
    """Types, NULL, JSON, reserved names and conflicts, in the order given."""
    own = MetaData()
    table = Table(
        "sample",
        own,
        Column("id", UUID(as_uuid=False), primary_key=True),
        Column("offset", Integer),
        Column("value", JSONB),
        Column("note", Text),
    )
    async with database.transaction() as conn:
        await conn.run_sync(own.create_all)
        rows = [
            {"id": new_id(), "offset": n, "value": {"n": [n, "名"]}, "note": None}
            for n in range(2000)
        ]
        written = await insert_rows(conn, table, rows, returning=("id", "offset"))
        assert [row["offset"] for row in written] == list(range(2000))
        assert written[0]["id"] == rows[0]["id"]
        again = await insert_rows(
            conn, table, rows[:3], conflict="ON CONFLICT DO NOTHING", returning=("id",)
        )
        assert again == []
        stored = (await conn.execute(table.select().where(table.c.offset == 7))).one()
        assert stored.value == {"n": [7, "名"]}
        assert await insert_rows(conn, table, []) == []


async def test_arrays_of_any_length_are_one_statement_too(database: Database) -> None:
    """Commas, quotes, braces and backslashes are text and no syntax."""
    own = MetaData()
    table = Table("lists", own, Column("id", Integer), Column("words", ARRAY(Text)))
    words: list[list[str] | None] = [[], ["a"], ['b,"c"', "{d}", "e\\f", "NULL", ""], None]
    async with database.transaction() as conn:
        await conn.run_sync(own.create_all)
        await insert_rows(conn, table, [{"id": n, "words": w} for n, w in enumerate(words)])
        stored = await conn.scalars(select(table.c.words).order_by(table.c.id))
        assert list(stored) == words


async def test_the_frozen_ddl_builds_what_the_code_expects(database: Database) -> None:
    """Drift between ``ddl.SHARED_V1`` and ``tables.metadata`` would show at run time only."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, shared_metadata))

    async with database.transaction() as conn:
        for statement in SHARED_V1:
            await conn.execute(text(statement))
        assert await conn.run_sync(differences) == []
        await conn.execute(text("ALTER TABLE inbox DROP COLUMN sequence"))
        assert await conn.run_sync(differences) != []


SIGNATURES = {"audit_head": "lock_key bigint, OUT seq bigint, OUT hash text"}
"""Of functions that databases have: never edited. One that gives something else has a new name."""


async def test_functions_keep_what_they_take_and_give(database: Database) -> None:
    """An upgrade makes them anew, which PostgreSQL refuses where OUT columns are others."""
    known = (
        "SELECT proname, pg_get_function_arguments(oid) FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace"
    )
    async with database.transaction() as conn:
        for statement in (*SHARED_V1, *FUNCTIONS, *FUNCTIONS):
            await conn.exec_driver_sql(statement)
        assert dict(tuple(row) for row in await conn.execute(text(known))) == SIGNATURES
    for function in FUNCTIONS:
        other = function.replace("OUT ", "OUT more TEXT, OUT ", 1)
        with pytest.raises(ProgrammingError, match="cannot change return type"):
            async with database.transaction() as conn:
                await conn.exec_driver_sql(other)


async def test_a_pool_has_so_many_connections_as_were_asked_for() -> None:
    """Servers allow so many; more than all processes may have together fail at random."""
    database = Database("postgresql+asyncpg://nowhere/none", pool_size=3)
    assert isinstance(pool := database.engine.pool, QueuePool)
    assert (pool.size(), pool._max_overflow) == (3, 0)


def test_data_folders_are_part_of_the_checkout() -> None:
    """The migration environment travels with the package."""
    from muster.persistence import migrations

    assert (Path(migrations.__file__).parent / "alembic" / "env.py").exists()
