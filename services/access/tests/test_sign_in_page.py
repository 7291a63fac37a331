"""The page at which a browser signs in: where it leads, what it refuses, how it is read."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from muster.access.api import page

from .conftest import Browser

MARK = '"><script>alert(1)</script><b x="'


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
