"""Signing in by a browser: the code, the session's cookie; and whoever tries to misuse them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from muster.access.domain import authorization
from muster.runtime import session_cookie

from .conftest import OWN, PASSWORD, REDIRECT, Browser

# -- the way in ------------------------------------------------------------------------------------


async def test_a_password_gives_a_code_and_the_code_a_cookie(
    house: Any, places: Any, browser: Browser
) -> None:
    """R100, R102: signed in by a page of access's own; no script ever holds the token."""
    made = await house.account("reviewer", ("civil_affairs_reviewer", places["county"]))
    shown = await house.client.get("/authorize", params=browser.asks())
    assert shown.status_code == 200
    said = await browser.sign_in("reviewer")
    assert said["account_id"] == made["account_id"]
    assert said["username"] == "reviewer"
    assert [(g["role"], g["area"]) for g in said["grants"]] == [
        ("civil_affairs_reviewer", places["county"])
    ]
    [cookie] = browser.seen
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "max-age=600", "path=/api", "samesite=strict"}
    token = browser.cookies["muster_session"]
    assert token not in str(said)

    again = await browser.ask("GET", "/session")
    assert again.json() == said
    assert again.headers["cache-control"] == "no-store"
    me = (await browser.ask("GET", "/me")).json()
    assert me["account_id"] == made["account_id"]
    actions = await house.audited()
    assert actions[-1] == "signed-in"
    [row] = await house.rows("SELECT detail FROM audit WHERE action = 'signed-in' AND seq > 4")
    assert row.detail == {"client": "console"}


async def test_over_tls_the_cookie_is_secure_if_a_trusted_proxy_says_so(
    house: Any, app: FastAPI
) -> None:
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    await house.account("leader")

    async def cookie(peer: str) -> str:
        wrapped: Any = ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1,10.0.0.0/8")
        transport = httpx.ASGITransport(app=wrapped, client=(peer, 1))
        headers = {"X-Forwarded-Proto": "https"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://access", headers=headers
        ) as client:
            browser = Browser(client)
            await browser.sign_in("leader")
            return browser.seen[0].lower()

    assert "; secure" in await cookie("127.0.0.1")
    assert "; secure" in await cookie("10.1.2.3")
    assert "secure" not in await cookie("192.0.2.7")


async def test_a_session_is_renewed_and_ended(house: Any, places: Any, browser: Browser) -> None:
    """Signed out, no token of that sign-in is renewed; the account's other sign-ins go on."""
    made = await house.account("leader", ("leader", places["township"]))
    other = Browser(house.client)
    await other.sign_in("leader")
    await browser.sign_in("leader")
    old = dict(browser.cookies)
    await house.post(
        f"/accounts/{made['account_id']}/grants",
        grants=[{"role": "leader", "area": places["other"]}],
    )
    house.forget()
    outdated = await browser.ask("GET", "/session")
    assert (outdated.status_code, outdated.json()["reasons"][0]["rule"]) == (401, "grants-changed")
    renewed = await browser.ask("POST", "/session/renew")
    assert [g["area"] for g in renewed.json()["grants"]] == [places["township"], places["other"]]
    assert browser.cookies != old
    assert (await browser.ask("GET", "/session")).status_code == 200

    kept = dict(browser.cookies)
    gone = await browser.ask("DELETE", "/session")
    assert (gone.status_code, gone.content, browser.cookies) == (204, b"", {})
    assert (await browser.ask("GET", "/session")).status_code == 401
    assert (await browser.ask("POST", "/session/renew")).status_code == 401
    assert (await browser.ask("DELETE", "/session")).status_code == 204
    for held in (old, kept):
        thief = Browser(house.client, cookies=dict(held))
        refused = await thief.ask("POST", "/session/renew")
        assert refused.json()["reasons"][0]["rule"] == "session-ended"
    assert (await other.ask("POST", "/session/renew")).status_code == 200
    assert "signed-out" in await house.audited()


async def test_a_token_of_many_grants_fits_in_cookies(
    house: Any, context: Any, browser: Browser
) -> None:
    """One cookie holds 4 KB; what one sign-in needed more of goes with the next that needs less."""
    areas = [area.code for area in context.areas.villages()][:38]
    await house.account("many", *(("leader", code) for code in areas))
    said = await browser.sign_in("many")
    assert len(said["grants"]) == len(areas)
    assert len(browser.cookies) > 1
    assert all(len(line) < 4096 for line in browser.seen)
    assert (await browser.ask("GET", "/me")).status_code == 200
    await house.account("few", ("leader", areas[0]))
    await browser.sign_in("few")
    assert list(browser.cookies) == ["muster_session"]
    assert (await browser.ask("GET", "/session")).json()["username"] == "few"


