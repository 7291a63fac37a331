"""What administrators and leaders do in the console: a file comes in, somebody and a computer are
added, figures are the ledger's and go on while a service is away (R49, R52, R87)."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from . import breaking
from .conftest import PATIENCE, Come, Visitor
from .desk import SENT, Stranger, misspelt
from .office import at_console, enrol, listed, row_of, to_page, village_of, workbook

pytestmark = pytest.mark.needs("browser")
REASON = "现场核对"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_good_rows_of_a_file_go_in_and_bad_ones_come_back_with_their_reasons(
    come: Come, language: str, tmp_path: Path
) -> None:
    admin, say = at_console(come, language, "administrator")
    account, place = admin.demo.desk(), village_of(admin, 0)
    good, bad = Stranger.of(account), Stranger.of(account)
    spoilt = {**row_of(bad, place), "resident_number": misspelt(bad.number)}
    page = to_page(admin, say, "import")
    page.get_by_role("button", name=say("import.send")).click()
    expect(page.get_by_role("alert")).to_contain_text(say("import.fileMissing"))
    page.locator("#import-file").set_input_files(
        workbook(tmp_path / "名单.xlsx", [row_of(good, place), spoilt])
    )
    expect(page.get_by_text("名单.xlsx")).to_be_visible()
    page.get_by_role("button", name=say("import.send")).click()
    page.wait_for_url(re.compile(r"/console/import/[0-9a-f-]{36}$"))
    expect(page.locator("h1")).to_have_text(say("importJob.some", n=1, all=3))
    grid = page.get_by_role("group", name=say("refused.caption"))
    expect(grid).to_be_visible()
    page.keyboard.press("F8")
    cell = grid.locator("td:focus")
    expect(cell).to_be_visible()
    reason = page.locator(f"#{cell.get_attribute('aria-describedby')}").inner_text()
    assert reason
    expect(grid).to_contain_text(bad.name)
    expect(grid).not_to_contain_text(good.name)
    with page.expect_download() as coming:
        page.get_by_role("button", name=say("importJob.download")).click()
    saved = tmp_path / "refused.xlsx"
    coming.value.save_as(saved)
    cells = [str(cell.value) for row in load_workbook(saved).active.rows for cell in row]
    assert bad.name in cells
    assert good.name not in cells
    assert any(reason in cell for cell in cells)
    job = admin.json("capture", f"/imports/{page.url.rpartition('/')[2]}")
    assert [job["added"], job["refused"]] == [1, 1]


def test_somebody_is_added_with_a_grant_and_works_under_it_until_it_is_taken(come: Come) -> None:
    language = "zh"
    admin, say = at_console(come, language, "administrator")
    page = to_page(admin, say, "people")
    page.get_by_role("button", name=say("account.create")).click()
    dialog = page.get_by_role("dialog", name=say("account.create"))
    send = dialog.get_by_role("button", name=say("account.create"))
    send.click()
    for missing in ("account.nameMissing", "account.passwordMissing", "act.reasonMissing"):
        expect(dialog.get_by_role("alert")).to_contain_text(say(missing))
    username, password = f"leader-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    page.locator("#account-name").fill(username)
    page.locator("#account-password").fill(password)
    page.locator("#grant-role").select_option("leader")
    page.locator("#act-reason").fill(REASON)
    send.click()
    expect(page.locator("h1")).to_have_text(username)
    row = page.get_by_role("row").filter(has_text=say("role.leader"))
    expect(row).to_contain_text(say("grant.holds"))

    added = come(language)
    account = {"username": username, "password": password}
    added.sign_in(account)
    expect(added.page.get_by_text(say("balance.caption")).first).to_be_visible()

    row.get_by_role("button").click()
    taking = page.get_by_role("dialog", name=say("person.take"))
    page.locator("#act-reason").fill(REASON)
    taking.get_by_role("button", name=say("person.take")).click()
    expect(page.get_by_text(say("person.done.take"))).to_be_visible()
    added.seen.expected.append("(/api/")
    shut_out = added.page.locator("input[name=password]").or_(
        added.page.get_by_role("heading", name=say("noRight.heading"))
    )
    deadline = time.monotonic() + PATIENCE
    while not shut_out.count():
        assert time.monotonic() < deadline
        added.page.goto(f"{added.demo.url}/console/dashboard")
        added.page.locator("h1").first.wait_for()


def test_a_computer_is_enrolled_by_a_code_that_serves_once(come: Come) -> None:
    language = "en"
    admin, say = at_console(come, language, "administrator")
    page = to_page(admin, say, "terminals")
    page.get_by_role("button", name=say("enrol.title")).click()
    label = f"采集端{secrets.token_hex(3)}"
    page.locator("#enrol-label").fill(label)
    page.get_by_role("dialog").get_by_role("button", name=say("enrol.open")).click()
    code = page.locator("#enrol-code")
    expect(code).to_be_focused()
    text = code.inner_text()
    enrol(admin, text)
    page.get_by_role("dialog").get_by_role("button", name=say("enrol.noted")).click()
    page.reload()
    row = page.get_by_role("row").filter(has_text=label)
    expect(row).to_contain_text(say("terminals.holds"))
    expect(page.get_by_text(text)).to_have_count(0)
    row.get_by_role("button").click()
    page.locator("#act-reason").fill(REASON)
    page.get_by_role("dialog").get_by_role("button", name=say("terminals.revoke")).click()
    expect(row).to_contain_text(re.compile(re.escape(say("terminals.revokedOn", day=""))))


def ledger(visitor: Visitor) -> dict[str, Any]:
    """What ``muster ledger --json`` says, once all services have heard what happened last."""
    deadline = time.monotonic() + PATIENCE
    while True:
        done = subprocess.run(
            (str(Path(sys.executable).with_name("muster")), "ledger", "--json"),
            env={**os.environ, "MUSTER_HOME": str(visitor.demo.home.path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        if found["agrees"] or time.monotonic() > deadline:
            return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_line_of_the_waterfall_is_that_of_the_ledger(come: Come, language: str) -> None:
    """R87: on the page of a county and of a township, as the command says."""
    leader, say = at_console(come, language, "leader")
    page, said = leader.page, ledger(leader)
    assert said["agrees"]
    code, tally = next(iter(said["townships"].items()))
    for address, counts in (("", said["total"]), (f"/{code}", tally)):
        page.goto(f"{leader.demo.url}/console/dashboard{address}")
        table = page.get_by_role("table", name=say("balance.caption"))
        expect(table).to_be_visible()
        shown = {}
        for row in table.get_by_role("row").all()[1:]:
            cells = [cell.strip() for cell in row.locator("th, td").all_inner_texts()]
            shown[cells[0]] = [int(cell.replace(",", "")) for cell in cells[1:] if cell]
        both = sum(counts["origins"].values())
        assert shown.pop(say("balance.sum")) == [both, both]
        expected = {say(f"origin.{name}"): n for name, n in counts["origins"].items()}
        expected |= {say(f"state.{name}"): n for name, n in counts["review"].items()}
        states = {name: n for name, n in counts["states"].items() if name != "collected"}
        expected |= {say(f"state.{name}"): n for name, n in states.items()}
        assert {name: [n] for name, n in expected.items()} == shown


def test_figures_stay_with_their_time_while_a_service_is_away(come: Come) -> None:
    leader, say = at_console(come, "zh", "leader")
    page = leader.page
    heading = page.locator("h1")
    expect(page.get_by_text(say("balance.caption")).first).to_be_visible()
    was, at = heading.inner_text(), page.locator(".title .hint").inner_text()
    leader.seen.expected.append("(/api/reporting/")
    with breaking.kept_down(partial(breaking.service, leader.demo.home, "reporting")):
        # Figures are asked for anew when one comes back to the page, and now and then.
        fault = page.get_by_role("alert").filter(has_text=say("error.shownEarlier"))
        expect(fault.first).to_be_visible(timeout=90_000)
        assert heading.inner_text() == was
        assert page.locator(".title .hint").inner_text() == at
        expect(page.get_by_text(say("balance.caption")).first).to_be_visible()
        cut = re.compile(re.escape(say("live.cut", at="\0").split("\0")[0]))
        expect(page.get_by_text(cut).first).to_be_visible(timeout=90_000)
    expect(fault).to_have_count(0, timeout=SENT)


def test_the_wall_shows_the_county_and_nobody_in_it(come: Come) -> None:
    somebody = listed(come, 0)
    leader, say = at_console(come, "zh", "leader")
    page = leader.page
    # Down to the village in which somebody is not collected.
    page.goto(f"{leader.demo.url}/console/dashboard/{somebody.village}")
    page.get_by_role("link", name=say("take.wall")).click()
    ledger_there = f"/ledger?level=village&area={somebody.village}"
    total = leader.json("reporting", ledger_there)["total"]
    both = f"{sum(total['origins'].values()):,}"
    equation = page.get_by_role("heading", name=say("balance.holds", left=both, right=both))
    expect(equation).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.set_viewport_size({"width": 3840, "height": 2160})
    # Read from far away: text grows with the screen, remarks and buttons too.
    small = "[...document.querySelectorAll('.wall :is(h1, h2, p, dt, dd, button)')].filter((one) =>"
    small += "parseFloat(getComputedStyle(one).fontSize) * one.currentCSSZoom < 28)"
    page.wait_for_function(f"{small}.length === 0")
    assert somebody.name not in page.locator("body").inner_text()
    page.get_by_role("button", name=say("wall.back")).click()
    expect(page.get_by_role("table", name=say("balance.caption"))).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") != "dark"
