"""What the demo shows at its end, and what it writes to demo.json."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from muster.runtime import ledger
from muster.runtime.demo.scorecard import Scorecard
from muster.runtime.ledger import Difference, Sides
from muster.runtime.lifecycle import without_password
from muster.vocabulary.areas import AreaTree

_SHOWN_VERSIONS = ("muster-shared", "fastapi", "aiokafka", "sqlalchemy", "confluent-kafka")
_MEBIBYTE = 1024 * 1024
# Reasons on the screen per door; demo.json has all of them.
_SHOWN = 8


@dataclass
class Tale:
    """What happened: refusals by door, field and rule; counts of what was done; seconds of phases.

    The sentence of a refusal is kept once per rule.
    """

    refusals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sentences: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def refused(self, door: str, reasons: Iterable[Mapping[str, str]]) -> None:
        """Note why something was refused; warnings are counted apart."""
        for reason in reasons:
            place = (reason["field"], reason["rule"])
            kind = door if reason.get("severity", "refuse") == "refuse" else f"{door} (warned)"
            self.refusals[kind, *place] += 1
            self.sentences.setdefault(place, (reason["zh"], reason["en"]))


def failed(
    profile: str, people: int, seed: int, tale: Tale, why: Sequence[str]
) -> dict[str, object]:
    """The content of demo.json when the campaign could not be finished: the causes, and what was
    done until then."""
    return {
        "profile": profile,
        "people": people,
        "seed": seed,
        "good": False,
        "failed": list(why),
        **_done(tale),
    }


def _done(tale: Tale) -> dict[str, object]:
    return {
        "counts": dict(sorted(tale.counts.items())),
        "seconds": {name: round(s, 2) for name, s in tale.seconds.items()},
    }


@dataclass(frozen=True)
class Outcome:
    """The demo's result. It is good when the ledger agrees everywhere and is as planned, nothing
    stayed undone, and the cross-check found what was planted and closed what was corrected."""

    profile: str
    people: int
    seed: int
    tale: Tale
    sides: Sides
    differences: Sequence[Difference]
    unfinished: Sequence[str]
    scorecard: Scorecard
    peak_memory: int
    driver_memory: int

    @property
    def good(self) -> bool:
        return not self.differences and not self.unfinished and self.scorecard.good

    def as_dict(self, tree: AreaTree) -> dict[str, object]:
        """The content of demo.json."""
        reporting = self.sides.reporting
        return {
            "profile": self.profile,
            "people": self.people,
            "seed": self.seed,
            "good": self.good,
            "agrees": not self.differences,
            "differences": [one.as_dict() for one in self.differences],
            "unfinished": list(self.unfinished),
            "crosscheck": self.scorecard.as_dict(),
            "ledger": {
                "total": ledger.as_dict(ledger.total(reporting)),
                "townships": {
                    code: ledger.as_dict(tally)
                    for code, tally in ledger.by_township(reporting, tree).items()
                },
                "villages": {
                    code: ledger.as_dict(reporting.get(code, ledger.Tally()))
                    for code in self.sides.villages()
                },
            },
            "refused": [
                {
                    "door": door,
                    "field": name,
                    "rule": rule,
                    "count": count,
                    **self._said(name, rule),
                }
                for (door, name, rule), count in sorted(self.tale.refusals.items())
            ],
            **_done(self.tale),
            "peak_memory_bytes": self.peak_memory,
            "driver_memory_bytes": self.driver_memory,
            "versions": versions(),
        }

    def _said(self, name: str, rule: str) -> dict[str, str]:
        zh, en = self.tale.sentences[name, rule]
        return {"zh": zh, "en": en}


def versions() -> dict[str, str]:
    """Of Python, the platform, and what matters most."""
    found = {"python": platform.python_version(), "platform": sys.platform}
    for name in _SHOWN_VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def show(console: Console, outcome: Outcome, tree: AreaTree, stack: Mapping[str, Any]) -> None:
    """Everything that a reader wants at the end, on one screen or two."""
    console.print(_refusals(outcome.tale))
    console.print()
    areas = {one.area for one in outcome.differences}
    console.print(ledger.table(outcome.sides.reporting, tree, areas))
    ledger.explain(console, outcome.differences, tree)
    console.print()
    console.print(findings_table(outcome.scorecard))
    for line in (*outcome.unfinished, *outcome.scorecard.amiss):
        console.print(line, style="red", markup=False, highlight=False)
    console.print()
    console.print(_figures(outcome), markup=False, highlight=False)
    if outcome.good:
        console.print(
            "Capture, verification and reporting agree in every village, and every village "
            "balances.",
            style="green",
        )
    console.print()
    console.print(_addresses(stack))


def findings_table(scorecard: Scorecard) -> Table:
    """All that the verdict on the cross-check rests on, by kind; a kind that fails it is red.
    `new` is open after the corrections and was never planted."""
    title = "What was planted, and what the cross-check found"
    shown = Table(title=title, title_justify="left", box=SIMPLE, padding=0)
    shown.add_column("kind", no_wrap=True)
    for heading in (
        *("plan-\nted", "found", "right", "preci-\nsion", "re-\ncall", "mend-\ned"),
        *("closed", "still\nopen", "closed\nwrong", "new"),
    ):
        shown.add_column(heading, justify="right", no_wrap=True)
    for kind, found in scorecard.before.items():
        mended = scorecard.after[kind]
        good = found.good() and mended.good()
        shown.add_row(
            kind,
            str(found.planted),
            str(found.found),
            str(found.true_positives),
            f"{found.precision:.3f}",
            f"{found.recall:.3f}",
            str(mended.corrected),
            str(mended.closed),
            f"{mended.still_open}/{mended.uncorrected}",
            str(mended.wrongly_closed),
            str(mended.newly_open),
            style=None if good else "red",
        )
    return shown


def _refusals(tale: Tale) -> Table:
    shown = Table(title="What was refused, and why", title_justify="left", box=SIMPLE)
    shown.add_column("count", justify="right")
    shown.add_column("at")
    shown.add_column("why", overflow="fold")
    for door in sorted({place[0] for place in tale.refusals}):
        here = Counter({place: n for place, n in tale.refusals.items() if place[0] == door})
        for (_, name, rule), count in here.most_common(_SHOWN):
            zh, en = tale.sentences[name, rule]
            shown.add_row(str(count), door, f"{zh}\n{en} [dim]({name}: {rule})[/dim]")
        rest = here.most_common()[_SHOWN:]
        if rest:
            count = sum(n for _, n in rest)
            shown.add_row(str(count), door, f"for {len(rest)} other reasons; all are in demo.json")
    return shown


def _figures(outcome: Outcome) -> str:
    seconds = ", ".join(f"{name} {s:.1f} s" for name, s in outcome.tale.seconds.items())
    counts = ", ".join(f"{count} {name}" for name, count in sorted(outcome.tale.counts.items()))
    memory = outcome.peak_memory / _MEBIBYTE
    whole = sum(outcome.tale.seconds.values())
    return (
        f"Done: {counts}\n"
        f"Time: {whole:.0f} s in all: {seconds}\n"
        f"Peak memory of the stack, gateways, connectors and demo: {memory:.0f} MiB"
    )


def _addresses(stack: Mapping[str, Any]) -> Table:
    shown = Table(title="What runs", title_justify="left", box=SIMPLE)
    shown.add_column("part")
    shown.add_column("address")
    if stack.get("web"):
        shown.add_row("web", f"{stack['web']}/")
    for name, entry in stack.get("services", {}).items():
        shown.add_row(name, f"{entry['url']}/docs")
    postgres = stack.get("postgres", {})
    shown.add_row("postgres", f"{postgres.get('host')}:{postgres.get('port')}")
    shown.add_row("kafka", str(stack.get("kafka")))
    shown.add_row("redis", without_password(str(stack.get("redis", ""))))
    return shown
