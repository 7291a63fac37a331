"""A collector's day beside the taking: a number typed, one who declines, one who is not there, one
who has died (R48, R99, R106)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from muster.vocabulary.ids import new_id

from .conftest import Come, Visitor
from .desk import (
    Stranger,
    collecting,
    confirm_button,
    label,
    misspelt,
    on_list,
    on_receipt,
    opened,
    photograph,
    received,
    sign,
    to_confirm,
    type_number,
)
from .office import Listed, listed

pytestmark = pytest.mark.needs("browser")


def test_a_number_is_typed_and_everything_but_the_pen_is_done_by_keys(come: Come) -> None:
    """R22, R55: no mouse from the day's first page to the receipt, but for the signature itself."""
    language = "en"
    collector, say = collecting(come, language, 1)
    page, who = collector.page, Stranger.of(collector.demo.desks()[1])
    keys = page.keyboard
    wrong = misspelt(who.number)
    type_number(page, wrong)
    summary = page.get_by_role("alert").filter(has_text=say("person.badNumber"))
    expect(summary).to_be_focused()
    expect(page.locator("#person-number")).to_have_value(wrong)
    type_number(page, who.number)
    opened(page)
    expect(page.get_by_role("checkbox").first).to_be_focused()
    keys.press("=")
    expect(page.locator("[data-field=resident_number]")).to_contain_text(say("state.typed"))
    keys.press("Enter")

    written = {
        "name": who.name,
        "sex": label("sex", language, who.sex),
        "ethnicity": label("ethnicity", language, "01"),
        "birth_date": f"{who.birth:%Y%m%d}",
        "political_status": label("political_status", language, "13"),
        "household_area": "村",
        "household_address": "文化路12号",
        "active_duty_relation": label("active_duty_relation", language, "spouse"),
        "serving_name": "久美·多杰",
    }
    reached = set()
    for _ in range(20):
        field = here(page)
        reached.add(field)
        if field in written:
            keys.type(written.pop(field))
        if not written:
            break
        keys.press("Enter")
        expect(page.locator(f"[data-field={field}]").locator(":focus")).to_have_count(0)
    assert not written, reached
    keys.press("F9")
    # What is missing is said on top, and leads to its place.
    expect(page.get_by_role("alert").first).to_be_focused()
    expect(page).to_have_title(re.compile(re.escape(say("error.prefix"))))
    photograph(page, say)
    to_confirm(page, say)
    sign(page)
    confirm_button(page, say).focus()
    keys.press("Enter")
    on_receipt(page)
    received(page, say)
    assert who.number not in page.url


def here(page: Page) -> str:
    """The field that has the focus."""
    found = page.evaluate("document.activeElement.closest('[data-field]')?.dataset.field ?? ''")
    return str(found)


