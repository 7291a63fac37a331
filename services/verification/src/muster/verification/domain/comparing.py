"""What differs between two records of one person, field by field (R59, R71: item by item)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from muster.vocabulary.states import Source

Value = str | int | bool | list[str]


def differing(
    ours: Mapping[str, object],
    theirs: Mapping[str, object],
    normalise: Callable[[str, object], str],
) -> list[str]:
    """Fields in both whose values are not the same once harmless noise is put aside.

    ``normalise(field_id, value)`` raises KeyError for a field that the form no longer has; such
    values are compared as they stand.
    """
    found = []
    for name in sorted(ours.keys() & theirs.keys()):
        try:
            same = normalise(name, ours[name]) == normalise(name, theirs[name])
        except KeyError:
            same = ours[name] == theirs[name]
        if not same:
            found.append(name)
    return found


def on_card(
    fields: Mapping[str, Value],
    provenance: Mapping[str, Source],
    typed_over: Mapping[str, str] | None,
) -> dict[str, Value]:
    """What the chip says, as far as the record reveals it: its own fields from there, and what
    stands beside those that have another source. Empty when no card was read."""
    own = {name: value for name, value in fields.items() if provenance.get(name) is Source.CHIP}
    return {**own, **(typed_over or {})}


def changed(newer: Mapping[str, object], older: Mapping[str, object]) -> list[str]:
    """Fields that were added, taken away or given another value since an older version."""
    return sorted(
        name for name in newer.keys() | older.keys() if newer.get(name) != older.get(name)
    )
