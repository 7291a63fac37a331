"""Whether a department opens one of its rows (R74, R75)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

QUOTA = 200
"""Rows a day that are opened when the department sets nothing else."""
_CHINA = timezone(timedelta(hours=8))


def refused(*, reason: str, known: bool, opened_today: int, quota: int) -> str | None:
    """The rule by which a row stays closed; None when it is opened."""
    if not reason.strip():
        return "reason-missing"
    if not known:
        return "row-unknown"
    return "quota-exceeded" if opened_today >= quota else None


def day_of(moment: datetime) -> date:
    """The day that a quota counts, by the calendar where the campaign is."""
    return moment.astimezone(_CHINA).date()
