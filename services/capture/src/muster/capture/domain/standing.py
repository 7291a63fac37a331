"""Where a person stands in the balance of every village that counts them (design, section 5, 8).

A person has one entry per village that ever counted them. At most one entry is *present*, that
is, not ``moved_out``: a move inside the campaign closes the entry of the old village and makes
one in the new village, so that each village's own two sides stay equal.
"""

from collections.abc import Iterable
from dataclasses import replace

from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, SubjectState

COLLECTABLE = frozenset({SubjectState.OPEN, SubjectState.COLLECTED})

Entries = tuple[Entry, ...]
"""All entries of one person, sorted by village."""


def ordered(entries: Iterable[Entry]) -> Entries:
    """Entries in the order in which they are kept and published."""
    return tuple(sorted(entries, key=lambda entry: entry.village))


def present(entries: Entries) -> Entry | None:
    """The entry of the village where the person is; None for who left the campaign's area."""
    for entry in entries:
        if entry.state is not SubjectState.MOVED_OUT:
            return entry
    return None


def of_village(entries: Entries, village: str) -> Entry | None:
    """The entry of that village."""
    return next((entry for entry in entries if entry.village == village), None)


def put(entries: Entries, changed: Entry) -> Entries:
    """Entries with this one in place of the same village's."""
    return ordered([*(e for e in entries if e.village != changed.village), changed])


def move(entries: Entries, source: Entry, village: str, state: SubjectState) -> Entries:
    """Out of one village and into another.

    Who comes back to a village that counted them before stands there again with the origin of
    then: that village never loses or doubles a person.
    """
    entries = put(entries, replace(source, state=SubjectState.MOVED_OUT))
    back = of_village(entries, village)
    origin = back.origin if back is not None else Origin.MOVED_IN
    return put(entries, Entry(village, origin, state))


def collect(entries: Entries, village: str) -> Entries | None:
    """A record of this household was accepted; None when the person's case is closed.

    A record from another village than the books say moves the person there: what a baseline got
    wrong never blocks a valid update (design, section 5, rule 4).
    """
    if not entries:
        return (Entry(village, Origin.NEW, SubjectState.COLLECTED),)
    here = present(entries)
    if here is None or here.state not in COLLECTABLE:
        return None
    if here.village == village:
        return put(entries, replace(here, state=SubjectState.COLLECTED))
    return move(entries, here, village, SubjectState.COLLECTED)


def rebase(entries: Entries, village: str) -> Entries:
    """A newer baseline names a village: it counts while nobody has worked on the person yet."""
    untouched = len(entries) == 1 and entries[0].state is SubjectState.OPEN
    if untouched and entries[0].origin is Origin.BASELINE:
        return (replace(entries[0], village=village),)
    return entries
