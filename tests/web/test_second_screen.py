"""The screen that faces the person: opened from the desk, read and signed there, and left with
nothing of anybody (R58)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Come
from .desk import at_desk, fill, label, lay_card, photograph, sign
from .test_pages import LOOKS, look
from .words import Say

pytestmark = pytest.mark.needs("browser")


def person_screen(page: Page, say: Say) -> Page:
    """The window that the desk opens."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name=say("second.open")).click()
    return opened.value


def stored(page: Page) -> str:
    """What the browser keeps for a page."""
    return str(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))


# Each look takes somebody of their own down; the first of them all are those of test_desk.py.
@pytest.mark.parametrize(
    ("language", "theme", "at"), [(*one, at) for one, at in zip(LOOKS, (2, 3, 0, 1), strict=False)]
)
def test_somebody_reads_and_signs_on_the_screen_that_faces_them(
    come: Come, language: str, theme: str, at: int
) -> None:
    page, say = at_desk(lambda spoken: come(spoken, theme), language)
    hint = "初始数据中没有此人" if language == "zh" else "Nobody knows this person yet"
    lay_card(page, say, hint, at)
    fill(page, language)
    name = page.get_by_label(label("name", language), exact=True).input_value()
    photograph(page, say)
    page.keyboard.press("F9")
    there = person_screen(page, say)
    expect(there.get_by_role("heading", name=say("second.read"))).to_be_visible()
    expect(there.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text(say("second.at.reading"))).to_be_visible()
    assert there.url.endswith("/desk/sign")
    assert look(there, "desk-sign", language, theme) == []
    for button in there.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, button.inner_text()

    # Loaded again it shows nobody, and the desk has its own pad back.
    there.reload()
    expect(there.get_by_role("heading", name=say("second.face.waiting"))).to_be_visible()
    expect(there.get_by_text(name, exact=True)).to_have_count(0)
    expect(page.get_by_text(say("second.at.lost"))).to_be_visible()
    assert look(there, "desk-sign-waiting", language, theme) == []
    page.get_by_role("button", name=say("second.show")).click()
    expect(there.get_by_text(name, exact=True).first).to_be_visible()

    there.get_by_role("button", name=say("second.goSign")).click()
    sign(there)
    expect(page.get_by_text(say("second.at.signing"))).to_be_visible()
    there.get_by_role("button", name=say("second.done")).click()
    expect(there.get_by_role("heading", name=say("second.face.signed"))).to_be_visible()
    expect(there.get_by_text(name, exact=True)).to_have_count(0)
    expect(page.get_by_text(say("second.at.signed"))).to_be_visible()
    assert name not in stored(page) + stored(there)
    page.get_by_role("button", name=say("sign.do.handwriting"), exact=True).click()
    page.wait_for_url(re.compile(r"/desk/receipt/[0-9a-f-]{36}$"))
    received = page.get_by_role("heading", name=say("receipt.headingReceived"))
    expect(received).to_be_visible(timeout=60_000)
    assert look(page, "desk-receipt", language, theme) == []
    expect(there.get_by_role("heading", name=say("second.face.waiting"))).to_be_visible()

    # The desk goes, and the window says what it is.
    page.close()
    expect(there.get_by_role("heading", name=say("second.face.alone"))).to_be_visible()
