"""How far an area is, with its formulas, and who owes an upload (R49, R68, R99, R106)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.reporting.domain.balance import Counts
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import AreaLevel, ReviewState, SubjectState

_COVERAGE_ZH = (
    "覆盖率 =（应采集人数 − 未处理人数）÷ 应采集人数；"
    "自愿放弃等已核实的情形计入已覆盖，不因此催逼当事人"
)
_COVERAGE_EN = (
    "coverage = (expected - open) / expected; who declined or otherwise ended is covered, so "
    "that the figure never presses anyone to register"
)
_OVERDUE_ZH = (
    "逾期 = 仍有未处理或被退回的对象，且距上次上传（从未上传的，距首次收到数据）超过规定天数"
)
_OVERDUE_EN = (
    "overdue = someone is open or returned, and more days than the cadence allows have passed "
    "since the last upload (or, before any, since the first data came)"
)
FORMULAS = {
    "coverage": (_COVERAGE_ZH, _COVERAGE_EN),
    "verified_ratio": (
        "复核率 = 已复核通过人数 ÷ 已采集人数",
        "verified ratio = verified / collected",
    ),
    "overdue": (_OVERDUE_ZH, _OVERDUE_EN),
}
"""What each derived figure is, in Chinese and English."""


def coverage(counts: Counts) -> float | None:
    """Share of the expected who are no longer open; None where nobody is expected."""
    if not counts.expected:
        return None
    return round(1 - counts.states[SubjectState.OPEN] / counts.expected, 4)


def verified_ratio(counts: Counts) -> float | None:
    """Share of the collected who are verified; None where nobody is collected."""
    collected = counts.states[SubjectState.COLLECTED]
    return round(counts.review[ReviewState.VERIFIED] / collected, 4) if collected else None


@dataclass(frozen=True, slots=True)
class Uploads:
    """Upload packets from one area, or from several together."""

    last: datetime
    accepted: int
    refused: int


def joined(uploads: Iterable[Uploads]) -> Uploads | None:
    """Several areas' uploads as one; None for none."""
    found = list(uploads)
    if not found:
        return None
    return Uploads(
        max(u.last for u in found), sum(u.accepted for u in found), sum(u.refused for u in found)
    )


def upload_units(tree: AreaTree, under: str) -> tuple[str, ...]:
    """Who must upload regularly at or below an area: townships, and zones that have none (R68)."""
    townships = [area.code for area in tree.townships(under)]
    zones = [
        leaf.code
        for leaf in tree.leaves(under)
        if leaf.level is not AreaLevel.VILLAGE and leaf.code not in townships
    ]
    return tuple(sorted(townships + zones))


def overdue(
    counts: Counts,
    last_upload: datetime | None,
    first_seen: datetime | None,
    now: datetime,
    days: int,
) -> bool:
    """Whether a unit that still has work let the cadence pass. Bound included: exactly ``days``
    after the last upload it is not late yet."""
    pending = counts.states[SubjectState.OPEN] + counts.review[ReviewState.RETURNED]
    since = last_upload or first_seen
    return bool(pending) and since is not None and now - since > timedelta(days=days)


def within(tree: AreaTree, values: Mapping[str, Uploads], unit: str) -> Uploads | None:
    """The uploads of one area and everything below it."""
    return joined(u for code, u in values.items() if tree.is_within(code, unit))
