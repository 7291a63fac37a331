"""Every page in both languages, light and dark: it opens, nothing on it complains, and axe finds
nothing against WCAG 2.2 AA. With MUSTER_SCREENS=FOLDER each is also written there as a picture
(make screens)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import ROOT, Come, Visitor
from .desk import WAITING

pytestmark = pytest.mark.needs("browser")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = {
    "leader": ["dashboard", "wall", "orders"],
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
LOOKS = [(language, theme) for language in ("zh", "en") for theme in ("light", "dark")]


def look(page: Page, name: str, language: str, theme: str) -> list[str]:
    """What axe finds on a page that has come to rest; its picture, where pictures are wanted."""
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_timeout(800)  # charts and skeletons
    if folder := os.environ.get("MUSTER_SCREENS"):
        place = Path(folder) / f"{name.replace('/', '-')}.{language}.{theme}.png"
        page.screenshot(path=place, full_page=True)
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        "values => axe.run({runOnly: {type: 'tag', values}, resultTypes: ['violations']})",
        STANDARD,
    )
    return [
        f"{name}: {one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("role", PAGES)
def test_every_page_of_the_console(come: Come, role: str, language: str, theme: str) -> None:
    visitor: Visitor = come(language, theme)
    page = visitor.sign_in(visitor.demo.account(role))
    faults = []
    for name in PAGES[role]:
        page.goto(f"{visitor.demo.url}/console/{name}")
        faults += look(page, f"{role}-{name}", language, theme)
    assert faults == []


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_every_page_of_the_desk(come: Come, language: str, theme: str) -> None:
    visitor: Visitor = come(language, theme)
    visitor.seen.expected.append(WAITING)
    account = visitor.demo.desk()
    page = visitor.sign_in(account, account["desk"])
    faults = []
    for name in DESK:
        page.goto(f"{visitor.demo.url}/desk/{name}")
        faults += look(page, f"desk-{name}", language, theme)
    assert faults == []
