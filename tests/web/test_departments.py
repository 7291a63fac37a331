"""A department without a connector answers in its officer's browser: with a key file of its own, by
workbook, and without the server seeing who is asked about (R74, R92, R100, R101)."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, Request, Response, expect

from .conftest import Come, Visitor
from .desk import Stranger, collecting, handed_in, waiting_as
from .office import at_console, to_page
from .words import Say

pytestmark = pytest.mark.needs("browser")
DEPARTMENT = "armed-forces"
PASSPHRASE = "马蹄声碎 喇叭声咽 1935"


def key_file(page: Page, say: Say, folder: Path) -> Path:
    """A key file that the officer makes, as the browser saves it."""
    page.get_by_role("button", name=say("answer.firstTime")).click()
    page.get_by_role("button", name=say("answer.make")).click()
    expect(page.get_by_role("alert")).to_contain_text(say("answer.departmentMissing"))
    page.locator("#key-department").select_option(DEPARTMENT)
    page.locator("#key-fresh").fill(PASSPHRASE)
    page.locator("#key-again").fill(PASSPHRASE)
    with page.expect_download() as coming:
        page.get_by_role("button", name=say("answer.make")).click()
    saved = folder / "key.json"
    coming.value.save_as(saved)
    return saved


def open_key(page: Page, say: Say, file: Path) -> None:
    page.locator("#key-file").set_input_files(file)
    page.locator("#key-passphrase").fill(PASSPHRASE[:-1])
    opening = page.get_by_role("button", name=say("answer.open"), exact=True)
    opening.click()
    expect(page.get_by_role("alert")).to_contain_text(say("answer.keyFault.passphrase"))
    page.locator("#key-passphrase").fill(PASSPHRASE)
    opening.click()


def overheard(page: Page) -> list[str]:
    """What passes between the page and verification, as the server sees it."""
    said: list[str] = []

    def sent(request: Request) -> None:
        if "/api/verification/departments/" in request.url:
            said.append(request.post_data or "")

    def answered(response: Response) -> None:
        if "/api/verification/departments/" in response.url:
            said.append(response.text())

    page.on("requestfinished", sent)
    page.on("response", answered)
    return said


def fill_in(page: Page, say: Say, who: Stranger, file: Path) -> int:
    """The workbook, filled in for one person; how many values are asked about them."""
    with page.expect_download() as coming:
        page.get_by_role("button", name=say("answer.download")).click()
    coming.value.save_as(file)
    book = load_workbook(file)
    rows = list(book.active.iter_rows())
    headings = [cell.value for cell in rows[0]]
    name, verdict = (headings.index(say(f"answer.column.{one}")) for one in ("name", "verdict"))
    asked = [row for row in rows[1:] if row[name].value == who.name]
    for row in asked:
        row[verdict].value = say("state.match")
    book.save(file)
    page.locator("#answer-workbook").set_input_files(file)
    return len(asked)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_officer_answers_by_workbook_with_the_departments_own_key(
    come: Come, tmp_path: Path, language: str
) -> None:
    collector, at_desk = collecting(come, language)
    who = handed_in(collector, at_desk, language)
    office, _ = at_console(come, language, "administrator")
    place = {"area": office.demo.account("administrator")["area"], "label": "人武部"}
    opened = office.ask("access", "/enrolments", {**place, "department": DEPARTMENT})

    officer, say = at_console(come, language, "department_officer")
    page = to_page(officer, say, "answer")
    # Of a key that nobody has enrolled yet nothing is told.
    officer.seen.expected.append("(/api/verification/departments/requests)")
    said = overheard(page)
    open_key(page, say, key_file(page, say, tmp_path))
    page.locator("#key-code").fill(opened["code"])
    page.get_by_role("button", name=say("answer.enrolNow"), exact=True).click()

    table = page.get_by_role("table", name=say("answer.table"))
    expect(table.get_by_text(who.name, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=say("answer.send", n=0))).to_be_disabled()
    assert fill_in(page, say, who, tmp_path / "asked.xlsx")
    expect(page.get_by_text(say("answer.taken", n=1))).to_be_visible()
    page.get_by_role("button", name=say("answer.send", n=1)).click()
    expect(page.get_by_text(say("answer.outcome.taken", n=1))).to_be_visible()
    expect(table.get_by_text(who.name, exact=True)).to_have_count(0)
    assert said
    assert not any(who.name in one or who.number in one for one in said)
    page.get_by_role("button", name=say("answer.close")).click()
    expect(page.locator("#key-passphrase")).to_have_value("")

    reviewer, _ = at_console(come, language, "civil_affairs_reviewer")
    assert answers_of(reviewer, who) == {"match"}


def answers_of(reviewer: Visitor, who: Stranger) -> set[str]:
    """What the department said of somebody, as the reviewer sees it."""
    item = reviewer.json("verification", f"/items/{waiting_as(reviewer, who.name)}")
    [answer] = [one for one in item["departments"] if one["department"] == DEPARTMENT]
    return set(answer["verdicts"].values())
