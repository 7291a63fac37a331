"""What somebody does in the console, for the journeys there, and files that they bring."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from muster.forms import Profile
from muster.security import jose
from muster.synth.workbook import write_workbook
from muster.vocabulary.ids import new_id

from .conftest import Come, Visitor
from .desk import Stranger
from .words import Say, catalogue


def at_console(come: Come, language: str, role: str) -> tuple[Visitor, Say]:
    """Somebody of that role who has signed in."""
    visitor = come(language)
    visitor.sign_in(visitor.demo.account(role))
    return visitor, catalogue("console", language)


def to_page(visitor: Visitor, say: Say, name: str) -> Page:
    """To a page by its link in the bar."""
    page = visitor.page
    pages = page.get_by_role("navigation", name=say("frame.pages"))
    pages.get_by_role("link", name=say(f"page.{name}"), exact=True).click()
    page.locator("h1").first.wait_for()
    return page


def row_of(who: Stranger, village: str) -> dict[str, str]:
    """A row of a baseline workbook."""
    category = Profile.load("tongren").categories["active_duty_family"].zh
    return {
        "name": who.name,
        "resident_number": who.number,
        "household_area": village,
        "categories": category,
    }


def workbook(path: Path, rows: list[dict[str, str]]) -> Path:
    """A baseline workbook of these rows."""
    fields = Profile.load("tongren").fields
    columns = ("name", "resident_number", "household_area")
    headings: list[tuple[str | None, str]] = [(None, "序号")]
    headings += [(column, fields[column].zh) for column in columns]
    write_workbook(path, [*headings, ("categories", "对象类别")], rows)
    return path


def enrol(visitor: Visitor, code: str) -> str:
    """What a computer does that is given a code; the id of the terminal that it is from then on."""
    key = jose.generate("sig")
    proof = jose.sign(code.encode(), key, "muster-enrolment")
    body = {"code": code, "jwk": jose.public_jwk(key), "proof": proof}
    return str(visitor.ask("access", "/terminals", body)["terminal_id"])


def village_of(visitor: Visitor, desk: int) -> str:
    """A village of a desk's area."""
    area = visitor.demo.desks()[desk]["area"]
    areas = visitor.json("capture", "/areas")["areas"]
    return next(str(one["code"]) for one in areas if one["parent"] == area)


@dataclass(frozen=True)
class Listed:
    """Somebody who is to be collected, and the work order that says so."""

    name: str
    subject: str
    village: str
    order: str


def listed(come: Come, desk: int) -> Listed:
    """Somebody of a desk's area of whom an administrator has just brought the baseline."""
    admin, _ = at_console(come, "zh", "administrator")
    who, village = Stranger.of(admin.demo.desks()[desk]), village_of(admin, desk)
    orders = f"/discrepancies?area={village}&state=open&kind=missed_subject&limit=100"
    before = {one["subject_id"] for one in admin.json("crosscheck", orders)["items"]}
    with tempfile.TemporaryDirectory() as folder:
        content = workbook(Path(folder) / "one.xlsx", [row_of(who, village)]).read_bytes()
    file = {"name": "one.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    area = admin.demo.account("administrator")["area"]
    answer = admin.page.request.post(
        f"{admin.demo.url}/api/capture/imports",
        headers={"x-muster-client": "console"},
        multipart={"import_id": new_id(), "area": area, "file": file},  # type: ignore[dict-item]
    )
    assert answer.ok, answer.text()
    assert answer.json()["added"] == 1, answer.text()

    def new(said: Any) -> Listed | None:
        return next(
            (
                Listed(who.name, one["subject_id"], village, one["discrepancy_id"])
                for one in said["items"]
                if one["subject_id"] not in before
            ),
            None,
        )

    return admin.later("crosscheck", orders, new)
