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
        contradicting: the departments whose answers stand against the record now.
        cannot_tell: those whose mandatory answers confirm nothing of it.
        reviewer_id, reasons, despite: of the decision already taken; None and empty before one.
            A submitted item that has a reviewer was passed and awaits answers.
    """

    version: int
    digest: str
    state: ReviewState
    collector_id: str
    current: bool
    collected: bool
    contradicting: frozenset[str] = frozenset()
    cannot_tell: frozenset[str] = frozenset()
    reviewer_id: str | None = None
    reasons: tuple[ReturnReason, ...] = ()
    despite: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says about the content with that digest.

    ``despite`` is why it is verified although the departments in ``contradicting`` said otherwise
    and those in ``cannot_tell`` confirm nothing; it names them, so that no answer is overruled that
    the reviewer did not see.
    """

    outcome: ReviewState
    digest: str
    reviewer_id: str
    reasons: tuple[ReturnReason, ...] = ()
    despite: str | None = None
    contradicting: frozenset[str] = frozenset()
    cannot_tell: frozenset[str] = frozenset()


def judge(item: Item, decision: Decision) -> bool:
    """Whether the decision is new; False when it repeats the one taken, which is no mistake.

    Raises:
        Refusal: own-record (403), or one of digest-differs, already-reviewed, version-superseded,
            not-collected, answers-contradict, answers-cannot-tell, answers-changed,
            nothing-contradicts (409).
    """
    if item.collector_id == decision.reviewer_id:
        raise own_record()
    if item.digest != decision.digest:
        raise _conflict(
            "digest",
            "digest-differs",
            "所复核的内容与该版本不一致，请重新打开后再复核。",
            "What was reviewed is not the content of this version; open it again.",
        )
    if _decided(item):
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
    if decision.outcome is ReviewState.VERIFIED:
        _weigh(item, decision)
    return True


def own_record() -> Refusal:
    """What is said to who collected the record."""
    return Refusal(
        Reason(
            "record",
            "own-record",
            "不得复核本人采集的记录。",
            "Nobody reviews a record that they collected themselves.",
        ),
        status=403,
        kind="forbidden",
    )


def _decided(item: Item) -> bool:
    """A reviewer's word stands, also while answers are awaited, until one of them contradicts it
    or confirms nothing."""
    if item.state is not ReviewState.SUBMITTED:
        return True
    return item.reviewer_id is not None and not (item.contradicting or item.cannot_tell)


def _weigh(item: Item, decision: Decision) -> None:
    """Who verifies in spite of a department's answer says why, and of which."""
    if not (item.contradicting or item.cannot_tell):
        if decision.despite is not None:
            raise _conflict(
                "despite",
                "nothing-contradicts",
                "没有部门反馈与记录不符或无法核实，无须说明理由。",
                "No department's answer contradicts the record or leaves it unconfirmed; there is "
                "nothing to explain.",
            )
        return
    if decision.despite is None and not item.contradicting:
        raise _conflict(
            "despite",
            "answers-cannot-tell",
            "有部门无法核实该记录（查无档案或无法认定）：请退回，或说明核实依据后再通过。",
            "A department cannot tell whether the record is right (no file, undecided): return it, "
            "or say in your own words why it is verified all the same.",
        )
    if decision.despite is None:
        raise _conflict(
            "despite",
            "answers-contradict",
            "有部门反馈与记录不符：请退回，或说明核实依据后再通过。",
            "A department's answer contradicts the record: return it, or say in your own words "
            "why it is verified all the same.",
        )
    if decision.contradicting != item.contradicting:
        raise _conflict(
            "contradicting",
            "answers-changed",
            "与记录不符的部门反馈已有变化，请重新打开后再复核。",
            "Other answers contradict the record than those you saw; open it again.",
        )
    if decision.cannot_tell != item.cannot_tell:
        raise _conflict(
            "cannot_tell",
            "answers-changed",
            "无法核实该记录的部门已有变化，请重新打开后再复核。",
            "Other departments cannot tell than those you saw; open it again.",
        )


def _repeats(item: Item, decision: Decision) -> bool:
    taken = ReviewState.VERIFIED if item.state is ReviewState.SUBMITTED else item.state
    return (
        taken is decision.outcome
        and item.reviewer_id == decision.reviewer_id
        and item.reasons == decision.reasons
        and item.despite == decision.despite
    )


def _conflict(field: str, rule: str, zh: str, en: str) -> Refusal:
    return Refusal(Reason(field, rule, zh, en), status=409, kind="conflict")
