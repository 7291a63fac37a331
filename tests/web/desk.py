"""What somebody does at the desk, step by step, for the journeys there."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from muster.forms import Profile
from muster.synth.names import make_name
from muster.vocabulary import resident_number

from .conftest import Come, Visitor
from .words import Say, catalogue

FAMILY = "="
"""Key of the twelfth category, which asks for the fewest papers."""
# The gateway says "no card yet" by a refusal, and the browser notes it.
WAITING = "(/readings)"
SERVING = "久美·多杰"
"""The relative who serves, of everybody who is made here."""
SENT = 180_000
"""Milliseconds until a record that was handed in is received, on a busy machine."""


def at_desk(come: Come, language: str, desk: int = 0) -> tuple[Page, Say]:
    """Somebody who signed in by the link of their desk."""
    collector, say = collecting(come, language, desk)
    return collector.page, say


def collecting(come: Come, language: str, desk: int = 0) -> tuple[Visitor, Say]:
    """The same as a visitor, at one of the desks that are open."""
    collector = come(language)
    collector.seen.expected.append(WAITING)
    account = collector.demo.desks()[desk]
    collector.sign_in(account, account["desk"])
    return collector, catalogue("desk", language)


def label(field: str, language: str, option: str | None = None) -> str:
    """What a field, or one of its options, is called."""
    found = Profile.load("tongren").fields[field]
    said = found if option is None else next(one for one in found.options if one.id == option)
    return said.zh if language == "zh" else said.en


@dataclass(frozen=True)
class Stranger:
    """Somebody in no list, with a number that nobody has."""

    name: str
    number: str
    birth: date
    sex: str

    @classmethod
    def of(cls, account: dict[str, str], birth: date | None = None) -> Stranger:
        """Who could live in the area of this account; an adult, if no birthday is given."""
        sex = secrets.choice("12")
        birth = birth or date(1950, 1, 1) + timedelta(days=secrets.randbelow(15_000))
        sequence = secrets.randbelow(500) * 2 + (sex == "1")
        number = resident_number.make(account["area"][:6], birth, sequence)
        return cls(make_name(Random(number), "01", sex), number, birth, sex)


def misspelt(number: str) -> str:
    """The number with a wrong check character."""
    return number[:-1] + next(sign for sign in "0123456789" if sign != number[-1])


# -- opening somebody ------------------------------------------------------------------------------


def lay_card(page: Page, say: Say, hint: str, at: int = 0) -> None:
    """Lay a simulated card with that hint on the reader; the person opens."""
    page.keyboard.press("F2")
    row = page.get_by_role("listitem").filter(has_text=hint)
    row.nth(at).get_by_role("button", name=re.compile(f"^{re.escape(say('card.place'))}")).click()
    opened(page)


def type_number(page: Page, number: str) -> None:
    """Type a number where the day begins, by keyboard alone; whoever has it opens."""
    page.locator("#find-number, #person-number").first.wait_for()
    page.keyboard.press("F3")
    page.keyboard.press("Control+A")
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def opened(page: Page) -> None:
    """Wait until somebody is open."""
    page.wait_for_url(re.compile(r"/desk/person/[0-9a-f-]{36}$"))
    expect(page.get_by_role("checkbox").first).to_be_visible()


# -- the form --------------------------------------------------------------------------------------


def box(page: Page, field: str, language: str) -> Locator:
    """The input of a field."""
    return page.get_by_label(label(field, language), exact=True)


def fill(page: Page, language: str) -> None:
    """What the card does not say, of somebody whose relative serves."""
    choose_family(page)
    fill_rest(page, language)


def choose_family(page: Page) -> None:
    """Tick the one category."""
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press(FAMILY)


def pick(page: Page, field: str, typed: str, language: str) -> None:
    """Of a box with a list, the first that fits what is typed."""
    box(page, field, language).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(typed)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")


def fill_identity(page: Page, who: Stranger, language: str) -> None:
    """What a card says, typed."""
    choose_family(page)
    box(page, "name", language).fill(who.name)
    pick(page, "sex", label("sex", language, who.sex), language)
    pick(page, "ethnicity", label("ethnicity", language, "01"), language)
    box(page, "birth_date", language).fill(f"{who.birth:%Y%m%d}")
    box(page, "household_address", language).fill("文化路12号")


def fill_rest(page: Page, language: str, relation: str = "spouse") -> None:
    """What no card says; `relation` is what they are to who serves."""
    pick(page, "political_status", label("political_status", language, "13"), language)
    pick(page, "household_area", "村", language)  # the first of the villages
    pick(page, "active_duty_relation", label("active_duty_relation", language, relation), language)
    box(page, "serving_name", language).fill(SERVING)


def photograph(page: Page, say: Say) -> None:
    """All papers that are still needed."""
    missing = (
        page.get_by_role("listitem")
        .filter(has_text=say("paper.missing"))
        .filter(has=page.get_by_role("button"))
    )
    for left in range(missing.count(), 0, -1):
        missing.first.get_by_role("button").first.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        shoot = dialog.get_by_role("button", name=re.compile(f"^{re.escape(say('take.shoot'))}"))
        expect(shoot).to_be_enabled()
        expect(dialog.get_by_role("group").first).to_be_focused()
        take(page, dialog)
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(missing).to_have_count(left - 1)


def take(page: Page, dialog: Locator) -> None:
    """By Space, and again where nothing came of it, as anybody would at a busy computer."""
    live = dialog.locator("video")
    for _ in range(5):
        page.keyboard.press("Space")
        with suppress(Error):
            live.wait_for(state="hidden", timeout=10_000)
            return
    pytest.fail(f"no picture is taken: {dialog.inner_text()}")


def take_down(page: Page, say: Say, who: Stranger, language: str, relation: str = "spouse") -> None:
    """Everything about a stranger, from their number to the confirmation."""
    type_number(page, who.number)
    opened(page)
    fill_identity(page, who, language)
    fill_rest(page, language, relation)
    photograph(page, say)
    to_confirm(page, say)


# -- confirming and sending ------------------------------------------------------------------------


def to_confirm(page: Page, say: Say) -> None:
    """F9, after which what was entered is read."""
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name=say("sign.heading"))).to_be_visible()


def sign(page: Page) -> None:
    """A stroke on the pad."""
    pad = page.locator("canvas").last
    pad.scroll_into_view_if_needed()
    place = pad.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 60, place["y"] + 60)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(place["x"] + 60 + step * 15, place["y"] + 60 + (step % 5) * 22)
    page.mouse.up()


def confirm_button(page: Page, say: Say, kind: str = "handwriting") -> Locator:
    return page.get_by_role("button", name=say(f"sign.do.{kind}"), exact=True)


def hand_in(page: Page, say: Say) -> None:
    """Sign and confirm; the receipt's page opens."""
    sign(page)
    confirm_button(page, say).click()
    on_receipt(page)


