"""``/dead-letters`` of a service over HTTP, and ``muster dlq``, which asks it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from typer.testing import CliRunner

from muster.messaging.deadletters import DeadLetters, RawMessage, Refused
from muster.messaging.intake import Intake
from muster.messaging.message import DONE, Invalid, Message, Outcome, Subscription
from muster.messaging.parking import Waiting, park
from muster.persistence.database import Database
from muster.persistence.ddl import FUNCTIONS, SHARED_V1
from muster.runtime import dlq, letters_route
from muster.runtime.auth import authenticate
from muster.runtime.http import install
from muster.security.audit import Audit
from muster.security.keyring import Keyring, plan, provision
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

TOPIC = "capture-subject-status-changed"
SECRET = "what it holds"
WHO = "operator"


class Caller:
    """Whoever asks: the administrator of the campaign, or somebody else."""

    account_id = WHO
    role = Role.ADMINISTRATOR

    def require(self, role: Role, _area: str) -> None:
        if role is not self.role:
            reason = Reason("area", "area-not-granted", "没有授权。", "No grant.")
            raise Refusal(reason, status=403, kind="forbidden")


class Service:
    """The routes over a real database, and no broker."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database, self.keyring, self.caller = database, keyring, Caller()
        audit = Audit("reporting")
        context = SimpleNamespace(
            service="reporting",
            database=database,
            keyring=keyring,
            audit=audit,
            profile=SimpleNamespace(area="632321"),
        )
        intake = Intake(
            service="reporting",
            context=None,
            database=database,
            subscriptions=[Subscription(TOPIC, self.take)],
            keyring=keyring,
        )
        self.app = FastAPI()
        self.app.state.database = database
        self.app.state.context = context
        self.app.state.running = SimpleNamespace(intake=intake)
        install(self.app, "reporting")
        self.app.include_router(letters_route.router)
        self.app.dependency_overrides[authenticate] = lambda: self.caller

    async def take(self, _context: Any, _conn: Any, batch: list[Message]) -> list[Outcome]:
        return [DONE] * len(batch)

    async def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path, **how)

    async def scalar(self, sql: str) -> Any:
        async with self.database.transaction() as conn:
            return (await conn.execute(text(sql))).scalar()


@pytest.fixture
async def service(
    new_database: Callable[[str | None], str], tmp_path: Path
) -> AsyncIterator[Service]:
    from muster.contracts.topics import load_topics

    files = provision(tmp_path, plan(load_topics().values(), ("capture", "reporting"), ()))
    database = Database(new_database(None))
    async with database.transaction() as conn:
        for statement in (*SHARED_V1, *FUNCTIONS):
            await conn.exec_driver_sql(statement)
        letters = DeadLetters("reporting", Keyring.from_file(files["reporting"]))
        headers = (("ce_id", new_id().encode()),)
        message = RawMessage(TOPIC, 1, 7, new_id(), headers, SECRET.encode())
        why = Invalid("bad-seal", "封装无效", "the seal is not valid")
        await letters.write(conn, [Refused(message, why)])
        await park(conn, [Waiting(message, "capture", "sender quarantined", retry=False)])
    yield Service(database, Keyring.from_file(files["reporting"]))
    await database.close()


async def test_the_list_says_where_why_and_when_and_nothing_of_what_is_held(
    service: Service,
) -> None:
    """R70, R100."""
    answer = await service.ask("GET", "/dead-letters")
    assert answer.status_code == 200, answer.text
    dead, parked = answer.json()["items"]
    assert (dead["kind"], dead["topic"], dead["partition"], dead["offset"]) == (
        "dead-letter",
        TOPIC,
        1,
        7,
    )
    assert (dead["rule"], dead["zh"], dead["tried"], dead["key_parked"]) == (
        "bad-seal",
        "封装无效",
        1,
        True,
    )
    assert datetime.fromisoformat(dead["at"]) <= datetime.now(UTC)
    assert (parked["kind"], parked["id"], parked["held"]) == ("parked", "p1", True)
    assert parked["zh"] == "发送方已被隔离，等待管理员处理"
    assert SECRET not in answer.text
    assert await service.scalar("SELECT count(*) FROM audit") == 0


