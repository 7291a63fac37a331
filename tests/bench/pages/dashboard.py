"""The dashboard of a county of 15,000 villages beside one of 150."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from statistics import mean

from playwright.sync_api import Browser

from ..runner import Bench, Measure, Sides
from .served import county
from .tab import Tab, browser, tab

__all__ = ["BENCHES"]

MANY, FEW = 15_000, 150
IN_TOWNSHIP = 75
WHEELS, WHEEL_PX, WHEEL_MS = 40, 120, 25

# All charts that the page has are drawn, and so is the table beside the coverage.
DRAWN = """(() => {
  const charts = [...document.querySelectorAll('.chart')]
  return charts.length > 2 && charts.every((one) => one.querySelector('svg path'))
    && document.querySelector('.pair a') !== null
    && document.querySelector('.page.changing') === null
})()"""
# What was invented (its name begins with 第) and stands in view; a village has no areas below it.
DOWN = """async () => {
  const links = [...document.querySelectorAll('.pair a')]
  const link = links.find((one) => one.textContent.startsWith('第'))
  const name = link.textContent
  const from = performance.now()
  link.click()
  const at = await bench.when(() => document.querySelector('main h1')?.textContent.includes(name)
    && document.querySelector('.page.changing') === null
    && document.querySelector('.chart svg path'))
  return at - from
}"""


def _open(at: Tab, url: str) -> float:
    """Milliseconds from asking for the dashboard until all of it is drawn."""
    at.page.goto(f"{url}/console/dashboard", wait_until="commit")
    return float(at.ask(f"() => bench.when(() => {DRAWN})"))


def _opening(of: Browser, url: str) -> Measure:
    def measure() -> float:
        with tab(of) as at:
            return _open(at, url)

    return measure


def _standing(at: Tab, measure: Callable[[Tab], float], url: str) -> Measure:
    _open(at, url)
    return lambda: measure(at)


def _down(at: Tab) -> float:
    """Milliseconds from a click on an area until its dashboard is drawn; then back again."""
    taken = float(at.ask(DOWN))
    at.page.go_back()
    at.ask(f"() => bench.when(() => {DRAWN})")
    return taken


def _scroll(at: Tab) -> float:
    """Milliseconds of a frame while the table of areas is scrolled by the wheel."""
    table = at.page.locator(".pair .table").first
    table.scroll_into_view_if_needed()
    place = table.bounding_box()
    assert place is not None
    at.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + min(place["height"] / 2, 250))
    at.ask("() => void (bench.ended = bench.frames())")
    for turn in range(WHEELS):
        # Down, and then up again, so that each time begins where the last did.
        at.page.mouse.wheel(0, WHEEL_PX if turn < WHEELS // 2 else -WHEEL_PX)
        at.ask("(ms) => bench.rest(ms)", WHEEL_MS)
    return float(mean(at.ask("() => bench.ended()")))


def _sides(measure: Callable[[Tab], float] | None, township: int) -> Callable[[ExitStack], Sides]:
    """Both counties; `measure` on a dashboard that is open, else opening it."""

    def prepare(stack: ExitStack) -> Sides:
        of = browser(stack)
        many, few = (county(stack, villages=size, township=township) for size in (MANY, FEW))
        if measure is None:
            return Sides(_opening(of, many), _opening(of, few))
        return Sides(
            *(_standing(stack.enter_context(tab(of)), measure, one) for one in (many, few))
        )

    return prepare


_FIGURES: tuple[tuple[str, str, Callable[[Tab], float] | None], ...] = (
    ("drawn", "from asking for the dashboard until all its charts and tables are drawn", None),
    ("down", "from a click on an area until its own dashboard is drawn", _down),
    ("scroll", "a frame, on average, while the table of areas is scrolled by the wheel", _scroll),
)

BENCHES = tuple(
    Bench(
        f"dashboard-{shape}-{name}",
        f"{work}; {MANY:,} villages {below}",
        f"the same of {FEW}",
        "ms",
        1.5,
        _sides(measure, township),
    )
    for shape, below, township in (
        ("townships", f"in townships of {IN_TOWNSHIP}", IN_TOWNSHIP),
        ("flat", "directly below the county, all in one table", 0),
    )
    for name, work, measure in _FIGURES
)
