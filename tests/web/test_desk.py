"""One person from the card to the receipt, by keyboard but for the pen, and on to the reviewer
(R22, R55, R58, R66, R71)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import Come
from .desk import (
    at_desk,
    fill,
    hand_in,
    label,
    lay_card,
    photograph,
    received,
    to_confirm,
    waiting_as,
)

pytestmark = pytest.mark.needs("browser")


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
    to_confirm(page, say)
    hand_in(page, say)
    received(page, say)
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
