"""The chain of one terminal's events: each names the digest of the one before it.

A gap says nothing: an event may be late, or was for another reader (the state of devices goes to
reporting). What contradicts says that somebody else wrote with the terminal's key, or that its
spool was set back: neither side of a contradiction is believed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Suspicion(StrEnum):
    """Why an event is not believed."""

    FORK = "fork"
    """The terminal sent two different events under one sequence."""
    BREAK = "break"
    """The event before it, or the one behind it, is not the one that it was chained to."""


@dataclass(frozen=True, slots=True)
class Link:
    """One event in its terminal's chain."""

    event_id: str
    sequence: int
    digest: str
    previous: str | None


def suspicions(links: Iterable[Link]) -> dict[str, Suspicion | None]:
    """What is to be thought of each of these events of one terminal, by event id.

    Depends on the set of events only, not on their order. Right for an event whose neighbours,
    as far as they were heard, are all among the links.
    """
    at: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        at[link.sequence].append(link)
    return {link.event_id: _suspicion(link, at) for place in at.values() for link in place}


def _suspicion(link: Link, at: dict[int, list[Link]]) -> Suspicion | None:
    if len({other.digest for other in at[link.sequence]}) > 1:
        return Suspicion.FORK
    if (link.sequence == 1) is not (link.previous is None):
        return Suspicion.BREAK
    before, behind = at.get(link.sequence - 1), at.get(link.sequence + 1)
    if before and all(other.digest != link.previous for other in before):
        return Suspicion.BREAK
    if behind and all(other.previous != link.digest for other in behind):
        return Suspicion.BREAK
    return None