async def test_bearer_goes_before_the_cookie_and_needs_nothing_else(
    house: Any, browser: Browser
) -> None:
    await house.account("leader")
    await browser.sign_in("leader")
    bearer = await house.bearer("leader")
    cookie = {"Cookie": f"muster_session={browser.cookies['muster_session']}"}
    body = {"current_password": PASSWORD, "new_password": PASSWORD + " 2"}
    for wrong in ("", "Basic x", "Bearer ", "Bearer x.y.z"):
        answer = await house.client.get("/me", headers={"Authorization": wrong, **cookie})
        assert answer.status_code == 401, wrong
    # The token of a header is never given out to a script by way of a cookie, nor the other way.
    assert (await house.client.post("/session/renew", headers=bearer)).status_code == 401
    assert (await house.client.post("/token/renew", headers={**cookie, **OWN})).status_code == 401
    answer = await house.client.post("/me/password", headers={**bearer, **cookie}, json=body)
    assert answer.status_code == 204


# -- other sites -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Muster-Client": "x"},
        {**OWN, "Sec-Fetch-Site": "cross-site"},
        {**OWN, "Sec-Fetch-Site": "same-site"},
        {**OWN, "Sec-Fetch-Site": "none"},
    ],
)
async def test_another_sites_page_changes_nothing_with_the_cookie(
    house: Any, browser: Browser, headers: dict[str, str]
) -> None:
    await house.account("leader")
    await browser.sign_in("leader")
    sent = {"Cookie": f"muster_session={browser.cookies['muster_session']}", **headers}
    body = {"current_password": PASSWORD, "new_password": PASSWORD + " 2"}
    for method, path, how in (
        ("POST", "/me/password", {"json": body}),
        ("POST", "/session/renew", {}),
        ("DELETE", "/session", {}),
    ):
        answer = await house.client.request(method, path, headers=sent, **how)
        assert answer.status_code == 403, path
        assert answer.headers["content-type"] == "application/problem+json"
        [reason] = answer.json()["reasons"]
        assert reason["rule"] == "cross-site-request"
        assert "set-cookie" not in answer.headers
    assert (await house.client.get("/me", headers=sent)).status_code == 200
    ours = {**sent, **OWN, "Sec-Fetch-Site": "same-origin"}
    assert (await house.client.post("/session/renew", headers=ours)).status_code == 200


async def test_another_sites_page_signs_nobody_in(house: Any, browser: Browser) -> None:
    await house.account("leader")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    form = {**browser.asks(), "username": "leader", "password": PASSWORD}
    answer = await house.client.post("/authorize", data=form, headers=foreign)
    assert answer.status_code == 403
    assert "location" not in answer.headers
    code = await browser.code("leader")
    browser_asks = {
        "code": code,
        "code_verifier": browser.verifier,
        "redirect_uri": REDIRECT,
        "client_id": "console",
    }
    answer = await house.client.post("/session", json=browser_asks, headers=foreign)
    assert answer.status_code == 403
    assert (await browser.open(code)).status_code == 200


# -- codes -----------------------------------------------------------------------------------------


async def test_a_code_is_kept_as_a_digest(house: Any, browser: Browser) -> None:
    await house.account("leader")
    code = await browser.code("leader")
    assert len(code) >= 43
    [row] = await house.rows("SELECT * FROM authorization_code")
    assert code not in str(row)
    assert row.code_hash == authorization.code_hash(code)
    assert 59 < (row.expires_at - row.signed_in_at).total_seconds() < 62


async def test_a_code_serves_once_and_who_shows_it_again_ends_the_session(
    house: Any, browser: Browser
) -> None:
    await house.account("leader")
    code = await browser.code("leader")
    assert (await browser.open(code)).status_code == 200
    thief = Browser(house.client, verifier=browser.verifier)
    again = await thief.open(code)
    assert (again.status_code, again.json()["reasons"][0]["rule"]) == (401, "code-refused")
    assert thief.cookies == {}
    ended = await browser.ask("POST", "/session/renew")
    assert (ended.status_code, ended.json()["reasons"][0]["rule"]) == (401, "session-ended")
    assert "code-reused" in await house.audited()


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "v" * 43},
        {"code_verifier": ""},
        {"code_verifier": "short"},
        {"client_id": "desk"},
        {"redirect_uri": "/console/signed-in/"},
    ],
)
async def test_a_wrong_try_uses_a_code_up(
    house: Any, browser: Browser, wrong: dict[str, str]
) -> None:
    """Another verifier, client or address: refused, and the right ones come too late."""
    await house.account("leader")
    code = await browser.code("leader")
    for how in (wrong, {}):
        answer = await browser.open(code, **how)
        assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (401, "code-refused")
    assert browser.cookies == {}


async def test_a_code_holds_a_minute_and_no_longer_than_the_account(
    house: Any, browser: Browser
) -> None:
    made = await house.account("leader")
    code = await browser.code("leader")
    await house.rows("UPDATE authorization_code SET expires_at = now() - interval '1 second'")
    assert (await browser.open(code)).json()["reasons"][0]["rule"] == "code-refused"
    code = await browser.code("leader")
    await house.post(f"/accounts/{made['account_id']}/deactivate")
    assert (await browser.open(code)).json()["reasons"][0]["rule"] == "session-ended"
    assert (await browser.open("no such code")).json()["reasons"][0]["rule"] == "code-refused"
    assert browser.cookies == {}


def test_the_cookie_is_named_as_clients_know_it() -> None:
    assert (session_cookie.COOKIE, session_cookie.PATH) == ("muster_session", "/api")
