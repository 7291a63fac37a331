"""The console before a county that the demo took through its campaign (R87, R99, R106)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Come, Visitor
from .words import catalogue

pytestmark = pytest.mark.needs("browser")
LANGUAGES = ("zh", "en")
FIRST_BAR = 20
"""Pixels from a chart's top to the middle of its first bar, and a little."""


def shown(number: int) -> str:
    """As pages write counts."""
    return f"{number:,}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_waterfall_says_what_the_ledger_says(come: Come, language: str) -> None:
    say = catalogue("console", language)
    leader = come(language)
    page = leader.sign_in(leader.demo.account("leader"))
    total = leader.json("reporting", "/ledger?level=county")["total"]
    left, right = sum(total["origins"].values()), sum(total["states"].values())
    assert left == right > 0
    equation = say("balance.holds", left=shown(left), right=shown(right))
    expect(page.get_by_text(equation, exact=True).first).to_be_visible()
    expect(page.get_by_role("heading", name=say("balance.headingHolds"))).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_leader_goes_down_to_a_village_and_back(come: Come, language: str) -> None:
    say = catalogue("console", language)
    leader = come(language)
    page = leader.sign_in(leader.demo.account("leader"))
    county = page.url
    trail = page.get_by_role("navigation", name=say("area.trail"))
    names = []
    for _ in ("township", "village"):
        row = page.get_by_role("table").get_by_role("link").first
        names.append(row.inner_text())
        row.click()
        expect(trail.locator("[aria-current=page]")).to_contain_text(names[-1])
        expect(page.locator("h1")).to_contain_text(names[-1])
    trail.get_by_role("link", name=names[0]).click()
    expect(page.locator("h1")).to_contain_text(names[0])
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page).to_have_url(county)


def test_a_bar_of_a_chart_leads_to_its_area(come: Come) -> None:
    say = catalogue("console", "zh")
    leader = come()
    page = leader.sign_in(leader.demo.account("leader"))
    panel = page.locator("section").filter(
        has=page.get_by_role("table", name=say("coverage.caption"))
    )
    # The table beside it is in the order of the chart.
    name = panel.get_by_role("table").get_by_role("link").first.inner_text()
    chart = panel.locator(".chart svg")
    drawn = chart.bounding_box()
    assert drawn is not None
    chart.click(position={"x": drawn["width"] * 0.35, "y": FIRST_BAR})
    expect(page.locator("h1")).to_contain_text(name)


def test_who_may_not_see_a_page_is_told_so_and_sees_nothing_of_it(come: Come) -> None:
    say = catalogue("console", "zh")
    reviewer = come()
    page = reviewer.sign_in(reviewer.demo.account("civil_affairs_reviewer"))
    page.goto(f"{reviewer.demo.url}/console/dashboard")
    expect(page.get_by_role("heading", name=say("noRight.heading"))).to_be_visible()
    expect(page.get_by_text(say("balance.caption"))).to_have_count(0)


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(come: Come) -> None:
    visitor = come()
    visitor.page.goto(f"{visitor.demo.url}/console/")
    account = visitor.demo.account("leader")
    said = []
    for username in (account["username"], "nobody-here"):
        visitor.type_password(visitor.page, {"username": username, "password": "x" * 12})
        visitor.page.wait_for_load_state()
        said.append(visitor.page.get_by_role("alert").inner_text())
    assert said[0] == said[1] != ""
    visitor.seen.expected.append("(/api/access/authorize)")


def test_a_sign_in_that_ran_out_keeps_the_page_and_goes_on(come: Come) -> None:
    say = catalogue("console", "zh")
    leader = come()
    page = leader.sign_in(leader.demo.account("leader"))
    leader.context.clear_cookies()
    leader.seen.expected += ["(/api/reporting/", "(/api/access/session/renew)"]
    # The news may be what notices first, and then its dialog lies over the page already.
    page.get_by_role("table").get_by_role("link").first.dispatch_event("click")
    dialog = page.get_by_role("dialog", name=say("session.lapsed"))
    expect(dialog).to_be_visible()
    with leader.context.expect_page() as opened:
        dialog.get_by_role("button", name=say("session.again")).click()
    Visitor.type_password(opened.value, leader.demo.account("leader"))
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(say("balance.caption")).first).to_be_visible()


def test_signing_out_ends_it_in_every_tab(come: Come) -> None:
    say = catalogue("console", "zh")
    leader = come()
    page = leader.sign_in(leader.demo.account("leader"))
    second = leader.context.new_page()
    second.goto(f"{leader.demo.url}/console/")
    expect(second.get_by_text(say("balance.caption")).first).to_be_visible()
    # What is on its way meanwhile is refused, and a tab that is refused asks whether to renew.
    leader.seen.expected += ["(/api/reporting/", "(/api/access/session/renew)"]
    page.get_by_role("button", name=say("bar.signOut")).click()
    for tab in (page, second):
        expect(tab.locator("input[name=password]")).to_be_visible()


def test_nothing_personal_is_left_in_the_browser(come: Come) -> None:
    leader = come()
    page = leader.sign_in(leader.demo.account("township_leader"))
    assert stored(page) <= {"muster.language", "muster.theme"}
    cookies = {cookie["name"]: cookie for cookie in leader.context.cookies()}
    assert cookies
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in cookies.values())


def stored(page: Page) -> set[str]:
    """Keys in both storages of a page's origin."""
    found: list[str] = page.evaluate(
        "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
    )
    return set(found)
