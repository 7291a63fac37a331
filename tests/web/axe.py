"""What axe finds on a page as it stands, against WCAG 2.2 AA."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from .conftest import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES = ("light", "dark")
STILL = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished.catch(() => null))).then(() => null)"""
"""Until nothing moves that comes to an end."""


def violations(page: Page, name: str, within: str = "html") -> list[str]:
    """What axe finds on a page that has come to rest, or in a part of it."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        "([part, values]) => axe.run(part, {runOnly: {type: 'tag', values}, "
        "resultTypes: ['violations']})",
        [within, STANDARD],
    )
    return [
        f"{name}: {one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def at_rest(page: Page, busy: int = 0) -> None:
    """Nothing is on its way any more (but what never ends, `busy` of it), and nothing moves: half
    faded in, no colour is its own."""
    expect(page.locator("[aria-busy=true]")).to_have_count(busy)
    page.evaluate(STILL)


def in_both_themes(page: Page, name: str, within: str = "html", busy: int = 0) -> list[str]:
    """The same in light and in dark: the page follows the system, as nobody has chosen here."""
    faults = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        at_rest(page, busy)
        faults += violations(page, f"{name}, {theme}", within)
    return faults
