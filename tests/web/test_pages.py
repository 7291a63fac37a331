"""Every page, light in Chinese and dark in English: it opens, nothing on it complains, and axe
finds nothing against WCAG 2.2 AA. With MUSTER_SCREENS=FOLDER each language is looked at in both
themes, and each page is also written there as a picture (make screens)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from . import words
from .axe import violations
from .conftest import Come, Visitor
from .desk import WAITING, fill, lay_card, on_list, photograph
from .office import listed

NEW = {"zh": "初始数据中没有此人", "en": "Nobody knows this person yet"}
"""What is said of the card of somebody who is new."""
pytestmark = pytest.mark.needs("browser")
PAGES = {
    "leader": ["dashboard", "wall", "orders", "departments"],
    "department_officer": ["answer", "no-right", "not-found"],
    "township_leader": ["dashboard", "orders"],
    "civil_affairs_reviewer": ["review", "orders"],
    "administrator": [
        "import",
        "admin/candidates",
        "admin/people",
        "admin/terminals",
        "admin/profile",
        "admin/health",
    ],
}
DESK = ["today", "people", "person"]
WITHIN = {
    "civil_affairs_reviewer": [("review", "review-item")],
    "township_leader": [("named/{area}", None)],
    "administrator": [("import", "import-job"), ("admin/people", "admin-account")],
}
"""Pages that open from others: by the first link in its table; or straight, at an area."""
SCREENS = os.environ.get("MUSTER_SCREENS")
# No colour depends on the words: without pictures each language and each theme is looked at once.
LOOKS = [("zh", "light"), ("en", "dark"), *([("zh", "dark"), ("en", "light")] if SCREENS else [])]


def look(page: Page, name: str, language: str, theme: str) -> list[str]:
    """What axe finds on a page that has come to rest; its picture, where pictures are wanted."""
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(800)  # charts and skeletons
    if SCREENS:
        place = Path(SCREENS) / f"{name.replace('/', '-')}.{language}.{theme}.png"
        page.screenshot(path=place, full_page=True)
    return violations(page, name)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("role", PAGES)
def test_every_page_of_the_console(come: Come, role: str, language: str, theme: str) -> None:
    visitor: Visitor = come(language, theme)
    faults = []
    if role == "leader":
        # Who is not signed in is led to access's own page; it is the same for everybody.
        visitor.page.goto(f"{visitor.demo.url}/console/")
        expect(visitor.page.locator("input[name=username]")).to_be_visible()
        faults += look(visitor.page, "sign-in", language, theme)
    page = visitor.sign_in(visitor.demo.account(role))
    for name in PAGES[role]:
        page.goto(f"{visitor.demo.url}/console/{name}")
        faults += look(page, f"{role}-{name}", language, theme)
    assert faults == []


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_every_page_of_the_desk(come: Come, language: str, theme: str) -> None:
    who = listed(come, 0)
    visitor: Visitor = come(language, theme)
    visitor.seen.expected.append(WAITING)
    account = visitor.demo.desk()
    page = visitor.sign_in(account, account["desk"])
    faults = []
    for name in DESK:
        page.goto(f"{visitor.demo.url}/desk/{name}")
        faults += look(page, f"desk-{name}", language, theme)
    # What became of somebody who is on the list; nothing is recorded.
    say = words.catalogue("desk", language)
    page.goto(f"{visitor.demo.url}/desk/people")
    page, row = on_list(visitor, say, who.name)
    row.get_by_role("link").click()
    declined = page.get_by_role("radio", name=say("ending.kind.declined"))
    expect(declined).to_be_visible()
    faults += look(page, "desk-ending", language, theme)
    declined.click()
    expect(page.get_by_role("region", name=say("state.declined"))).to_be_visible()
    faults += look(page, "desk-declined", language, theme)
    assert faults == []


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("role", WITHIN)
def test_pages_that_open_from_others(come: Come, role: str, language: str, theme: str) -> None:
    visitor: Visitor = come(language, theme)
    account = visitor.demo.account(role)
    page = visitor.sign_in(account)
    faults = []
    for address, within in WITHIN[role]:
        page.goto(f"{visitor.demo.url}/console/{address.format(area=account['area'])}")
        if within is not None:
            before = page.url
            page.locator("main tbody a").first.click()
            expect(page).not_to_have_url(before)
        name = within or address.split("/", maxsplit=1)[0]
        faults += look(page, f"{role}-{name}", language, theme)
    assert faults == []


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_a_person_at_the_desk(come: Come, language: str, theme: str) -> None:
    """Filled in, and as they read it before they sign; nothing is sent."""
    visitor: Visitor = come(language, theme)
    visitor.seen.expected.append(WAITING)
    account = visitor.demo.desk()
    page = visitor.sign_in(account, account["desk"])
    say = words.catalogue("desk", language)
    lay_card(page, say, NEW[language], 4)
    fill(page, language)
    photograph(page, say)
    faults = look(page, "desk-person-filled", language, theme)
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name=say("sign.heading"))).to_be_visible()
    assert faults + look(page, "desk-person-confirm", language, theme) == []
