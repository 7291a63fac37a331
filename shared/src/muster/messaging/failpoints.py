"""Named points at which a test may stop, slow or break the process. Off unless asked for.

``MUSTER_FAIL_POINTS="relay.before-mark=kill@3,inbox.before-commit=sleep:200"``: at the third
passage of the first the process kills itself with SIGKILL; the second waits 200 ms every time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass

POINTS = frozenset(
    {
        "relay.before-assign",
        "relay.after-assign",
        "relay.before-publish",
        "relay.after-publish",
        "relay.before-mark",
        "relay.after-mark",
        "relay.before-republish",
        "inbox.before-take",
        "inbox.before-commit",
        "inbox.after-commit",
        "inbox.before-offset-commit",
        "inbox.after-offset-commit",
        "parked.before-commit",
        "parked.after-commit",
        "letters.before-commit",
        "letters.after-commit",
        "republish.before-commit",
        "republish.after-commit",
        "replay.before-commit",
        "replay.after-commit",
        "import.before-commit",
        "import.after-commit",
        "upload.before-commit",
        "upload.after-commit",
        "evidence.before-commit",
        "evidence.after-commit",
        "attest.before-commit",
        "spool.before-commit",
        "spool.after-commit",
        "spool.before-publish",
        "spool.after-publish",
        "spool.before-mark",
        "spool.after-mark",
        "spool.before-received",
    }
)
"""Every point there is; naming another one is an error, so that a fault test cannot pass idly."""

VARIABLE = "MUSTER_FAIL_POINTS"


class FailPointError(RuntimeError):
    """Raised at a point that was told to ``raise``."""


@dataclass(frozen=True)
class _Action:
    verb: str
    argument: float
    at: int | None


def parse(text: str) -> dict[str, _Action]:
    """Read the variable.

    Raises:
        ValueError: an unknown point or verb; silence would look like a passed test.
    """
    actions = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        point, _, what = item.partition("=")
        what, _, at = what.partition("@")
        verb, _, argument = what.partition(":")
        if point not in POINTS or verb not in {"kill", "raise", "sleep"}:
            raise ValueError(f"{VARIABLE}: no such point or action: {item}")
        actions[point] = _Action(verb, float(argument or 0), int(at) if at else None)
    return actions


_actions = parse(os.environ.get(VARIABLE, ""))
_passed: Counter[str] = Counter()


def configure(text: str) -> None:
    """Replace what the environment asked for; tests call it in their own process."""
    _actions.clear()
    _actions.update(parse(text))
    _passed.clear()


async def reach(point: str) -> None:
    """Pass a point. Costs one look-up in an empty mapping when no test is at work."""
    if not _actions:
        return
    seconds = _act(point)
    if seconds:
        await asyncio.sleep(seconds)


def reach_now(point: str) -> None:
    """Pass a point in code that is not asynchronous."""
    if not _actions:
        return
    seconds = _act(point)
    if seconds:
        time.sleep(seconds)


def _act(point: str) -> float:
    """Do what a test asked for at this point; gives the seconds to wait there."""
    action = _actions.get(point)
    if action is None:
        return 0
    _passed[point] += 1
    if action.at is not None and _passed[point] != action.at:
        return 0
    if action.verb == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action.verb == "sleep":
        return action.argument / 1000
    raise FailPointError(point)
