"""The cross-check as the county's administrator and its desks meet it: over its API alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from muster.runtime import findings
from muster.runtime.client import LONG, Account
from muster.runtime.demo.patience import Patience
from muster.runtime.demo.world import World

__all__ = ["CrossCheck", "NotSettled"]

_POLL = 0.3
_PATIENCE = 300.0
_CLOSING = 60.0
_QUIET = 4
"""Looks in a row between which nothing may change before all counts as settled."""
_QUIET_TOLD = 33
"""The same while capture was told of somebody who is neither a subject here by now nor on its list
of those whom it could not enter: they are on their way over two topics."""
_REASON = "演示: 与计划对照"


class NotSettled(Exception):  # noqa: N818 - reads as what it says
    """The cross-check did not come to rest in time; says what it waited for."""


@dataclass
class CrossCheck:
    """What an administrator asks crosscheck for."""

    admin: Account
    world: World
    area: str

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

    async def await_closing(self, before: list[dict[str, Any]], numbers: Collection[str]) -> None:
        """Wait until earlier findings about these people are closed, or no more of them close: what
        the desks did is on its way over a topic, and what reads it may be starting again."""
        wanted = {one["discrepancy_id"] for one in before if one["resident_number"] in numbers}
        patience = Patience(_CLOSING)
        while True:
            still = await findings.every(self.admin, "/discrepancies", state="open")
            left = wanted & {one["discrepancy_id"] for one in still}
            if not left or patience.out(left):
                return
            await asyncio.sleep(_POLL)

    async def settle(self) -> None:
        """Wait until nothing is left to match and nothing changes any more. Raises NotSettled."""
        patience = Patience(_PATIENCE)
        quiet, before = 0, await self._look()
        while quiet < (_QUIET_TOLD if before["coming"] else _QUIET):
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
        found = await findings.every(self.admin, "/candidates")
        candidates = Counter(str(one["state"]) for one in found)
        told = {one["candidate_id"] for one in found if one["state"] == "told"}
        return {
            "waiting": phase["waiting"] + candidates["waiting"] + candidates["asked"],
            "coming": len(told - await self._not_entered()) if told else 0,
            "open": counts["total"],
            "candidates": dict(candidates),
        }

    async def _not_entered(self) -> set[str]:
        """Ids of candidates whom capture could not enter and an administrator must settle."""
        pages = self.admin.pages("capture", "/candidates", area=self.area, limit=500)
        return {one["candidate_id"] async for page in pages for one in page["candidates"]}

    async def findings(self) -> list[dict[str, Any]]:
        """Open work orders with the number of whom they are about, as the scorer reads them."""
        return await findings.open_findings(self.admin, _REASON)

    async def closed(self, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of earlier findings that are closed now."""
        return await findings.closed_since(self.admin, before)
