"""What closed a work order: what of the data it is judged by was another in the end, or who did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from muster.vocabulary.states import SubjectState

_SAID = {
    "version": "record_version",
    "state": "standing",
    "revision": "revision",
    "extract": "extract_id",
    "other_version": "other_record_version",
    "other_state": "other_standing",
    "other_revision": "other_revision",
    "account": "account",
}


def changed(found_on: Mapping[str, Any], closed_on: Mapping[str, Any]) -> dict[str, Any]:
    """By the name it is shown under what differs between the data on which an order was found last
    and those on which it was found no more; None for what is the same, or was not kept. Of one that
    somebody closed also the account."""
    before, after = _standings(found_on), _standings(closed_on)
    return {
        shown: after.get(name) if before.get(name) != after.get(name) else None
        for name, shown in _SAID.items()
    }


def _standings(basis: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the state of whoever left the campaign's area, who stands nowhere and so has none."""
    return {
        **basis,
        **{
            state: SubjectState.MOVED_OUT.value
            for state, revision in (("state", "revision"), ("other_state", "other_revision"))
            if basis.get(revision) is not None and basis.get(state) is None
        },
    }
