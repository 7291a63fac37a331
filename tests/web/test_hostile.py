"""Names, files and papers that are meant to do harm: they are shown as the text that they are, come
back with a reason, and nothing in them runs."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from muster.security import digests
from muster.vocabulary.ids import new_id

from .conftest import Come, Visitor
from .desk import (
    Stranger,
    box,
    choose_family,
    collecting,
    fill_identity,
    fill_rest,
    hand_in,
    misspelt,
    opened,
    photograph,
    received,
    to_confirm,
    to_today,
    type_number,
    waiting_as,
)
from .office import at_console, enrol, listed, row_of, to_page, village_of, workbook
from .words import catalogue

pytestmark = pytest.mark.needs("browser")
MARKUP = '<img src=x onerror="window.ran=1">'
SCRIPT = "<script>window.ran=1</script>"
FORMULA = '=HYPERLINK("http://127.0.0.1/","x")'
TURNED = "王\u202e小明"
"""What follows the sign is read from right to left."""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.ran=1</script></svg>'


def nothing_ran(*pages: Page) -> None:
    """Neither a script nor an attribute of what was shown; and no element came of it."""
    for page in pages:
        assert page.evaluate("window.ran") is None
        assert page.locator("img[src=x]").count() == 0


def test_what_is_typed_is_shown_as_the_text_that_it_is(come: Come) -> None:
    """From the desk to its receipt, its lists, and the reviewer."""
    collector, say = collecting(come, "zh")
    page, who = collector.page, replace(Stranger.of(collector.demo.desk()), name=MARKUP)
    type_number(page, who.number)
    opened(page)
    fill_identity(page, who, "zh")
    fill_rest(page, "zh")
    box(page, "household_address", "zh").fill(FORMULA)
    box(page, "serving_name", "zh").fill(SCRIPT)
    photograph(page, say)
    to_confirm(page, say)
    for text in (MARKUP, FORMULA, SCRIPT):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    hand_in(page, say)
    received(page, say)
    to_today(page, say)
    expect(page.get_by_role("list", name=say("queue.received", n=1))).to_contain_text(MARKUP)

    reviewer = come("zh")
    review = reviewer.sign_in(reviewer.demo.account("civil_affairs_reviewer"))
    subject = waiting_as(reviewer, MARKUP)
    review.goto(f"{reviewer.demo.url}/console/review/{subject}")
    show = review.get_by_role("button", name=catalogue("console", "zh")("item.unmask"))
    show.click()
    for text in (MARKUP, FORMULA, SCRIPT):
        expect(review.get_by_text(text).first).to_be_visible()
    nothing_ran(page, review)


def test_signs_that_turn_a_name_around_are_no_part_of_it(come: Come) -> None:
    """R71: what is typed is cleaned of them; what a page did not make is refused at the door."""
    collector, say = collecting(come, "zh")
    page, who = collector.page, Stranger.of(collector.demo.desk())
    type_number(page, who.number)
    opened(page)
    choose_family(page)
    box(page, "name", "zh").fill(TURNED)
    page.keyboard.press("Tab")
    expect(box(page, "name", "zh")).to_have_value(TURNED.replace("\u202e", ""))
    page.get_by_role("button", name=say("person.close"), exact=True).click()
    expect(page.get_by_role("link", name="王小明")).to_be_visible()

    gateway = Gateway.of(collector)
    receipt = gateway.upload(who, TURNED)
    assert receipt["status"] == "refused"
    assert ("name", "format-text") in {(one["field"], one["rule"]) for one in receipt["reasons"]}


def test_what_is_no_picture_is_no_paper(come: Come) -> None:
    """An SVG may hold scripts: neither the page nor capture takes one, whatever it is called."""
    collector, say = collecting(come, "zh")
    page, who = collector.page, Stranger.of(collector.demo.desk())
    type_number(page, who.number)
    opened(page)
    choose_family(page)
    missing = page.get_by_role("listitem").filter(has_text=say("paper.missing")).first
    dialog = page.get_by_role("dialog")
    for called, kind in (("身份证.svg", "image/svg+xml"), ("身份证.png", "image/png")):
        missing.get_by_role("button").first.click()
        file = {"name": called, "mimeType": kind, "buffer": SVG}
        dialog.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        expect(dialog.get_by_text(say("take.no.type"))).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    expect(missing).to_be_visible()
    nothing_ran(page)

    gateway = Gateway.of(collector)
    for kind in ("image/svg+xml", "image/png"):
        receipt = gateway.evidence(SVG, kind)
        assert receipt["status"] == "refused"
        assert [one["rule"] for one in receipt["reasons"]] == ["piece-type"]


def test_a_file_may_be_called_and_hold_what_it_likes(come: Come, tmp_path: Path) -> None:
    """R49, R52: rows and the file's own name are text, and so are the cells that come back."""
    admin, say = at_console(come, "zh", "administrator")
    account, village = admin.demo.desk(), village_of(admin, 0)
    names = (MARKUP, SCRIPT, FORMULA)
    rows = []
    for name in names:
        row = row_of(replace(Stranger.of(account), name=name), village)
        rows.append({**row, "resident_number": misspelt(row["resident_number"])})
    page = to_page(admin, say, "import")
    content = workbook(tmp_path / "rows.xlsx", rows).read_bytes()
    called = f"{MARKUP.replace('/', '')}.xlsx"
    file = {"name": called, "mimeType": "application/octet-stream", "buffer": content}
    page.locator("#import-file").set_input_files(file)  # type: ignore[arg-type]
    expect(page.get_by_text(called)).to_be_visible()
    page.get_by_role("button", name=say("import.send")).click()
    page.wait_for_url(re.compile(r"/console/import/[0-9a-f-]{36}$"))
    grid = page.get_by_role("group", name=say("refused.caption"))
    for name in names:
        expect(grid.get_by_text(name, exact=True)).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("button", name=say("importJob.download")).click()
    saved = tmp_path / "refused.xlsx"
    coming.value.save_as(saved)
    cells = [cell for row in load_workbook(saved).active.rows for cell in row]
    assert {cell.value for cell in cells} >= set(names)
    assert {cell.data_type for cell in cells if cell.value in names} == {"s"}
    nothing_ran(page)


