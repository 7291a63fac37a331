"""``POST /outbox/replay`` of a service, and ``muster replay``, which asks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from typer import Exit

from muster.messaging import outbox
from muster.persistence.database import Database
from muster.persistence.ddl import FUNCTIONS, SHARED_V1
from muster.runtime import replay_command, republish_route
from muster.runtime.auth import authenticate
from muster.runtime.http import install
from muster.security.audit import Audit
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .test_dlq import Caller

TOPIC = "capture-subject-status-changed"


@pytest.fixture
async def app(new_database: Callable[[str | None], str]) -> AsyncIterator[FastAPI]:
    """The route over a database with one event that was published."""
    database = Database(new_database(None))
    async with database.transaction() as conn:
        for statement in (*SHARED_V1, *FUNCTIONS):
            await conn.exec_driver_sql(statement)
        await outbox.add(conn, [outbox.OutboxItem(TOPIC, new_id(), 1, {"id": new_id()})])
        await conn.execute(text("UPDATE outbox SET published_at = now()"))
    app = FastAPI()
    app.state.database = database
    app.state.context = SimpleNamespace(
        service="capture",
        database=database,
        audit=Audit("capture"),
        profile=SimpleNamespace(area="632321"),
    )
    app.state.running = SimpleNamespace(published=[TOPIC])
    app.state.caller = Caller()
    install(app, "capture")
    app.include_router(republish_route.router)
    app.dependency_overrides[authenticate] = lambda: app.state.caller
    yield app
    await database.close()


async def ask(app: FastAPI, body: dict[str, Any]) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.post("/outbox/replay", json=body)


async def waiting(app: FastAPI) -> int:
    async with app.state.database.transaction() as conn:
        sql = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        return int((await conn.execute(text(sql))).scalar_one())


async def test_what_was_published_goes_out_again(app: FastAPI) -> None:
    answer = await ask(app, {})
    assert answer.json() == {"service": "capture", "topics": {TOPIC: 1}}
    assert await waiting(app) == 1
    assert (await ask(app, {})).json()["topics"] == {}, "it is on its way already"


@pytest.mark.parametrize(
    ("since", "rule"),
    [
        ("2999-01-01T00:00:00+08:00", "moment-not-past"),
        ("0001-01-01T00:00:00+14:00", "moment-not-past"),
        ("2018-11-01T08:00:00", None),
        ("yesterday", None),
    ],
)
async def test_a_moment_that_is_none_is_refused_in_both_languages(
    app: FastAPI, since: str, rule: str | None
) -> None:
    answer = await ask(app, {"since": since})
    assert answer.status_code == 422, answer.text
    [reason] = answer.json()["reasons"]
    assert rule in (None, reason["rule"])
    assert reason["zh"]
    assert reason["en"]
    assert await waiting(app) == 0


async def test_only_who_administers_the_campaign_may(app: FastAPI) -> None:
    app.state.caller.role = Role.AUDITOR
    assert (await ask(app, {})).status_code == 403
    assert await waiting(app) == 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What the command asks of a service."""
    bodies: list[Any] = []

    def signed_in(_home: Any, _work: Any) -> Any:
        bodies.append(None)
        return {"service": "capture", "topics": {TOPIC: 3, "other": 4}}

    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setattr(replay_command, "signed_in", signed_in)
    monkeypatch.setattr(replay_command, "service_names", lambda: ["capture"])
    return bodies


def test_the_command_says_how_many_of_which_topic(
    asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    replay_command.replay("capture", "2018-11-01T08:00:00+08:00")
    told = capsys.readouterr().out
    assert f"{TOPIC}: 3" in told
    assert "重新发布 7 条" in told
    replay_command.replay("capture", as_json=True)
    assert json.loads(capsys.readouterr().out)["topics"]["other"] == 4
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("service", "since", "zh"),
    [
        ("nobody", None, "没有服务 nobody"),
        ("capture", "yesterday", "须为带时区的时间"),
        ("capture", "2018-11-01T08:00:00", "须为带时区的时间"),
    ],
)
def test_a_mistake_ends_the_command_with_2_and_asks_nobody(
    asked: list[Any],
    capsys: pytest.CaptureFixture[str],
    service: str,
    since: str | None,
    zh: str,
) -> None:
    with pytest.raises(Exit) as end:
        replay_command.replay(service, since)
    assert end.value.exit_code == 2
    assert zh in capsys.readouterr().err
    assert asked == []
