"""May this decision be taken? Freeze, then approve the frozen thing (design section 5, rule 3)."""

from __future__ import annotations

from dataclasses import dataclass

from muster.verification.domain.return_reasons import ReturnReason
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import ReviewState


@dataclass(frozen=True, slots=True)
class Item:
    """One record version as the rules of review see it.

    Attributes:
        current: whether no newer version of this person's record has arrived.
        collected: whether the person still counts as collected somewhere.
        reviewer_id, reasons: of the decision already taken; None and empty before one.
    """

    version: int
    digest: str
    state: ReviewState
    collector_id: str
    current: bool
    collected: bool
    reviewer_id: str | None = None
    reasons: tuple[ReturnReason, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says about the content with that digest."""

    outcome: ReviewState
    digest: str
    reviewer_id: str
    reasons: tuple[ReturnReason, ...] = ()


def judge(item: Item, decision: Decision) -> bool:
    """Whether the decision is new; False when it repeats the one taken, which is no mistake.

    Raises:
        Refusal: own-record (403), or one of digest-differs, already-reviewed, version-superseded,
            not-collected (409).
    """
    if item.collector_id == decision.reviewer_id:
        raise Refusal(
            Reason(
                "record",
                "own-record",
                "不得复核本人采集的记录。",
                "Nobody reviews a record that they collected themselves.",
            ),
            status=403,
            kind="forbidden",
        )
    if item.digest != decision.digest:
        raise _conflict(
            "digest",
            "digest-differs",
            "所复核的内容与该版本不一致，请重新打开后再复核。",
            "What was reviewed is not the content of this version; open it again.",
        )
    if item.state is not ReviewState.SUBMITTED:
        if _repeats(item, decision):
            return False
        raise _conflict(
            "record",
            "already-reviewed",
            "该版本已有复核结论，不能更改。",
            "This version has been reviewed; the outcome stands.",
        )
    if not item.current:
        raise _conflict(
            "version",
            "version-superseded",
            "该记录已有更新的版本，请复核最新版本。",
            "A newer version of this record has arrived; review that one.",
        )
    if not item.collected:
        raise _conflict(
            "record",
            "not-collected",
            "该对象目前不处于已采集状态，无需复核。",
            "This person no longer counts as collected; there is nothing to review.",
        )
    return True


def _repeats(item: Item, decision: Decision) -> bool:
    return (
        item.state is decision.outcome
        and item.reviewer_id == decision.reviewer_id
        and item.reasons == decision.reasons
    )


def _conflict(field: str, rule: str, zh: str, en: str) -> Refusal:
    return Refusal(Reason(field, rule, zh, en), status=409, kind="conflict")
