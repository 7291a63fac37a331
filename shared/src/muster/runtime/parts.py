"""One supervised part: a server, a service or a worker, and when it is started again."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from muster.runtime.home import Home
from muster.runtime.processes import Child, Command, Identity, end
from muster.runtime.stacks import Server

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Part", "Readiness", "end_leftovers", "probe"]

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
# Whoever ran this long is taken to be well again: its next pause is short.
STABLE = 60.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What ``GET /ready`` said; `answered` is false when nothing answered."""

    answered: bool
    ready: bool
    waiting_for: tuple[str, ...] = ()
    halted: tuple[str, ...] = ()
    """Why its consumer stopped and what to do, in both languages."""

    @property
    def broken(self) -> bool:
        """A part of the process ended for good: only a new process helps."""
        return any(" ended" in reason for reason in self.waiting_for)


def probe(url: str, timeout: float = 3.0) -> Readiness:
    """Ask a service of ours whether it can work."""
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=timeout) as answer:  # noqa: S310
            body, ok = answer.read(), True
    except urllib.error.HTTPError as error:
        body, ok = error.read(), False
    except (OSError, ValueError):
        return Readiness(answered=False, ready=False)
    try:
        said = json.loads(body)
        waiting = tuple(str(one) for one in said.get("waiting_for", ()))
        halted = tuple(f"{one['zh']}\n{one['en']}" for one in said.get("halted", ()))
    except (ValueError, AttributeError, KeyError, TypeError):
        waiting, halted = (), ()
    return Readiness(answered=True, ready=ok, waiting_for=waiting, halted=halted)


@dataclass
class Part:
    """A part with its process. `server` for servers, `command` for all others."""

    name: str
    kind: str  # server, service, worker, web
    server: Server | None = None
    command: Callable[[], Command] | None = None
    url: str | None = None
    restarts: int = 0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    started: float = 0.0
    deaf_since: float | None = None
    _child: Child | None = field(default=None, repr=False)

    @property
    def child(self) -> Child | None:
        return self.server.child if self.server else self._child

    def running(self) -> bool:
        child = self.child
        return child is not None and child.running()

    def start(self) -> None:
        """Start it. A server returns when it answers and raises ServerError when it does not."""
        self.deaf_since = None
        if self.server is not None:
            self.server.start()
        else:
            assert self.command is not None
            self._child = Child(self.command())
        self.started = time.monotonic()

    def put_off(self) -> float:
        """Note a death: the next start is due after a pause that doubles up to a limit."""
        now = time.monotonic()
        if self.started and now - self.started > STABLE:
            self.pause = FIRST_PAUSE
        waited = self.pause
        self.due = now + waited
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.restarts += 1
        return waited

    def describe(self) -> dict[str, object]:
        """Its entry in ``stack.json``: enough to recognise the process after a crash."""
        child = self.child
        alive = child is not None and child.running()
        return {
            "kind": self.kind,
            "pid": child.identity.pid if child and alive else None,
            "created": child.identity.created if child and alive else None,
            "restarts": self.restarts,
            **({"url": self.url} if self.url else {}),
        }


def end_leftovers(home: Home) -> list[str]:
    """End what a supervisor that was killed left behind; names of the parts that still ran.

    Processes are recognised by id and start time in ``stack.json``. Workers and services first,
    servers last, PostgreSQL by its fast shutdown.
    """
    parts: dict[str, Any] = home.stack().get("parts", {})
    found = {name: Identity.parse(entry) for name, entry in parts.items()}
    alive = {name: one for name, one in found.items() if one is not None and one.running()}
    servers = {name for name in alive if parts[name].get("kind") == "server"}
    # A short grace will do, side by side: nobody waits for their answers, and facts are stored.
    with ThreadPoolExecutor(max(1, len(alive))) as pool:
        list(pool.map(lambda name: end(alive[name], grace=3), set(alive) - servers))
        list(pool.map(lambda name: _end_server(name, alive[name]), servers))
    return sorted(alive)


def _end_server(name: str, identity: Identity) -> None:
    if name == "postgres":
        end(identity, signal.SIGINT, grace=30)
    else:
        end(identity, grace=5)
