"""How commands that ask a running stack end on a no."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from muster.runtime import signed_in
from muster.runtime.client import Account, NotRunning, Refused, Unreachable
from muster.runtime.home import Home

REASON = {"field": "area", "rule": "x", "zh": "此区域不存在。", "en": "No such area."}


def test_that_nothing_runs_is_said_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R69: with the command that starts it."""

    async def never(_: Account) -> None:
        raise AssertionError("nothing runs")

    with pytest.raises(typer.Exit) as end:
        signed_in.signed_in(Home(tmp_path), never)
    assert end.value.exit_code == 2
    said = capsys.readouterr().err
    assert "系统未在运行" in said
    assert "is not running (none)" in said


@pytest.mark.parametrize(
    ("error", "zh", "en"),
    [
        (NotRunning("Start: muster up"), "系统未在运行", "Start: muster up"),
        (Unreachable("capture did not answer"), "没有应答", "capture did not answer"),
        (Refused(422, "invalid", [REASON]), "此区域不存在。", "No such area."),
        (Refused(500, "unknown", []), "服务拒绝了请求", "500 unknown"),
    ],
)
def test_a_no_is_said_in_both_languages(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    zh: str,
    en: str,
) -> None:
    """R69: of a service, or because there is none; the command ends with 2."""
    running = SimpleNamespace(state="running")
    monkeypatch.setattr(signed_in.lifecycle, "status", lambda _: running)
    monkeypatch.setattr(signed_in, "administrator", lambda _: None)

    async def no(_: Account) -> None:
        raise error

    with pytest.raises(typer.Exit) as end:
        signed_in.signed_in(Home(tmp_path), no)
    assert end.value.exit_code == 2
    said = capsys.readouterr().err
    assert zh in said
    assert en in said
