"""What a leader takes away from the dashboard says what the page says: pictures, tables, the
workbook, and paper (R77, R87)."""

from __future__ import annotations

import base64
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Download, Locator, Page, expect

from muster.forms import Profile

from .axe import STILL
from .conftest import Come
from .office import at_console
from .words import Say

pytestmark = pytest.mark.needs("browser")
NOTICE = Profile.load("tongren").benefits_notice
PAPER = 703
"""Pixels between the margins of an A4 page."""


def panels(page: Page) -> Iterator[tuple[str, Locator]]:
    """Panels with a table to take away, by the table's name."""
    found = page.locator("section").filter(has=page.get_by_role("table"))
    for at in range(found.count()):
        panel = found.nth(at)
        name = panel.locator("caption").first.inner_text()
        yield name, panel


def figures(panel: Locator) -> list[list[str]]:
    """Rows of a panel's table: what each is of, and its figures."""
    rows: list[list[str]] = panel.get_by_role("table").evaluate(
        """(table) => [...table.rows].slice(1).map((row) => [...row.cells].flatMap((cell, at) =>
            at === 0 || cell.classList.contains('number') ? [cell.innerText.trim()] : []))"""
    )
    return rows


def rest(page: Page, say: Say) -> None:
    """What the page shows stays as it is from now on."""
    page.get_by_role("button", name=say("live.pause"), exact=True).click()
    expect(page.get_by_text(say("live.paused"), exact=True)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def take(panel: Locator, words: str, page: Page) -> Download:
    with page.expect_download() as coming:
        panel.get_by_role("button", name=words, exact=True).click()
    return coming.value


def plain(cell: str) -> str:
    """One form for a page and a file: counts without commas; no figure is nothing, or a dash."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", cell).replace("—", "").lstrip("'")


def table_of(file: Path, width: int) -> tuple[list[list[str]], list[str]]:
    """The table of a saved file, by its headings on; and the single lines around it."""
    lines = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    return [one for one in lines if len(one) == width], [one[0] for one in lines if len(one) == 1]


def test_every_table_and_the_workbook_have_the_figures_of_the_page(
    come: Come, tmp_path: Path
) -> None:
    """R77, R87: and each says of where and when it is, and what it is no basis for."""
    leader, say = at_console(come, "zh", "leader")
    page = leader.page
    expect(page.get_by_role("table", name=say("balance.caption"))).to_be_visible()
    rest(page, say)
    seen = {}
    for name, panel in panels(page):
        if not panel.get_by_role("button", name=say("chart.csv"), exact=True).count():
            continue
        coming = take(panel, say("chart.csv"), page)
        assert coming.suggested_filename == re.sub(r"\s+", "-", name) + ".csv"
        coming.save_as(tmp_path / "table.csv")
        titles = panel.get_by_role("columnheader").all_inner_texts()
        (headings, *rows), around = table_of(tmp_path / "table.csv", len(titles))
        assert all(said in title for said, title in zip(headings, titles, strict=True))
        counted = [0, *(at for at, one in enumerate(titles) if at and is_number(panel, at))]
        saved = [[plain(row[at]) for at in counted] for row in rows]
        shown = [[plain(cell) for cell in row] for row in figures(panel)]
        if panel.locator("thead tr").count() > 1:
            # The total; in a file, which has no page around it, its line names the area.
            shown[0][0] = saved[0][0]
        assert sorted(saved) == sorted(shown), name
        assert around[-1] == NOTICE.zh
        seen[name] = shown
    captions = ("balance", "coverage", "problems", "quality", "trend", "waiting")
    assert {say(f"{one}.caption") for one in captions} <= seen.keys()

    coming = take(page.locator("main"), say("take.workbook"), page)
    coming.save_as(tmp_path / "figures.xlsx")
    compare_workbook(load_workbook(tmp_path / "figures.xlsx"), seen, say)


def is_number(panel: Locator, at: int) -> bool:
    return "number" in (panel.get_by_role("columnheader").nth(at).get_attribute("class") or "")


def compare_workbook(book: Any, seen: dict[str, list[list[str]]], say: Say) -> None:
    """Its sheets hold what the panels of the page showed."""
    for sheet in book:
        assert [sheet.cell(sheet.max_row - back, 1).value for back in (1, 0)] == [
            *(NOTICE.zh, NOTICE.en)
        ], sheet.title
    total, *lines = seen[say("balance.caption")]
    told = figures_of(book["台账 Balance"])
    assert told.pop("合计") == [int(one) for one in total[1:]]
    # In the same order; of who waits for review the two say it in different words.
    assert list(told.values()) == [[int(one) for one in counts if one] for _, *counts in lines]

    whole, *areas = seen[say("coverage.caption")]
    progress = figures_of(book["进度 Progress"])
    # Of the page: share, expected, not collected, verified; a sheet has no share.
    for name, _, expected, left, verified in areas:
        counts = progress[name]
        assert [counts[0], counts[4], counts[1]] == [int(expected), int(left), int(verified)], name
    below = {name for name, *_ in areas}
    [county] = [counts for name, counts in progress.items() if name not in below]
    assert [county[0], county[4], county[1]] == [int(one) for one in whole[2:]]

    problems = figures_of(book["问题 Problems"])
    for name, *ages, left, closed in seen[say("problems.byArea")]:
        assert problems[name][:5] == [int(one) for one in (left, closed, *ages)], name


def figures_of(sheet: Any) -> dict[str, list[int]]:
    """Whole numbers of each row of a sheet, by what it is of, in Chinese."""
    found = {}
    for name, *cells in sheet.iter_rows(min_row=3, values_only=True):
        counts = [cell for cell in cells if isinstance(cell, int)]
        if counts:
            found[str(name).split(" ")[0]] = counts
    return found


# A saved picture against the drawing on the page: where under its upper lines the drawing begins,
# the share of points that differ there, and whether there is writing above and below it.
COMPARE = """async ([saved, chart]) => {
  const points = (image, width, height) => {
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    const style = getComputedStyle(document.documentElement)
    context.fillStyle = style.getPropertyValue('--surface').trim()
    context.fillRect(0, 0, width, height)
    context.drawImage(image, 0, 0, width, height)
    return context.getImageData(0, 0, width, height).data
  }
  const bytes = Uint8Array.from(atob(saved), (sign) => sign.charCodeAt(0))
  const file = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  const drawn = document.querySelector(chart)
  const source = new Blob([new XMLSerializer().serializeToString(drawn)], { type: 'image/svg+xml' })
  const image = new Image()
  image.src = URL.createObjectURL(source)
  await image.decode()
  const [width, height] = [file.width, drawn.clientHeight * 2]
  const [all, part] = [points(file, width, file.height), points(image, width, height)]
  const written = (from, to) => {
    const [begin, end] = [from * width * 4, to * width * 4]
    for (let at = begin; at < end; at += 1) if (all[at] !== all[at % 4]) return true
    return false
  }
  const found = []
  for (let top = 32; top + height <= file.height; top += 40) {
    let other = 0
    for (let at = 0; at < part.length; at += 4)
      if (Math.abs(part[at] - all[top * width * 4 + at]) > 40) other += 1
    found.push({ top, differs: other / (part.length / 4) })
  }
  const best = found.sort((one, two) => one.differs - two.differs)[0]
  return { ...best, scale: width / drawn.clientWidth, above: written(0, best.top),
           below: written(best.top + height, file.height) }
}"""


def test_a_chart_is_taken_away_as_it_is_drawn_with_its_name_and_the_notice(
    come: Come, tmp_path: Path
) -> None:
    """R77."""
    leader, say = at_console(come, "en", "leader")
    page = leader.page
    panel = page.locator("section").filter(
        has=page.get_by_role("table", name=say("balance.caption"))
    )
    rest(page, say)
    expect(panel.locator(".chart svg")).to_be_visible()
    page.evaluate(STILL)
    panel.locator(".chart").evaluate("(chart) => (chart.id = 'taken')")
    coming = take(panel, say("chart.png"), page)
    assert coming.suggested_filename == f"{say('balance.caption')}.png"
    coming.save_as(tmp_path / "chart.png")
    content = (tmp_path / "chart.png").read_bytes()
    found = page.evaluate(COMPARE, [base64.b64encode(content).decode(), "#taken svg"])
    assert found["scale"] == pytest.approx(2, abs=0.01)
    assert found["differs"] < 0.005, found
    assert found["above"]
    assert found["below"]


def test_on_paper_stand_the_same_figures_light_whole_and_without_buttons(come: Come) -> None:
    """R77, R87: from a dark screen."""
    leader, say = at_console(lambda spoken: come(spoken, "dark"), "en", "leader")
    page = leader.page
    expect(page.get_by_role("table", name=say("balance.caption"))).to_be_visible()
    rest(page, say)
    before = {name: figures(panel) for name, panel in panels(page)}
    page.evaluate("() => { window.print = () => (window.printed = (window.printed ?? 0) + 1) }")
    page.get_by_role("button", name=say("take.print"), exact=True).click()
    assert page.evaluate("window.printed") == 1

    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert {name: figures(panel) for name, panel in panels(page)} == before
    expect(page.locator("main").get_by_role("button", name=say("chart.csv"))).to_have_count(0)
    for name in (say("take.print"), say("take.workbook"), say("live.go"), say("bar.signOut")):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_text(NOTICE.en, exact=True).last).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    ground = page.locator("section").first.evaluate(
        "(one) => getComputedStyle(one).backgroundColor"
    )
    assert ground == "rgb(255, 255, 255)"
    # Nothing runs over the edge of the paper, and no table is cut off.
    cut: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('main table, main .chart svg, main h1, main h2')]
        .filter((one) => one.checkVisibility())
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.tagName + ' ' + one.textContent.slice(0, 40))"""
    )
    assert cut == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
