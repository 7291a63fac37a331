"""One person from the card to the receipt, by keyboard but for the pen, and on to the reviewer
(R22, R55, R58, R66, R71)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from muster.forms import Profile

from .conftest import Come, Visitor
from .words import Say, catalogue

pytestmark = pytest.mark.needs("browser")
FAMILY = "="
"""Key of the twelfth category, which asks for the fewest papers."""
# The gateway says "no card yet" by a refusal, and the browser notes it.
WAITING = "(/readings)"


def at_desk(come: Come, language: str) -> tuple[Page, Say]:
    """Somebody who signed in by the link of their desk."""
    collector = come(language)
    collector.seen.expected.append(WAITING)
    account = collector.demo.desk()
    page = collector.sign_in(account, account["desk"])
    return page, catalogue("desk", language)


def lay_card(page: Page, say: Say, hint: str, at: int = 0) -> None:
    """Lay a simulated card with that hint on the reader; the person opens."""
    page.keyboard.press("F2")
    row = page.get_by_role("listitem").filter(has_text=hint)
    row.nth(at).get_by_role("button", name=re.compile(f"^{re.escape(say('card.place'))}")).click()
    page.wait_for_url(re.compile(r"/desk/person/[0-9a-f-]{36}$"))


def label(field: str, language: str, option: str | None = None) -> str:
    """What a field, or one of its options, is called."""
    found = Profile.load("tongren").fields[field]
    said = found if option is None else next(one for one in found.options if one.id == option)
    return said.zh if language == "zh" else said.en


def fill(page: Page, language: str) -> None:
    """What the card does not say, of somebody whose relative serves."""
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press(FAMILY)
    village = "村"  # the first of the villages
    for field, typed in (
        ("political_status", label("political_status", language, "13")),
        ("household_area", village),
        ("active_duty_relation", label("active_duty_relation", language, "spouse")),
    ):
        page.get_by_label(label(field, language)).focus()
        page.keyboard.type(typed)
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("Enter")
    page.get_by_label(label("serving_name", language)).fill("久美·多杰")


def photograph(page: Page, say: Say) -> None:
    """All papers that are still needed."""
    missing = page.get_by_role("listitem").filter(has_text=say("paper.missing"))
    for left in range(missing.count(), 0, -1):
        missing.first.get_by_role("button").first.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        shoot = dialog.get_by_role("button", name=re.compile(f"^{re.escape(say('take.shoot'))}"))
        expect(shoot).to_be_enabled()
        expect(dialog.get_by_role("group").first).to_be_focused()
        page.keyboard.press("Space")
        dialog.locator("video").wait_for(state="hidden")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(missing).to_have_count(left - 1)


def sign(page: Page) -> None:
    """A stroke on the pad."""
    pad = page.locator("canvas").last
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(box["x"] + 60 + step * 15, box["y"] + 60 + (step % 5) * 22)
    page.mouse.up()


@pytest.mark.parametrize(
    ("language", "hint", "at"),
    [("zh", "初始数据中没有此人", 0), ("en", "Nobody knows this person yet", 1)],
)
def test_from_the_card_to_the_receipt_and_to_the_reviewer(
    come: Come, language: str, hint: str, at: int
) -> None:
    page, say = at_desk(come, language)
    lay_card(page, say, hint, at)
    fill(page, language)
    name = page.get_by_label(label("name", language), exact=True).input_value()
    photograph(page, say)
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name=say("sign.heading"))).to_be_visible()
    sign(page)
    page.get_by_role("button", name=say("sign.do.handwriting"), exact=True).click()
    page.wait_for_url(re.compile(r"/desk/receipt/[0-9a-f-]{36}$"))
    received = page.get_by_role("heading", name=say("receipt.headingReceived"))
    expect(received).to_be_visible(timeout=60_000)
    assert name not in page.url

    reviewer = come(language)
    review = reviewer.sign_in(reviewer.demo.account("civil_affairs_reviewer"))
    subject = waiting_as(reviewer, name)
    review.goto(f"{reviewer.demo.url}/console/review/{subject}")
    expect(review.get_by_text(name).first).to_be_visible()
    boxes = review.locator("table").get_by_role("checkbox")
    expect(boxes.first).to_be_focused()
    for _ in range(boxes.count()):
        review.keyboard.press("Space")
    expect(review.get_by_role("button", name=re.compile(r"F9$"))).to_be_enabled()
    with review.expect_response(re.compile(rf"/items/{subject}/1/verify$")) as verified:
        review.keyboard.press("F9")
    assert verified.value.ok
    expect(review).not_to_have_url(re.compile(subject))


def waiting_as(reviewer: Visitor, name: str) -> str:
    """Whoever of that name waits for review, once their record has come."""

    def find(queue: Any) -> str | None:
        for waiting in reversed(queue["items"]):
            item = reviewer.json("verification", f"/items/{waiting['subject_id']}")
            if item["record"]["fields"]["name"] == name:
                return str(item["subject_id"])
        return None

    return reviewer.later("verification", "/queue?limit=100", find)
