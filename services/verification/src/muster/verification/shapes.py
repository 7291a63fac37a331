"""Bodies and answers of verification's HTTP side."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from muster.contracts.parts.base import Digest
from muster.contracts.parts.capture import Entry, Evidence, Record
from muster.vocabulary.states import ReviewState, Source


class Body(BaseModel):
    """Base of every body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonBody(Body):
    """One reason for a return: a code of the list, the field it concerns, own words."""

    code: Annotated[str, Field(max_length=64)]
    field: Annotated[str, Field(max_length=64)] | None = None
    text: Annotated[str, Field(max_length=500)] = ""


class VerifyBody(Body):
    """The digest of the version that the reviewer has seen."""

    digest: Digest


class ReturnBody(Body):
    """The digest of the version that the reviewer has seen, and why it goes back."""

    digest: Digest
    reasons: Annotated[tuple[ReasonBody, ...], Field(max_length=50)]


class QueueItem(BaseModel):
    """One record that waits: no name, no number.

    ``age_seconds`` since it arrived; ``returned`` how often it went back before; ``own`` whether
    the caller collected it, and so cannot review it.
    """

    subject_id: str
    version: int
    village: str
    desk: str
    received_at: datetime
    age_seconds: int
    returned: int
    own: bool


class QueueAnswer(BaseModel):
    """Waiting records, the longest waiting first; ``next`` goes into ``after`` for the rest."""

    items: tuple[QueueItem, ...]
    next: str | None


class BaselineAnswer(BaseModel):
    """Baseline data, and the fields in which the record says something else."""

    version: int
    record: Record
    differs: tuple[str, ...]


class ReasonAnswer(BaseModel):
    """Why a version went back."""

    code: str
    zh: str
    en: str
    field: str | None
    text: str


class VersionAnswer(BaseModel):
    """One version and its review. ``changed`` are the fields that the newest version changed."""

    version: int
    digest: str
    state: ReviewState
    received_at: datetime
    reviewed_at: datetime | None
    reviewer_id: str | None
    reasons: tuple[ReasonAnswer, ...]
    changed: tuple[str, ...]


class ItemAnswer(BaseModel):
    """Everything a reviewer needs about one person: the newest version and what stands beside it.

    ``reviewable`` is false when the person no longer counts as collected or the newest version has
    its outcome.
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
    reviewable: bool
    own: bool
    record_id: str
    record: Record
    provenance: dict[str, Source]
    evidence: tuple[Evidence, ...]
    signature_kind: str
    collector_id: str
    collected_at: datetime
    corrects_version: int | None
    standing: tuple[Entry, ...]
    baseline: BaselineAnswer | None
    reasons: tuple[ReasonAnswer, ...]
    earlier: tuple[VersionAnswer, ...]


class DecisionAnswer(BaseModel):
    """A decision as it stands."""

    subject_id: str
    version: int
    digest: str
    state: ReviewState
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