async def test_only_who_administers_the_campaign_sees_and_acts(service: Service) -> None:
    service.caller.role = Role.AUDITOR
    one = f"/dead-letters/{new_id()}"
    for method, path, body in (
        ("GET", "/dead-letters", None),
        ("GET", one, None),
        ("POST", f"{one}/open", {"reason": "核对"}),
        ("POST", "/dead-letters/replay", {"ids": ["p1"]}),
        ("POST", "/dead-letters/discard", {"ids": ["p1"], "reason": "核对"}),
    ):
        answer = await service.ask(method, path, json=body)
        assert answer.status_code == 403, (path, answer.text)
    assert await service.scalar("SELECT count(*) FROM parked") == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "rule"),
    [
        ("GET", "/dead-letters/p99", None, 404, "message-unknown"),
        ("GET", "/dead-letters/nothing", None, 422, None),
        ("GET", "/dead-letters?after=nothing", None, 422, None),
        ("POST", "/dead-letters/p99/open", {"reason": "核对"}, 404, "message-unknown"),
        ("POST", "/dead-letters/p1/open", {"reason": " "}, 422, "reason-missing"),
        ("POST", "/dead-letters/replay", {"ids": []}, 422, None),
        ("POST", "/dead-letters/replay", {"ids": ["p0"]}, 422, None),
        ("POST", "/dead-letters/replay", {"ids": ["p1"] * 101}, 422, None),
        ("POST", "/dead-letters/discard", {"ids": ["p1"]}, 422, None),
        ("POST", "/dead-letters/discard", {"ids": ["p1"], "reason": ""}, 422, "reason-missing"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_both_languages(
    service: Service, method: str, path: str, body: Any, status: int, rule: str | None
) -> None:
    answer = await service.ask(method, path, json=body)
    assert answer.status_code == status, answer.text
    [reason] = answer.json()["reasons"]
    assert reason["zh"]
    assert reason["en"]
    assert rule in (None, reason["rule"])
    assert await service.scalar("SELECT count(*) FROM audit") == 0


async def test_acts_say_what_became_of_each(service: Service) -> None:
    dead, parked = (
        one["id"] for one in (await service.ask("GET", "/dead-letters")).json()["items"]
    )
    shown = (await service.ask("GET", f"/dead-letters/{parked}")).json()
    assert (shown["id"], shown["part"], shown["size"]) == (parked, None, len(SECRET))
    assert await service.scalar("SELECT action FROM audit ORDER BY seq DESC LIMIT 1") == (
        "dead-letter.read"
    )
    tried = await service.ask("POST", "/dead-letters/replay", json={"ids": [dead, parked, "p9"]})
    became = {one["id"]: one for one in tried.json()["items"]}
    assert [became[one]["became"] for one in (dead, parked, "p9")] == ["invalid", "held", "gone"]
    assert became[dead]["rule"] == "header-missing"
    assert "muster quarantine lift" in became[parked]["zh"]
    body = {"ids": [dead, parked], "reason": "已核对"}
    gone = (await service.ask("POST", "/dead-letters/discard", json=body)).json()["items"]
    assert [one["became"] for one in gone] == ["discarded", "discarded"]
    assert (await service.ask("GET", "/dead-letters")).json()["items"] == []


class _Account:
    """The stack's administrator, who asks the service at hand."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def get(self, _name: str, path: str, **query: Any) -> Any:
        told = {name: value for name, value in query.items() if value is not None}
        return self._read(await self._service.ask("GET", path, params=told))

    async def pages(self, name: str, path: str, **query: Any) -> AsyncIterator[Any]:
        yield await self.get(name, path, **query)

    async def post(self, _name: str, path: str, body: dict[str, Any]) -> Any:
        return self._read(await self._service.ask("POST", path, json=body))

    def _read(self, answer: httpx.Response) -> Any:
        from muster.runtime.client import read

        return read(answer)


@pytest.fixture
def command(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """``muster dlq`` against the service at hand; how a no ends it is `signed_in`'s own test."""
    from muster.runtime.client import Refused as No
    from muster.runtime.signed_in import refuse, said_in

    loops: list[asyncio.AbstractEventLoop] = []

    def signed_in(_home: Any, work: Any) -> Any:
        try:
            return asyncio.run_coroutine_threadsafe(work(_Account(service)), loops[-1]).result(30)
        except No as error:
            refuse(said_in(error)[0], "")

    monkeypatch.setattr(dlq, "signed_in", signed_in)
    monkeypatch.setattr(dlq, "service_names", lambda: ["reporting"])
    monkeypatch.setenv("COLUMNS", "250")

    async def muster(*arguments: str) -> Any:
        loops.append(asyncio.get_running_loop())
        return await asyncio.to_thread(CliRunner().invoke, dlq.app, list(arguments))

    return muster  # type: ignore[return-value]


async def test_an_operator_lists_shows_tries_and_puts_away(command: Any, service: Service) -> None:
    """``muster dlq list|show|replay|discard``, with what each leaves in the audit trail."""
    told = await command("list", "--json")
    assert told.exit_code == 0, told.output
    dead, parked = (row["id"] for row in json.loads(told.stdout)["services"]["reporting"])
    listed = await command("list")
    assert "bad-seal" in listed.output
    assert SECRET not in listed.output
    shown = await command("show", "reporting", parked, "--open", "--reason", "核对")
    assert shown.exit_code == 0, shown.output
    assert "not_opened_en" in shown.output
    assert await service.scalar("SELECT reason FROM audit ORDER BY seq DESC LIMIT 1") == "核对"

    tried = await command("replay", "reporting", "--all")
    assert (tried.exit_code, "invalid" in tried.output, "held" in tried.output) == (1, True, True)
    no_reason = await command("discard", "reporting", dead)
    assert (no_reason.exit_code, "请填写事由" in no_reason.output) == (2, True)
    gone = await command("discard", "reporting", "--topic", TOPIC, "--reason", "已核对")
    assert gone.exit_code == 0, gone.output
    assert await service.scalar("SELECT count(*) FROM dead_letter") == 0
    assert "没有死信" in (await command("list")).output
    again = await command("replay", "reporting", dead)
    assert (again.exit_code, "not any more" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "nobody"), "没有服务 nobody"),
        (("show", "nobody", "p1"), "没有服务 nobody"),
        (("replay", "nobody", "--all"), "没有服务 nobody"),
        (("discard", "nobody", "--all"), "没有服务 nobody"),
        (("show", "reporting", "p99"), "没有这条消息"),
        (("show", "reporting", "../x"), "没有这条消息"),
        (("show", "reporting", "p1", "--open"), "请填写事由"),
        (("replay", "reporting"), "三者取一"),
        (("replay", "reporting", "p1", "--all"), "三者取一"),
        (("discard", "reporting", "p1", "--topic", "x"), "三者取一"),
        (("discard", "reporting", "p1", "--reason", "1380013" + "8000"), "不得填写"),
    ],
)
async def test_a_mistake_ends_the_command_with_2(
    command: Any, arguments: tuple[str, ...], said: str
) -> None:
    told = await command(*arguments)
    assert told.exit_code == 2, told.output
    assert said in told.output
