"""Access over a real PostgreSQL: its routes, without relay and consumer."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text

from muster.access import commands, passwords
from muster.access.main import service
from muster.access.settings import Settings
from muster.contracts.topics import SERVICES, load_topics
from muster.messaging.message import OutboxRow
from muster.persistence.migrations import upgrade
from muster.runtime.context import Context, build_context
from muster.runtime.http import install
from muster.security import jose
from muster.security.keyring import plan, provision
from muster.vocabulary.ids import new_id

COUNTY = "632321"
TOWNSHIP = "632321100"
OTHER_TOWNSHIP = "632321101"
VILLAGE = "632321100001"
PASSWORD = "correct horse battery"
REDIRECT = "/console/signed-in"
OWN = {"X-Muster-Client": "console"}


@dataclass
class House:
    """A running access, as clients and tests see it."""

    client: httpx.AsyncClient
    context: Context
    admin: dict[str, str]

    async def sign_in(self, username: str, password: str = PASSWORD, **more: object) -> Any:
        return await self.client.post(
            "/token", json={"username": username, "password": password, **more}
        )

    async def bearer(self, username: str, password: str = PASSWORD) -> dict[str, str]:
        answer = await self.sign_in(username, password)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def account(
        self,
        username: str,
        *grants: tuple[str, str],
        area: str = COUNTY,
        by: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = await self.client.post(
            "/accounts",
            headers=by or self.admin,
            json={
                "username": username,
                "password": PASSWORD,
                "area": area,
                "grants": [{"role": role, "area": code} for role, code in grants],
            },
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def post(self, path: str, by: dict[str, str] | None = None, **body: object) -> Any:
        return await self.client.post(path, headers=by or self.admin, json=body)

    async def enrol(
        self, area: str = TOWNSHIP, key: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """A terminal, and its private key."""
        key = key or jose.generate("sig")
        code = (await self.post("/enrolments", area=area, label="隆务镇采集端1号")).json()["code"]
        answer = await self.client.post("/terminals", json=self.enrolment(code, key))
        assert answer.status_code == 201, answer.text
        return answer.json(), key

    def enrolment(self, code: str, key: dict[str, str]) -> dict[str, Any]:
        """What a terminal with this key posts for this code."""
        proof = jose.sign(code.encode(), key, "muster-enrolment")
        return {"code": code, "jwk": jose.public_jwk(key), "proof": proof}

    async def code(self, department: str = "housing", area: str = COUNTY) -> str:
        """A code that enrols a department."""
        answer = await self.post("/enrolments", area=area, label="住建局", department=department)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["code"]
        return made

    def connector(self, code: str, keys: tuple[dict[str, str], dict[str, str]]) -> dict[str, Any]:
        """What a connector with these keys posts for this code."""
        return {
            "code": code,
            "keys": [jose.public_jwk(key) for key in keys],
            "proof": jose.sign(code.encode(), keys[0], "muster-enrolment"),
        }

    def assertion(self, terminal: dict[str, Any], key: dict[str, str], **more: object) -> str:
        body = {
            "terminal_id": terminal["terminal_id"],
            "iat": int(datetime.now(UTC).timestamp()),
            "jti": new_id(),
            **more,
        }
        return jose.sign(orjson.dumps(body), key, "muster-terminal")

    def forget(self) -> None:
        """Pass the second for which verified grants and keys are kept in memory."""
        self.context.directory._grants.clear()
        self.context.directory._keys.clear()

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.context.database.transaction() as conn:
            result = await conn.execute(text(sql), values)
            return list(result) if result.returns_rows else []

    async def events(self, topic: str) -> list[tuple[OutboxRow, Any]]:
        """What the relay would publish: each outbox row with its event, in order."""
        async with self.context.database.transaction() as conn:
            rows = await conn.execute(
                text("SELECT * FROM outbox WHERE topic = :topic ORDER BY id"), {"topic": topic}
            )
            names = OutboxRow.__dataclass_fields__
            items = [
                OutboxRow(
                    **{name: row[name] for name in names} | {"event_id": str(row["event_id"])}
                )
                for row in rows.mappings()
            ]
            load = {p.topic: p.load for p in service.publications}[topic]
            events = await load(self.context, conn, items)
            return [(item, events[item.event_id]) for item in items]

    async def audited(self) -> list[str]:
        """Actions in the audit chain, which must hold."""
        async with self.context.database.transaction() as conn:
            await self.context.audit.verify(conn)
        return [row.action for row in await self.rows("SELECT action FROM audit ORDER BY seq")]


def challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Browser:
    """A browser at the console: its cookies, and the verifier that its page keeps."""

    client: httpx.AsyncClient
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def asks(self, **other: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": "console",
            "redirect_uri": REDIRECT,
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
            "state": self.state,
            **other,
        }

    async def give(self, username: str, password: str = PASSWORD, **other: str) -> httpx.Response:
        form = {**self.asks(**other), "username": username, "password": password}
        return await self.client.post("/authorize", data=form)

    async def code(self, username: str) -> str:
        answer = await self.give(username)
        assert answer.status_code == 303, answer.text
        came = parse_qs(urlsplit(answer.headers["location"]).query)
        assert came["state"] == [self.state]
        return came["code"][0]

    async def open(self, code: str, **other: str) -> httpx.Response:
        body = {
            "code": code,
            "code_verifier": self.verifier,
            "redirect_uri": REDIRECT,
            "client_id": "console",
            **other,
        }
        return await self.ask("POST", "/session", json=body)

    async def sign_in(self, username: str) -> dict[str, Any]:
        answer = await self.open(await self.code(username))
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        headers = {**OWN, **how.pop("headers", {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={v}" for name, v in self.cookies.items())
        answer = await self.client.request(method, path, headers=headers, **how)
        for line in answer.headers.get_list("set-cookie"):
            self.seen.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in line:
                del self.cookies[name]
        return answer


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2id, but at a cost that tests can pay; `real_hashes` asks for the real one."""
    passwords._decoy.cache_clear()
    if "real_hashes" not in request.fixturenames:
        quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        monkeypatch.setattr(passwords, "_HASHER", quick)


