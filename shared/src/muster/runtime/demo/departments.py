"""The departments of the county: each with a connector of its own and its own file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from muster.forms import Profile
from muster.runtime.client import Account, NotRunning, Services
from muster.runtime.demo.edges import Connector, EdgeFailed
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Stage
from muster.runtime.demo.world import World

__all__ = ["Departments"]

_AT_ONCE = 6
_LOOK = 1.0
_WAIT = 60
"""Seconds after which it is looked whether the connector died or the broker has moved."""
_QUOTA = 100_000
"""Reveals a day: a demo does in minutes what takes a campaign months."""


@dataclass
class Departments:
    """Those who confirm records run from the beginning; the others supply their data once."""

    services: Services
    admin: Account
    world: World
    profile: Profile
    tale: Tale
    stage: Stage
    connectors: dict[str, Connector] = field(default_factory=dict)
    _following: asyncio.Task[None] | None = None
    _busy: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def __aenter__(self) -> Departments:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def open(self) -> None:
        """Enrol every department, load its file, and start those that confirm records."""
        await self._each(self._set_up)
        self._following = asyncio.create_task(self._follow())

    async def supply(self) -> None:
        """Every department hands its extract to the cross-check."""
        await self._each(self._supply)

    async def _each(self, work: Any) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> None:
            async with gate:
                await work(name)

        async with asyncio.TaskGroup() as tasks:
            for name in sorted(self.world.departments):
                tasks.create_task(one(name))

    async def _set_up(self, name: str) -> None:
        opened: Mapping[str, Any] = await self.admin.post(
            "access",
            "/enrolments",
            {"area": self.profile.area, "label": f"{name}-connector", "department": name},
        )
        connector = Connector.at(self.services, name, str(self.services.home.stack()["profile"]))
        self.connectors[name] = connector
        self._busy[name] = asyncio.Lock()
        await connector.enrol(str(opened["code"]))
        loaded = await connector.call("load", str(self.world.departments[name]))
        self.tale.counts["department rows loaded"] += int(loaded["rows"])
        self.tale.counts["department rows refused"] += int(loaded["refused"])
        if self.profile.departments[name].mode == "blind":
            await connector.tell("quota", "--set", str(_QUOTA))
        if self._lasts(name):
            await connector.start()

    def _lasts(self, name: str) -> bool:
        """Whether it is asked while the campaign goes on: it confirms records, or opens rows."""
        department = self.profile.departments[name]
        return "review" in department.tasks or department.mode == "blind"

    async def _supply(self, name: str) -> None:
        connector = self.connectors[name]
        async with self._busy[name]:
            if self._lasts(name):
                await connector.follow()
            else:
                await connector.find_broker()
            supplied = await connector.call("supply", "--wait", str(_WAIT))
            if not supplied["received"]:
                await connector.drain()
            if not self._lasts(name):
                await connector.stop()

    async def _follow(self) -> None:
        """An officer looks after each connector: one that died is started again, and a broker that
        has moved is made known to it. What fails is said, and tried again at the next turn."""
        while True:
            for name, connector in self.connectors.items():
                async with self._busy[name]:
                    if connector.wanted:
                        try:
                            await connector.follow()
                        except (EdgeFailed, NotRunning) as error:
                            self.stage.say(f"the connector of {name}, tried again: {error}")
            await asyncio.sleep(_LOOK)

    async def _stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
        await asyncio.gather(
            *(one.stop() for one in self.connectors.values()), return_exceptions=True
        )
