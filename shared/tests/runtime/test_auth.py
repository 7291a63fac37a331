"""Who asks: a token in the header as ever, or a browser's in the cookie, which says more of itself
before it may change anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from muster.runtime.auth import Authenticated
from muster.runtime.problems import install_problems
from muster.security import jose, tokens
from muster.security.grants import Grant
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

KEY = jose.generate("sig")
WHO = new_id()
OURS = {"X-Muster-Client": "console"}


def token(grants: int = 1) -> str:
    made = tuple(Grant(Role.LEADER, f"{n:012d}", datetime.now(UTC)) for n in range(grants))
    return tokens.issue(tokens.Claims(WHO, made, 1), KEY, timedelta(minutes=1))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A service that knows access's key and follows no grants."""

    async def key(kid: str, owner_kind: str) -> Any:
        return SimpleNamespace(jwk=jose.public_jwk(KEY)) if kid == KEY["kid"] else None

    async def grants(_account_id: str) -> None:
        return None

    app = FastAPI()
    app.state.context = SimpleNamespace(
        directory=SimpleNamespace(key=key, grants=grants), areas=None
    )
    install_problems(app)

    @app.api_route("/who", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def who(caller: Authenticated) -> str:
        return f"{caller.account_id} {len(caller.principal.grants)}"

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as made:
        yield made


def cookie(text: str) -> dict[str, str]:
    """What a browser sends of this token: pieces that a cookie may hold."""
    pieces = [text[at : at + 3000] for at in range(0, len(text), 3000)]
    names = ["muster_session", *(f"muster_session_{n}" for n in range(2, len(pieces) + 1))]
    return {"Cookie": "; ".join(f"{n}={p}" for n, p in zip(names, pieces, strict=True))}


async def told(client: httpx.AsyncClient, method: str, headers: dict[str, str]) -> str | None:
    """Who it is for the service, or the rule by which it refuses."""
    answer = await client.request(method, "/who", headers=headers)
    if answer.is_success:
        return None if method == "HEAD" else str(answer.json()).partition(" ")[0]
    assert answer.headers["content-type"] == "application/problem+json"
    rule: str = answer.json()["reasons"][0]["rule"]
    assert answer.status_code == (403 if rule == "cross-site-request" else 401)
    return rule


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_token_in_the_header_needs_nothing_else(
    client: httpx.AsyncClient, method: str
) -> None:
    """R102."""
    bearer = {"Authorization": f"Bearer {token()}"}
    for more in ({}, {"Sec-Fetch-Site": "cross-site"}, cookie("x.y.z")):
        assert await told(client, method, {**bearer, **more}) == WHO


async def test_reading_with_the_cookie(client: httpx.AsyncClient) -> None:
    assert await told(client, "GET", cookie(token())) == WHO
    assert await told(client, "HEAD", cookie(token())) is None
    assert await told(client, "OPTIONS", cookie(token())) == WHO
    assert await told(client, "GET", {}) == "token-missing"
    assert await told(client, "GET", cookie("x")) == "token-malformed"
    assert await told(client, "GET", {"Cookie": "muster_session="}) == "token-missing"
    assert await told(client, "GET", {"Cookie": f"other={token()}"}) == "token-missing"
    many = token(40)
    assert len(many) > 4096
    answer = await client.get("/who", headers=cookie(many))
    assert answer.json() == f"{WHO} 40"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_changing_something_with_the_cookie(client: httpx.AsyncClient, method: str) -> None:
    """R100, R102: another site's page gets nothing done by it, in whatever way it asks."""
    held = cookie(token())
    for allowed in (
        OURS,
        {"X-Muster-Client": "desk"},
        {**OURS, "Sec-Fetch-Site": "same-origin"},
    ):
        assert await told(client, method, {**held, **allowed}) == WHO
    for refused in (
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"X-Muster-Client": ""},
        {"X-Muster-Client": "Console"},
        {"X-Muster-Client": "console, desk"},
        {**OURS, "Sec-Fetch-Site": "cross-site"},
        {**OURS, "Sec-Fetch-Site": "same-site"},
        {**OURS, "Sec-Fetch-Site": "none"},
    ):
        assert await told(client, method, {**held, **refused}) == "cross-site-request", refused


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eA==", "bearer x.y.z"])
async def test_a_header_that_is_no_token_is_not_mended_by_the_cookie(
    client: httpx.AsyncClient, header: str
) -> None:
    asked = {**cookie(token()), "Authorization": header}
    assert await told(client, "GET", asked) in {"token-missing", "token-malformed"}
