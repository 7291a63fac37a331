"""Dialogs, and what takes the place of one: axe finds nothing in them, light or dark; the focus
stays in them, Esc closes them, and who opened them goes on where they were, with all they typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .axe import in_both_themes
from .conftest import Come
from .desk import collecting
from .office import at_console, listed
from .review import boxes

pytestmark = pytest.mark.needs("browser")
TYPED = "请核对原件"
MANY = 60
"""More stops than a dialog has."""


def keeps_the_focus(page: Page, dialog: Locator) -> None:
    """Tab goes around in it, forwards and backwards, and leaves it for nothing of the page."""
    for key in ("Tab", "Shift+Tab"):
        begun = here(dialog)
        assert begun >= 0
        stops = set()
        for _ in range(MANY):
            page.keyboard.press(key)
            at = here(dialog)
            assert at >= 0, f"{key} left the dialog"
            if at in stops:
                break
            stops.add(at)
        assert len(stops) > 1


def here(dialog: Locator) -> int:
    """Where in it the focus is, as a number; -1 outside."""
    found: int = dialog.evaluate(
        "(box) => [...box.querySelectorAll('*')].indexOf(document.activeElement)"
    )
    return found


def closes(page: Page, dialog: Locator, opener: Locator) -> None:
    """By Esc; the focus is where it was."""
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_dialogs_of_the_review(come: Come) -> None:
    language = "zh"
    reviewer, say = at_console(come, language, "civil_affairs_reviewer")
    page = reviewer.page
    page.get_by_role("button", name=say("queue.start")).click()
    first = boxes(page).first
    expect(first).to_be_focused()

    page.keyboard.press("F10")
    dialog = page.get_by_role("dialog", name=say("return.title"))
    expect(page.locator("#reason-code-0")).to_be_focused()
    faults = in_both_themes(page, "return")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_be_focused()
    faults += in_both_themes(page, "return, refused")
    page.locator("#reason-text-0").fill(TYPED)
    keeps_the_focus(page, dialog)
    closes(page, dialog, first)
    page.keyboard.press("F10")
    expect(page.locator("#reason-text-0")).to_have_value(TYPED)
    closes(page, dialog, first)

    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name=say("complete.title"))
    value = page.locator("#complete-value-0")
    expect(value).to_be_focused()
    faults += in_both_themes(page, "complete")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_be_focused()
    faults += in_both_themes(page, "complete, refused")
    value.fill(TYPED)
    page.locator("#complete-reason").fill(TYPED)
    keeps_the_focus(page, dialog)
    closes(page, dialog, first)
    page.keyboard.press("e")
    for kept in (value, page.locator("#complete-reason")):
        expect(kept).to_have_value(TYPED)
    closes(page, dialog, first)
    assert faults == []


def test_the_dialog_of_an_order_with_what_is_passed_on(come: Come) -> None:
    language = "en"
    office, say = at_console(come, language, "administrator")
    page = office.page
    page.goto(f"{office.demo.url}/console/orders")
    kind = re.escape(say("orders.openThis", kind="\0", place="\0").split("\0")[0])
    opener = page.get_by_role("button", name=re.compile(f"^{kind}")).first
    opener.click()
    dialog = page.get_by_role("dialog")
    expect(page.locator("#order-reason")).to_be_focused()
    faults = in_both_themes(page, "order, closed")
    page.locator("#order-reason").fill(TYPED)
    page.keyboard.press("Control+Enter")
    notes = dialog.get_by_role("region", name=say("orderNotes.heading"))
    notes.get_by_role("button", name=say("orderNotes.send.transfer"), exact=True).click()
    expect(page.locator("#note-words")).to_be_focused()
    notes.locator("form").get_by_role("button", name=say("orderNotes.send.transfer")).click()
    expect(notes.get_by_role("alert")).to_be_focused()
    faults += in_both_themes(page, "order, passing on")
    keeps_the_focus(page, dialog)
    closes(page, dialog, opener)
    assert faults == []


def test_the_steps_of_who_declines(come: Come) -> None:
    """R99: they are no dialog, for nothing behind them is waited for; Esc records nothing."""
    language = "zh"
    collector, say = collecting(come, language, 1)
    somebody = listed(come, 1)
    page = collector.page
    page.goto(f"{collector.demo.url}/desk/ending/{somebody.subject}")
    page.get_by_role("radio", name=say("ending.kind.declined")).click()
    steps = page.get_by_role("region", name=say("state.declined"))
    back = page.locator("#decline-back")
    expect(back).to_be_focused()
    faults = in_both_themes(page, "decline, what it means")
    steps.get_by_role("button", name=say("ending.decline.on"), exact=True).click()
    expect(back).to_be_focused()
    steps.get_by_role("radio", name=say("ending.decline.by.guardian")).check()
    steps.get_by_role("button", name=say("ending.decline.record"), exact=True).click()
    expect(steps.get_by_role("alert")).to_be_visible()
    faults += in_both_themes(page, "decline, who says so")
    page.keyboard.press("Escape")
    expect(steps).to_be_visible()
    found = collector.ask("capture", "/subjects/lookup", {"subject_id": somebody.subject})
    assert found["entries"][0]["state"] == "open"
    assert faults == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_on_which_one_signs_in(come: Come, language: str) -> None:
    """As it opens and after a refusal, which takes the focus; all of it by keyboard."""
    visitor = come(language)
    visitor.seen.expected.append("(/api/access/authorize)")
    page = visitor.page
    page.goto(f"{visitor.demo.url}/console/")
    name = page.locator("input[name=username]")
    expect(name).to_be_focused()
    faults = in_both_themes(page, "sign in")
    keys = page.keyboard
    keys.type("nobody-here")
    keys.press("Tab")
    keys.type("x" * 12)
    keys.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(name).to_have_value("nobody-here")
    faults += in_both_themes(page, "sign in, refused")
    summary.get_by_role("link").focus()
    keys.press("Enter")
    expect(name).to_be_focused()
    assert faults == []


def test_the_dialog_of_a_sign_in_that_ran_out(come: Come) -> None:
    language = "en"
    leader, say = at_console(come, language, "leader")
    page = leader.page
    expect(page.get_by_role("table").first).to_be_visible()
    leader.context.clear_cookies()
    leader.seen.expected += ["(/api/reporting/", "(/api/access/session/renew)"]
    page.get_by_role("table").get_by_role("link").first.dispatch_event("click")
    dialog = page.get_by_role("dialog", name=say("session.lapsed"))
    expect(page.locator("#sign-in-again")).to_be_focused()
    # What was asked for waits behind it, and what is to be replaced is dim meanwhile.
    faults = in_both_themes(page, "sign-in that ran out", "[role=dialog]", busy=1)
    keeps_the_focus(page, dialog)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert faults == []
