"""What a department's row says about a death, as far as the campaign needs it."""

from __future__ import annotations

from datetime import date

from muster.vocabulary.partial_date import PartialDate

BEFORE, AFTER = "before", "after"


def died(told: str, standard_time: date) -> str | None:
    """Whether somebody had died by the standard time (C6, C13); None for what is no date.

    A date of which only the year or month is known, and which may lie on either side, counts as
    after: only what is certain takes somebody out of the collection.
    """
    try:
        day = PartialDate.parse(told.strip())
    except ValueError:
        return None
    return BEFORE if day.latest() < standard_time else AFTER
