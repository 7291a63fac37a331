"""What a department answers about one person, field by field: one of the five verdicts (R73)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from muster.vocabulary.states import Verdict

KNOWS_EVERYBODY = frozenset({"identity", "household"})
"""Matters of a department in whose data everybody stands: whom it lacks does not exist."""

Forms = Sequence[str]
"""Normal forms of a value from the finest precision to the coarsest."""


class Standing(StrEnum):
    """How a person was found in the department's data.

    ``found``: in one row or in several of one number. ``ambiguous``: more than one person may be
    meant, or only name and birth agree and the numbers do not. ``namesake``: the same in data that
    name everybody, so that nobody has that number.
    """

    FOUND = "found"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    NAMESAKE = "namesake"


def knows_everybody(matters: Collection[str]) -> bool:
    """Whether somebody who is not in a department's data cannot exist."""
    return not KNOWS_EVERYBODY.isdisjoint(matters)


def standing(by_number: bool, by_name: int, *, numbers_differ: bool, everybody: bool) -> Standing:
    """How somebody was found.

    Args:
        by_number: whether a row has the number.
        by_name: how many persons have the name and date of birth.
        numbers_differ: whether all rows with that name have whole numbers, and so has the person
            who is asked about.
        everybody: whether the department's data name everybody (`knows_everybody`).
    """
    if by_number:
        return Standing.FOUND
    if by_name and numbers_differ and everybody:
        return Standing.NAMESAKE
    if not by_name:
        return Standing.ABSENT
    return Standing.AMBIGUOUS if by_name > 1 or numbers_differ else Standing.FOUND


def agree(asked: Forms, held: Forms) -> bool:
    """Whether two values are equal at the finest precision that both have, counted from the
    coarse end."""
    common = min(len(asked), len(held))
    return asked[-common] == held[-common]


def together(rows: Iterable[Mapping[str, Forms]]) -> dict[str, Forms | None]:
    """What rows about one person say as one: of each field the finest value, or None where any of
    them contradict each other, whatever their order."""
    found: dict[str, list[Forms]] = {}
    for row in rows:
        for name, forms in row.items():
            found.setdefault(name, []).append(forms)
    finest = {name: max(every, key=len) for name, every in found.items()}
    return {
        name: finest[name] if all(agree(forms, finest[name]) for forms in every) else None
        for name, every in found.items()
    }


def verdicts(
    asked: Collection[str],
    found: Standing,
    values: Mapping[str, Forms],
    held: Mapping[str, Forms | None],
    *,
    everybody: bool,
) -> dict[str, Verdict]:
    """One verdict per asked field.

    Args:
        values: the values in question that the request carries.
        held: what the person's rows say `together` of what the department answers for.
        everybody: whether the department's data name everybody (`knows_everybody`).
    """
    if found is Standing.AMBIGUOUS:
        return dict.fromkeys(asked, Verdict.UNDECIDED)
    if found in (Standing.ABSENT, Standing.NAMESAKE):
        return dict.fromkeys(asked, Verdict.NO_SUCH_PERSON if everybody else Verdict.NO_FILE)
    return {
        name: _verdict(values.get(name), held[name]) if name in held else Verdict.NO_FILE
        for name in asked
    }


def _verdict(asked: Forms | None, held: Forms | None) -> Verdict:
    if asked is None or held is None:
        return Verdict.UNDECIDED
    return Verdict.MATCH if agree(asked, held) else Verdict.MISMATCH
