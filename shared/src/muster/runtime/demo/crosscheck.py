"""The cross-check as the county's administrator and its desks meet it: over its API alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from muster.runtime.demo.client import LONG, Account
from muster.runtime.demo.patience import Patience
from muster.runtime.demo.world import World

__all__ = ["CrossCheck", "NotSettled"]

_POLL = 0.3
_PATIENCE = 300.0
_QUIET = 4
"""Looks in a row between which nothing may change before all counts as settled."""
_QUIET_TOLD = 33
"""The same while a desk was told of somebody: they come back as a subject, over two topics."""
_PAGE = 1000
_AT_ONCE = 6
_REASON = "演示: 与计划对照"


class NotSettled(Exception):  # noqa: N818 - reads as what it says
    """The cross-check did not come to rest in time; says what it waited for."""


@dataclass
class CrossCheck:
    """What an administrator asks crosscheck for."""

    admin: Account
    world: World

    async def await_extracts(self) -> dict[str, int]:
        """Rows of every department's extract, once all are current. Raises NotSettled when one is
        refused, or nothing more comes."""
        patience = Patience(_PATIENCE)
        while True:
            items = (await self.admin.get("crosscheck", "/extracts"))["items"]
            refused = [f"{i['department']}: {i['en']}" for i in items if i["state"] == "refused"]
            if refused:
                raise NotSettled(f"extracts were refused: {'; '.join(refused)}")
            current = {i["department"]: int(i["rows"]) for i in items if i["state"] == "current"}
            if current.keys() >= self.world.departments.keys():
                return current
            if patience.out(items):
                missing = sorted(self.world.departments.keys() - current.keys())
                raise NotSettled(f"no extract of {', '.join(missing)} in {_PATIENCE:.0f} s")
            await asyncio.sleep(_POLL)

    async def open(self) -> None:
        """Open the comparison phase; the answer comes when the whole county was compared."""
        await self.admin.post("crosscheck", "/comparison", {"open": True}, timeout=LONG)

    async def settle(self) -> None:
        """Wait until nothing is left to match and nothing changes any more. Raises NotSettled."""
        patience = Patience(_PATIENCE)
        quiet, before = 0, await self._look()
        while quiet < (_QUIET_TOLD if before["told"] else _QUIET):
            await asyncio.sleep(_POLL)
            now = await self._look()
            quiet = quiet + 1 if now == before and now["waiting"] == 0 else 0
            before = now
            if quiet == 0 and patience.out(now):
                raise NotSettled(f"the cross-check did not come to rest: {now}")

    async def _look(self) -> dict[str, Any]:
        """How it stands. A candidate whose row is yet to be opened is waited for, too."""
        phase = await self.admin.get("crosscheck", "/comparison")
        counts = await self.admin.get("crosscheck", "/counts")
        candidates = Counter(str(one["state"]) for one in await self._pages("/candidates"))
        return {
            "waiting": phase["waiting"] + candidates["waiting"] + candidates["asked"],
            "told": candidates["told"],
            "open": counts["total"],
            "candidates": dict(candidates),
        }

    async def findings(self) -> list[dict[str, Any]]:
        """Open work orders with the number of whom they are about, as the scorer reads them: each
        is opened with a reason."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(order: Mapping[str, Any]) -> dict[str, Any]:
            async with gate:
                path = f"/discrepancies/{order['discrepancy_id']}/open"
                told = await self.admin.post("crosscheck", path, {"reason": _REASON})
            return _finding(order, told["person"]["number"])

        orders = await self._orders("open")
        return list(await asyncio.gather(*(one(order) for order in orders)))

    async def closed(self, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of earlier findings that are closed now; nobody can open them any more."""
        numbers = {one["discrepancy_id"]: one["resident_number"] for one in before}
        return [
            _finding(order, numbers[order["discrepancy_id"]])
            for order in await self._orders("closed")
            if order["discrepancy_id"] in numbers
        ]

    async def _orders(self, state: str) -> list[Mapping[str, Any]]:
        return await self._pages("/discrepancies", state=state)

    async def _pages(self, path: str, **query: str) -> list[Mapping[str, Any]]:
        """The items of all pages of a list."""
        items: list[Mapping[str, Any]] = []
        after: str | None = None
        while True:
            page = await self.admin.get("crosscheck", path, **query, after=after, limit=_PAGE)
            items += page["items"]
            after = page["next"]
            if after is None:
                return items


def _finding(order: Mapping[str, Any], number: str) -> dict[str, Any]:
    kept = ("discrepancy_id", "kind", "field", "department", "state")
    return {**{name: order[name] for name in kept}, "resident_number": number}
