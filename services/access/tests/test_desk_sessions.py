"""A collector's session in a browser: at a terminal, by the word of the gateway beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from muster.security import jose, packets
from muster.vocabulary.ids import new_id

from .conftest import Browser

DESK = {"client_id": "desk", "redirect_uri": "/desk/signed-in"}


async def code_of(browser: Browser, username: str = "collector") -> str:
    answer = await browser.give(username, **DESK)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith("/desk/signed-in?")
    return str(answer.headers["location"].partition("code=")[2].partition("&")[0])


def rule(answer: Any) -> tuple[int, str]:
    [reason] = answer.json()["reasons"]
    assert reason["zh"]
    assert reason["en"]
    return answer.status_code, reason["rule"]


async def test_a_session_at_a_terminal_carries_it_and_keeps_it(
    house: Any, places: Any, browser: Browser
) -> None:
    """R101: collecting is done at an enrolled computer, in a browser too."""
    await house.account("collector", ("collector", places["township"]))
    terminal, key = await house.enrol()
    assertion = packets.assertion(terminal["terminal_id"], key)
    answer = await browser.open(await code_of(browser), **DESK, terminal_assertion=assertion)
    assert answer.status_code == 200, answer.text
    assert answer.json()["terminal_id"] == terminal["terminal_id"]
    for _ in range(2):
        assert (await browser.ask("GET", "/me")).json()["terminal_id"] == terminal["terminal_id"]
        again = await browser.ask("POST", "/session/renew")
        assert again.json()["terminal_id"] == terminal["terminal_id"]
    assert (await browser.ask("GET", "/session")).json() == again.json()
    assert "session-at-terminal" in await house.audited()
    await house.post(f"/terminals/{terminal['terminal_id']}/revoke")
    assert rule(await browser.ask("POST", "/session/renew")) == (401, "session-ended")


async def test_without_a_terminal_a_session_carries_none(
    house: Any, places: Any, browser: Browser
) -> None:
    await house.account("collector", ("collector", places["township"]))
    answer = await browser.open(await code_of(browser), **DESK)
    assert (answer.status_code, answer.json()["terminal_id"]) == (200, None)
    assert (await browser.ask("GET", "/me")).json()["terminal_id"] is None
    assert "session-at-terminal" not in await house.audited()


async def test_a_code_of_one_page_opens_no_session_of_the_other(
    house: Any, places: Any, browser: Browser
) -> None:
    await house.account("collector", ("collector", places["township"]))
    assert rule(await browser.open(await code_of(browser))) == (401, "code-refused")


async def test_a_refused_assertion_uses_no_code_up(
    house: Any, places: Any, browser: Browser
) -> None:
    """The page asks the gateway for another one, and nobody types a password again."""
    await house.account("collector", ("collector", places["township"]))
    terminal, key = await house.enrol()
    gone, gone_key = await house.enrol()
    await house.post(f"/terminals/{gone['terminal_id']}/revoke")
    used = house.assertion(terminal, key)
    assert (await house.sign_in("collector", terminal_assertion=used)).status_code == 200
    stale = int(datetime.now(UTC).timestamp()) - 300
    code = await code_of(browser)
    for wrong, expected in (
        (used, "terminal-assertion-used"),
        ("", "terminal-assertion-malformed"),
        ("a.b.c", "terminal-assertion-malformed"),
        (house.assertion(terminal, key, jti="1"), "terminal-assertion-malformed"),
        (house.assertion(terminal, key, more=1), "terminal-assertion-malformed"),
        (house.assertion(terminal, key, iat=stale), "terminal-assertion-stale"),
        (house.assertion(terminal, jose.generate("sig")), "terminal-unknown"),
        (house.assertion({"terminal_id": new_id()}, key), "terminal-assertion-malformed"),
        (house.assertion(gone, gone_key), "terminal-unknown"),
    ):
        answer = await browser.open(code, **DESK, terminal_assertion=wrong)
        assert rule(answer) == (401, expected)
        assert browser.cookies == {}
        assert rule(await house.sign_in("collector", terminal_assertion=wrong)) == (401, expected)
    fresh = house.assertion(terminal, key)
    answer = await browser.open(code, **DESK, terminal_assertion=fresh)
    assert answer.status_code == 200, answer.text
    thief = Browser(house.client, verifier=browser.verifier)
    again = await thief.open(await code_of(thief), **DESK, terminal_assertion=fresh)
    assert rule(again) == (401, "terminal-assertion-used")


@pytest.mark.parametrize("wrong", [1, ["x"], {}, "x" * 4001])
async def test_what_is_no_assertion_is_refused(
    wrong: Any, house: Any, places: Any, browser: Browser
) -> None:
    await house.account("collector", ("collector", places["township"]))
    code = await code_of(browser)
    answer = await browser.open(code, **DESK, terminal_assertion=wrong)
    assert answer.status_code == 422
    assert answer.json()["reasons"][0]["field"] == "terminal_assertion"
    assert (await browser.open(code, **DESK)).status_code == 200
