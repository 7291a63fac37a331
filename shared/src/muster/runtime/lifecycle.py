"""Starting, asking and ending a stack from outside: what ``muster up | status | down`` do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from muster.runtime import stacks
from muster.runtime.home import Home
from muster.runtime.parts import Readiness, end_leftovers, probe
from muster.runtime.processes import Identity, end
from muster.runtime.stacks import StackError

__all__ = [
    "StackError",
    "Status",
    "chosen_profile",
    "down",
    "status",
    "supervisor_of",
    "up",
    "without_password",
]

DEFAULT_PROFILE = "tongren"
# Setting up, four services and two cores that others use too.
_UP_PATIENCE = 300.0
_DOWN_PATIENCE = 180.0


@dataclass(frozen=True)
class Status:
    """What runs: `state` is ready, starting, stopping, stopped, failed, degraded, left or none.

    ``left`` means that the supervisor was killed; ``degraded`` that a
    part is down or a service is not ready. `asked` is what each part with an address said.
    """

    state: str
    stack: dict[str, Any]
    asked: dict[str, Readiness] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """For ``--json``: ``stack.json`` without passwords, with what was asked just now."""
        shown = {key: value for key, value in self.stack.items() if key != "supervisor_created"}
        if "redis" in shown:
            shown["redis"] = without_password(str(shown["redis"]))
        services = {
            name: {
                **dict(self.stack["services"][name]),
                "ready": seen.ready,
                "waiting_for": list(seen.waiting_for),
                "halted": list(seen.halted),
                "restarts": self.stack.get("parts", {}).get(name, {}).get("restarts", 0),
            }
            for name, seen in self.asked.items()
            if name in self.stack.get("services", {})
        }
        return {**shown, "state": self.state, "services": services}


def without_password(url: str) -> str:
    """An address to show: host and port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{parts.port}"))


def supervisor_of(stack: dict[str, Any]) -> Identity | None:
    """The supervisor that ``stack.json`` names, if it still runs."""
    found = Identity.parse(
        {"pid": stack.get("supervisor_pid"), "created": stack.get("supervisor_created")}
    )
    return found if found is not None and found.running() else None


def status(home: Home) -> Status:
    """Look at a stack: its file, its supervisor, and each service's own answer."""
    stack = home.stack()
    if not stack:
        return Status("none", stack)
    state = str(stack.get("state"))
    if supervisor_of(stack) is None:
        alive = [Identity.parse(entry) for entry in stack.get("parts", {}).values()]
        if any(one.running() for one in alive if one is not None):
            return Status("left", stack)
        return Status(state if state == "failed" else "stopped", stack)
    parts: dict[str, Any] = stack.get("parts", {})
    asked = {name: probe(entry["url"]) for name, entry in parts.items() if "url" in entry}
    whole = all(entry["pid"] for entry in parts.values())
    if state == "ready" and not (whole and all(seen.ready for seen in asked.values())):
        state = "degraded"
    return Status(state, stack, asked)


def chosen_profile(home: Home, asked: str | None) -> str:
    """The profile to run: the one asked for, which a stack that has data cannot change."""
    known = home.stack().get("profile")
    path = Path(asked).expanduser() if asked else None
    wanted = str(path.resolve()) if path is not None and path.is_file() else asked
    if known and wanted and wanted != known:
        raise StackError(
            f"This stack was set up for the profile {known}. Another profile needs another folder "
            f"(MUSTER_HOME), or remove {home.path} to start afresh."
        )
    return wanted or known or DEFAULT_PROFILE


def up(
    home: Home, profile: str | None = None, said: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Start a stack and return its ``stack.json`` when all is ready; one that runs stays as it is.

    `said` hears of progress, a part's name each time one is there.

    Raises:
        StackError: it could not be started; the text says why.
    """
    home.create()
    wanted = chosen_profile(home, profile)
    stacks.choose(home)  # says at once what is missing
    stack = home.stack()
    process = _launch(home, wanted) if supervisor_of(stack) is None else None
    return _await_ready(home, process, said)


def _launch(home: Home, profile: str) -> subprocess.Popen[bytes]:
    """A supervisor in a session of its own: it outlives the terminal."""
    with home.log("supervisor").open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            (
                *(sys.executable, "-m", "muster.runtime.supervisor"),
                *("--home", str(home.path), "--profile", profile),
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def _await_ready(
    home: Home, process: subprocess.Popen[bytes] | None, said: Callable[[str], None]
) -> dict[str, Any]:
    deadline = time.monotonic() + _UP_PATIENCE
    told: set[str] = set()
    while time.monotonic() < deadline:
        stack = home.stack()
        ours = process is None or stack.get("supervisor_pid") == process.pid
        if ours:
            for name in stack.get("parts", {}):
                if name not in told:
                    told.add(name)
                    said(name)
            if stack.get("state") == "ready":
                return stack
        ended = process.poll() is not None if process else supervisor_of(stack) is None
        if ended:
            reason = stack.get("error") if ours and stack.get("error") else _last_words(home)
            raise StackError(f"The stack did not start. {reason}")
        time.sleep(0.1)
    raise StackError(f"The stack was not ready in {_UP_PATIENCE:.0f} s; see {home.logs}.")


def _last_words(home: Home) -> str:
    try:
        lines = home.log("supervisor").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else f"See {home.logs}."


def down(home: Home) -> bool:
    """End a stack cleanly; whether there was anything to end.

    Raises:
        StackError: the supervisor did not end in time; it was killed and its parts were ended.
    """
    stack = home.stack()
    supervisor = supervisor_of(stack)
    if supervisor is None:
        return bool(end_leftovers(home))
    process = supervisor.process()
    if process is not None:
        process.terminate()
    deadline = time.monotonic() + _DOWN_PATIENCE
    while supervisor.running():
        if time.monotonic() > deadline:
            end(supervisor, grace=0)
            end_leftovers(home)
            raise StackError("The supervisor did not end in time; everything was ended by force.")
        time.sleep(0.05)
    return True
