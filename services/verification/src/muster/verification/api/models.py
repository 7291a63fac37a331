"""Bodies and answers of verification's HTTP side."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from muster.contracts.envelope import LARGEST_VERSION
from muster.contracts.parts.base import Digest, FieldValue, Uuid
from muster.contracts.parts.capture import Entry, Evidence, Record, Signer
from muster.verification.domain.answers import Answers
from muster.vocabulary.states import Attestation, ReviewState, Source, Verdict


class Body(BaseModel):
    """Base of every body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonBody(Body):
    """One reason for a return: a code of the list, the field it concerns, own words."""

    code: Annotated[str, Field(max_length=64)]
    field: Annotated[str, Field(max_length=64)] | None = None
    text: Annotated[str, Field(max_length=500)] = ""


Departments = Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=50)]


class VerifyBody(Body):
    """The digest of the version that the reviewer has seen.

    ``despite`` is asked for when departments contradict or cannot tell: why it is verified all the
    same, in own words; ``contradicting`` and ``cannot_tell`` then name the departments whose
    answers the reviewer has seen.
    """

    digest: Digest
    despite: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
        | None
    ) = None
    contradicting: Departments = ()
    cannot_tell: Departments = ()


class ReturnBody(Body):
    """The digest of the version that the reviewer has seen, and why it goes back."""

    digest: Digest
    reasons: Annotated[tuple[ReasonBody, ...], Field(max_length=50)]


class Looking(BaseModel):
    """Somebody looks at a record: whether that is the caller, since when, and until when unless it
    is said again."""

    own: bool
    since: datetime
    until: datetime


class QueueItem(BaseModel):
    """One record that waits: no name, no number.

    ``age_seconds`` since it arrived; ``returned`` how often it went back before; ``own`` whether
    the caller collected it, and so cannot review it; ``passed`` whether it was confirmed before an
    answer contradicted it or told nothing; ``flagged`` whether the terminals do not attest its card
    reading or its signature; ``looking`` who looks at it now, null when nobody does.
    """

    subject_id: str
    version: int
    village: str
    desk: str
    received_at: datetime
    age_seconds: int
    returned: int
    own: bool
    passed: bool
    answers: Answers
    flagged: bool
    looking: Looking | None


class QueueAnswer(BaseModel):
    """Waiting records, the longest waiting first; ``next`` goes into ``after`` for the rest."""

    items: tuple[QueueItem, ...]
    next: str | None


class AgeCounts(BaseModel):
    """Records that wait: all, those that have waited for 3, 7, 15 days or longer, and those whose
    card reading or signature the terminals do not attest."""

    everything: int = 0
    over_3: int = 0
    over_7: int = 0
    over_15: int = 0
    flagged: int = 0


class AgesAnswer(BaseModel):
    """How much waits, by desk: civil affairs and human resources each review their own (R71)."""

    as_of: datetime
    desks: dict[str, AgeCounts]


class ClaimBody(Body):
    """``take_over`` says that the caller looks at the record although another does."""

    take_over: bool = False


class ClaimAnswer(BaseModel):
    """Who looks at the record now, and how its newest version stands: by ``version``, ``digest``,
    ``answered`` (departments that have answered), ``flagged`` and ``reviewable`` a page tells
    whether the copy that it holds is out of date."""

    subject_id: str
    looking: Looking
    version: int
    digest: str
    reviewable: bool
    answered: int
    flagged: bool


class BaselineAnswer(BaseModel):
    """Baseline data, and the fields in which the record says something else."""

    version: int
    record: Record
    differs: tuple[str, ...]


class CardAnswer(BaseModel):
    """What the chip of the card says, of the fields for which the record has it from there or has
    something else, and the fields in which the record says something else. That the terminal read
    so is what ``attestation`` is about."""

    fields: dict[str, FieldValue]
    differs: tuple[str, ...]


class ReasonAnswer(BaseModel):
    """Why a version went back."""

    code: str
    zh: str
    en: str
    field: str | None
    text: str


class Overruled(BaseModel):
    """Who verified in spite of a department's answer, when, and why in own words."""

    reviewer_id: str
    at: datetime
    despite: str


class DepartmentAnswer(BaseModel):
    """What one department was asked, and what it said.

    ``request`` is the id under which it stands in that department's own log, and in no other.
    ``mandatory`` when the record waits for it. ``waiting_since`` while its answer would count;
    ``verdicts`` by field once it is there. ``cannot_tell`` when the record waits for it and none of
    its verdicts is for the record or against it.
    """

    request: str
    department: str
    zh: str
    en: str
    mandatory: bool
    asked: tuple[str, ...]
    asked_at: datetime
    waiting_since: datetime | None
    received_at: datetime | None
    verdicts: dict[str, Verdict] | None
    remark: str
    contradicts: bool
    cannot_tell: bool
    overruled: Overruled | None


class FlagAnswer(BaseModel):
    """Why a reading or a signature is flagged."""

    code: str
    zh: str
    en: str


class AttestationAnswer(BaseModel):
    """What the terminals' own events say of the card reading and of the signature.

    ``reading_id`` and ``signature_id`` are what the desk got from its gateway and the record names;
    ``reading_event`` and ``signature_event`` the ids of the terminal's events by which they are
    judged, null while none has come.
    """

    reading: Attestation
    signature: Attestation
    reasons: tuple[FlagAnswer, ...]
    reading_id: str | None
    reading_event: str | None
    signature_id: str | None
    signature_event: str | None


