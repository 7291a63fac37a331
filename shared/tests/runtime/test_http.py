"""What a client is told when the store is away: come again, nothing was saved."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from muster.persistence.database import Database, Transaction
from muster.runtime.home import free_port
from muster.runtime.http import install


class Row(BaseModel):
    """What stands in a list of a body."""

    fields: dict[str, int]


class Told(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")

    rows: list[Row] = []
    fields: dict[str, int] | None = None


def application(database: Database) -> FastAPI:
    app = FastAPI()
    app.state.database = database
    app.state.running = SimpleNamespace()
    install(app, "capture")

    @app.get("/rows")
    async def rows(conn: Transaction) -> int:
        return int((await conn.execute(text("SELECT 1"))).scalar_one())

    @app.get("/wrong")
    async def wrong(conn: Transaction) -> int:
        return int((await conn.execute(text("SELECT nothing"))).scalar_one())

    @app.post("/told")
    async def told(_: Told, limit: int = 1) -> None:
        """Takes a body with a mapping in it."""

    @app.get("/fails/{kind}")
    async def fails(kind: str) -> None:
        raise {
            "pool": TimeoutError("the pool is full"),
            "refused": ConnectionRefusedError("no"),
            "lost": OperationalError("SELECT 1", {}, Exception("lost")),
            "mistake": ProgrammingError("SELECT", {}, Exception("mistake")),
        }[kind]

    return app


async def get(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.get(path)


async def test_a_database_that_takes_no_connection_is_a_503() -> None:
    """A killed PostgreSQL is back in a moment; a 500 would make clients give up."""
    database = Database(f"postgresql+asyncpg://x:y@127.0.0.1:{free_port()}/z")
    answer = await get(application(database), "/rows")
    await database.close()
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    [reason] = answer.json()["reasons"]
    assert reason["rule"] == "store-away"


@pytest.mark.parametrize(
    ("kind", "status"), [("pool", 503), ("refused", 503), ("lost", 503), ("mistake", 500)]
)
async def test_what_passes_by_itself_is_told_from_what_does_not(kind: str, status: int) -> None:
    database = Database(f"postgresql+asyncpg://x:y@127.0.0.1:{free_port()}/z")
    answer = await get(application(database), f"/fails/{kind}")
    assert answer.status_code == status
    await asyncio.sleep(0)


async def test_a_mistake_in_a_statement_stays_an_internal_error(new_database: object) -> None:
    assert callable(new_database)
    database = Database(new_database(None))
    answer = await get(application(database), "/wrong")
    await database.close()
    assert answer.status_code == 500
    assert "nothing" not in answer.json()["reasons"][0]["rule"]


@pytest.mark.parametrize("planted", ["张三丰", "zhang_sanfeng"])
async def test_a_refused_body_names_declared_members_and_nothing_that_was_sent(
    planted: str,
) -> None:
    """R100: the keys of a mapping, and members that nobody knows, are the sender's."""
    transport = httpx.ASGITransport(application(Database("postgresql+asyncpg://x:y@z/z")))
    body = {"rows": [{"fields": {planted: "x"}}], "fields": {planted: "x"}, planted: 1}
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.post("/told?limit=x", json=body)
        broken = await client.post("/told", content=b"{", headers={"content-type": "a/json"})
    places = sorted(reason["field"] for reason in answer.json()["reasons"])
    assert places == ["body", "fields", "limit", "rows.0.fields"]
    assert planted not in answer.text
    assert broken.status_code == 422
