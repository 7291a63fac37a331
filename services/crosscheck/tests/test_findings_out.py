"""What was found leaves a running stack as the scorer reads it: `muster findings`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import Result
from typer.testing import CliRunner

from muster.runtime import county
from muster.runtime.cli import app
from muster.runtime.client import Account, Services
from muster.runtime.context import Context
from muster.runtime.home import Home, write_private
from muster.synth import scoring
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import COUNTY, PS, Door, here, make_fields, match_touched, one_order, subject, take
from .conftest import rows as rows_of

TRUTH = make_fields(1)
WHO = new_id()
WHY = "与主管部门核对"


@pytest.fixture
async def officer(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """Commands speak with this crosscheck as an administrator; gives who that is."""
    home = Home(tmp_path / "home")
    write_private(home.stack_file, {"services": {"crosscheck": {"url": "http://crosscheck"}}})
    account_id = new_id()
    loop = asyncio.get_running_loop()
    async with door.client((Role.ADMINISTRATOR, COUNTY), account=account_id) as client:
        token = client.headers["authorization"].removeprefix("Bearer ")
        account = Account(Services(home, client), "", "", token=token)

        def signed_in(_: object, work: Callable[[Account], Awaitable[Any]]) -> Any:
            return asyncio.run_coroutine_threadsafe(cast("Any", work(account)), loop).result()

        monkeypatch.setattr(county, "signed_in", signed_in)
        yield account_id


async def muster(*arguments: object) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, [str(one) for one in arguments])


async def test_the_findings_of_a_running_stack_are_scored(
    context: Context, officer: str, tmp_path: Path
) -> None:
    """R76, R77, R100: each is opened for the reason given and audited; the file holds what was open
    before correction and what is closed by now, says that it is no basis for benefits, and the
    scorer reads it."""
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    planted = {
        "kind": "field_mismatch",
        "resident_number": TRUTH["resident_number"],
        "field": "ethnicity",
        "department": PS,
        "corrected": True,
    }
    (tmp_path / "truth.json").write_text(json.dumps({"planted": [planted]}))
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    said = await muster("findings", "--json", first, "--reason", WHY)
    assert said.exit_code == 0, said.output
    assert first.stat().st_mode & 0o077 == 0
    assert (await muster("synth", "score", tmp_path / "truth.json", first)).exit_code == 0
    trail = await rows_of(context, "SELECT * FROM audit WHERE action = 'discrepancy-read'")
    assert [(row.actor, row.reason, row.detail["discrepancy"]) for row in trail] == [
        (officer, WHY, order)
    ]
    too_early = await muster("findings", "--json", second, "--reason", WHY, "--before", first)
    assert too_early.exit_code == 0
    assert (await muster("synth", "score", tmp_path / "truth.json", second)).exit_code == 1

    await take(context, subject(WHO, here(2), TRUTH, version=2))
    await match_touched(context)
    await muster("findings", "--json", second, "--reason", WHY, "--before", first)
    before, after = scoring.read_findings(second)
    for file in (first, second):
        assert json.loads(file.read_text())["notice"]["zh"] == context.profile.benefits_notice.zh
    assert [one["state"] for one in before] == ["open"]
    assert [one["state"] for one in after or ()] == ["closed"]
    assert (await muster("synth", "score", tmp_path / "truth.json", second)).exit_code == 0


async def test_findings_are_counted_without_opening_any(context: Context, officer: str) -> None:
    """R100: nobody's number is read to say how many there are; without a reason none is."""
    await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    said = await muster("findings")
    assert [line.split() for line in said.output.splitlines() if "mismatch" in line] == [
        ["field_mismatch", "1"]
    ]
    refused = await muster("findings", "--json", "never.json")
    assert refused.exit_code == 2
    assert "请以 --reason 说明" in refused.output
    assert "Say with --reason why" in refused.output
    assert await rows_of(context, "SELECT 1 FROM audit WHERE action = 'discrepancy-read'") == []


async def test_nobody_is_opened_for_a_file_that_cannot_be_written(
    context: Context, officer: str, tmp_path: Path
) -> None:
    """R69, R100: nor for one whose earlier findings are of other people, or were made elsewhere;
    each is said in both languages."""
    await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    plain, target = tmp_path / "plain", tmp_path / "out.json"
    entry = {
        "kind": "field_mismatch",
        "resident_number": TRUTH["resident_number"],
        "field": "ethnicity",
        "department": PS,
        "state": "open",
    }
    plain.write_text(json.dumps({"before": [entry]}))
    for wrong, zh, en in (
        (("--json", tmp_path), "是文件夹", "is a folder"),
        (("--json", plain / "out.json"), "无法写入", "cannot be written to"),
        (("--json", target, "--before", plain), "没有编号", "have no id"),
        (("--json", target, "--before", plain, "--area", COUNTY), "不能同用", "go together"),
    ):
        said = await muster("findings", "--reason", WHY, *wrong)
        assert said.exit_code == 2, said.output
        assert zh in said.output
        assert en in said.output
    assert not target.exists()
    assert await rows_of(context, "SELECT 1 FROM audit WHERE action = 'discrepancy-read'") == []


async def test_the_comparison_is_opened_once(context: Context, officer: str) -> None:
    """R74: by the command as by the demo; again it changes nothing."""
    await take(context, subject(WHO, here(1), TRUTH))
    first, again = await muster("compare"), await muster("compare")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.output.splitlines()[0][:27] == again.output.splitlines()[0][:27]
    opened = await rows_of(context, "SELECT actor FROM audit WHERE action = 'comparison-opened'")
    assert [row.actor for row in opened] == [officer]
