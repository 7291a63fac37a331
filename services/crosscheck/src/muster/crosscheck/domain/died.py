"""What a department's row says about a death, as far as the campaign needs it."""

from __future__ import annotations

from datetime import date

from muster.crosscheck.domain.cells import plain
from muster.vocabulary.partial_date import PartialDate

BEFORE, AFTER = "before", "after"
UNREADABLE = "unreadable"
"""Something is said of a death, and nobody can read when it was: it makes no work order, and takes
nothing back."""
_ALIVE = frozenset(("健在", "在世", "未去世"))


def died(told: str, standard_time: date) -> str | None:
    """Whether somebody had died by the standard time (C6, C13); None for who lives, `UNREADABLE`
    for what is no date.

    A date of which only the year or month is known, and which may lie on either side, counts as
    after: only what is certain takes somebody out of the collection.
    """
    text = plain(told)
    if not text or text in _ALIVE:
        return None
    try:
        day = PartialDate.parse(text)
    except ValueError:
        return UNREADABLE
    return BEFORE if day.latest() < standard_time else AFTER
