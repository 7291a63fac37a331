"""The catalogue of the design system, built: every page opens, nothing on it complains, and axe
finds nothing against WCAG 2.2 AA, light and dark; nor in its dialogs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .axe import at_rest, violations
from .conftest import ROOT, SIZE, Seen
from .words import WEB, Say, catalogue

pytestmark = pytest.mark.needs("browser")
PLACE = "http://localhost/catalogue/"
"""Nothing listens there: the browser is given the files themselves."""
PAGES = sorted(
    re.findall(r"path: '/(\w+)'", (WEB / "catalogue" / "src" / "router.ts").read_text("utf-8"))
)
LOOKS = [("zh", "light"), ("en", "dark")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its pages as `make catalogue` builds them, in a folder of their own."""
    folder = tmp_path_factory.mktemp("catalogue")
    node = shutil.which("node", path=f"{os.environ['PATH']}:{ROOT / '.venv' / 'muster-node'}")
    assert node is not None, "make web-check installs it"
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    done = subprocess.run(
        (node, str(vite), "build", "catalogue", "--outDir", str(folder), "--logLevel", "warn"),
        cwd=WEB,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return folder


def serve(page: Page, folder: Path) -> None:
    """What a server of pages does: a file where there is one, else the application."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(PLACE).partition("?")[0]
        file = folder / name
        route.fulfill(path=file if file.is_file() else folder / "index.html")

    page.route(f"{PLACE}**", answer)


def rest(page: Page, name: str) -> None:
    """All of it is drawn: charts and large tables come a moment after their page."""
    for chart in page.locator(".chart").all():
        expect(chart.locator("svg")).to_be_visible()
    if name == "tables":
        expect(page.get_by_role("table").and_(page.locator("[aria-rowcount]"))).to_be_visible()
    # One of its samples is on its way for ever.
    at_rest(page, busy=1 if name == "waiting" else 0)


def dialogs(page: Page, say: Say) -> list[str]:
    """What axe finds in the dialogs, each opened, and closed by Esc."""
    faults = []
    for opener in ("dialogs.openAsk", "dialogs.openLook"):
        button = page.get_by_role("button", name=say(opener), exact=True)
        button.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        at_rest(page)
        faults += violations(page, opener)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(button).to_be_focused()
    return faults


def test_every_page_is_looked_at() -> None:
    """As many as there are files of pages."""
    assert len(PAGES) == len(list((WEB / "catalogue" / "src" / "pages").glob("*.vue")))


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_every_page_of_the_catalogue(
    chromium: Browser, built: Path, language: str, theme: str
) -> None:
    context = chromium.new_context(
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme="dark" if theme == "dark" else "light",
        viewport=SIZE,  # type: ignore[arg-type]
    )
    say, seen, faults = catalogue("catalogue", language), Seen(), []
    with context:
        page = context.new_page()
        seen.watch(page)
        serve(page, built)
        for name in PAGES:
            page.goto(PLACE + name)
            expect(page.locator("h1")).to_have_text(say(f"page.{name}"))
            rest(page, name)
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            faults += violations(page, name)
            if name == "dialogs":
                faults += dialogs(page, say)
    assert faults == []
    assert seen.unexpected() == []