def handed_in(collector: Visitor, say: Say, language: str, desk: int = 0) -> Stranger:
    """Somebody of whom this collector has just taken a record down, which the centre has."""
    who = Stranger.of(collector.demo.desks()[desk])
    take_down(collector.page, say, who, language)
    hand_in(collector.page, say)
    received(collector.page, say)
    return who


def on_receipt(page: Page) -> None:
    page.wait_for_url(re.compile(r"/desk/receipt/[0-9a-f-]{36}$"))


def received(page: Page, say: Say) -> None:
    """Wait on the receipt's page until the centre has it."""
    heading = page.get_by_role("heading", name=say("receipt.headingReceived"))
    expect(heading).to_be_visible(timeout=SENT)


def to_today(page: Page, say: Say) -> None:
    """To the day's work by the link in the bar, which keeps the page."""
    page.get_by_role("list", name=say("bar.standing")).get_by_role("link").click()
    expect(page.get_by_role("heading", name=say("page.today"), exact=True)).to_be_visible()


def on_list(collector: Visitor, say: Say, name: str) -> tuple[Page, Locator]:
    """The row of somebody on the list of those not yet collected."""
    page = collector.page
    page.get_by_role("navigation", name=say("frame.pages")).get_by_role(
        "link", name=say("page.people")
    ).click()
    page.locator("#people-name").fill(name)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    expect(row.first).to_be_visible()
    return page, row.first


def held_of(collector: Visitor, number: str) -> Any:
    """What capture knows under a number."""
    return collector.ask("capture", "/subjects/lookup", {"resident_number": number})


def waiting_as(reviewer: Visitor, name: str) -> str:
    """Whoever of that name waits for review, once their record has come."""

    def find(queue: Any) -> str | None:
        for waiting in reversed(queue["items"]):
            item = reviewer.json("verification", f"/items/{waiting['subject_id']}")
            if item["record"]["fields"]["name"] == name:
                return str(item["subject_id"])
        return None

    return reviewer.later("verification", "/queue?limit=100", find)
