"""Whom a department names and nobody registered: who can be entered is entered, and lies at the
desk of their village to be collected; who cannot waits for an administrator, who enters them, or
says why there is nobody (R75, R76)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from muster.forms import Profile
from muster.runtime.demo.world import World

from .conftest import Come, Demo, Visitor
from .desk import Stranger, collecting, held_of, label, on_list, type_number
from .office import at_console, to_page, village_of
from .words import Say

pytestmark = pytest.mark.needs("browser")
DEPARTMENT = "human-resources"
"""One in whose file only entitled persons stand, and that hands it over whole."""
NOWHERE = "查无此村"
REASON = "核对部门名册"
WHY = "电话核实：重名，查无此人"


@dataclass(frozen=True)
class Named:
    """Somebody of the department's list, and where they live as it says."""

    who: Stranger
    place: str


def connector(demo: Demo, *arguments: str) -> Any:
    """What the department's officer does at its own computer."""
    done = subprocess.run(
        (str(Path(sys.executable).with_name("muster-connector")), *arguments, "--json"),
        env={
            **os.environ,
            "MUSTER_CONNECTOR_HOME": str(demo.home.path / "edges" / f"connector-{DEPARTMENT}"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def supply(demo: Demo, named: list[Named], folder: Path) -> None:
    """The department's list with these people on it, handed to the cross-check."""
    book = load_workbook(World.load(demo.home.path / "county").departments[DEPARTMENT])
    sheet = book.active
    fields = Profile.load("tongren").fields
    headings = [cell.value for cell in sheet[1]]

    def column(field: str) -> int:
        """Departments have their own headings, which the profile knows."""
        known = {fields[field].zh, *fields[field].headers}
        return next(at for at, heading in enumerate(headings) if heading in known)

    for one in named:
        row: list[str | None] = [None] * len(headings)
        row[column("name")] = one.who.name
        row[column("resident_number")] = one.who.number
        row[column("household_area")] = one.place
        sheet.append(row)
    book.save(folder / "list.xlsx")
    connector(demo, "load", str(folder / "list.xlsx"))
    supplied = connector(demo, "supply", "--wait", "60")
    assert supplied["received"], supplied


def place_of(visitor: Visitor, village: str) -> tuple[str, str]:
    """Township and village by their names."""
    areas = {one["code"]: one for one in visitor.json("capture", "/areas")["areas"]}
    return areas[areas[village]["parent"]]["name"], areas[village]["name"]


def waiting(admin: Visitor) -> set[str]:
    """Candidates on the administrator's list."""
    area = admin.demo.account("administrator")["area"]
    found = admin.json("capture", f"/candidates?area={area}&limit=500")["candidates"]
    return {one["candidate_id"] for one in found}


def open_one_of(page: Page, say: Say, names: set[str], count: int) -> tuple[Locator, str]:
    """The candidate who is one of these, opened out of so many: until a reason is given nobody is
    named."""
    start = re.escape(say("candidates.openThis", department="\0", place="\0").split("\0")[0])
    rows = page.get_by_role("button", name=re.compile(f"^{start}"))
    # Whoever was settled before is gone from the list once it was read anew.
    expect(rows).to_have_count(count)
    for row in reversed(rows.all()):
        expect(page.get_by_text(re.compile("|".join(names)))).to_have_count(0)
        row.click()
        dialog = page.get_by_role("dialog")
        send = dialog.get_by_role("button", name=say("candidates.open"), exact=True)
        send.click()
        expect(dialog.get_by_role("alert")).to_contain_text(say("act.reasonMissing"))
        page.locator("#act-reason").fill(REASON)
        send.click()
        said = dialog.get_by_role("table", name=say("candidate.says"))
        name = said.get_by_role("row").filter(
            has=page.get_by_role("rowheader", name=label("name", "zh"), exact=True)
        )
        found = name.get_by_role("cell").inner_text()
        if found in names:
            return dialog, found
        dialog.get_by_role("button", name=say("return.cancel"), exact=True).click()
        expect(dialog).to_be_hidden()
    raise AssertionError("nobody of these names waits")


def enter(dialog: Locator, say: Say, place: tuple[str, str]) -> None:
    """As somebody of this village, which is chosen in the tree by keyboard."""
    page = dialog.page
    send = dialog.get_by_role("button", name=say("candidate.enter"), exact=True)
    send.click()
    expect(dialog.get_by_role("alert")).to_contain_text(say("candidate.bothMissing"))
    tree = dialog.get_by_role("tree")
    tree.locator("[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    for name in place:
        item = tree.get_by_role("treeitem", name=name, exact=True)
        item.press("ArrowRight")
    item.press("Enter")
    expect(item).to_have_attribute("aria-selected", "true")
    send.click()


def dismiss(dialog: Locator, say: Say) -> None:
    """As nobody."""
    dialog.get_by_role("radio", name=say("candidate.dismiss")).check()
    send = dialog.get_by_role("button", name=say("candidate.dismiss"), exact=True)
    send.click()
    expect(dialog.get_by_role("alert")).to_contain_text(say("candidate.whyMissing"))
    dialog.page.locator("#candidate-why").fill(WHY)
    send.click()


def test_whom_a_department_names_comes_to_the_desk_or_before_an_administrator(
    come: Come, demo: Demo, tmp_path: Path
) -> None:
    """R75, R76: nobody is entered twice or lost, and nobody is named before a reason is given."""
    language, at = "zh", 1
    collector, desk = collecting(come, language, at)
    village = village_of(collector, at)
    place = place_of(collector, village)
    admin, say = at_console(come, language, "administrator")
    sure, unsure, nobody = (Stranger.of(demo.desks()[at]) for _ in range(3))
    before = waiting(admin)
    named = [Named(sure, "".join(place)), Named(unsure, NOWHERE), Named(nobody, NOWHERE)]
    supply(demo, named, tmp_path)
    area = demo.account("administrator")["area"]
    admin.later(
        "capture",
        f"/candidates?area={area}&limit=500",
        lambda said: len({one["candidate_id"] for one in said["candidates"]} - before) == 2 or None,
    )

    page = to_page(admin, say, "candidates")
    for left in (2, 1):
        names = {unsure.name, nobody.name}
        dialog, name = open_one_of(page, say, names, len(before) + left)
        if name == unsure.name:
            enter(dialog, say, place)
        else:
            dismiss(dialog, say)
        outcome = "registered" if name == unsure.name else "dismissed"
        expect(page.get_by_text(say(f"candidate.outcome.{outcome}"))).to_be_visible()
        expect(dialog).to_be_hidden()
    assert waiting(admin) == before

    for who in (sure, unsure):
        on_list(collector, desk, who.name)
    pages = collector.page.get_by_role("navigation", name=desk("frame.pages"))
    pages.get_by_role("link", name=desk("page.today")).click()
    type_number(collector.page, unsure.number)
    # Nothing but a name, until a category is ticked.
    beside = collector.page.get_by_role("complementary", name=desk("person.who"))
    expect(beside).to_contain_text(unsure.name)
    assert not held_of(collector, nobody.number)["known"]
