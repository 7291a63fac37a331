"""Answers of reporting's HTTP side."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from muster.vocabulary.states import AreaLevel, Origin, ReviewState, SubjectState


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
