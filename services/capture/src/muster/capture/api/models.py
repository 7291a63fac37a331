"""Shapes of requests and answers of capture's routes."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from muster.capture.domain.endings import Ending
from muster.capture.domain.standing import Entries
from muster.contracts.parts.base import AreaCode, FieldValue, Uuid
from muster.vocabulary.states import AreaLevel, Origin, ReviewState, Severity, SubjectState

_Short = Annotated[str, Field(max_length=200)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReasonOut(BaseModel):
    """Why something was refused or doubted; never the value itself."""

    field: str
    rule: str
    zh: str
    en: str
    severity: Severity


class EntryOut(BaseModel):
    """One line of a village's balance."""

    village: str
    origin: Origin
    state: SubjectState


def entries_out(entries: Entries) -> list[EntryOut]:
    """Entries of a person as they are answered."""
    return [EntryOut(village=e.village, origin=e.origin, state=e.state) for e in entries]


class LookupIn(_Asked):
    """Exactly one of the two."""

    resident_number: _Short | None = None
    subject_id: Uuid | None = None


class Prefill(BaseModel):
    """What was known before collection."""

    categories: list[str]
    fields: dict[str, FieldValue]


class ReviewOut(BaseModel):
    """How the newest record stands with the reviewer."""

    state: ReviewState
    reasons: list[dict[str, Any]]


class LookupOut(BaseModel):
    """`elsewhere`: known in an area outside the caller's grant; then only id and version are
    given, which a record needs when the household has moved here."""

    known: bool
    elsewhere: bool = False
    subject_id: str | None = None
    version: int = 0
    revision: int = 0
    entries: list[EntryOut] = []
    merged_into: str | None = None
    baseline: Prefill | None = None
    record: dict[str, Any] | None = None
    review: ReviewOut | None = None


class PersonIn(_Asked):
    """A person of a village roster, or one whom a department or a move brings (C19)."""

    subject_id: Uuid
    origin: Origin
    village: AreaCode
    name: _Short
    resident_number: _Short | None = None
    categories: Annotated[list[_Short], Field(max_length=64)] = []
    fields: Annotated[dict[_Short, FieldValue], Field(max_length=200)] = {}


class PersonOut(BaseModel):
    """`created` is false when the id or the number was known; `subject_id` is then whose."""

    subject_id: str
    created: bool


class EndingIn(_Asked):
    """An ending, under an id that the client made."""

    change_id: Uuid
    ending: Ending
    village: AreaCode
    date: _Short | None = None
    to_village: AreaCode | None = None
    merged_into: Uuid | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None


class StandingOut(BaseModel):
    """Where a person stands."""

    subject_id: str
    revision: int
    entries: list[EntryOut]


class PieceReceiptOut(BaseModel):
    """How one piece of evidence went: stored, known or refused."""

    index: int
    subject_id: str | None
    digest: str | None
    status: str
    reasons: list[ReasonOut]


class EvidenceOut(BaseModel):
    """Answer to an evidence packet, after commit."""

    packet_id: str
    receipts: list[PieceReceiptOut]


class ReceiptOut(BaseModel):
    """How one record went: accepted, refused or duplicate. A client deletes what is accepted or
    a duplicate, and nothing else."""

    index: int
    record_id: str | None
    subject_id: str | None
    status: str
    version: int | None
    existing_subject_id: str | None
    reasons: list[ReasonOut]


class UploadOut(BaseModel):
    """Answer to an upload packet, after commit."""

    packet_id: str
    accepted: int
    refused: int
    receipts: list[ReceiptOut]


class RefusalOut(BaseModel):
    """A row or record that was refused or doubted."""

    row_id: str
    area: str
    severity: Severity
    import_id: str | None
    row_number: int | None
    packet_id: str | None
    record_id: str | None
    subject_id: str | None
    reasons: list[ReasonOut]
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None


class RefusalsOut(BaseModel):
    """A page of refusals; `next` is what to send as `after`, null at the end."""

    refusals: list[RefusalOut]
    next: str | None


class CandidateOut(BaseModel):
    """Somebody whom a department knows and who could not be entered, and why; no values."""

    candidate_id: str
    department: str
    area: str
    reasons: list[ReasonOut]
    since: datetime


