"""What departments say about a record version, and what it comes to (R73, R92)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from muster.vocabulary.states import Verdict

CONTRADICTING = frozenset({Verdict.MISMATCH, Verdict.NO_SUCH_PERSON})
"""Verdicts that say that the record is wrong. ``no_file`` and ``undecided`` say nothing of the
field: they neither confirm nor contradict it."""


class Answers(StrEnum):
    """What the answers to one record version come to.

    ``agree``: every mandatory answer is there and confirms something of the record, and none stands
    against it; so it is when nobody was to be asked. ``cannot_tell``: a mandatory answer confirms
    nothing. ``contradict`` and ``cannot_tell`` go before ``waiting``, in this order: a reviewer has
    to look.
    """

    WAITING = "waiting"
    AGREE = "agree"
    CANNOT_TELL = "cannot_tell"
    CONTRADICT = "contradict"


LOOK = frozenset({Answers.CANNOT_TELL, Answers.CONTRADICT})
"""What a reviewer has to look at, also when they passed the record before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One department's request as the rules see it.

    Attributes:
        mandatory: whether the record waits for the answer (the department was enrolled when the
            version arrived).
        contradicts: whether one of its verdicts is against the record.
        cannot_tell: whether none of its verdicts is for the record or against it.
        overruled: a reviewer verified in spite of this answer, with a reason.
    """

    department: str
    mandatory: bool
    answered: bool = False
    contradicts: bool = False
    cannot_tell: bool = False
    overruled: bool = False

    @property
    def against(self) -> bool:
        """Whether the answer stands against the record now."""
        return self.contradicts and not self.overruled

    @property
    def blank(self) -> bool:
        """Whether the record waits for this answer's word now, and it confirms nothing."""
        return self.mandatory and self.cannot_tell and not self.overruled


def come_to(requests: Iterable[Asked]) -> Answers:
    """What the requests of one record version come to, in whatever order they were answered."""
    requests = list(requests)
    if any(one.against for one in requests):
        return Answers.CONTRADICT
    if any(one.blank for one in requests):
        return Answers.CANNOT_TELL
    if any(one.mandatory and not one.answered for one in requests):
        return Answers.WAITING
    return Answers.AGREE


def contradict(verdicts: Iterable[Verdict]) -> bool:
    """Whether one of a department's verdicts is against the record."""
    return not CONTRADICTING.isdisjoint(verdicts)


def cannot_tell(verdicts: Iterable[Verdict]) -> bool:
    """Whether none of a department's verdicts is for the record or against it."""
    return CONTRADICTING.union({Verdict.MATCH}).isdisjoint(verdicts)


def asked_about(fields: Mapping[str, object], answers_for: Collection[str]) -> tuple[str, ...]:
    """Of the fields for which a department answers those that the record holds, in their order."""
    return tuple(name for name in answers_for if fields.get(name) not in (None, "", []))


def wrong_fields(
    asked: Collection[str], verdicts: Mapping[str, Verdict]
) -> tuple[list[str], list[str]]:
    """Fields that were asked and have no verdict, and fields that nobody asked about."""
    return sorted(set(asked) - verdicts.keys()), sorted(verdicts.keys() - set(asked))
