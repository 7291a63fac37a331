"""What a terminal's events say about what a record claims (design, section 5, rules 1 and 2).

A state follows from what was claimed, what was heard and how long it has been, and from nothing
else: whatever comes late, twice or in another order ends in the same state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from muster.vocabulary.states import Attestation


class Kind(StrEnum):
    """What a record may claim of its terminal."""

    READING = "reading"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Proof:
    """One reading or one signature, by the id that the terminal gave it."""

    kind: Kind
    proof_id: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What one event of a terminal said of a proof: what it commits to, whether it is believed."""

    event_id: str
    terminal_id: str
    digest: str
    trace: str | None
    suspicious: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What one version of a record claims.

    `digest` is the root of the reading, or the digest that was signed; `trace` that of the
    handwriting. `terminals` may have made it: the one that uploaded this version, and for a reading
    those that uploaded earlier versions with it.
    """

    proof: Proof
    terminals: frozenset[str]
    digest: str
    trace: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """State of a claim; `reason` only where it is flagged."""

    state: Attestation
    reason: str | None = None


def decisive(claim: Claim, heard: Iterable[Heard]) -> Heard | None:
    """The event by which a claim is judged: one that says the same and is believed, else the one
    that is nearest to the truth; of several the first that is given. None while nothing was heard.
    """
    return min(heard, key=lambda event: _DECIDES.index(_contradiction(claim, event)), default=None)


def judge(claim: Claim, heard: Iterable[Heard], *, overdue: bool) -> Judgement:
    """One event that says the same, and is believed, attests, whatever others there are.

    Else the claim is flagged for what is nearest to the truth, or, while nothing was heard, waits
    until it is overdue.
    """
    kind = claim.proof.kind.value
    event = decisive(claim, heard)
    if event is not None:
        against = _contradiction(claim, event)
        if against is None:
            return Judgement(Attestation.ATTESTED)
        return Judgement(Attestation.FLAGGED, f"{kind}-{against}")
    if overdue:
        return Judgement(Attestation.FLAGGED, f"{kind}-late")
    return Judgement(Attestation.AWAITING)


_DECIDES = (None, "chain", "trace", "root", "digest", "terminal")
"""What an event may have against a claim, the nearest to the truth first."""


def _contradiction(claim: Claim, event: Heard) -> str | None:
    if event.terminal_id not in claim.terminals:
        return "terminal"
    if event.digest != claim.digest:
        return "root" if claim.proof.kind is Kind.READING else "digest"
    if event.trace != claim.trace:
        return "trace"
    return "chain" if event.suspicious else None