@pytest.fixture
def real_hashes() -> None:
    """Passwords are hashed as in service."""


@pytest.fixture(scope="session")
def access_database(databases: Any) -> str:
    """One migrated database for the session; each test empties it."""
    url: str = databases.new()
    upgrade(url, service.migrations)
    return url


@pytest.fixture(scope="session")
def access_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    return provision(folder, plan(load_topics().values(), SERVICES, []))["access"]


@pytest.fixture
def settings(access_database: str, access_keys: Path, tmp_path: Path) -> Settings:
    return Settings(
        database_url=access_database,
        kafka="127.0.0.1:1",
        redis_url="redis://127.0.0.1:1",
        keyring=access_keys,
        profile="tongren",
        port=1,
        admin_file=tmp_path / "admin.json",
    )


@pytest.fixture
async def context(settings: Settings) -> AsyncIterator[Context]:
    made = build_context("access", settings)
    async with made.database.transaction() as conn:
        names = await conn.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        tables = ", ".join(f'"{name}"' for name in names if name != "alembic_version")
        await conn.execute(text(f"TRUNCATE {tables} CASCADE"))
    yield made
    await made.database.close()


@pytest.fixture
def app(context: Context) -> FastAPI:
    made = FastAPI()
    made.state.context = context
    made.state.database = context.database
    install(made, "access")
    for router in service.routers:
        made.include_router(router)
    return made


@pytest.fixture
async def house(app: FastAPI, context: Context, settings: Settings) -> AsyncIterator[House]:
    assert settings.admin_file is not None
    await commands.start(context, settings.admin_file)
    first = json.loads(settings.admin_file.read_text())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://access") as client:
        made = House(client, context, {})
        made.admin = await made.bearer(first["account"], first["password"])
        yield made


@pytest.fixture
def browser(house: Any) -> Browser:
    return Browser(house.client)


@pytest.fixture
def places() -> dict[str, str]:
    return {
        "county": COUNTY,
        "township": TOWNSHIP,
        "other": OTHER_TOWNSHIP,
        "village": VILLAGE,
    }
