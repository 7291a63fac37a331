"""How long records wait, and how many went back (R68, R70)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import ReviewState


class Wait(StrEnum):
    """How long something has waited, in whole days."""

    UP_TO_7_DAYS = "up_to_7_days"
    FROM_8_TO_14_DAYS = "from_8_to_14_days"
    OVER_14_DAYS = "over_14_days"
    UNKNOWN = "unknown"


_EIGHT, _FIFTEEN = timedelta(days=8), timedelta(days=15)

_WAITING_ZH = (
    "待复核的时长自采集之时起算，已退回的自退回之时起算，单位距上次上传的时长自收到上传起算；"
    "按整日计：0至7天、8至14天、超过14天"
)
_WAITING_EN = (
    "what waits for review counts from when it was collected, what was returned from when it was "
    "returned, a unit from when its last upload came; whole days: 0 to 7, 8 to 14, over 14"
)
_RETURNED_EN = (
    "returned rate = people whose record went back at least once / people who were reviewed (of "
    "those collected now)"
)
_FLAGGED_ZH = (
    "存疑 = 读卡或签字未得到采集端印证的人数（按最新一版，只计现在已采集的）；"
    "宽限期内等待采集端事件的不计"
)
_FLAGGED_EN = (
    "flagged = people whose card reading or signature the terminal does not attest (newest "
    "version, of those collected now); who still awaits the terminal's events is not counted"
)
FORMULAS = {
    "waiting": (_WAITING_ZH, _WAITING_EN),
    "returned": (
        "退回率 = 至少被退回过一次的人数 ÷ 已经复核过的人数（只计现在已采集的）",
        _RETURNED_EN,
    ),
    "flagged": (_FLAGGED_ZH, _FLAGGED_EN),
    "refused": (
        "未通过率 = 上传时未通过检查的条数 ÷ 上传的条数",
        "refused rate = entries that failed the checks at upload / entries uploaded",
    ),
}
"""What each figure is, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Review:
    """The newest review of a person."""

    version: int
    outcome: ReviewState
    at: datetime


@dataclass(frozen=True, slots=True)
class Attested:
    """The newest word of capture on how the terminal attests a person's record: about which
    version, at which place in capture's own order, and whether reading or signature is flagged."""

    version: int
    sequence: int
    flagged: bool


@dataclass(frozen=True, slots=True)
class WaitBounds:
    """What is later than ``eight`` waited 0 to 7 whole days, later than ``fifteen`` 8 to 14."""

    eight: datetime
    fifteen: datetime

    @classmethod
    def at(cls, now: datetime) -> WaitBounds:
        """The bounds of this moment."""
        return cls(now - _EIGHT, now - _FIFTEEN)

    def wait(self, since: datetime) -> Wait:
        """How long what began then has waited."""
        if since > self.eight:
            return Wait.UP_TO_7_DAYS
        return Wait.FROM_8_TO_14_DAYS if since > self.fifteen else Wait.OVER_14_DAYS


@dataclass(frozen=True, slots=True)
class WaitTally:
    """So many collected people of a village; ``wait`` is None of who waits for nothing."""

    village: str
    review: ReviewState | None
    wait: Wait | None
    people: int
    reviewed: int
    returned_once: int
    flagged: int


@dataclass(slots=True)
class Waiting:
    """The collected people of one area."""

    waits: Counter[tuple[ReviewState, Wait]] = field(default_factory=Counter)
    reviewed: int = 0
    returned_once: int = 0
    flagged: Counter[ReviewState] = field(default_factory=Counter)

    def add(self, tally: WaitTally) -> None:
        """Count these too."""
        self.reviewed += tally.reviewed
        self.returned_once += tally.returned_once
        if tally.review is not None:
            self.flagged[tally.review] += tally.flagged
        if tally.review is not None and tally.wait is not None:
            self.waits[tally.review, tally.wait] += tally.people


def by_area(tallies: Iterable[WaitTally], tree: AreaTree) -> dict[str, Waiting]:
    """The people of each village and of every area above it, as far as there are any."""
    found: dict[str, Waiting] = {}
    for tally in tallies:
        for code in (tally.village, *(area.code for area in tree.ancestors(tally.village))):
            found.setdefault(code, Waiting()).add(tally)
    return found
