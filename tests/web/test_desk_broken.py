"""What breaks while somebody sits at the desk: the sign-in, a service, the gateway, the record of
another. What was typed is kept each time, and nothing is sent twice."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from . import breaking
from .conftest import Come, Visitor
from .desk import (
    SENT,
    SERVING,
    Stranger,
    box,
    choose_family,
    collecting,
    confirm_button,
    fill_identity,
    fill_rest,
    hand_in,
    held_of,
    label,
    on_receipt,
    opened,
    photograph,
    pick,
    received,
    sign,
    take_down,
    to_confirm,
    to_today,
    type_number,
)
from .words import Say

pytestmark = pytest.mark.needs("browser")
# What the browser notes of a service or a sign-in that is gone.
AWAY = "(/api/capture/"
RENEWED = "(/api/access/session/renew)"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sign_in_that_ends_in_mid_form_keeps_what_was_typed_and_goes_on(
    come: Come, language: str
) -> None:
    collector, say = collecting(come, language)
    page, who = collector.page, Stranger.of(collector.demo.desk())
    type_number(page, who.number)
    opened(page)
    fill_identity(page, who, language)
    collector.context.clear_cookies()
    collector.seen.expected += [AWAY, RENEWED]
    page.get_by_role("button", name=say("person.close"), exact=True).click()
    sign_in_again(collector, say)
    page.get_by_role("link", name=who.name).click()
    expect(box(page, "name", language)).to_have_value(who.name)
    expect(box(page, "household_address", language)).to_have_value("文化路12号")
    fill_rest(page, language)
    photograph(page, say)
    to_confirm(page, say)

    # It ends once more before anything is sent; whoever does not sign in now loses nothing.
    collector.context.clear_cookies()
    hand_in(page, say)
    lapsed = page.get_by_role("dialog", name=say("session.lapsed"))
    lapsed.get_by_role("button", name=say("session.later")).click()
    notice = page.get_by_role("status", name=say("gateway.lapsed.heading"))
    expect(notice).to_be_visible()
    expect(page.get_by_role("heading", name=say("receipt.headingKept"))).to_be_visible()
    notice.get_by_role("button", name=say("session.again")).click()
    sign_in_again(collector, say)
    received(page, say)
    assert held_of(collector, who.number)["version"] == 1


def sign_in_again(collector: Visitor, say: Say) -> None:
    """In the window that the dialog over the page opens."""
    dialog = collector.page.get_by_role("dialog", name=say("session.lapsed"))
    expect(dialog).to_be_visible()
    with collector.context.expect_page() as window:
        dialog.get_by_role("button", name=say("session.again")).click()
    Visitor.type_password(window.value, collector.demo.desk())
    expect(dialog).to_be_hidden()


def test_capture_is_killed_as_a_record_is_sent_and_it_arrives_once(come: Come) -> None:
    language = "zh"
    collector, say = collecting(come, language)
    page, who = collector.page, Stranger.of(collector.demo.desk())
    take_down(page, say, who, language)
    collector.seen.expected.append(AWAY)
    with breaking.kept_down(partial(breaking.service, collector.demo.home, "capture")):
        hand_in(page, say)
        expect(page.get_by_role("heading", name=say("receipt.headingKept"))).to_be_visible()
        standing = page.get_by_role("list", name=say("bar.standing"))
        expect(standing).to_contain_text(say("state.offline"))
        to_today(page, say)
        expect(page.get_by_text(say("queue.stop.services"))).to_be_visible()
        expect(waiting(page, say)).to_contain_text(who.name)
    # Nobody presses anything: the queue tries again by itself.
    expect(arrived(page, say)).to_contain_text(who.name, timeout=SENT)
    assert held_of(collector, who.number)["version"] == 1


def waiting(page: Page, say: Say) -> Locator:
    """The list of what is on its way."""
    return page.get_by_role("list", name=say("state.to_upload"))


def arrived(page: Page, say: Say, count: int = 1) -> Locator:
    """The list of what the centre has."""
    return page.get_by_role("list", name=say("queue.received", n=count))


def test_slow_answers_are_shown_and_a_double_press_sends_once(come: Come) -> None:
    collector, say = collecting(come, "zh")
    page, who = collector.page, Stranger.of(collector.demo.desk())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    capture = partial(breaking.service, collector.demo.home, "capture")
    with breaking.frozen(capture):
        type_number(page, who.number)
        expect(page.get_by_text(say("person.looking"))).to_be_visible()
        page.keyboard.press("Enter")
    opened(page)
    assert count(asked, "POST", "/subjects/lookup") == 1
    fill_identity(page, who, "zh")
    fill_rest(page, "zh")
    photograph(page, say)
    to_confirm(page, say)
    sign(page)
    with breaking.frozen(capture):
        confirm_button(page, say).dblclick()
        on_receipt(page)
        expect(page.get_by_role("heading", name=say("receipt.headingKept"))).to_be_visible()
        to_today(page, say)
        expect(waiting(page, say)).to_contain_text(say("queue.sending"))
    expect(arrived(page, say)).to_contain_text(who.name, timeout=SENT)
    assert [count(asked, "POST", path) for path in ("/signatures", "/evidence", "/uploads")] == [
        *(1, 1, 1)
    ]
    assert held_of(collector, who.number)["version"] == 1


def count(asked: list[str], method: str, path: str) -> int:
    """How often this was asked."""
    return sum(one.startswith(method) and one.endswith(path) for one in asked)


def test_a_refused_record_says_why_and_goes_on_as_whom_it_is_of(come: Come) -> None:
    """R71: one number is one person, whatever a desk began with."""
    language = "en"
    collector, say = collecting(come, language)
    page, account = collector.page, collector.demo.desk()
    known, other = Stranger.of(account), Stranger.of(account)
    take_down(page, say, known, language)
    hand_in(page, say)
    received(page, say)
    to_today(page, say)

    # The number of the other is mended on the form, and is that of who is known by now.
    type_number(page, other.number)
    opened(page)
    fill_identity(page, known, language)
    box(page, "resident_number", language).fill(known.number)
    fill_rest(page, language)
    photograph(page, say)
    to_confirm(page, say)
    hand_in(page, say)
    expect(page.get_by_role("heading", name=say("receipt.headingHeld"))).to_be_visible()
    to_today(page, say)
    held = page.get_by_role("list", name=say("state.refused"))
    expect(held).to_contain_text(label("resident_number", language))
    held.get_by_role("button", name=say("queue.mend")).click()
    opened(page)
    notes = page.get_by_role("region", name=say("person.notes"))
    notes.get_by_role("link", name=label("resident_number", language)).click()
    expect(box(page, "resident_number", language)).to_be_focused()
    expect(box(page, "serving_name", language)).to_have_value(SERVING)
    # What the person has confirmed is unchanged, and is sent as it is.
    page.keyboard.press("F9")
    page.get_by_role("button", name=say("person.send"), exact=True).click()
    on_receipt(page)
    received(page, say)
    found = held_of(collector, known.number)
    assert found["version"] == 2
    assert not held_of(collector, other.number)["known"]


def test_what_somebody_else_changed_meanwhile_stands_beside_what_was_typed(come: Come) -> None:
    language = "zh"
    first, say = collecting(come, language)
    page, who = first.page, Stranger.of(first.demo.desk())
    take_down(page, say, who, language)
    hand_in(page, say)
    received(page, say)
    second, _ = collecting(come, language)
    for one in (first, second):
        if one is first:
            to_today(page, say)
        type_number(one.page, who.number)
        opened(one.page)
    box(page, "household_address", language).fill("团结路3号")
    to_confirm(page, say)
    hand_in(page, say)
    received(page, say)

    page = second.page
    pick(page, "political_status", label("political_status", language, "01"), language)
    to_confirm(page, say)
    hand_in(page, say)
    expect(page.get_by_role("heading", name=say("receipt.headingHeld"))).to_be_visible()
    to_today(page, say)
    page.get_by_role("button", name=say("queue.mend")).click()
    opened(page)
    expect(page.get_by_role("region", name=say("person.notes"))).to_be_visible()
    status = label("political_status", language, "01")
    expect(box(page, "political_status", language)).to_have_value(status)
    expect(box(page, "household_address", language)).to_have_value("文化路12号")
    address = page.locator("[data-field=household_address]")
    expect(address).to_contain_text(say("difference.record"))
    expect(address).to_contain_text("团结路3号")
    address.get_by_role("button", name=re.compile(re.escape(say("difference.take")))).click()
    to_confirm(page, say)
    hand_in(page, say)
    received(page, say)
    found = held_of(second, who.number)
    assert found["version"] == 3
    assert found["record"]["record"]["fields"]["household_address"] == "团结路3号"
    assert found["record"]["record"]["fields"]["political_status"] == "01"


def test_the_gateway_goes_and_comes_back_and_the_signature_is_still_there(come: Come) -> None:
    language = "en"
    collector, say = collecting(come, language)
    page, account = collector.page, collector.demo.desk()
    who = Stranger.of(account)
    take_down(page, say, who, language)
    sign(page)
    collector.seen.expected += ["(/status)", "(/signatures)", "ERR_CONNECTION"]
    with breaking.kept_down(partial(breaking.gateway, collector.demo.home, account["area"])):
        confirm_button(page, say).click()
        expect(page.get_by_role("alert").filter(has_text=say("sign.notTaken"))).to_be_visible()
        expect(page.get_by_text(say("sign.noGateway"))).to_be_visible()
        away = page.get_by_role("status", name=say("gateway.away.heading"))
        expect(away).to_be_visible()
    expect(away).to_be_hidden(timeout=SENT)
    # Nobody draws anew: what was drawn is still there.
    confirm_button(page, say).click()
    on_receipt(page)
    received(page, say)
    assert held_of(collector, who.number)["version"] == 1


def test_a_page_with_a_draft_asks_before_it_is_left(come: Come) -> None:
    collector, _ = collecting(come, "zh")
    page, who = collector.page, Stranger.of(collector.demo.desk())
    type_number(page, who.number)
    opened(page)
    choose_family(page)
    box(page, "name", "zh").fill(who.name)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.evaluate("void setTimeout(() => location.reload(), 0)")
    assert asked == ["beforeunload"]
    expect(box(page, "name", "zh")).to_have_value(who.name)
