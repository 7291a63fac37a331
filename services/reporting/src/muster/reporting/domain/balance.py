"""The balance (design section 5, rule 8): both sides counted, neither derived from the other.

baseline + roster + new + discovered + moved in = open + collected + declined + moved out + dead
before the standard time + dead after it + merged + ineligible; and collected = submitted + returned
+ verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import AreaLevel, Origin, ReviewState, SubjectState

ENDINGS = tuple(s for s in SubjectState if s not in (SubjectState.OPEN, SubjectState.COLLECTED))
"""States in which a person is neither open nor collected."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many lines of the balance in one village with these states.

    ``review`` is None where the state is not collected, or no record was heard of yet.
    """

    village: str
    origin: Origin
    state: SubjectState
    review: ReviewState | None
    count: int


@dataclass(slots=True)
class Counts:
    """The counts of one area."""

    origins: Counter[Origin] = field(default_factory=Counter)
    states: Counter[SubjectState] = field(default_factory=Counter)
    review: Counter[ReviewState] = field(default_factory=Counter)

    def add(self, tally: Tally) -> None:
        """Count these lines too."""
        self.origins[tally.origin] += tally.count
        self.states[tally.state] += tally.count
        if tally.review is not None:
            self.review[tally.review] += tally.count

    @property
    def expected(self) -> int:
        """The left side: everyone whom the area has to account for."""
        return self.origins.total()

    @property
    def balanced(self) -> bool:
        """Whether both sides agree, and collected is what it splits into."""
        return (
            self.origins.total() == self.states.total()
            and self.states[SubjectState.COLLECTED] == self.review.total()
        )


def place_at(tree: AreaTree, level: AreaLevel, code: str) -> str:
    """The area of that level at or above a code; the code itself when it lies above that level
    (a development zone that has no townships)."""
    chain = (tree.get(code), *tree.ancestors(code))
    return next((area.code for area in chain if area.level is level), code)


def roll_up(
    tallies: Iterable[Tally], tree: AreaTree, level: AreaLevel, under: str
) -> tuple[Mapping[str, Counts], Counts]:
    """Counts by area of that level at or below ``under``, empty ones too, and their total."""
    areas = {place_at(tree, level, leaf.code): Counts() for leaf in tree.leaves(under)}
    total = Counts()
    for tally in tallies:
        areas.setdefault(place_at(tree, level, tally.village), Counts()).add(tally)
        total.add(tally)
    return dict(sorted(areas.items())), total


def by_area(tallies: Iterable[Tally], tree: AreaTree) -> dict[str, Counts]:
    """The counts of each village and of every area above it, as far as there are any."""
    found: dict[str, Counts] = {}
    for tally in tallies:
        for code in (tally.village, *(area.code for area in tree.ancestors(tally.village))):
            found.setdefault(code, Counts()).add(tally)
    return found
