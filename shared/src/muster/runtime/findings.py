"""What crosscheck found, person by person, as `muster synth score` reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from muster.forms import Profile
from muster.runtime.client import Account, Refused

__all__ = ["closed_since", "document", "every", "open_findings"]

_PAGE = 1000
_AT_ONCE = 6
_GONE = ("discrepancy-closed", "subject-erased")

Finding = Mapping[str, Any]


async def open_findings(account: Account, reason: str, **query: str) -> list[dict[str, Any]]:
    """Open work orders with the number of whom they are about. Each is opened with the reason, and
    audited; one that was mended or erased meanwhile is left out. Raises Refused."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(order: Finding) -> dict[str, Any] | None:
        async with gate:
            path = f"/discrepancies/{order['discrepancy_id']}/open"
            try:
                told = await account.post("crosscheck", path, {"reason": reason})
            except Refused as refused:
                if any(map(refused.has, _GONE)):
                    return None
                raise
        return _finding(order, told["person"]["number"])

    orders = await every(account, "/discrepancies", state="open", **query)
    found = await asyncio.gather(*(one(order) for order in orders))
    return [finding for finding in found if finding is not None]


async def closed_since(
    account: Account, before: Iterable[Finding], **query: str
) -> list[dict[str, Any]]:
    """Those of earlier findings that are closed now; nobody can open them any more. Raises
    Refused."""
    numbers = {one["discrepancy_id"]: one["resident_number"] for one in before}
    return [
        _finding(order, numbers[order["discrepancy_id"]])
        for order in await every(account, "/discrepancies", state="closed", **query)
        if order["discrepancy_id"] in numbers
    ]


def document(
    profile: Profile, before: Sequence[Finding], after: Sequence[Finding] | None = None
) -> dict[str, Any]:
    """A file of findings; says what it must not be used for (R77)."""
    notice = {"zh": profile.benefits_notice.zh, "en": profile.benefits_notice.en}
    said: dict[str, Any] = {"notice": notice, "before": before}
    return said if after is None else {**said, "after": after}


async def every(account: Account, path: str, **query: object) -> list[Finding]:
    """The items of all pages of one of crosscheck's lists. Raises Refused."""
    pages = account.pages("crosscheck", path, **query, limit=_PAGE)
    return [item async for page in pages for item in page["items"]]


def _finding(order: Finding, number: str | None) -> dict[str, Any]:
    kept = ("discrepancy_id", "kind", "field", "department", "state")
    return {**{name: order[name] for name in kept}, "resident_number": number}
