"""Bodies and answers of crosscheck's HTTP side."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row

from muster.contracts.parts.base import FieldValue, Uuid
from muster.crosscheck.domain import candidate, extract
from muster.crosscheck.handlers import notes
from muster.vocabulary.states import Discrepancy, Origin, SubjectState


class Body(BaseModel):
    """Base of every body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class OpenBody(Body):
    """Opens the comparison phase. There is no closing it: only a rule that passes again may close a
    work order."""

    open: Literal[True]


class ReasonBody(Body):
    """Why somebody's data are opened; kept in the audit trail, so it holds no number."""

    reason: Annotated[str, Field(max_length=500)]


class AskBody(Body):
    """A question about a work order, under an id that the client made, to a department or an area
    of the campaign. In own words, without numbers."""

    note_id: Uuid
    to: Annotated[str, Field(max_length=64)]
    text: Words


class AnswerBody(Body):
    """What is answered to a question; also what a department said to whoever asked it."""

    note_id: Uuid
    question: Uuid
    text: Words


class TransferBody(Body):
    """Where an order is handled from now on, and why; null for the village of the household."""

    note_id: Uuid
    area: Annotated[str, Field(max_length=12)] | None
    reason: Words


class QuestionBody(Body):
    """A department's question, signed by its connector and sealed to this service."""

    packet: Annotated[str, Field(max_length=4096)]


class RunAnswer(BaseModel):
    """What a county job changed: work orders, and candidates that came or went. ``marked`` are open
    orders that can be compared no more."""

    opened: int
    reopened: int
    redirected: int
    closed: int
    marked: int
    candidates: int
    candidates_closed: int


class ComparisonAnswer(BaseModel):
    """Whether the comparison phase is open; ``waiting`` subjects are still to be matched, and it is
    0 when all that came in is settled."""

    open: bool
    opened_at: datetime | None
    opened_by: str | None
    waiting: int


class OpenAnswer(ComparisonAnswer):
    """The phase, and what the first county job found; all 0 when it was open before."""

    run: RunAnswer


class CandidateName(BaseModel):
    """A candidate of a department that a person turned out to be, and the newest request to open
    its row: ``request`` is the id under which that stands in the department's own log."""

    candidate_id: str
    department: str
    reveal_id: str | None
    request: str | None


class NamedBy(BaseModel):
    """How a missed person became known: the origin in the balance (``baseline``, ``roster``,
    ``discovered`` by a department ...), and departments' candidates that turned out to be them."""

    origin: Origin | None
    candidates: tuple[CandidateName, ...]


class ClosedBy(BaseModel):
    """What was another when an order was found no more, than when it was found last; null or
    empty what was the same.

    ``record_version`` is the record version that mended it, ``standing`` the state in the balance
    that came (``revision`` numbers it), ``extract_id`` the department's new extract. ``other_``
    ones are those of a duplicate's other entry. When nothing is named, another person's data or
    another rule say whose row it is. ``matched_at`` is when it was matched again. ``account`` is
    the administrator who closed what could not be compared, for this ``reason``; null for what was
    shown to be gone.
    """

    matched_at: datetime
    account: str | None
    reason: str | None
    record_version: int | None
    standing: SubjectState | None
    revision: int | None
    extract_id: str | None
    other_record_version: int | None
    other_standing: SubjectState | None
    other_revision: int | None


class DiscrepancyItem(BaseModel):
    """One work order, without any value.

    ``department`` is whose data say so; ``other`` is the subject that a duplicate is a duplicate
    of; ``named_by`` is there for a missed person; ``closed_by`` for what is closed;
    ``age_seconds`` runs from its last opening to its closing or to now. ``comparable`` is false
    while it stands open only because nothing can be compared: it was found, and is neither found
    now nor shown to be mended. It is compared again whenever anything comes. ``handled_in`` is the
    area to which it was passed on, null for the village; ``questions`` are those that nobody has
    answered yet.
    """

    discrepancy_id: str
    kind: Discrepancy
    subject_id: str
    field: str | None
    department: str | None
    other: str | None
    village: str
    state: Literal["open", "closed"]
    comparable: bool
    revision: int
    first_opened_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    closed_by: ClosedBy | None
    named_by: NamedBy | None
    age_seconds: int
    handled_in: str | None
    questions: int


class DiscrepanciesAnswer(BaseModel):
    """Work orders, the oldest first; ``next`` goes into ``after`` for the rest."""

    items: tuple[DiscrepancyItem, ...]
    next: str | None


class PersonAnswer(BaseModel):
    """Who somebody is."""

    subject_id: str
    name: str | None
    number: str | None


