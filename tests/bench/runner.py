"""Measures each thing beside its peer, in turn, and says how many times its cost it has.

A bench is one thing to do and one peer that does the least that such a thing needs. Both are ready
at once, and measured one after the other, ours first in one round and the peer first in the next,
so that whatever else the machine does meets both. A first round warms up and is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeAlias

__all__ = ["ROUNDS", "Bench", "Figure", "Measure", "Sides", "run"]

ROUNDS = 5
"""The least that counts."""

Measure: TypeAlias = Callable[[], float]
"""Does it once (what that is, its bench says) and gives what it took, in the bench's unit."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is measured, ready to be."""

    ours: Measure
    peer: Measure


@dataclass(frozen=True, slots=True)
class Bench:
    """One thing that is measured."""

    id: str
    """Kebab case; ``make bench ONLY=`` names it, or the beginning of several."""
    work: str
    """What is done, and from when to when."""
    peer: str
    """What it is held against."""
    unit: str
    goal: float | None
    """The ratio of ours to the peer's that is aimed at; None when it is only told."""
    prepare: Callable[[ExitStack], Sides]
    """Starts what is needed; what it enters into the stack is ended afterwards."""
    aim: Literal["at most", "at least"] = "at most"


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of a bench: measurements of both sides by round."""

    bench: Bench
    ours: tuple[float, ...]
    peers: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return median(self.ours) / median(self.peers)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest ratio of a round."""
        ratios = [ours / peer for ours, peer in zip(self.ours, self.peers, strict=True)]
        return min(ratios), max(ratios)

    @property
    def reached(self) -> bool | None:
        """Whether the aim is; None without one."""
        if self.bench.goal is None:
            return None
        if self.bench.aim == "at most":
            return self.ratio <= self.bench.goal
        return self.ratio >= self.bench.goal


def run(bench: Bench, rounds: int = ROUNDS) -> Figure:
    """Measure both sides, interleaved.

    :raises ValueError: Of `rounds`, when there is none.
    """
    if rounds < 1:
        raise ValueError(f"rounds: {rounds}")
    ours: list[float] = []
    peers: list[float] = []
    with ExitStack() as stack:
        sides = bench.prepare(stack)
        sides.ours()
        sides.peer()
        for at in range(rounds):
            for measure, taken in _turns(sides, ours, peers, at):
                taken.append(measure())
    return Figure(bench, tuple(ours), tuple(peers))


def _turns(
    sides: Sides, ours: list[float], peers: list[float], at: int
) -> Sequence[tuple[Measure, list[float]]]:
    """Who is measured first in round `at`, and who then."""
    turns = [(sides.ours, ours), (sides.peer, peers)]
    return turns if at % 2 == 0 else turns[::-1]
