"""Programs that run outside the stack: the gateway on a desk's computer, a department's connector.

Each has a home folder of its own, as on a computer of its own, and is told where the services are.
A restarted stack may have moved, and a program may die: whoever notices tells it anew and starts it
again, and it goes on with what waits in its spool.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from muster.runtime.client import Services, Terminal, new_client
from muster.runtime.demo.patience import Patience
from muster.runtime.home import Home, write_private
from muster.runtime.processes import Child, Command, Identity, end, rotate
from muster.spool import keyfile
from muster.synth.reader import SerialReader

__all__ = ["PROCESS", "Connector", "EdgeFailed", "Gateway", "end_left", "folder"]

PROCESS = "process.json"
"""In a program's home while it is meant to run: ``{"pid": .., "created": ..}`` (`Identity`)."""
_READY = 60.0
_CALL = 3600.0
"""Seconds for a command that ends: with 20,000 people, on a busy machine, 600 were too few."""
_DRAIN = 120.0
_GRACE = 45.0
"""Longer than a program drains when it is asked to end; past it, a kill loses nothing."""
_LOOK = 0.2
_TRIES = 5
"""How often a program is started that is killed, and a gateway asked that does not answer."""


def folder(home: Home) -> Path:
    """Where the homes of a stack's gateways and connectors are."""
    return home.path / "edges"


def end_left(home: Home) -> None:
    """End the programs that a demo left running when it was killed. Their homes go with the demo's,
    so that nothing is waited for."""
    for file in sorted(folder(home).glob(f"*/{PROCESS}")):
        identity = Identity.parse(home.read(file))
        if identity is not None:
            end(identity, grace=_LOOK)
        file.unlink()


class EdgeFailed(Exception):  # noqa: N818 - reads as what it says
    """A gateway or connector could not do something; says what, and the end of what it printed."""


