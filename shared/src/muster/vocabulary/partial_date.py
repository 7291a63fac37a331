"""Dates of which only the year, or the year and month, is known: old papers say no more."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Self

_SHAPE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """ "1969", "1969-12" or "1969-12-03". A day without a month cannot be written."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        month = 1 if self.month is None else self.month
        day = 1 if self.day is None else self.day
        date(self.year, month, day)  # raises ValueError on no such day

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the ISO form. Raises ValueError on another shape or on a day that never was."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise ValueError("not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = match.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    def earliest(self) -> date:
        """The first day that this can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day that this can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        text = f"{self.year:04d}"
        if self.month is not None:
            text += f"-{self.month:02d}"
        if self.day is not None:
            text += f"-{self.day:02d}"
        return text
