"""Who does not sign with their own hand: another signs for them, a guardian for a minor, a thumb on
the screen. Each is packed as what it is, and named to the reviewer (R58)."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from .conftest import Come
from .desk import (
    Stranger,
    collecting,
    confirm_button,
    on_receipt,
    received,
    sign,
    take_down,
    to_today,
    waiting_as,
)
from .office import at_console
from .words import Say

pytestmark = pytest.mark.needs("browser")
PROXY, GUARDIAN, INTERPRETER = "卓玛·才让", "扎西·多杰", "拉毛"
AGE = 10
"""Of who is too young to sign."""


def packed(page: Page) -> list[dict[str, Any]]:
    """Records as they are given to the gateway to be sealed."""
    found: list[dict[str, Any]] = []

    def look(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/packets"):
            found.extend(json.loads(request.post_data or "{}")["payload"].get("records", []))

    page.on("request", look)
    return found


def who_signs(page: Page, say: Say, kind: str) -> None:
    """That it is confirmed so."""
    page.get_by_role("radio", name=re.compile(f"^{re.escape(say(f'signed.{kind}'))}")).check()


def name_signer(page: Page, name: str, relation: str) -> None:
    page.locator("#confirm-signer").fill(name)
    page.locator("#confirm-relation").select_option(relation)


def press_thumb(page: Page, say: Say) -> None:
    """On the pad; a mouse is no finger."""
    sign(page)
    expect(page.get_by_role("alert").filter(has_text=say("pad.fingerOnly"))).to_be_visible()
    pad = page.get_by_role("img", name=say("sign.pad.thumbprint"))
    place = pad.bounding_box()
    assert place is not None
    page.touchscreen.tap(place["x"] + 200, place["y"] + 100)


def confirm(page: Page, say: Say, kind: str) -> None:
    """And on to the day's work, once the centre has the record."""
    confirm_button(page, say, kind).click()
    on_receipt(page)
    received(page, say)
    to_today(page, say)


def test_who_confirms_for_somebody_is_named_from_the_desk_to_the_reviewer(come: Come) -> None:
    """R58: a proxy, a guardian, an interpreter and a thumb."""
    language = "zh"
    collector, say = collecting(lambda spoken: come(spoken, has_touch=True), language)
    page, account = collector.page, collector.demo.desk()
    records = packed(page)
    today = date.today()  # noqa: DTZ011 - any day will do
    young = Stranger.of(account, date(today.year - AGE, 1, 15))
    old, other = Stranger.of(account), Stranger.of(account)

    take_down(page, say, old, language)
    who_signs(page, say, "by_proxy")
    confirm_button(page, say, "by_proxy").click()
    problems = page.get_by_role("alert").filter(has_text=say("sign.incomplete"))
    for missing in ("sign.needsSigner", "sign.needsRelation", "sign.needsHand"):
        expect(problems).to_contain_text(say(missing))
    name_signer(page, PROXY, "child")
    page.locator("#confirm-interpreter").fill(INTERPRETER)
    sign(page)
    confirm(page, say, "by_proxy")

    take_down(page, say, young, language, "child")
    guardian = page.get_by_role("radio", name=re.compile(f"^{re.escape(say('signed.guardian'))}"))
    expect(guardian).to_be_checked()
    expect(page.get_by_text(say("sign.young"))).to_be_visible()
    name_signer(page, GUARDIAN, "parent")
    sign(page)
    confirm(page, say, "guardian")

    take_down(page, say, other, language)
    who_signs(page, say, "thumbprint")
    press_thumb(page, say)
    confirm(page, say, "thumbprint")

    signatures = [record["signature"] for record in records]
    assert [(one["kind"], one.get("signer")) for one in signatures] == [
        ("by_proxy", {"name": PROXY, "relation": "child"}),
        ("guardian", {"name": GUARDIAN, "relation": "parent"}),
        ("thumbprint", None),
    ]

    reviewer, words = at_console(come, language, "civil_affairs_reviewer")

    def named(kind: str, **signer: str) -> str:
        said = {"kind": words(f"signed.{kind}"), **signer}
        return words("item.signedBy" if signer else "item.confirmedBy", **said)

    for who, shown in (
        (
            old,
            [
                named("by_proxy", name=PROXY, relation=words("relation.child")),
                words("item.interpreter", name=INTERPRETER),
            ],
        ),
        (young, [named("guardian", name=GUARDIAN, relation=words("relation.parent"))]),
        (other, [named("thumbprint")]),
    ):
        subject = waiting_as(reviewer, who.name)
        reviewer.page.goto(f"{reviewer.demo.url}/console/review/{subject}")
        expect(reviewer.page.locator("h1")).to_have_text(who.name)
        for words_shown in shown:
            expect(reviewer.page.get_by_text(words_shown, exact=True)).to_be_visible()
