"""What departments say about a record version, and what it comes to (R73, R92)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from muster.vocabulary.states import Verdict

CONTRADICTING = frozenset({Verdict.MISMATCH, Verdict.NO_SUCH_PERSON})
"""Verdicts that say that the record is wrong. ``no_file`` and ``undecided`` say that the department
cannot tell."""


class Answers(StrEnum):
    """What the answers to one record version come to.

    ``agree``: every mandatory answer is there and none stands against the record; so it is when
    nobody was to be asked. ``contradict`` goes before ``waiting``: a reviewer has to look.
    """

    WAITING = "waiting"
    AGREE = "agree"
    CONTRADICT = "contradict"


@dataclass(frozen=True, slots=True)
class Asked:
    """One department's request as the rules see it.

    Attributes:
        mandatory: whether the record waits for the answer (the department was enrolled when the
            version arrived).
        overruled: a reviewer verified against this answer, with a reason.
    """

    department: str
    mandatory: bool
    answered: bool = False
    contradicts: bool = False
    overruled: bool = False

    @property
    def against(self) -> bool:
        """Whether the answer stands against the record now."""
        return self.contradicts and not self.overruled


def come_to(requests: Iterable[Asked]) -> Answers:
    """What the requests of one record version come to, in whatever order they were answered."""
    requests = list(requests)
    if any(one.against for one in requests):
        return Answers.CONTRADICT
    if any(one.mandatory and not one.answered for one in requests):
        return Answers.WAITING
    return Answers.AGREE


def contradict(verdicts: Iterable[Verdict]) -> bool:
    """Whether one of a department's verdicts is against the record."""
    return not CONTRADICTING.isdisjoint(verdicts)


def asked_about(fields: Mapping[str, object], answers_for: Collection[str]) -> tuple[str, ...]:
    """Of the fields for which a department answers those that the record holds, in their order."""
    return tuple(name for name in answers_for if fields.get(name) not in (None, "", []))


def wrong_fields(
    asked: Collection[str], verdicts: Mapping[str, Verdict]
) -> tuple[list[str], list[str]]:
    """Fields that were asked and have no verdict, and fields that nobody asked about."""
    return sorted(set(asked) - verdicts.keys()), sorted(verdicts.keys() - set(asked))