class CompletionAnswer(BaseModel):
    """A reviewer filled in or corrected fields: who, when, why, and which version the person
    signed. ``unsigned`` are the fields that are not as they were signed."""

    by: str
    at: datetime
    reason: str
    signed_version: int
    unsigned: tuple[str, ...]


class VersionAnswer(BaseModel):
    """One version, what terminals attest of it, and its review. ``changed`` are the fields that the
    newest version changed; ``completion`` is there when a reviewer made this version."""

    version: int
    digest: str
    state: ReviewState
    received_at: datetime
    reviewed_at: datetime | None
    reviewer_id: str | None
    attestation: AttestationAnswer | None
    reasons: tuple[ReasonAnswer, ...]
    departments: tuple[DepartmentAnswer, ...]
    changed: tuple[str, ...]
    completion: CompletionAnswer | None


class ItemAnswer(BaseModel):
    """Everything a reviewer needs about one person: the newest version and what stands beside it.

    ``reviewable`` is false when the person no longer counts as collected, or the newest version has
    its outcome or was ``passed`` and awaits answers. ``attestation`` is absent until the terminals'
    events were looked for, ``card`` where nothing of a card is in the record.
    """

    subject_id: str
    version: int
    digest: str
    state: ReviewState
    desk: str
    village: str
    received_at: datetime
    reviewed_at: datetime | None
    reviewer_id: str | None
    passed: bool
    reviewable: bool
    own: bool
    record_id: str
    record: Record
    provenance: dict[str, Source]
    evidence: tuple[Evidence, ...]
    signature_kind: str
    signer: Signer | None
    interpreter: str | None
    attestation: AttestationAnswer | None
    collector_id: str
    collected_at: datetime
    corrects_version: int | None
    completion: CompletionAnswer | None
    standing: tuple[Entry, ...]
    baseline: BaselineAnswer | None
    card: CardAnswer | None
    answers: Answers
    departments: tuple[DepartmentAnswer, ...]
    reasons: tuple[ReasonAnswer, ...]
    earlier: tuple[VersionAnswer, ...]


class DecisionAnswer(BaseModel):
    """A decision as it stands; ``passed`` while it is submitted and awaits answers."""

    subject_id: str
    version: int
    digest: str
    state: ReviewState
    passed: bool
    answers: Answers
    reviewer_id: str
    reviewed_at: datetime


class ReturnCode(BaseModel):
    """One code of the list of reasons for a return."""

    code: str
    zh: str
    en: str


class ReviewCounts(BaseModel):
    """People of one village whose newest version is in these states."""

    submitted: int = 0
    returned: int = 0
    verified: int = 0


class LedgerAnswer(BaseModel):
    """Verification's own side of the balance, by village."""

    as_of: datetime
    villages: dict[str, ReviewCounts]


class Ages(BaseModel):
    """Requests by how long they have waited, or took to be answered."""

    under_day: int = 0
    under_week: int = 0
    older: int = 0


class RequestCounts(BaseModel):
    """Requests to one department: how many, for how many of them the record waits, the longest
    time. ``enrolled`` whether the department can be asked now. Of answered ones how many
    ``contradict`` the record and how many ``cannot_tell`` (the others confirm it), and when the
    last answer came."""

    department: str
    zh: str
    en: str
    enrolled: bool
    count: int = 0
    mandatory: int = 0
    longest_seconds: int = 0
    ages: Ages = Ages()
    contradict: int = 0
    cannot_tell: int = 0
    last_at: datetime | None = None


class RequestsAnswer(BaseModel):
    """Requests in one state, by department."""

    as_of: datetime
    state: str
    departments: tuple[RequestCounts, ...]


class OpenBody(Body):
    """A department's question, signed by its key and sealed to this service; the answer's ``next``
    in ``after`` asks for the rest."""

    packet: Annotated[str, Field(max_length=4096)]
    after: Annotated[str, Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class OpenRequest(BaseModel):
    """One open request as its topic carries it: ``sealed`` opens with the department's key only,
    and only under this event id, case id and version."""

    event_id: str
    case_id: str
    version: int
    sealed: str


class OpenAnswer(BaseModel):
    """A department's open requests, the oldest first; ``open`` is how many there are."""

    department: str
    open: int
    items: tuple[OpenRequest, ...]
    next: str | None


class PostedAnswer(Body):
    """One answer as its topic would carry it, under an id that the page made; sealed to this
    service."""

    event_id: Uuid
    case_id: Uuid
    version: Annotated[int, Field(ge=0, le=LARGEST_VERSION)]
    sealed: Annotated[str, Field(max_length=64 * 1024)]


class AnswersBody(Body):
    """Answers of one department, each of which it signed."""

    department: Annotated[str, Field(max_length=64)]
    items: Annotated[tuple[PostedAnswer, ...], Field(min_length=1, max_length=200)]


class PostedOutcome(BaseModel):
    """What became of one answer: ``taken`` (again under the same id: nothing happens twice),
    ``before`` (the request had an answer, which stands), ``refused`` (by ``rule``, in plain words),
    ``later`` (what it needs is not here yet; nothing was kept, it may come again as it is)."""

    event_id: str
    state: Literal["taken", "before", "refused", "later"]
    rule: str | None = None
    zh: str | None = None
    en: str | None = None


class OutcomesAnswer(BaseModel):
    """One outcome per answer, in their order, after commit."""

    items: tuple[PostedOutcome, ...]