@dataclass
class _Program(ABC):
    """One program with its folder: commands that end, and `run`, which lasts.

    `wanted` is whether it is meant to run, from its start until it is stopped.
    """

    services: Services
    program: str
    home: Path
    log: Path
    child: Child | None = None
    wanted: bool = False
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

    def _now(self) -> str:
        """Where the broker is now; the embedded one moves when it is started again."""
        return str(self.services.home.stack()["kafka"])

    async def follow(self) -> None:
        """Tell it anew where everything is when the broker has moved, and start it when it does not
        run, or was told anew; what waits goes on. Raises EdgeFailed; call it again later."""
        await self.find_broker()
        if self.child is None or not self.child.running():
            await self._end()
            await self.start()

    async def find_broker(self) -> None:
        """Tell it anew where everything is when the broker has moved; then it does not run."""
        if self._now() != self.broker:
            await self._end()
            await self.readdress()

    async def call(self, *arguments: str) -> dict[str, Any]:
        """One command that ends, with its JSON answer. Raises EdgeFailed."""
        found: dict[str, Any] = json.loads(await self.tell(*arguments, "--json"))
        return found

    async def tell(self, *arguments: str) -> str:
        """One command that ends, and what it prints; given again when it was killed, for each of
        them may be repeated. Raises EdgeFailed."""
        for _ in range(_TRIES):
            try:
                done = await asyncio.to_thread(
                    subprocess.run,
                    (self._path(), *arguments),
                    env=self._environment(),
                    capture_output=True,
                    text=True,
                    timeout=_CALL,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise EdgeFailed(f"{self.program} {arguments[0]} took over {_CALL:.0f} s") from None
            if done.returncode != -signal.SIGKILL:
                break
        if done.returncode:
            said = (done.stderr or done.stdout)[-1000:]
            raise EdgeFailed(f"{self.program} {arguments[0]} ended with {done.returncode}: {said}")
        return done.stdout

    async def start(self) -> dict[str, Any]:
        """Run it; what its first line of output says. Raises EdgeFailed."""
        self.wanted = True
        for _ in range(_TRIES):
            child = await self._run()
            if child.running() and self.told:
                return self.told
            last, killed = child.last_lines(), child.code == -signal.SIGKILL
            await self._end()
            if not killed:
                break
        raise EdgeFailed(f"{self.program} did not start: {last}")

    async def _run(self) -> Child:
        """Start its process, and wait until it is ready, ends, or takes too long."""
        self.told = {}
        rotate(self.log)  # as every start does: its size is taken of the log that is written to
        before = self.log.stat().st_size if self.log.exists() else 0
        command = Command(
            name=self.program,
            argv=(self._path(), "run"),
            log=self.log,
            env=self._environment(),
            grace=_GRACE,
        )
        # Not in a thread: whoever is cancelled meanwhile must still know what runs.
        self.child = child = Child(command)
        write_private(self.home / PROCESS, asdict(child.identity))
        deadline = asyncio.get_running_loop().time() + _READY
        while child.running() and asyncio.get_running_loop().time() < deadline:
            for line in self._printed(before):
                if line.startswith('{"ready"'):
                    self.told = json.loads(line)
                    return child
            await asyncio.sleep(_LOOK / 2)
        return child

    def _printed(self, since: int) -> list[str]:
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace").splitlines()

    async def stop(self) -> None:
        """Ask it to end, and wait."""
        self.wanted = False
        await self._end()

    async def _end(self) -> None:
        child, self.child = self.child, None
        if child is not None:
            await asyncio.to_thread(child.stop)
            (self.home / PROCESS).unlink(missing_ok=True)

    async def drain(self) -> None:
        """Wait until everything that it published was received; it is looked after meanwhile.

        Raises EdgeFailed when nothing more is received for too long.
        """
        patience = Patience(_DRAIN)
        while True:
            await self.follow()
            spool = await self.spooled()
            if not spool["waiting"] and not spool["published"]:
                return
            if patience.out(spool["received"]):
                raise EdgeFailed(f"{self.program}: {spool}, and no more in {_DRAIN:.0f} s")
            await asyncio.sleep(_LOOK)

    async def spooled(self) -> dict[str, Any]:
        """Counts of the events in its spool, by state."""
        found: dict[str, Any] = (await self.call("status"))["spool"]
        return found

    async def readdress(self, *more: str) -> None:
        """Tell it where everything is now. Raises EdgeFailed."""
        now = self._now()
        await self.call("enrol", *self._addresses(now), *more)
        self.broker = now  # not before it knows

    @abstractmethod
    def _addresses(self, kafka: str) -> tuple[str, ...]:
        """Options of `enrol` that say where the services and the broker are."""


@dataclass
class Gateway(_Program):
    """The gateway of one desk, with a reader that is a pseudo-terminal.

    `origin` is whose pages it lets in, `port` where it listens (0: anywhere), from its next start.
    """

    reader: SerialReader = field(default_factory=SerialReader)
    http: httpx.AsyncClient | None = None
    origin: str = ""
    port: int = 0

    @classmethod
    def beside(cls, services: Services, name: str) -> Gateway:
        """On a computer of its own, by the name of its desk."""
        home = folder(services.home) / f"gateway-{name}"
        log = services.home.logs / f"gateway-{name}.log"
        return cls(services, "muster-gateway", home, log)

    def _settings(self) -> Mapping[str, str]:
        return {
            "MUSTER_GATEWAY_HOME": str(self.home),
            "MUSTER_GATEWAY_ORIGINS": self.origin,
            "MUSTER_GATEWAY_PORT": str(self.port),
            "MUSTER_GATEWAY_SERIAL": self.reader.path,
            "MUSTER_GATEWAY_DRAIN_SECONDS": "30",
        }

    async def enrol(self, code: str) -> Terminal:
        """Enrol this computer; the terminal that its packets come from."""
        await self.readdress("--code", code)
        edge = keyfile.read(self.home)
        assert edge.place is not None
        assert edge.area is not None
        return Terminal(edge.place, edge.area, edge.signing)

    def _addresses(self, kafka: str) -> tuple[str, ...]:
        found: list[str] = []
        for service in ("access", "capture", "reporting"):
            found += [f"--{service}", self.services.url(service)]
        return (*found, "--kafka", kafka)

    async def start(self) -> dict[str, Any]:
        if not self.reader.path:
            self.reader.__enter__()
        told = await super().start()
        token = await asyncio.to_thread(Path(told["token_file"]).read_text, "utf-8")
        self.http = new_client(told["url"], token.strip())
        return told

    async def _end(self) -> None:
        http, self.http = self.http, None
        if http is not None:
            await http.aclose()
        await super()._end()

    async def switch_off(self) -> None:
        """Stop it, and let go of its reader. It may be started again."""
        try:
            await self.stop()
        finally:
            reader, self.reader = self.reader, SerialReader()
            if reader.path:
                reader.__exit__(None, None, None)

    async def read(self, text: bytes) -> dict[str, Any]:
        """Lay a card on the reader, read it, lift it."""
        try:
            # Anew at each try: a card that was read is found again only after it was lifted.
            return await self._ask(
                "POST", "/readings", {"wait": 5}, before=lambda: self.reader.put(text)
            )
        finally:
            self.reader.take()

    async def spooled(self) -> dict[str, Any]:
        """As it says itself while it runs: cheaper than a command."""
        found: dict[str, Any] = (await self._ask("GET", "/status"))["spool"]
        return found

    async def sign(self, digest: str, trace: list[list[int]]) -> dict[str, Any]:
        """Take a signature under the record with that digest."""
        body = {"record_digest": digest, "kind": "handwriting", "trace": trace}
        return await self._ask("POST", "/signatures", body)

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Its answer; asked again, after it was looked after, when it was killed or stopped
        meanwhile.

        `before` is done before each try. Raises EdgeFailed.
        """
        problem = ""
        for _ in range(_TRIES):
            before()
            ending, asked = False, self.child
            try:
                assert self.http is not None
                answer = await self.http.request(method, path, json=body)
            except httpx.TransportError as error:
                problem = f"does not answer ({type(error).__name__})"
            else:
                if answer.is_success:
                    found: dict[str, Any] = answer.json()
                    return found
                problem = f"answered {answer.status_code} to {path}: {answer.text}"
                ending = '"stopping"' in answer.text
                if not ending and asked is self.child and asked is not None and asked.running():
                    raise EdgeFailed(f"the gateway {problem}")
                # Of one that does not run any more: another program was given its port.
            await self._gone(ending)
            await self.follow()
        raise EdgeFailed(f"the gateway {problem}: {method} {path}")

    async def _gone(self, ending: bool) -> None:
        """A process that was killed is not gone at once; one that was asked to end, and listens no
        more, first waits until what it told has arrived."""
        patience = Patience(_DRAIN)
        await asyncio.sleep(_LOOK)
        while self.child is not None and self.child.running():
            if not ending and await self._listens():
                return
            if patience.out(None):
                return
            await asyncio.sleep(_LOOK)

    async def _listens(self) -> bool:
        url = httpx.URL(self.told["url"])
        try:
            _, line = await asyncio.open_connection(url.host, url.port)
        except OSError:
            return False
        line.close()
        return True


@dataclass
class Connector(_Program):
    """The connector of one department, with the department's own file."""

    department: str = ""
    profile: str = ""

    @classmethod
    def at(cls, services: Services, department: str, profile: str) -> Connector:
        """At that department."""
        home = folder(services.home) / f"connector-{department}"
        log = services.home.logs / f"connector-{department}.log"
        return cls(services, "muster-connector", home, log, department=department, profile=profile)

    def _settings(self) -> Mapping[str, str]:
        return {"MUSTER_CONNECTOR_HOME": str(self.home)}

    async def enrol(self, code: str) -> None:
        """Enrol the department, with the matching keys that it was handed."""
        await self.readdress("--code", code)

    def _addresses(self, kafka: str) -> tuple[str, ...]:
        found = ["--department", self.department, "--profile", self.profile]
        for service in ("access", "verification", "crosscheck"):
            found += [f"--{service}", self.services.url(service)]
        keys = self.services.home.keys / f"connector-{self.department}.json"
        return (*found, "--kafka", kafka, "--keys", str(keys))
