"""Windows of the pulse: how many facts of which kind a county sees per minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=1)
KEPT = timedelta(hours=2)
"""How long a window is kept; older facts (a replay) leave no trace in the pulse."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One fact as the pulse sees it: its topic and partition, county and time; no more."""

    topic: str
    partition: int
    county: str
    at: datetime

    @property
    def key(self) -> str:
        """Under what it is counted. The partition is part of it, so that each count is written by
        one worker only, however many share the topics."""
        return f"{self.topic}/{self.partition}/{self.county}"

    def recent(self, now: datetime) -> bool:
        """Whether its window is still kept (and does not lie ahead)."""
        return now - KEPT < self.at < now + WINDOW


def window_start(at: datetime) -> int:
    """Seconds since 1970 at which the window of a moment begins."""
    seconds = int(WINDOW.total_seconds())
    return int(at.timestamp()) // seconds * seconds


@dataclass(frozen=True, slots=True)
class Window:
    """One window: counts by county and topic."""

    start: datetime
    counts: Mapping[str, Mapping[str, int]]


def gather(start: int, counted: Iterable[tuple[str, int]], counties: frozenset[str]) -> Window:
    """Put the counts of one window together, for these counties only; ``counted`` pairs a
    `Beat.key` with its count, and what has another shape is left out."""
    found: dict[str, dict[str, int]] = {}
    for key, count in counted:
        parts = key.split("/")
        if len(parts) != 3 or parts[2] not in counties:
            continue
        held = found.setdefault(parts[2], {})
        held[parts[0]] = held.get(parts[0], 0) + count
    return Window(datetime.fromtimestamp(start, UTC), found)
