"""Writes what was measured: ``docs/benchmarks.json`` for programs, and the table between two marks
in ``docs/benchmarks.md`` for people. A run of some leaves what stands there of the others."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from .runner import Figure

__all__ = ["BEGIN", "END", "line", "load", "machine", "merged", "recorded", "render", "write"]

BEGIN = "<!-- make bench writes from here -->"
END = "<!-- to here -->"

Record = dict[str, Any]
"""One bench as it stands in the JSON file."""


def machine() -> str:
    """On what it was measured; no name of a computer."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in _lines(Path("/proc/cpuinfo"))
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def load() -> float:
    """How many processes wanted a processor in the last minute, on average: with more than there
    are cores, times are longer than they need be."""
    return os.getloadavg()[0]


def recorded(figure: Figure, on: str, before: float) -> Record:
    """A bench and what came of it; `before`: the load as it began."""
    bench = figure.bench
    return {
        "id": bench.id,
        "work": bench.work,
        "peer": bench.peer,
        "ratio": round(figure.ratio, 3),
        "goal": bench.goal,
        "aim": bench.aim,
        "reached": figure.reached,
        "rounds": len(figure.ours),
        "spread": [round(one, 3) for one in figure.spread],
        "unit": bench.unit,
        "ours": round(median(figure.ours), 2),
        "peers": round(median(figure.peers), 2),
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": on,
        "load": round(before, 1),
    }


def merged(known: Sequence[Record], new: Sequence[Record], order: Sequence[str]) -> list[Record]:
    """What is known with what is new in its place, in the order of `order`; a bench that there is
    no more is left out."""
    by_id = {one["id"]: one for one in (*known, *new)}
    return [by_id[name] for name in order if name in by_id]


def render(records: Sequence[Record]) -> str:
    """The table and what each line compares, as Markdown."""
    head = (
        "| Bench | Ratio | Aim | | Spread | Ours | Peer | Rounds | Load |\n"
        "|---|--:|--:|---|--:|--:|--:|--:|--:|"
    )
    rows = [
        f"| `{one['id']}` | {one['ratio']:.2f} | {_aim(one)} | {_VERDICTS[one['reached']]} |"
        f" {one['spread'][0]:.2f} to {one['spread'][1]:.2f} |"
        f" {_amount(one['ours'], one['unit'])} | {_amount(one['peers'], one['unit'])} |"
        f" {one['rounds']} | {one['load']:.1f} |"
        for one in records
    ]
    said = [f"- `{one['id']}`: {one['work']}. Peer: {one['peer']}." for one in records]
    places = dict.fromkeys(f"{one['measured_at']}: {one['machine']}" for one in records)
    return "\n".join(
        (head, *rows, "", *said, "", "Measured on", "", *(f"- {one}" for one in places))
    )


_VERDICTS = {True: "reached", False: "**missed**", None: ""}


def _aim(record: Record) -> str:
    return "none" if record["goal"] is None else f"{record['aim']} {record['goal']:g}"


def line(record: Record) -> str:
    """A bench in one line, for whoever waits."""
    least, most = record["spread"]
    verdict = _VERDICTS[record["reached"]].strip("*") or "measured"
    return (
        f"{record['id']}: {record['ratio']:.2f} ({least:.2f} to {most:.2f}),"
        f" aim {_aim(record)}: {verdict};"
        f" {_amount(record['ours'], record['unit'])} against"
        f" {_amount(record['peers'], record['unit'])}"
    )


def _amount(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def write(records: Sequence[Record], docs: Path) -> None:
    """Both files.

    :raises ValueError: The page has not both marks.
    """
    page = docs / "benchmarks.md"
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has not both marks: {BEGIN} and {END}")
    text = json.dumps(list(records), ensure_ascii=False, indent=2) + "\n"
    _replace(docs / "benchmarks.json", text)
    _replace(page, f"{before}{BEGIN}\n{render(records)}\n{END}{after}")


def _replace(path: Path, text: str) -> None:
    """As a whole or not at all: who stops a run in the middle keeps what was there."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_text(text, "utf-8")
    beside.replace(path)
