"""A work order from its discovery to its end: opened for a reason, asked about, answered, mended at
the desk, and closed by nobody but the re-check (R75, R76)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Come, Visitor
from .desk import collecting
from .office import Listed, at_console, listed
from .words import Say

pytestmark = pytest.mark.needs("browser")
REASON = "核对去向"
QUESTION = "此人是否仍住在村里？"
ANSWER = "已随子女迁往外省。"


def orders_of(visitor: Visitor, say: Say, area: str) -> Page:
    """The page of a village's orders, those of missed people."""
    page = visitor.page
    page.goto(f"{visitor.demo.url}/console/orders/{area}")
    page.get_by_label(say("problems.kind")).select_option("missed_subject")
    return page


def open_order(visitor: Visitor, say: Say, somebody: Listed) -> Locator:
    """The order about somebody, opened: nothing personal is shown before a reason is given, and
    until then those of one village look alike; the newest is listed last."""
    page = orders_of(visitor, say, somebody.village)
    rows = page.get_by_role("button", name=re.compile(opening(say)))
    expect(rows.first).to_be_visible()
    for row in reversed(rows.all()):
        row.click()
        dialog = page.get_by_role("dialog")
        send = dialog.get_by_role("button", name=say("order.open"), exact=True)
        send.click()
        expect(dialog.get_by_role("alert")).to_contain_text(say("order.reasonMissing"))
        expect(dialog.get_by_text(somebody.name)).to_have_count(0)
        page.locator("#order-reason").fill(REASON)
        send.click()
        expect(dialog.get_by_text(say("meaning.missed_subject"))).to_be_visible()
        if dialog.get_by_text(somebody.name).count():
            return dialog
        dialog.get_by_role("button", name=say("order.close"), exact=True).click()
        expect(dialog).to_be_hidden()
    raise AssertionError("there is no such order")


def opening(say: Say) -> str:
    """How the button of such an order is called, as a pattern."""
    return re.escape(say("orders.openThis", kind=say("kind.missed_subject"), place=""))


@pytest.mark.parametrize(("language", "desk"), [("zh", 0), ("en", 2)])
def test_an_order_is_asked_about_answered_mended_and_closed_by_the_recheck(
    come: Come, language: str, desk: int
) -> None:
    somebody = listed(come, desk)
    reviewer, say = at_console(come, language, "civil_affairs_reviewer")
    dialog = open_order(reviewer, say, somebody)
    expect(dialog.get_by_role("button", name=re.compile("销号|close the"))).to_have_count(0)
    notes = dialog.get_by_role("region", name=say("orderNotes.heading"))
    notes.get_by_role("button", name=say("orderNotes.send.ask"), exact=True).click()
    ask = notes.locator("form").get_by_role("button", name=say("orderNotes.send.ask"), exact=True)
    ask.click()
    expect(notes.get_by_role("alert")).to_contain_text(say("orderNotes.missing"))
    reviewer.page.locator("#note-words").fill(QUESTION)
    ask.click()
    expect(notes.get_by_text(say("orderNotes.told.ask"))).to_be_visible()
    expect(notes.get_by_text(say("orderNotes.waiting"))).to_be_visible()

    office, _ = at_console(come, language, "administrator")
    page = orders_of(office, say, somebody.village)
    expect(page.get_by_text(say("orders.questions", n=1)).last).to_be_visible()
    dialog = open_order(office, say, somebody)
    notes = dialog.get_by_role("region", name=say("orderNotes.heading"))
    expect(notes).to_contain_text(QUESTION)
    notes.get_by_role("button", name=say("orderNotes.answer"), exact=True).click()
    office.page.locator("#note-words").fill(ANSWER)
    notes.locator("form").get_by_role("button", name=say("orderNotes.send.answer")).click()
    expect(notes.get_by_text(say("orderNotes.told.answer"))).to_be_visible()
    expect(dialog.get_by_text(say("recheck.still"))).to_be_visible()

    mend_at_the_desk(come, language, desk, somebody)

    closed = reviewer.later(
        "crosscheck",
        f"/discrepancies?area={somebody.village}&state=closed&limit=100",
        lambda said: next(
            (one for one in said["items"] if one["discrepancy_id"] == somebody.order), None
        ),
    )
    assert closed["closed_by"]["account"] is None
    page = orders_of(reviewer, say, somebody.village)
    page.get_by_label(re.compile(f"^{re.escape(say('orders.state'))}")).select_option("closed")
    mended = say("orders.byStanding", state=say("state.moved_out"))
    expect(page.get_by_role("row").filter(has_text=mended).first).to_be_visible()


def mend_at_the_desk(come: Come, language: str, desk: int, somebody: Listed) -> None:
    """The collector of the place records that the person has moved away."""
    collector, say = collecting(come, language, desk)
    page = collector.page
    pages = page.get_by_role("navigation", name=say("frame.pages"))
    pages.get_by_role("link", name=say("page.people")).click()
    page.locator("#people-name").fill(somebody.name)
    page.locator(f"a[href$='/ending/{somebody.subject}']").click()
    page.get_by_role("radio", name=say("ending.kind.moved_out"), exact=True).check()
    page.get_by_role("button", name=say("ending.record"), exact=True).click()
    expect(page.locator("#ending-done")).to_contain_text(say("state.moved_out"))
