"""A work order from its discovery to its end: opened for a reason, asked about, answered, mended at
the desk, and closed by nobody but the re-check (R75, R76)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Come, Demo, Visitor
from .desk import collecting
from .office import Listed, at_console, listed
from .words import Say

pytestmark = pytest.mark.needs("browser")
REASON = "核对去向"
QUESTION = "此人是否仍住在村里？"
ANSWER = "已随子女迁往外省。"
MISPLACED = "户口簿上写的是贵镇"
NOT_OURS = "本镇查无此人，请原村再核"


def orders_of(visitor: Visitor, say: Say, area: str) -> Page:
    """The page of an area's orders, those of missed people."""
    page = visitor.page
    page.goto(f"{visitor.demo.url}/console/orders/{area}")
    page.get_by_label(say("problems.kind")).select_option("missed_subject")
    return page


def open_order(visitor: Visitor, say: Say, somebody: Listed, area: str | None = None) -> Locator:
    """The order about somebody, opened: nothing personal is shown before a reason is given, and
    until then those of one village (or area) look alike; the newest is listed last."""
    page = orders_of(visitor, say, area or somebody.village)
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

    assert closed(reviewer, somebody.village, somebody.order)["account"] is None
    page = orders_of(reviewer, say, somebody.village)
    page.get_by_label(re.compile(f"^{re.escape(say('orders.state'))}")).select_option("closed")
    mended = say("orders.byStanding", state=say("state.moved_out"))
    expect(page.get_by_role("row").filter(has_text=mended).first).to_be_visible()


def closed(visitor: Visitor, area: str, order: str) -> dict[str, Any]:
    """What closed an order, once it is closed."""

    def find(said: Any) -> dict[str, Any] | None:
        found = (one for one in said["items"] if one["discrepancy_id"] == order)
        return next((one["closed_by"] for one in found), None)

    return visitor.later("crosscheck", f"/discrepancies?area={area}&state=closed&limit=100", find)


def pass_on(dialog: Locator, say: Say, words: str, area: str | None) -> None:
    """To another area; or back to the village of the household."""
    notes = dialog.get_by_role("region", name=say("orderNotes.heading"))
    begin = notes.get_by_role("button", name=say("orderNotes.send.transfer"), exact=True)
    begin.click()
    form = notes.locator("form")
    send = form.get_by_role(
        "button", name=say("orderNotes.send.transfer" if area else "orderNotes.back"), exact=True
    )
    send.click()
    expect(notes.get_by_role("alert")).to_contain_text(say("orderNotes.missing"))
    if area is not None:
        notes.locator("#note-area").select_option(area)
    notes.locator("#note-words").fill(words)
    send.click()
    expect(notes.get_by_text(say("orderNotes.told.transfer"))).to_be_visible()
    expect(notes.get_by_text(words, exact=True)).to_be_visible()


def test_an_order_is_passed_on_and_back_and_is_still_closed_by_nobody(
    come: Come, demo: Demo
) -> None:
    """R75, R76: where it went it is listed, read with its reason, and given back; and an
    administrator cannot close what can be compared."""
    language = "en"
    there = demo.account("township_leader")["area"]
    desk = next(at for at, one in enumerate(demo.desks()) if one["area"] != there)
    somebody = listed(come, desk)
    office, say = at_console(come, language, "administrator")
    dialog = open_order(office, say, somebody)
    pass_on(dialog, say, MISPLACED, there)
    dialog.get_by_role("button", name=say("order.close"), exact=True).click()
    handled = re.compile(re.escape(say("orderNotes.handled", place="\0").split("\0")[0]))
    row = office.page.get_by_role("row").filter(has_text=handled)
    expect(row.first).to_be_visible()

    leader, _ = at_console(come, language, "township_leader")
    dialog = open_order(leader, say, somebody, there)
    expect(dialog).to_contain_text(MISPLACED)
    pass_on(dialog, say, NOT_OURS, None)
    back = orders_of(leader, say, there)
    expect(back.get_by_role("heading", level=1)).to_be_visible()

    order = office.json("crosscheck", f"/discrepancies?subject_id={somebody.subject}")["items"]
    assert [(one["state"], one["handled_in"]) for one in order] == [("open", None)]
    refused = office.page.request.post(
        f"{demo.url}/api/crosscheck/discrepancies/{somebody.order}/close",
        data={"reason": REASON},
        headers={"x-muster-client": "console"},
    )
    assert refused.status == 409, refused.text()


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
