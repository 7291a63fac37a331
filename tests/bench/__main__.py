"""``python -m tests.bench [--only ID] [--rounds N] [--dry]``: what ``make bench`` runs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from . import report
from .benches import BENCHES
from .runner import ROUNDS, Bench, run

DOCS = Path(__file__).parents[2] / "docs"


def chosen(only: str) -> list[Bench]:
    """The benches whose id begins with one of `only` (with commas); all when there is none.

    :raises ValueError: Of a name that begins no id.
    """
    names = [one for one in only.split(",") if one]
    for name in names:
        if not any(bench.id.startswith(name) for bench in BENCHES):
            known = ", ".join(bench.id for bench in BENCHES)
            raise ValueError(f"no bench begins with {name!r}; there are: {known}")
    return [one for one in BENCHES if not names or one.id.startswith(tuple(names))]


def main() -> int:
    """Measure and write. A missed aim is written as missed and ends with 0; a bench that could not
    be measured ends with 1, and what stood of it before stays."""
    parser = argparse.ArgumentParser(description="Measures what Muster does beside its peers")
    parser.add_argument("--only", default="", help="ids, or beginnings of ids, with commas")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dry", action="store_true", help="print only; docs stay as they are")
    given = parser.parse_args()
    try:
        benches = chosen(given.only)
    except ValueError as error:
        parser.error(str(error))
    if given.rounds < ROUNDS and not given.dry:
        parser.error(f"what is written takes at least {ROUNDS} rounds; --dry writes nothing")
    failed = [one.id for one in benches if not measure(one, given.rounds, dry=given.dry)]
    if failed:
        sys.stderr.write(f"Not measured: {', '.join(failed)}\n")
    return 1 if failed else 0


def measure(bench: Bench, rounds: int, *, dry: bool) -> bool:
    """One bench, said and written down as soon as it is measured; False when it could not be."""
    began, before = time.monotonic(), report.load()
    try:
        record = report.recorded(run(bench, rounds), report.machine(), before)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are measured
        sys.stderr.write(f"{bench.id}: not measured: {error}\n")
        return False
    sys.stdout.write(f"{report.line(record)} ({time.monotonic() - began:.0f} s)\n")
    sys.stdout.flush()
    if not dry:
        kept = DOCS / "benchmarks.json"
        known = json.loads(kept.read_text("utf-8")) if kept.exists() else []
        order = [one.id for one in BENCHES]
        report.write(report.merged(known, [record], order), DOCS)
    return True


if __name__ == "__main__":
    sys.exit(main())