def standing(collector: Visitor, subject: str) -> str:
    """How capture counts somebody."""
    found = collector.ask("capture", "/subjects/lookup", {"subject_id": subject})
    return str(found["entries"][0]["state"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_somebody_declines_in_two_calm_steps(come: Come, language: str) -> None:
    """R99: unforced, nobody is pressed: the focus stands on the way back, and no key records it."""
    collector, say = collecting(come, language, 2)
    who = listed(come, 2)
    page, row = on_list(collector, say, who.name)
    row.get_by_role("link").click()
    # Its steps take the place of the choice.
    page.get_by_role("radio", name=say("ending.kind.declined")).click()
    steps = page.get_by_role("region", name=say("state.declined"))
    back = steps.get_by_role("button", name=say("ending.decline.back"))
    expect(back).to_be_focused()
    expect(steps).to_contain_text(say("ending.decline.kept"))
    steps.get_by_role("button", name=say("ending.decline.on"), exact=True).click()
    expect(back).to_be_focused()
    record = steps.get_by_role("button", name=say("ending.decline.record"))
    # Neither of them under the mouse or the focus.
    page.mouse.move(0, 0)
    page.locator("#decline-reason").focus()
    assert looks(back) == looks(record)
    steps.get_by_role("radio", name=say("ending.decline.by.guardian")).check()
    record.click()
    expect(steps.get_by_text(say("ending.decline.guardianMissing"))).to_be_visible()
    expect(page.locator("#decline-guardian")).to_be_focused()
    assert standing(collector, who.subject) == "open"
    page.locator("#decline-guardian").fill("扎西")
    record.click()
    expect(page.locator("#ending-done")).to_contain_text(say("state.declined"))
    assert standing(collector, who.subject) == "declined"


def looks(button: Locator) -> Any:
    """Colours and weight: none of two choices may look like the one that is wanted."""
    return button.evaluate(
        "(b) => ['backgroundColor', 'color', 'fontWeight', 'height'].map("
        "(name) => getComputedStyle(b)[name])"
    )


def test_who_was_not_met_stays_on_the_list_with_the_reason(come: Come) -> None:
    """R106; and somebody else's news about the same person is said and nothing typed is lost."""
    language = "zh"
    collector, say = collecting(come, language, 0)
    who = listed(come, 0)
    page, row = on_list(collector, say, who.name)
    row.get_by_role("button", name=say("day.list.absentOf", name=who.name)).click()
    dialog = page.get_by_role("dialog", name=say("day.absence.title", name=who.name))
    dialog.get_by_role("button", name=say("day.save"), exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(say("day.absence.choose"))
    dialog.get_by_role("radio", name=say("day.absence.in_prison")).check()
    page.locator("#absence-note").fill("家人代答")
    dialog.get_by_role("button", name=say("day.save"), exact=True).click()
    expect(dialog).to_be_hidden()
    expect(row).to_contain_text(say("day.absence.in_prison"))
    expect(row).to_contain_text("家人代答")
    page.reload()
    page, row = on_list(collector, say, who.name)
    expect(row).to_contain_text("家人代答")
    assert standing(collector, who.subject) == "open"

    # Meanwhile somebody else records that they moved away.
    row.get_by_role("button", name=say("day.list.absentOf", name=who.name)).click()
    dialog.get_by_role("radio", name=say("day.absence.away")).check()
    page.locator("#absence-note").fill("外出务工")
    elsewhere(collector, who, "moved_out")
    collector.seen.expected.append("/absence)")
    dialog.get_by_role("button", name=say("day.save"), exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(page.locator("#absence-note")).to_have_value("外出务工")
    expect(dialog.get_by_role("radio", name=say("day.absence.away"))).to_be_checked()
    elsewhere(collector, who, "reopened")
    dialog.get_by_role("button", name=say("day.save"), exact=True).click()
    expect(dialog).to_be_hidden()
    expect(row).to_contain_text("外出务工")


def elsewhere(collector: Visitor, who: Listed, ending: str) -> None:
    """An ending that is recorded from another page."""
    body = {"change_id": new_id(), "ending": ending, "village": who.village}
    collector.ask("capture", f"/subjects/{who.subject}/ending", body)


def test_who_has_died_is_no_longer_looked_for(come: Come) -> None:
    """A date known in part will do, a wrong one is said at its place; and it can be taken back."""
    language = "en"
    collector, say = collecting(come, language, 1)
    who = listed(come, 1)
    page, row = on_list(collector, say, who.name)
    row.get_by_role("link").click()
    page.get_by_role("radio", name=say("ending.kind.dead_before")).check()
    page.locator("#ending-year").fill("2018")
    page.locator("#ending-month").fill("13")
    record = page.get_by_role("button", name=say("ending.record"), exact=True)
    record.click()
    page.get_by_role("alert").get_by_role("link", name=say("ending.dateWrong")).click()
    expect(page.locator("#ending-year")).to_be_focused()
    page.locator("#ending-month").fill("2")
    record.click()
    expect(page.locator("#ending-done")).to_contain_text(say("state.dead_before"))
    assert standing(collector, who.subject) == "dead_before"
    page.get_by_role("link", name=say("ending.toList")).click()
    page.locator("#people-name").fill(who.name)
    expect(page.get_by_role("rowheader", name=who.name, exact=True)).to_have_count(0)
    page.goto(f"{collector.demo.url}/desk/ending/{who.subject}")
    expect(page.get_by_text(say("ending.means.reopened"))).to_be_visible()
    record.click()
    expect(page.locator("#ending-done")).to_contain_text(say("state.open"))
    assert standing(collector, who.subject) == "open"
