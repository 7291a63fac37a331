"""First load of desk and console: what is transferred, and when one can work."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser

from ..runner import Bench, Sides
from .served import county, peers
from .tab import Tab, browser, tab

__all__ = ["BENCHES"]

LIMIT_KB = 300.0
"""What issue 5 allows a first load, in kB (1,024 bytes) of script, as it is transferred."""
SLOWER = 4.0
QUIET_MS = 1_000
"""So long nothing keeps a page busy that counts as interactive."""

# Who signs in, and what shows that a page is there.
APPLICATIONS = {"console": "leader", "desk": "collector"}
CHART = "() => document.querySelector('.chart svg path') !== null"
HEADING = "() => document.querySelector('main h1') !== null"
BUTTON = "() => document.querySelector('.el-button') !== null"


@dataclass
class Transferred:
    """Scripts that a tab fetched, as they came over the wire, headers and all."""

    bytes: float = 0
    plain: list[str] = field(default_factory=list)
    """Names of scripts that were not compressed."""
    _scripts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def watch(self, at: Tab) -> None:
        at.protocol.on("Network.responseReceived", self._came)
        at.protocol.on("Network.loadingFinished", self._ended)
        at.protocol.send("Network.enable")

    def _came(self, event: dict[str, Any]) -> None:
        if event["type"] == "Script":
            self._scripts[event["requestId"]] = event["response"]

    def _ended(self, event: dict[str, Any]) -> None:
        response = self._scripts.get(event["requestId"])
        if response is None:
            return
        self.bytes += event["encodedDataLength"]
        if "content-encoding" not in response["headers"]:
            self.plain.append(response["url"].rsplit("/", 1)[-1])


def _script_kb(of: Browser, url: str, holds: str) -> float:
    """kB of script until it holds, from an empty cache."""
    with tab(of) as at:
        seen = Transferred()
        seen.watch(at)
        at.page.goto(url, wait_until="commit")
        at.ask(f"() => bench.when({holds})")
        return seen.bytes / 1024


def _interactive_ms(of: Browser, url: str, holds: str) -> float:
    """Milliseconds from asking for a page until one can work with it, on a slow processor."""
    with tab(of) as at:
        at.slow_down(SLOWER)
        at.page.goto(url, wait_until="commit")
        return float(at.ask(f"(quiet) => bench.interactive({holds}, quiet)", QUIET_MS))


def _transfer(name: str, holds: str) -> Any:
    def prepare(stack: ExitStack) -> Sides:
        of = browser(stack)
        url = f"{county(stack, who=APPLICATIONS[name])}/{name}/"
        return Sides(lambda: _script_kb(of, url, holds), lambda: LIMIT_KB)

    return prepare


def _interactive(name: str) -> Any:
    def prepare(stack: ExitStack) -> Sides:
        of = browser(stack)
        url = f"{county(stack, who=APPLICATIONS[name])}/{name}/"
        other = f"{peers(stack)}/console/"
        return Sides(
            lambda: _interactive_ms(of, url, HEADING), lambda: _interactive_ms(of, other, BUTTON)
        )

    return prepare


BENCHES = (
    Bench(
        "load-console-script",
        "script that the console transfers at its first load until a dashboard's heading is there",
        "300 kB",
        "kB",
        1.0,
        _transfer("console", HEADING),
    ),
    Bench(
        "load-console-script-charts",
        "the same until the first chart is drawn, with all that draws it",
        "300 kB",
        "kB",
        None,
        _transfer("console", CHART),
    ),
    Bench(
        "load-desk-script",
        "script that the desk transfers at its first load until the heading of its page is there",
        "300 kB",
        "kB",
        1.0,
        _transfer("desk", HEADING),
    ),
    *(
        Bench(
            f"load-{name}-interactive",
            f"{said}, from asking for it until its heading is drawn and no long task (50 ms) came"
            f" for {QUIET_MS // 1000} s after the last; the processor {SLOWER:.0f} times slower",
            "the same of an application with a button and an input of Element Plus, by the same"
            " Vite, from the same door",
            "ms",
            1.5,
            _interactive(name),
        )
        for name, said in (
            ("console", "the dashboard of a county"),
            ("desk", "the collector's day"),
        )
    ),
)
