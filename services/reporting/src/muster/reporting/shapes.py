"""Answers of reporting's HTTP side."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from muster.reporting.domain.waiting import Wait
from muster.vocabulary.ages import Age
from muster.vocabulary.states import AreaLevel, Discrepancy, Origin, ReviewState, SubjectState


class AreaCounts(BaseModel):
    """Both sides of the balance of one area, all counted."""

    name: str
    level: AreaLevel
    origins: dict[Origin, int]
    states: dict[SubjectState, int]
    review: dict[ReviewState, int]
    balanced: bool


class LedgerAnswer(BaseModel):
    """The balance by area of one level, and of all of them together."""

    as_of: datetime
    level: AreaLevel
    areas: dict[str, AreaCounts]
    total: AreaCounts


class Words(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class AreaProgress(BaseModel):
    """How far one area is. ``overdue`` are the townships (or zones without any) that owe an
    upload; of a village it is empty, because its township uploads for it."""

    name: str
    level: AreaLevel
    expected: int
    collected: int
    submitted: int
    returned: int
    verified: int
    open: int
    endings: dict[SubjectState, int]
    coverage: float | None
    verified_ratio: float | None
    last_upload: datetime | None
    accepted: int
    refused: int
    overdue: tuple[str, ...]
    problems_open: int


class CadenceAnswer(BaseModel):
    """How often a township uploads (R68)."""

    days: int
    zh: str
    en: str


class ProgressAnswer(BaseModel):
    """Progress of one area and of each area directly below it."""

    as_of: datetime
    code: str
    area: AreaProgress
    areas: dict[str, AreaProgress]
    cadence: CadenceAnswer
    formulas: dict[str, Words]


class CategoriesAnswer(BaseModel):
    """Collected people by area and category; a person of two categories counts in both."""

    as_of: datetime
    level: AreaLevel
    areas: dict[str, dict[str, int]]
    total: dict[str, int]


class ProblemCounts(BaseModel):
    """Work orders: how many are open, by age, and how many are closed."""

    open: int
    ages: dict[Age, int]
    closed: int


class AreaProblems(ProblemCounts):
    """The work orders of one area, together and by kind."""

    name: str
    level: AreaLevel
    kinds: dict[Discrepancy, ProblemCounts]


class ProblemsAnswer(BaseModel):
    """Problems of one area and of each area directly below it; ``ages`` says how they count."""

    as_of: datetime
    code: str
    area: AreaProblems
    areas: dict[str, AreaProblems]
    ages: Words


class Device(BaseModel):
    """One terminal. Of each reader ``ready``, or the rule that says why not; ``waiting`` are the
    events that waited in its spool at ``at``, by its own clock; ``last_heard`` is by ours, of a
    status or an upload."""

    terminal_id: str
    area: str
    name: str
    readers: dict[str, str]
    waiting: int
    software: str
    at: datetime
    last_heard: datetime


class DevicesAnswer(BaseModel):
    """The terminals at and below an area of which anything was heard, by area."""

    as_of: datetime
    code: str
    devices: tuple[Device, ...]


class PulseWindow(BaseModel):
    """Facts within one window, by county and topic."""

    start: datetime
    seconds: int
    counts: dict[str, dict[str, int]]


class PulseAnswer(BaseModel):
    """The last minutes. ``note`` says so when there is nothing yet, or Redis is away."""

    as_of: datetime
    windows: tuple[PulseWindow, ...]
    note: Words | None


class Live(BaseModel):
    """News of an area: whether its figures changed since the last message, and the pulse when
    there is a new one that the reader may see."""

    at: datetime
    changed: bool
    pulse: PulseAnswer | None


class DayAnswer(BaseModel):
    """How an area stood when that day was counted last, at ``at``. Expected = submitted + returned
    + verified + ended + open; ``problems`` are open work orders."""

    day: date
    at: datetime
    expected: int
    submitted: int
    returned: int
    verified: int
    ended: int
    open: int
    problems: int


class HistoryAnswer(BaseModel):
    """The days of an area; ``first`` is the first day that was counted anywhere, if any."""

    as_of: datetime
    code: str
    name: str
    level: AreaLevel
    first: date | None
    days: tuple[DayAnswer, ...]


class AreaWaiting(BaseModel):
    """What waits in an area. ``submitted`` and ``returned`` are people by how long their record
    waits for review or for being mended, ``units`` are townships (or zones without any) by how
    long ago they uploaded last; of those that never did it is unknown. ``flagged`` are people whose
    card reading or signature the terminal does not attest, by how their review stands."""

    name: str
    level: AreaLevel
    submitted: dict[Wait, int]
    returned: dict[Wait, int]
    units: dict[Wait, int]
    reviewed: int
    returned_once: int
    flagged: dict[ReviewState, int]
    accepted: int
    refused: int


class WaitingAnswer(BaseModel):
    """What waits in an area and in each area directly below it."""

    as_of: datetime
    code: str
    area: AreaWaiting
    areas: dict[str, AreaWaiting]
    formulas: dict[str, Words]
