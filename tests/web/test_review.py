"""A record between its desk and its reviewers until it is right: returned with reasons, corrected,
completed, and each at the desk of its own reviewers."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from muster.runtime.demo.world import World
from muster.vocabulary.return_reasons import RETURN_REASONS

from .conftest import Come, Demo, Visitor
from .desk import (
    box,
    collecting,
    confirm_button,
    handed_in,
    label,
    on_receipt,
    opened,
    received,
    sign,
    to_confirm,
    to_today,
    waiting_as,
)
from .office import at_console
from .review import (
    BASIS,
    choose,
    complete,
    enter,
    go_to,
    next_of,
    row_of_field,
    settle_all,
    unmask,
    version_of,
    waits,
)
from .words import Say

pytestmark = pytest.mark.needs("browser")
FIELD = "household_address"
OWN_WORDS = "请当面核对户口本上的门牌"
LARGEST = 6
"""Presses until a paper grows no more."""
OUT_OF_REACH = """(stage) => {
  const inside = (at, from, size) => at >= from - 1 && at <= from + size + 1;
  const lost = [];
  for (const x of ["left", "right"]) for (const y of ["top", "bottom"]) {
    const left = x === "left" ? 0 : stage.scrollWidth, top = y === "top" ? 0 : stage.scrollHeight;
    stage.scrollTo({ left, top, behavior: "instant" });
    const view = stage.getBoundingClientRect();
    const paper = stage.querySelector("img").getBoundingClientRect();
    const across = inside(paper[x], view.left + stage.clientLeft, stage.clientWidth);
    const down = inside(paper[y], view.top + stage.clientTop, stage.clientHeight);
    if (!across || !down) lost.push(`${y} ${x}`);
  }
  return lost;
}"""
"""Corners of a paper, as it is turned, that no scrolling brings to where they are seen."""
MENDED = "团结路3号"


def return_it(page: Page, say: Say, language: str) -> list[str]:
    """Back to the desk, for a reason of the list and one in own words; what the desk will read."""
    go_to(page, say, FIELD, language)
    page.keyboard.press("F10")
    dialog = page.get_by_role("dialog", name=say("return.title"))
    first, second = (page.locator(f"#reason-code-{at}") for at in (0, 1))
    expect(first).to_be_focused()
    choose(page, first, "field-wrong")
    # The field at hand is what it is about, until something else is chosen.
    expect(page.locator("#reason-field-0")).to_have_value(FIELD)
    dialog.get_by_role("button", name=say("return.add")).press("Enter")
    second.focus()
    choose(page, second, "other")
    about = page.locator("#reason-field-1")
    about.focus()
    page.keyboard.press("Home")
    choose(page, about, "record")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(say("return.textMissing", n=2))
    page.locator("#reason-text-1").focus()
    page.keyboard.insert_text(OWN_WORDS)
    lines = dialog.locator(".preview li")
    expect(lines).to_have_count(2)
    expect(lines.last).to_contain_text(OWN_WORDS)
    found = lines.all_inner_texts()
    with page.expect_response(re.compile(r"/items/[0-9a-f-]{36}/1/return$")) as returned:
        page.keyboard.press("Control+Enter")
    assert returned.value.ok
    return found


def mend(collector: Visitor, say: Say, name: str, reasons: list[str], language: str) -> None:
    """At the desk the record lies with its reasons; it is corrected where they lead, confirmed
    anew, and sent."""
    page = collector.page
    area = collector.demo.desk()["area"]
    collector.later(
        "capture",
        f"/returned?area={area}&limit=100",
        lambda said: next((one for one in said["returned"] if one["name"] == name), None),
    )
    to_today(page, say)
    correct = page.get_by_role("button", name=say("day.correctOf", name=name), exact=True)
    item = page.get_by_role("listitem").filter(has=correct)
    expect(item.get_by_role("listitem")).to_have_text(reasons)
    correct.focus()
    page.keyboard.press("Enter")
    opened(page)
    notes = page.get_by_role("region", name=say("person.notes"))
    expect(notes).to_contain_text(say("person.returned"))
    expect(notes.get_by_role("listitem")).to_have_text(reasons)
    notes.get_by_role("link", name=label(FIELD, language)).focus()
    page.keyboard.press("Enter")
    expect(box(page, FIELD, language)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(MENDED)
    to_confirm(page, say)
    sign(page)
    confirm_button(page, say).focus()
    page.keyboard.press("Enter")
    on_receipt(page)
    received(page, say)


def test_a_record_goes_back_with_reasons_and_comes_again_until_it_is_right(come: Come) -> None:
    """R70, R71: by keyboard but for the pen; and what comes next is there at once."""
    language = "zh"
    collector, desk = collecting(come, language)
    who = handed_in(collector, desk, language)
    reviewer, say = at_console(come, language, "civil_affairs_reviewer")
    page, subject = reviewer.page, waiting_as(reviewer, who.name)
    enter(page, waits(reviewer, subject))
    reasons = return_it(page, say, language)
    for said, *parts in zip(
        reasons,
        (RETURN_REASONS["field-wrong"][0], RETURN_REASONS["other"][0]),
        (label(FIELD, language), OWN_WORDS),
        strict=True,
    ):
        assert all(part in said for part in parts), said
    expect(page).not_to_have_url(re.compile(subject))

    mend(collector, desk, who.name, reasons, language)

    version_of(reviewer, subject, 2)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(read_of(request)))
    row = waits(reviewer, subject)
    expect(row).to_contain_text(say("queue.returned", n=1))
    following = next_of(reviewer, subject)["subject_id"]
    enter(page, row)
    expect(page.get_by_text(say("item.backAndForth", n=1), exact=True)).to_be_visible()
    history = page.get_by_role("group").filter(has_text=say("history.summary", n=1, all=1))
    for part in (RETURN_REASONS["field-wrong"][0], OWN_WORDS, say("history.you")):
        expect(history).to_contain_text(part)
    expect(history).to_contain_text(say("notes.changed", fields=label(FIELD, language)))
    # It is that field, and no other, that is another now.
    expect(page.get_by_text(say("grid.changed"), exact=True)).to_have_count(1)
    unmask(page, say)
    expect(row_of_field(page, say, FIELD, language)).to_contain_text(MENDED)
    expect(row_of_field(page, say, FIELD, language)).to_contain_text(say("grid.changed"))

    settle_all(page)
    ahead = f"/items/{following}?ahead=true"
    expect(page.get_by_role("button", name=re.compile(r"F9$"))).to_be_enabled()
    with page.expect_response(re.compile(rf"/items/{subject}/2/verify$")) as verified:
        page.keyboard.press("F9")
    assert verified.value.ok
    page.wait_for_url(re.compile(f"/console/review/{following}$"))
    fields = reviewer.json("verification", f"/items/{following}")["record"]["fields"]
    expect(page.locator("h1")).to_have_text(fields["name"])
    # It was fetched while the other was looked at, and not again.
    assert [one for one in asked if f"/items/{following}" in one] == [ahead]


def read_of(request: Request) -> str:
    """The record that a page reads, if it does."""
    path = request.url.partition("/api/verification")[2]
    return path if request.method == "GET" and path.startswith("/items/") else ""


def officer(demo: Demo, reviewer: Visitor) -> dict[str, Any]:
    """The record of a transferred officer of the campaign, at the desk that reviews them."""
    people = World.load(demo.home.path / "county").people
    numbers = [one.number for one in people if "transferred_officer" in one.categories]
    for number in numbers:
        found = reviewer.ask("capture", "/subjects/lookup", {"resident_number": number})
        if any(entry["state"] == "collected" for entry in found.get("entries") or ()):
            return dict(reviewer.json("verification", f"/items/{found['subject_id']}"))
    raise AssertionError("no transferred officer was collected")


def desks_of(page: Page, say: Say) -> Locator:
    """The column of the queue that says whose each record is."""
    table = page.get_by_role("table", name=say("queue.caption"))
    heading = table.get_by_role("columnheader").all_inner_texts().index(say("queue.desk"))
    return table.locator(f"tbody tr > :nth-child({heading + 1})")


def test_a_reviewer_completes_an_item_at_their_own_desk_and_the_other_desk_sees_nothing_of_it(
    come: Come,
) -> None:
    """R71, R90: what is completed is a new version that says what nobody signed; it waits at the
    desk of human resources, and civil affairs neither lists nor reads it."""
    language = "en"
    reviewer, say = at_console(come, language, "human_resources_reviewer")
    page, demo = reviewer.page, reviewer.demo
    item = officer(demo, reviewer)
    subject = item["subject_id"]
    page.goto(f"{demo.url}/console/review/{subject}")
    # Of a demo that somebody has running a former run may have completed it too.
    address = f"团结路{secrets.randbelow(10_000)}号"
    version = complete(page, say, FIELD, address, language)
    unmask(page, say)
    row = row_of_field(page, say, FIELD, language)
    expect(row).to_contain_text(address)
    for state in ("reviewer", "unsigned"):
        expect(row).to_contain_text(say(f"state.{state}"))
    made = version_of(reviewer, subject, version)["completion"]
    assert (made["unsigned"], made["reason"]) == ([FIELD], BASIS)
    unsigned = page.locator("tbody tr").filter(has_text=say("state.unsigned"))
    expect(unsigned).to_have_count(1)
    told = say("notes.unsigned", n=made["signed_version"], fields=label(FIELD, language))
    expect(page.get_by_text(told)).to_be_visible()

    waits(reviewer, subject)
    assert set(desks_of(page, say).all_inner_texts()) == {"Human resources"}
    other, _ = at_console(come, language, "civil_affairs_reviewer")
    expect(desks_of(other.page, say).first).to_be_visible()
    assert set(desks_of(other.page, say).all_inner_texts()) == {"Civil affairs"}
    other.seen.expected.append(f"/items/{subject}")
    other.page.goto(f"{demo.url}/console/review/{subject}")
    expect(other.page.get_by_role("alert")).to_contain_text(say("error.forbidden"))
    expect(other.page.get_by_text(str(item["record"]["fields"]["name"]))).to_have_count(0)


def test_every_corner_of_a_paper_that_is_enlarged_or_turned_can_be_scrolled_to(come: Come) -> None:
    reviewer, say = at_console(come, "zh", "civil_affairs_reviewer")
    page = reviewer.page
    leader, _ = at_console(come, "zh", "township_leader")
    area = leader.demo.account("township_leader")["area"]
    known = leader.json("capture", f"/subjects?area={area}&state=collected&limit=100")["people"]
    items = f"{reviewer.demo.url}/api/verification/items"
    # One of this desk; whether it was decided does not matter to its papers.
    subject = next(
        one["subject_id"] for one in known if page.request.get(f"{items}/{one['subject_id']}").ok
    )
    page.goto(f"{reviewer.demo.url}/console/review/{subject}")
    stage = page.locator(".paper-stage .stage")
    # It has come, and its size is known.
    paper = stage.locator("img.placed")
    expect(paper).to_be_visible()
    assert stage.evaluate(OUT_OF_REACH) == []
    larger = page.get_by_role("button", name=say("stage.larger"), exact=True)
    for _ in range(LARGEST):
        larger.click()
    expect(page.locator(".paper-stage .tools .hint")).to_have_text("400%")
    for turned in range(2):
        if turned:
            stage.focus()
            page.keyboard.press("r")
            expect(paper).to_have_attribute("style", re.compile(r"rotate\(90deg\)"))
        shown, room = paper.bounding_box(), stage.bounding_box()
        assert shown is not None
        assert room is not None
        assert shown["width"] > room["width"]
        assert shown["height"] > room["height"]
        assert stage.evaluate(OUT_OF_REACH) == []
