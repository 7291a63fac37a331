"""What a reviewer does with a record, by keyboard, for the journeys there."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from .conftest import Visitor
from .desk import label
from .words import Say

BASIS = "已与户口本核对"
ROWS = 60
"""More than a record has, and than a list of reasons."""


def waits(reviewer: Visitor, subject: str) -> Locator:
    """The row of a record in the queue, as it is now."""
    page = reviewer.page
    page.goto(f"{reviewer.demo.url}/console/review")
    row = page.get_by_role("row").filter(has=page.locator(f"a[href$='/review/{subject}']"))
    expect(row).to_be_visible()
    return row


def enter(page: Page, row: Locator) -> None:
    """From the queue to a record; its first field that nobody has settled has the focus."""
    row.get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/console/review/[0-9a-f-]{36}$"))
    expect(boxes(page).first).to_be_focused()


def unmask(page: Page, say: Say) -> None:
    """Show what is sensitive, and go back to the fields."""
    page.get_by_role("button", name=say("item.unmask"), exact=True).click()
    boxes(page).first.focus()


def boxes(page: Page) -> Locator:
    """What is settled, a box for each field."""
    return page.locator("tbody").get_by_role("checkbox")


def box_of(page: Page, say: Say, field: str, language: str) -> Locator:
    """By which a field is settled."""
    name = say("grid.settle", field=label(field, language))
    return page.get_by_role("checkbox", name=name, exact=True)


def row_of_field(page: Page, say: Say, field: str, language: str) -> Locator:
    """The row in which what each says of a field is compared."""
    return page.get_by_role("row").filter(has=box_of(page, say, field, language))


def go_to(page: Page, say: Say, field: str, language: str) -> None:
    """To the row of a field, by arrows."""
    wanted = box_of(page, say, field, language)
    for _ in range(ROWS):
        if wanted.evaluate("(box) => box === document.activeElement"):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(field)


def choose(page: Page, select: Locator, value: str) -> None:
    """Of a list that has the focus, by arrows."""
    for _ in range(ROWS):
        if select.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(value)


def settle_all(page: Page) -> None:
    """Every field that nobody has settled yet."""
    left = boxes(page).and_(page.locator(":not(:checked)"))
    for _ in range(left.count()):
        page.keyboard.press("Space")
    expect(left).to_have_count(0)


def next_of(reviewer: Visitor, subject: str) -> dict[str, Any]:
    """What comes after a record: the next of the queue that nobody else looks at, else from its
    beginning."""
    items: list[dict[str, Any]] = reviewer.json("verification", "/queue?limit=100")["items"]
    at = next(place for place, one in enumerate(items) if one["subject_id"] == subject)
    others = [*items[at + 1 :], *items[:at]]
    return next(
        one
        for one in others
        if not one["own"] and (one["looking"] is None or one["looking"]["own"])
    )


def version_of(reviewer: Visitor, subject: str, version: int) -> dict[str, Any]:
    """A record once that version of it has come to the review."""

    def there(item: dict[str, Any]) -> dict[str, Any] | None:
        return item if item["version"] == version else None

    return reviewer.later("verification", f"/items/{subject}", there)


def complete(page: Page, say: Say, field: str, value: str, language: str) -> int:
    """Another value in one field of the record that is open; the version that comes of it, once it
    is here."""
    row = row_of_field(page, say, field, language)
    row.hover()
    row.get_by_role("button", name=say("grid.edit", field=label(field, language))).click()
    dialog = page.get_by_role("dialog", name=say("complete.title"))
    control = page.locator("#complete-value-0")
    expect(control).to_be_focused()
    page.keyboard.press("Control+Enter")
    for missing in ("complete.unchanged", "complete.reasonMissing"):
        expect(dialog.get_by_role("alert")).to_contain_text(say(missing))
    if control.evaluate("(one) => one.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.fill(value)
    page.locator("#complete-reason").fill(BASIS)
    with page.expect_response(re.compile(r"/subjects/[0-9a-f-]{36}/completion$")) as made:
        page.keyboard.press("Control+Enter")
    assert made.value.ok, made.value.text()
    version: int = made.value.json()["version"]
    status = page.get_by_role("status")
    here = status.filter(has_text=say("complete.here", n=version))
    later = status.filter(has_text=say("complete.later", n=version))
    expect(here.or_(later)).to_be_attached()
    if later.count():
        page.get_by_role("button", name=say("item.reload"), exact=True).click()
        expect(here).to_be_attached()
    return version