class RevealState(BaseModel):
    """How the newest request to open a blind department's row stands; ``request`` is the id under
    which it stands in the department's own log; of a refused one the rule, also in plain words."""

    reveal_id: str
    request: str
    state: Literal["asked", "answered", "refused"]
    rule: str | None
    zh: str | None
    en: str | None


class NoteAnswer(BaseModel):
    """What somebody said about a work order: a question to ``to`` (a department or an area), the
    answer to question ``answers``, or that it was passed on to ``to`` (null: back to the
    village)."""

    note_id: str
    kind: Literal["question", "answer", "transfer"]
    answers: str | None
    to: str | None
    by: str
    at: datetime
    text: str


class OpenedAnswer(DiscrepancyItem):
    """Both sides of a work order, and what was said about it. ``department_value`` is null where
    the department keeps its data at home and has not opened the row."""

    person: PersonAnswer
    record_value: FieldValue | None
    department_value: FieldValue | None
    twin: PersonAnswer | None
    reveal: RevealState | None
    notes: tuple[NoteAnswer, ...]


class AskedAnswer(BaseModel):
    """The request that was put to the department."""

    reveal_id: str


class ExtractItem(BaseModel):
    """One extract of a department.

    ``rows`` and ``parts`` are what its manifest says, null until that is here; the ``_here`` ones
    what has arrived of it while it is arriving. A refused one names its rule in plain words.
    """

    extract_id: str
    department: str
    mode: str
    made_at: datetime
    state: Literal["arriving", "current", "replaced", "outdated", "refused"]
    rows: int | None
    parts: int | None
    rows_here: int
    parts_here: int
    rule: str | None
    zh: str | None
    en: str | None
    first_seen_at: datetime
    settled_at: datetime | None


class ExtractsAnswer(BaseModel):
    """Of each department that supplied anything the current extract first, then the newest."""

    items: tuple[ExtractItem, ...]


class CandidateItem(BaseModel):
    """Somebody whom a department knows and the campaign does not; no value.

    ``waiting``, ``asked`` (the department was asked to open the row), ``refused`` (it refused, by
    ``rule``), ``told`` (the desk was told), ``held`` (``rule`` says why nobody can be sent),
    ``ended`` (not to be collected here, by ``rule``), ``closed`` (``subject_id`` says who they
    turned out to be; null when the department names nobody any more). A rule is also said in plain
    words. ``reveal_id`` is the newest request to open the row and ``request`` the id under which it
    stands in the department's own log; null where none was needed.
    """

    candidate_id: str
    department: str
    area: str
    state: Literal["waiting", "asked", "refused", "told", "held", "ended", "closed"]
    rule: str | None
    zh: str | None
    en: str | None
    found_at: datetime
    told_at: datetime | None
    closed_at: datetime | None
    subject_id: str | None
    reveal_id: str | None
    request: str | None


class CandidatesAnswer(BaseModel):
    """Candidates in order of id; ``next`` goes into ``after`` for the rest."""

    items: tuple[CandidateItem, ...]
    next: str | None


class CountsAnswer(BaseModel):
    """Open work orders by kind: of each village that has any, and in total."""

    as_of: datetime
    villages: dict[str, dict[Discrepancy, int]]
    total: dict[Discrepancy, int]


# -- rows as they are answered ---------------------------------------------------------------------


def reveal_state(row: Row[Any]) -> RevealState:
    zh, en = candidate.words(row.rule)
    return RevealState(
        reveal_id=row.reveal_id, request=row.event_id, state=row.state, rule=row.rule, zh=zh, en=en
    )


def candidate_item(row: Row[Any]) -> CandidateItem:
    zh, en = candidate.words(row.rule)
    return CandidateItem(
        candidate_id=row.candidate_id,
        department=row.department,
        area=row.area,
        state=row.state,
        rule=row.rule,
        zh=zh,
        en=en,
        found_at=row.found_at,
        told_at=row.told_at,
        closed_at=row.closed_at,
        subject_id=row.subject_id,
        reveal_id=row.reveal_id,
        request=row.request,
    )


def extract_item(row: Row[Any]) -> ExtractItem:
    zh, en = extract.RULES.get(row.rule, (None, None))
    return ExtractItem(
        extract_id=str(row.extract_id),
        department=row.department,
        mode=row.mode,
        made_at=row.made_at,
        state=row.state,
        rows=row.rows,
        parts=row.parts,
        rows_here=int(row.rows_here),
        parts_here=int(row.here),
        rule=row.rule,
        zh=zh,
        en=en,
        first_seen_at=row.first_seen_at,
        settled_at=row.settled_at,
    )


def note_answer(note: notes.Note) -> NoteAnswer:
    return NoteAnswer(
        note_id=note.note_id,
        kind=note.kind,
        answers=note.answers,
        to=note.addressee,
        by=note.account,
        at=note.at,
        text=note.text,
    )
