"""News as server-sent events: through a real server, for a stream is no answer that ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from muster.reporting.api import live
from muster.reporting.store import changes
from muster.runtime import loop
from muster.runtime.context import Context
from muster.security.tokens import BadToken
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import ReviewState, Role, SubjectState

from .conftest import COUNTY, Door, baseline, here, order, review, rows, take, upload
from .test_api import rule

LEADER = (Role.LEADER, COUNTY)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become fewer; what is waited for stays the same."""
    monkeypatch.setattr(live, "EVERY", 1.0)
    monkeypatch.setattr(live, "QUIET", 3.0)


@asynccontextmanager
async def served(door: Door) -> AsyncIterator[str]:
    config = uvicorn.Config(door.app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with config.bind_socket() as listener:
        port = listener.getsockname()[1]
        task = asyncio.create_task(server.serve([listener]))
        try:
            for _ in range(1000):
                if server.started:
                    break
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = server.force_exit = True
            await task


def token(door: Door, *grants: tuple[Role, str], account: str | None = None) -> dict[str, str]:
    return {"authorization": door.client(*grants, account=account).headers["authorization"]}


async def told(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_a_reader_hears_that_figures_of_the_area_changed(
    context: Context, door: Door, villages: list[str], quick: None
) -> None:
    """R103. After the commit, not before; of its own area only; no figure and nobody is in it."""
    a = villages[0]
    b = next(v for v in villages if v[:9] != a[:9])
    subject = new_id()
    async with served(door) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
        mine = token(door, (Role.TOWNSHIP_LEADER, a[:9]))
        asking = client.stream("GET", "/events", params={"area": a[:9]}, headers=mine)
        async with asking as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            news = told(answer)
            first = await anext(news)
            assert first["changed"] is False
            assert first["pulse"] is None  # of counties, and this reader has none
            await take(context, baseline(new_id(), here(1, b, SubjectState.OPEN)))
            still = await anext(news)
            assert still["changed"] is False  # the word that all is well, after QUIET
            await take(context, baseline(subject, here(1, a, SubjectState.OPEN)))
            third = await anext(news)
            assert third["changed"] is True
            assert set(third) == {"at", "changed", "pulse"}
            begun = datetime.fromisoformat(still["at"])
            assert datetime.fromisoformat(third["at"]) - begun >= timedelta(seconds=0.9)


async def test_every_fact_that_figures_rest_on_is_noted_by_township(
    context: Context, villages: list[str]
) -> None:
    now, person = datetime.now(UTC), new_id()
    for message in (
        baseline(person, here(1, villages[0], SubjectState.OPEN)),
        review(person, 1, villages[0], ReviewState.VERIFIED),
        upload(villages[0][:9], now),
        order(new_id(), 1, villages[0], now),
    ):
        before = len(await rows(context, "SELECT 1 FROM changed_area"))
        await take(context, message)
        found = await rows(context, "SELECT area FROM changed_area ORDER BY id")
        assert [row.area for row in found[before:]] == [villages[0][:9]], message.topic


async def test_what_is_rolled_back_is_no_news(context: Context, villages: list[str]) -> None:
    async with context.database.engine.connect() as conn:
        await changes.note(conn, {villages[0][:9]})
        await conn.rollback()
    assert await changes.recent(context.database, None) == frozenset()
    async with context.database.transaction() as conn:
        await changes.note(conn, {villages[0][:9]})
    assert len(await changes.recent(context.database, {villages[0][:9]})) == 1
    assert await changes.recent(context.database, {villages[-1][:9]}) == frozenset()


async def test_a_stream_ends_with_the_grant_the_token_and_the_service(
    context: Context, door: Door, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(door) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:

        async def until_end(account: str) -> float:
            began = asyncio.get_running_loop().time()
            headers = token(door, LEADER, account=account)
            async with client.stream("GET", "/events", headers=headers) as answer:
                assert answer.status_code == 200
                [_ async for _ in answer.aiter_lines()]
            return asyncio.get_running_loop().time() - began

        account = new_id()
        async with context.database.transaction() as conn:
            await conn.execute(
                text(
                    "INSERT INTO known_grants (account_id, version, active, grants) "
                    "VALUES (:account, 2, false, '[]')"
                ),
                {"account": account},
            )
        headers = token(door, LEADER, account=account)
        assert rule(await client.get("/events", headers=headers)) == (401, "grants-changed")

        monkeypatch.setattr(live, "LONGEST", 0)
        assert await until_end(new_id()) < 5
        monkeypatch.setattr(live, "LONGEST", 300)
        monkeypatch.setattr(loop, "_stopping", True)
        assert await until_end(new_id()) < 5
        monkeypatch.setattr(loop, "_stopping", False)

        async def refuse(_: object) -> None:
            raise BadToken("token-expired")

        monkeypatch.setattr(live, "authenticate", refuse)
        assert await until_end(new_id()) < 5


async def test_an_account_follows_so_many_pages_and_no_more(
    context: Context, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STREAMS", 1)
    account = new_id()
    mine = token(door, LEADER, account=account)
    async with served(door) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
        async with client.stream("GET", "/events", headers=mine) as answer:
            assert answer.status_code == 200
            assert rule(await client.get("/events", headers=mine)) == (429, "too-many-streams")
            other = token(door, LEADER)
            async with client.stream("GET", "/events", headers=other) as also:
                assert also.status_code == 200
        for _ in range(100):
            if not live._open[account]:
                break
            await asyncio.sleep(0.1)
        async with client.stream("GET", "/events", headers=mine) as answer:
            assert answer.status_code == 200


async def test_who_may_not_see_an_area_does_not_follow_it(door: Door, villages: list[str]) -> None:
    async with door.client((Role.TOWNSHIP_LEADER, villages[0][:9])) as client:
        assert rule(await client.get("/events")) == (403, "area-not-granted")
    async with door.client((Role.COLLECTOR, COUNTY)) as client:
        assert rule(await client.get("/events")) == (403, "area-not-granted")
    async with door.client(LEADER) as client:
        asked = await client.get("/events", params={"area": "000000"})
        assert rule(asked) == (422, "area-unknown")
