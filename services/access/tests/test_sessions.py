"""Signing in by a browser: the page, the code, the session's cookie; and whoever tries to misuse
them."""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from muster.access.api import page
from muster.access.domain import authorization
from muster.runtime import session_cookie

PASSWORD = "correct horse battery"
REDIRECT = "/console/signed-in"
OWN = {"X-Muster-Client": "console"}


def challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Page(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


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


@pytest.fixture
def browser(house: Any) -> Browser:
    return Browser(house.client)


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


# -- the page --------------------------------------------------------------------------------------

MARK = '"><script>alert(1)</script><b x="'


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "//evil.example/console/signed-in"},
        {"redirect_uri": "/console/signed-in?x=1"},
        {"redirect_uri": "/console/signed-in\r\nSet-Cookie: a=b"},
        {"client_id": "another"},
        {"client_id": ""},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"code_challenge": "x" * 44},
        {"state": ""},
        {"state": MARK},
        {"state": "a\r\nLocation: https://evil.example"},
        {"state": "s" * 201},
    ],
)
async def test_nobody_is_sent_anywhere_that_is_not_known(
    house: Any, browser: Browser, wrong: dict[str, str]
) -> None:
    """No open redirect, no header and no element that came in a parameter."""
    await house.account("leader")
    for answer in (
        await house.client.get("/authorize", params=browser.asks(**wrong)),
        await browser.give("leader", **wrong),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert "evil.example" not in answer.text
        read = Page(answer.text)
        assert not read.all("form")
        assert [a["href"] for a in read.all("a")] == ["/console/"]
    assert await house.rows("SELECT * FROM authorization_code") == []


async def test_what_is_no_form_is_refused(house: Any, browser: Browser) -> None:
    twice = f"client_id=console&{httpx.QueryParams(browser.asks())}"
    assert (await house.client.get(f"/authorize?{twice}")).status_code == 400
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    fits = str(httpx.QueryParams({**browser.asks(), "username": "a", "password": "b"}))
    for content, headers in (
        (fits, {"Content-Type": "text/plain"}),
        (fits, {}),
        (fits + "&username=c", kind),
        (fits + "&x=" + "a" * 20_000, kind),
        (fits + "".join(f"&x{n}=1" for n in range(20)), kind),
        (b"\xff\xfe\x00&&&=%ff%zz", kind),
        (b"", kind),
    ):
        answer = await house.client.post("/authorize", content=content, headers=headers)
        assert answer.status_code == 400, content[:100]
    odd = f"{httpx.QueryParams(browser.asks())}&username=%ff%00%ed%a0%80&password=%ff%00"
    assert (await house.client.post("/authorize", content=odd, headers=kind)).status_code == 401


async def test_a_script_in_a_name_is_shown_as_it_was_typed(house: Any, browser: Browser) -> None:
    answer = await browser.give(MARK, "wrong password")
    assert answer.status_code == 401
    read = Page(answer.text)
    assert not read.all("script")
    assert not read.all("b")
    [name] = [one for one in read.all("input") if one.get("id") == "username"]
    assert name["value"] == MARK
    assert "wrong password" not in answer.text


async def test_the_page_gives_one_reason_for_every_refusal(house: Any, browser: Browser) -> None:
    """Unknown, wrong, locked: the same sentence, and failures count towards the same lock."""
    await house.account("known")
    await house.account("locked")
    await house.rows(
        "UPDATE account SET failures = 5, locked_until = now() + interval '1 minute' "
        "WHERE username = 'locked'"
    )
    answers = [
        await browser.give("nobody"),
        await browser.give("known", "another password"),
        await browser.give("locked"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({re.sub("nobody|known|locked", "", a.text) for a in answers}) == 1
    for _ in range(4):
        await browser.give("known", "another password")
    assert (await browser.give("known")).status_code == 401
    assert "account-locked" in await house.audited()
    assert await house.rows("SELECT * FROM authorization_code") == []


async def test_too_many_at_once_are_told_so_on_the_page(
    house: Any, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from muster.access import passwords

    monkeypatch.setattr(passwords, "LONGEST_QUEUE", 0)
    answer = await browser.give("anybody", ui_locales="en")
    assert answer.status_code == 503
    assert "Too many people are signing in" in Page(answer.text).text


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_page_can_be_used_by_everybody(
    house: Any, browser: Browser, language: str
) -> None:
    """Its language is named, each field has its label, an error takes the focus and points to its
    field, nothing comes from elsewhere and nothing is a script."""
    asked = browser.asks(ui_locales=language)
    fresh = await house.client.get("/authorize", params=asked)
    again = await browser.give("nobody", ui_locales=language)
    for answer, focused in ((fresh, "input"), (again, "div")):
        read = Page(answer.text)
        assert read.all("html") == [{"lang": {"zh": "zh-CN", "en": "en"}[language]}]
        labelled = {one["for"] for one in read.all("label")}
        shown = {one["id"] for one in read.all("input") if one["type"] != "hidden"}
        assert labelled == shown == {"username", "password"}
        assert [tag for tag, attributes in read.tags if "autofocus" in attributes] == [focused]
        ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert {one["href"] for one in read.all("link")} == {"sign-in.css"}
        assert {one["action"] for one in read.all("form")} == {"authorize"}
        assert not read.all("script")
        assert not [a for _, a in read.tags if "style" in a or any(n.startswith("on") for n in a)]
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        # The other language is a link away, with all that was asked.
        [other] = [one for one in read.all("a") if "lang" in one]
        turned = await house.client.get(f"/{other['href']}")
        assert Page(turned.text).all("html")[0]["lang"] == other["lang"]
    read = Page(again.text)
    [summary] = [one for one in read.all("div") if one.get("role") == "alert"]
    assert summary["tabindex"] == "-1"
    assert "#username" in [one.get("href") for one in read.all("a")]
    title = again.text.partition("<title>")[2]
    assert title.startswith({"zh": "有误：", "en": "Error: "}[language])
    words = [word for word in page._WORDS[language].values() if word in read.text]
    assert len(words) >= 6


@pytest.mark.parametrize(
    ("asked", "accepted", "shown"),
    [
        ("en", "zh", "en"),
        ("fr zh-Hans", "en", "zh-CN"),
        ("", "fr, en;q=0.8", "en"),
        ("", "fr", "zh-CN"),
        ("<script>", "", "zh-CN"),
    ],
)
async def test_the_language_is_the_first_that_is_known(
    house: Any, browser: Browser, asked: str, accepted: str, shown: str
) -> None:
    answer = await house.client.get(
        "/authorize",
        params=browser.asks(ui_locales=asked),
        headers={"Accept-Language": accepted},
    )
    assert Page(answer.text).all("html") == [{"lang": shown}]


async def test_the_style_sheet_is_one_and_draws_on_nothing_else(house: Any) -> None:
    answer = await house.client.get("/sign-in.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_words_are_there_in_both_languages() -> None:
    assert page._WORDS["zh"].keys() == page._WORDS["en"].keys()
    for key, words in page._WORDS["zh"].items():
        assert re.search("[\u4e00-\u9fff]", words), key
        assert page._WORDS["en"][key].isascii(), key


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_edges_stand_out(theme: int) -> None:
    """WCAG 2.2: text 4.5, edges of what can be used 3."""
    blocks = re.findall(r":root \{(.*?)\}", page.CSS, re.DOTALL)
    tokens = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[theme]))
    pairs = [
        *(("text", ground, 4.5) for ground in ("page", "surface", "danger-tint")),
        ("text-2", "surface", 4.5),
        ("primary", "surface", 4.5),
        ("danger", "danger-tint", 4.5),
        ("on-primary", "primary", 4.5),
        ("border", "surface", 3.0),
    ]
    for ink, ground, least in pairs:
        light, dark = sorted((_luminance(tokens[ink]), _luminance(tokens[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= least, (ink, ground)


def test_the_cookie_is_named_as_clients_know_it() -> None:
    assert (session_cookie.COOKIE, session_cookie.PATH) == ("muster_session", "/api")