class CandidatesOut(BaseModel):
    """A page of candidates; `next` is what to send as `after`, null at the end."""

    candidates: list[CandidateOut]
    next: str | None


class ReasonIn(_Asked):
    """Why somebody's data are opened; kept in the audit trail, so it holds no number."""

    reason: Annotated[str, Field(max_length=500)]


class OpenedCandidateOut(BaseModel):
    """What the department says of somebody who could not be entered."""

    candidate_id: str
    fields: dict[str, FieldValue]


class SettlementIn(_Asked):
    """Village and number as they were found out; or else `dismissed`, the reason why there is
    nobody to enter."""

    village: AreaCode | None = None
    resident_number: _Short | None = None
    dismissed: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class SettledOut(BaseModel):
    """What became of a candidate: registered, known or dismissed, and who they are."""

    candidate_id: str
    outcome: str
    subject_id: str | None


class ListedOut(BaseModel):
    """A person on a list."""

    village: str
    subject_id: str
    origin: Origin
    name: str | None


class PeopleOut(BaseModel):
    """A page of persons; `next` is what to send as `after`, null at the end."""

    people: list[ListedOut]
    next: str | None


class ReturnedItem(BaseModel):
    """A record that came back."""

    village: str
    subject_id: str
    name: str | None
    version: int
    record_id: str
    returned_at: datetime | None
    reasons: list[dict[str, Any]]


class ReturnedOut(BaseModel):
    """A page of records that came back."""

    returned: list[ReturnedItem]
    next: str | None


class VillageOut(BaseModel):
    """Both sides of one village's balance."""

    origins: dict[Origin, int]
    states: dict[SubjectState, int]


class LedgerOut(BaseModel):
    """Capture's own counts, by village that has anybody."""

    as_of: datetime
    villages: dict[str, VillageOut]


class Words(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class LabelOut(Words):
    """A thing of the profile, and its names."""

    id: str


class CategoryOut(LabelOut):
    """A category; `number` is only shown."""

    number: int
    group: str
    review_desk: str
    cite: str | None


class FieldOut(LabelOut):
    """A field of the form. `categories` may have it and `required` must fill it; `options` are the
    values of a code or choice; `departments` may be asked about it. `cite` is where a notice names
    it; `practice` says that none does."""

    section: str
    type: str
    sensitivity: str
    matter: str | None
    categories: list[str]
    required: list[str]
    options: list[LabelOut]
    cite: str | None
    practice: bool
    departments: list[str]


class DepartmentOut(LabelOut):
    """A department and what it does; in mode `blind` its data stay with it."""

    level: str
    tasks: list[str]
    mode: str
    cite: str | None


class PhaseOut(LabelOut):
    """A phase of the campaign and its last day."""

    until: date
    cite: str | None


class NeedOut(LabelOut):
    """One of the papers `one_of` must be shown by those categories."""

    one_of: list[str]
    categories: list[str]
    severity: Severity
    cite: str | None


class RuleOut(LabelOut):
    """A rule of the profile: its kind and what it looks at (`muster.forms.rules`), where it
    reports, how grave it is."""

    kind: str
    parameters: dict[str, Any]
    field: str
    severity: Severity
    cite: str | None


class ProfileOut(LabelOut):
    """The campaign's form in words; `source` is the notice that it was made from."""

    form_version: str
    source: str
    area: str
    standard_time: date
    benefits_notice: Words
    phases: list[PhaseOut]
    sections: list[LabelOut]
    review_desks: list[LabelOut]
    categories: list[CategoryOut]
    fields: list[FieldOut]
    departments: list[DepartmentOut]
    papers: list[LabelOut]
    evidence: list[NeedOut]
    rules: list[RuleOut]


class AreaOut(BaseModel):
    """One area; `parent` is null at the top."""

    code: str
    parent: str | None
    level: AreaLevel
    name: str


class AreasOut(BaseModel):
    """Areas, parents before children: what lies at and below `granted`, and what lies above."""

    root: str
    granted: list[str]
    areas: list[AreaOut]
