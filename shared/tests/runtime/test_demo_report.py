"""What the demo shows of planted and found problems."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from muster.runtime.demo.report import findings_table
from muster.runtime.demo.scorecard import Scorecard
from muster.synth.scoring import Found, Mended

FOUND = Found(planted=12, found=12, true_positives=12)
MENDED = Mended(corrected=9, closed=9, uncorrected=3, still_open=3, wrongly_closed=0, newly_open=0)


def shown(found: Found, mended: Mended) -> list[list[str]]:
    """The lines of the table, as words, on a narrow terminal."""
    out = io.StringIO()
    card = Scorecard({"dead": found}, {"dead": mended}, [])
    Console(file=out, width=80).print(findings_table(card))
    return [line.split() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("changed", "cells"),
    [
        ({}, ["9", "9", "3/3", "0", "0"]),
        ({"closed": 8}, ["9", "8", "3/3", "0", "0"]),
        ({"still_open": 1, "wrongly_closed": 2}, ["9", "9", "1/3", "2", "0"]),
        ({"newly_open": 5}, ["9", "9", "3/3", "0", "5"]),
    ],
)
def test_the_table_shows_each_count_that_the_verdict_rests_on(
    changed: dict[str, int], cells: list[str]
) -> None:
    """R76: what the corrections closed, what was closed without one, and what came besides."""
    mended = dataclasses.replace(MENDED, **changed)
    lines = shown(FOUND, mended)
    [row] = [line for line in lines if line[:1] == ["dead"]]
    assert row == ["dead", "12", "12", "12", "1.000", "1.000", *cells]
    words = {word for line in lines for word in line}
    assert {"wrong", "new"} <= words
    assert not any("…" in word for word in words)
    assert mended.good() is (not changed)


def test_a_narrow_terminal_shows_the_table_of_a_large_county() -> None:
    """R76: at 20,000 people nothing of it is cut off."""
    found = Found(planted=1391, found=1391, true_positives=1391)
    mended = Mended(
        corrected=988,
        closed=988,
        uncorrected=403,
        still_open=403,
        wrongly_closed=0,
        newly_open=0,
    )
    out = io.StringIO()
    card = Scorecard({"missed_subject": found}, {"missed_subject": mended}, [])
    Console(file=out, width=80).print(findings_table(card))
    assert "…" not in out.getvalue()
