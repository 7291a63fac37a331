"""What closed a work order: what of the data it is judged by was another in the end, or who did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    return {
        shown: closed_on.get(name) if found_on.get(name) != closed_on.get(name) else None
        for name, shown in _SAID.items()
    }
