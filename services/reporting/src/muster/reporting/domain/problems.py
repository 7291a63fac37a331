"""Open problems: by kind, by age and by area (R75, R76)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from muster.vocabulary.ages import Age
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import Discrepancy

AGES_ZH = (
    "时长自问题单下发起算：不足7天、7至30天（含）、超过30天；重新打开的，自重新打开起算；"
    "已关闭的只计数，不计时长"
)
AGES_EN = (
    "age counts from when the order was opened: under 7 days, 7 to 30 days (both included), over "
    "30 days; of one opened again, from then; closed ones are counted without an age"
)


@dataclass(frozen=True, slots=True)
class ProblemTally:
    """So many work orders of one kind and age in one village; ``age`` is None of closed ones."""

    village: str
    kind: Discrepancy
    age: Age | None
    count: int


@dataclass(slots=True)
class Problems:
    """The work orders of one area. A closed one is the corrected or filled-in one of R76."""

    open: Counter[tuple[Discrepancy, Age]] = field(default_factory=Counter)
    closed: Counter[Discrepancy] = field(default_factory=Counter)

    def add(self, tally: ProblemTally) -> None:
        """Count these too."""
        if tally.age is None:
            self.closed[tally.kind] += tally.count
        else:
            self.open[tally.kind, tally.age] += tally.count


def by_area(tallies: Iterable[ProblemTally], tree: AreaTree) -> dict[str, Problems]:
    """The work orders of each village and of every area above it, as far as there are any."""
    found: dict[str, Problems] = {}
    for tally in tallies:
        for code in (tally.village, *(area.code for area in tree.ancestors(tally.village))):
            found.setdefault(code, Problems()).add(tally)
    return found