def test_what_is_said_about_an_order_and_a_computer_is_text(come: Come) -> None:
    """Free text of offices: the label of a computer, and a question about a work order."""
    somebody = listed(come, 1)
    admin, say = at_console(come, "zh", "administrator")
    area = admin.demo.desks()[1]["area"]
    opened_now = admin.ask("access", "/enrolments", {"area": area, "label": MARKUP})
    terminal = enrol(admin, opened_now["code"])
    page = to_page(admin, say, "terminals")
    expect(page.get_by_role("rowheader", name=MARKUP).first).to_be_visible()
    nothing_ran(page)
    admin.ask("access", f"/terminals/{terminal}/revoke", {"reason": "演练"})

    path = f"/discrepancies/{somebody.order}/questions"
    admin.ask("crosscheck", path, {"note_id": new_id(), "to": somebody.village, "text": MARKUP})
    page.goto(f"{admin.demo.url}/console/orders/{somebody.village}")
    row = page.get_by_role("row").filter(has_text=say("orders.questions", n=1)).first
    row.get_by_role("button").click()
    page.locator("#order-reason").fill("核对")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=say("order.open"), exact=True).click()
    expect(dialog.get_by_text(MARKUP)).to_be_visible()
    nothing_ran(page)


class Gateway:
    """The gateway of a desk, asked as no page of ours would: for packets of anything."""

    def __init__(self, collector: Visitor, url: str, token: str) -> None:
        self._collector, self._url, self._token = collector, url, token
        self._subject = new_id()

    @classmethod
    def of(cls, collector: Visitor) -> Gateway:
        said = parse_qs(urlsplit(collector.demo.desk()["desk"]).fragment)
        return cls(collector, said["gateway"][0], said["token"][0])

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"authorization": f"Bearer {self._token}", "origin": self._collector.demo.url}
        answer = self._collector.page.request.post(self._url + path, data=body, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    def _send(self, path: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A sealed packet; the receipt of the one thing in it."""
        packet = self._ask("/packets", {"payload": payload})["packet"]
        answer = self._collector.page.request.post(
            f"{self._collector.demo.url}/api/capture{path}",
            data=packet,
            headers={"content-type": "application/jose", "x-muster-client": "desk"},
        )
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json()["receipts"][0]
        return found

    def evidence(self, content: bytes, kind: str) -> dict[str, Any]:
        salt = digests.new_salt()
        piece = {
            "subject_id": self._subject,
            "digest": digests.evidence_digest(content, kind, salt),
            "salt": salt,
            "media_type": kind,
            "kind": "id_card",
            "content": base64.b64encode(content).decode(),
        }
        return self._send("/evidence", {"packet_id": new_id(), "pieces": [piece]})

    def upload(self, who: Stranger, name: str) -> dict[str, Any]:
        """A record of that name."""
        profile = self._collector.json("capture", "/profile")
        record_id, salt = new_id(), digests.new_salt()
        fields = {"name": name, "resident_number": who.number}
        content = {
            "form_version": profile["form_version"],
            "categories": ["active_duty_family"],
            "fields": fields,
        }
        digest = digests.record_digest(content, [], record_id, salt)
        at = self._ask(
            "/signatures", {"record_digest": digest, "kind": "handwriting", "trace": STROKE}
        )
        record = {
            **content,
            "record_id": record_id,
            "subject_id": self._subject,
            "base_version": 0,
            "provenance": dict.fromkeys(fields, "typed"),
            "evidence": [],
            "salt": salt,
            "signature": {**at["signature"], "trace": STROKE},
            "collected_at": at["captured_at"],
            "origin": "new",
        }
        packet = {"packet_id": new_id(), "made_at": at["captured_at"], "records": [record]}
        return self._send("/uploads", packet)


STROKE = [[[12, 40, 0], [30, 22, 40], [48, 44, 90], [66, 20, 140], [90, 38, 200]]]
