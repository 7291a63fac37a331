"""``muster progress`` as it is read on a screen."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from muster.runtime import ledger


def area(name: str, problems: int) -> dict[str, Any]:
    """What reporting says of one area, as far as the command shows it."""
    return {
        "name": name,
        "expected": 90,
        "collected": 80,
        "verified": 70,
        "open": 10,
        "coverage": 0.5,
        "last_upload": None,
        "overdue": [],
        "problems_open": problems,
    }


def test_progress_shows_open_problems_of_each_area(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R76: beside the people who are still open, the problems that are not mended yet."""
    said = {
        "code": "632321",
        "area": area("同仁县", 12),
        "areas": {"632321100000": area("隆务镇", 5), "632321101000": area("保安镇", 7)},
    }
    monkeypatch.setattr(ledger, "_asked", lambda *_: said)
    monkeypatch.setattr(ledger, "_out", Console(width=80))
    ledger.progress()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    # A screen of 80 columns: titles stand on two lines, of which this is the second.
    [titles] = [line for line in lines if line[:2] == ["code", "area"]]
    place = titles.index("lems")
    counts = {line[0]: line[place] for line in lines if line and line[0].isdigit()}
    assert counts == {"632321100000": "5", "632321101000": "7", "632321": "12"}
