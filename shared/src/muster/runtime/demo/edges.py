"""Programs that run outside the stack: the gateway on a desk's computer, a department's connector.

Each has a home folder of its own, as on a computer of its own, and is told where the services are.
A restarted stack may have moved: whoever notices tells the program anew, and it goes on with what
waits in its spool.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from muster.runtime.demo.client import Services, Terminal
from muster.runtime.processes import Child, Command
from muster.spool import keyfile
from muster.synth.reader import SerialReader

__all__ = ["Connector", "EdgeFailed", "Gateway"]

_READY = 60.0
_CALL = 600.0
_DRAIN = 120.0
_LOOK = 0.2


class EdgeFailed(Exception):  # noqa: N818 - reads as what it says
    """A gateway or connector could not do something; says what, and the end of what it printed."""


@dataclass
class _Program(ABC):
    """One program with its folder: commands that end, and `run`, which lasts."""

    services: Services
    program: str
    home: Path
    log: Path
    child: Child | None = None
    told: dict[str, Any] = field(default_factory=dict)
    broker: str = ""
    """The address of the broker that it was told last."""

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        return {**kept, **self._settings()}

    @abstractmethod
    def _settings(self) -> Mapping[str, str]:
        """Its environment variables."""

    def _path(self) -> str:
        return str(Path(sys.executable).with_name(self.program))

    def kafka(self) -> str:
        """Where the broker is now; the embedded one moves when it is started again."""
        self.broker = self._now()
        return self.broker

    def _now(self) -> str:
        return str(self.services.home.stack()["kafka"])

    async def follow(self) -> None:
        """Tell it anew where everything is, when the broker has moved; what waits goes on."""
        if self._now() != self.broker:
            await self.stop()
            await self.readdress()
            await self.start()

    async def begin(self) -> None:
        """Run it; told anew when the broker has moved since it was told last."""
        if self._now() != self.broker:
            await self.readdress()
        await self.start()

    async def call(self, *arguments: str) -> dict[str, Any]:
        """One command that ends, with its JSON answer. Raises EdgeFailed."""
        found: dict[str, Any] = json.loads(await self.tell(*arguments, "--json"))
        return found

    async def tell(self, *arguments: str) -> str:
        """One command that ends, and what it prints. Raises EdgeFailed."""
        done = await asyncio.to_thread(
            subprocess.run,
            (self._path(), *arguments),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_CALL,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout)[-1000:]
            raise EdgeFailed(f"{self.program} {arguments[0]} ended with {done.returncode}: {said}")
        return done.stdout

    async def start(self) -> dict[str, Any]:
        """Run it; what its first line of output says. Raises EdgeFailed."""
        before = self.log.stat().st_size if self.log.exists() else 0
        command = Command(
            name=self.program,
            argv=(self._path(), "run"),
            log=self.log,
            env=self._environment(),
            grace=_DRAIN,
        )
        self.child = await asyncio.to_thread(Child, command)
        deadline = asyncio.get_running_loop().time() + _READY
        while self.child.running() and asyncio.get_running_loop().time() < deadline:
            for line in self._printed(before):
                if line.startswith('{"ready"'):
                    self.told = json.loads(line)
                    return self.told
            await asyncio.sleep(_LOOK / 2)
        last = self.child.last_lines()
        await self.stop()
        raise EdgeFailed(f"{self.program} did not start: {last}")

    def _printed(self, since: int) -> list[str]:
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace").splitlines()

    async def stop(self) -> None:
        """Ask it to end, and wait."""
        child, self.child = self.child, None
        if child is not None:
            await asyncio.to_thread(child.stop)

    async def drain(self) -> None:
        """Wait until everything that it published was received; told anew when the broker moved.

        Raises EdgeFailed when that takes too long.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _DRAIN
        while True:
            spool = await self.spooled()
            if not spool["waiting"] and not spool["published"]:
                return
            if loop.time() > deadline:
                raise EdgeFailed(f"{self.program}: {spool} after {_DRAIN:.0f} s")
            await self.follow()
            await asyncio.sleep(_LOOK)

    async def spooled(self) -> dict[str, Any]:
        """Counts of the events in its spool, by state."""
        found: dict[str, Any] = (await self.call("status"))["spool"]
        return found

    @abstractmethod
    async def readdress(self) -> None:
        """Tell it where everything is now."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


@dataclass
class Gateway(_Program):
    """The gateway of one desk, with a reader that is a pseudo-terminal."""

    reader: SerialReader = field(default_factory=SerialReader)
    http: httpx.AsyncClient | None = None

    @classmethod
    def beside(cls, services: Services, name: str) -> Gateway:
        """On a computer of its own, by the name of its desk."""
        home = services.home.path / "edges" / f"gateway-{name}"
        log = services.home.logs / f"gateway-{name}.log"
        return cls(services, "muster-gateway", home, log)

    def _settings(self) -> Mapping[str, str]:
        return {
            "MUSTER_GATEWAY_HOME": str(self.home),
            "MUSTER_GATEWAY_PORT": "0",
            "MUSTER_GATEWAY_SERIAL": self.reader.path,
            "MUSTER_GATEWAY_DRAIN_SECONDS": "30",
        }

    async def enrol(self, code: str) -> Terminal:
        """Enrol this computer; the terminal that its packets come from."""
        await self.call("enrol", *self._addresses(), "--code", code)
        edge = keyfile.read(self.home)
        assert edge.place is not None
        assert edge.area is not None
        return Terminal(edge.place, edge.area, edge.signing)

    async def readdress(self) -> None:
        await self.call("enrol", *self._addresses())

    def _addresses(self) -> tuple[str, ...]:
        found: list[str] = []
        for service in ("access", "capture", "reporting"):
            found += [f"--{service}", self.services.url(service)]
        return (*found, "--kafka", self.kafka())

    async def start(self) -> dict[str, Any]:
        if not self.reader.path:
            self.reader.__enter__()
        told = await super().start()
        token = await asyncio.to_thread(Path(told["token_file"]).read_text, "utf-8")
        self.http = httpx.AsyncClient(
            base_url=told["url"], headers={"authorization": f"Bearer {token.strip()}"}, timeout=30.0
        )
        return told

    async def stop(self) -> None:
        http, self.http = self.http, None
        if http is not None:
            await http.aclose()
        await super().stop()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self.drain()
        finally:
            await super().__aexit__(kind, error, trace)
            # The computer may be switched on again, with its reader.
            reader, self.reader = self.reader, SerialReader()
            reader.__exit__(None, None, None)

    async def read(self, text: bytes) -> dict[str, Any]:
        """Lay a card on the reader, read it, lift it."""
        self.reader.put(text)
        try:
            return await self._post("/readings", {"wait": 5})
        finally:
            self.reader.take()

    async def spooled(self) -> dict[str, Any]:
        """As it says itself while it runs: cheaper than a command."""
        assert self.http is not None
        found: dict[str, Any] = (await self.http.get("/status")).json()["spool"]
        return found

    async def sign(self, digest: str, trace: list[list[int]]) -> dict[str, Any]:
        """Take a signature under the record with that digest."""
        body = {"record_digest": digest, "kind": "handwriting", "trace": trace}
        return await self._post("/signatures", body)

    async def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        assert self.http is not None
        answer = await self.http.post(path, json=body)
        if not answer.is_success:
            raise EdgeFailed(f"the gateway answered {answer.status_code} to {path}: {answer.text}")
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class Connector(_Program):
    """The connector of one department, with the department's own file."""

    department: str = ""
    profile: str = ""

    @classmethod
    def at(cls, services: Services, department: str, profile: str) -> Connector:
        """At that department."""
        home = services.home.path / "edges" / f"connector-{department}"
        log = services.home.logs / f"connector-{department}.log"
        return cls(services, "muster-connector", home, log, department=department, profile=profile)

    def _settings(self) -> Mapping[str, str]:
        return {"MUSTER_CONNECTOR_HOME": str(self.home)}

    async def enrol(self, code: str) -> None:
        """Enrol the department, with the matching keys that it was handed."""
        await self.call("enrol", *self._addresses(), "--code", code)

    async def readdress(self) -> None:
        await self.call("enrol", *self._addresses())

    def _addresses(self) -> tuple[str, ...]:
        found = ["--department", self.department, "--profile", self.profile]
        for service in ("access", "verification", "crosscheck"):
            found += [f"--{service}", self.services.url(service)]
        keys = self.services.home.keys / f"connector-{self.department}.json"
        return (*found, "--kafka", self.kafka(), "--keys", str(keys))
