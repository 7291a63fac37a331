"""Random numbers that depend on a seed and a purpose, and on nothing else.

Each purpose has its own generator, so that one more throw of the dice in one place does not change
everything that comes after it.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, *purpose: str | int) -> Random:
    """The generator of one purpose, such as ``stream(1, "person", 17, "papers")``."""
    return Random("/".join(str(part) for part in (seed, *purpose)))  # noqa: S311


def weighted(rng: Random, weights: Mapping[T, float]) -> T:
    """One key, with a probability in proportion to its weight. Raises ValueError when empty."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def quota(rng: Random, items: Sequence[T], shares: Mapping[str, float]) -> dict[str, list[T]]:
    """Disjoint random parts of `items`, each of its share and of one at least while they last."""
    left = list(items)
    rng.shuffle(left)
    parts: dict[str, list[T]] = {}
    for name, share in shares.items():
        count = min(len(left), max(1, round(share * len(items))))
        parts[name], left = left[:count], left[count:]
    return parts
