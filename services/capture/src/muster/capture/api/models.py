"""Shapes of requests and answers of capture's routes."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from muster.capture.domain.absences import Absence
from muster.capture.domain.endings import Ending
from muster.capture.domain.standing import Entries
from muster.contracts.parts.base import AreaCode, FieldValue, Uuid
from muster.vocabulary.return_reasons import words_of
from muster.vocabulary.states import Origin, ReviewState, Severity, SubjectState

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


class ReturnReasonOut(BaseModel):
    """One reason for which a reviewer sent a record back: its code and the list's words for it, the
    field it is about if any (or `categories`, `evidence`, `record`), own words if any."""

    code: str
    zh: str
    en: str
    field: str | None
    text: str


def return_reasons_out(reasons: Iterable[Mapping[str, Any]]) -> list[ReturnReasonOut]:
    """Reasons of a reviewer as they are answered; only their codes are stored."""
    found = []
    for reason in reasons:
        zh, en = words_of(reason["code"])
        found.append(ReturnReasonOut.model_validate({**reason, "zh": zh, "en": en}))
    return found


class ReviewOut(BaseModel):
    """How the newest record stands with the reviewer."""

    state: ReviewState
    reasons: list[ReturnReasonOut]


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


class CompletionIn(_Asked):
    """Single fields as a reviewer fills them in or corrects them, over the version that they saw,
    under an id that the client made; null takes a field away. `reason` stays with the record."""

    completion_id: Uuid
    base_version: Annotated[int, Field(ge=1, lt=1 << 31)]
    fields: Annotated[dict[_Short, FieldValue | None], Field(min_length=1, max_length=200)]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class CompletionOut(BaseModel):
    """The new version, and which of its fields are not as the person signed them."""

    subject_id: str
    version: int
    digest: str
    unsigned: list[str]


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


class AbsenceIn(_Asked):
    """Why somebody could not be met yet, under an id that the client made; `until` when, if that is
    known. A `reason` of null takes back what stood."""

    absence_id: Uuid
    village: AreaCode
    reason: Absence | None
    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    until: date | None = None


class AbsenceOut(BaseModel):
    """Why somebody could not be met, as it was put down `at`."""

    reason: Absence
    note: str | None
    until: date | None
    at: datetime


class NotedOut(BaseModel):
    """What stands now of a person."""

    subject_id: str
    absence: AbsenceOut | None


class ListedOut(BaseModel):
    """A person on a list; `absence` is why somebody not yet collected could not be met."""

    village: str
    subject_id: str
    origin: Origin
    name: str | None
    absence: AbsenceOut | None = None


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
    reasons: list[ReturnReasonOut]


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
