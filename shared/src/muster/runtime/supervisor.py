"""Runs a stack: starts its parts in order, heals what dies, ends everything cleanly.

``python -m muster.runtime.supervisor`` is what ``muster up`` leaves running. Its only interface is
``stack.json`` (written whole, mode 0600) and two signals: SIGTERM and SIGINT end the stack.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

import psutil

from muster.observability import logging
from muster.runtime import provisioning
from muster.runtime.databases import DatabaseError
from muster.runtime.embedded import ServerError, clean_environment
from muster.runtime.home import LOOPBACK, Home, write_private
from muster.runtime.parts import Part, Readiness, end_leftovers, probe
from muster.runtime.processes import Command, resident
from muster.runtime.stacks import Stack, StackError, choose

__all__ = ["Supervisor", "main"]

_log = logging.get_logger("muster.supervisor")

_TICK = 0.2
_READY_PATIENCE = 120.0
_MEMORY_EVERY = 3.0
_PROBE_EVERY = 5.0
# A process that answers nothing for this long is taken to hang.
_DEAF_LIMIT = 60.0
# Longer than a service's own patience with requests (10 s), its consumer and its outbox (30 s).
_DRAIN = 45.0
# With the broker gone there is nothing to drain into.
_SHORT_DRAIN = 3.0
_USE_BROKER = ("service", "worker")


class _Stop(Exception):  # noqa: N818 - not an error
    """Somebody asked the stack to end."""


class Supervisor:
    """One stack's life, from start to clean end."""

    def __init__(self, home: Home, stack: Stack, profile: str) -> None:
        self._home = home
        self._stack = stack
        self._profile = profile
        self._parts: list[Part] = []
        self._urls: dict[str, str] = {}
        self._state = "starting"
        self._error: str | None = None
        self._peak = 0
        self._now = 0
        self._memory_due = 0.0
        self._probe_due = 0.0
        self._written: dict[str, object] = {}
        self._stop = False

    # -- life --------------------------------------------------------------------------------------

    def ask_to_stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """End the stack soon; safe in a signal handler."""
        self._stop = True

    def run(self) -> int:
        """Exit code: 0 after a clean end, 1 when the stack could not be started."""
        code = 0
        try:
            self._start()
            while True:
                self._tick()
        except _Stop:
            _log.info("asked to stop")
        except (ServerError, StackError, DatabaseError) as error:
            code, self._error = 1, str(error)
            _log.error("the stack could not start", reason=str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, everything is ended in order
            code, self._error = 1, f"{type(error).__name__}: {error}"
            _log.exception("the stack ended by an error")
        finally:
            self._end("failed" if code else "stopped")
        return code

    def _start(self) -> None:
        for name in end_leftovers(self._home):
            _log.warning("ended a process that an earlier supervisor had left", part=name)
        self._write()
        # First, because a profile with a mistake should be known before anything runs.
        self._make_keys()
        provisioning.administrator(self._home)
        for server in self._stack.servers:
            part = Part(server.name, "server", server=server)
            self._parts.append(part)
            self._start_server(part)
            self._write()
            self._check_stop()
        self._provision()
        self._start_services()
        self._state = "ready"
        self._write()
        _log.info("ready", peak_memory=self._peak)

    def _make_keys(self) -> None:
        from muster.forms.source import ProfileError
        from muster.security.keyring import KeyringError

        try:
            provisioning.keys(self._home.keys, self._profile)
        except ProfileError as error:
            raise StackError(f"The profile {self._profile} cannot be used. {error}") from None
        except KeyringError as error:
            raise StackError(f"The keys in {self._home.keys} cannot be used. {error}") from None

    def _start_server(self, part: Part) -> None:
        """After a crash PostgreSQL may have to wait for the last of its own to go."""
        for tries_left in (2, 1, 0):
            try:
                part.start()
            except ServerError:
                if not tries_left:
                    raise
                time.sleep(1.0)
            else:
                return

    def _provision(self) -> None:
        addresses = self._stack.addresses()
        self._urls = provisioning.database_urls(
            self._home, addresses.postgres_admin_url, exclusive=self._stack.kind == "embedded"
        )
        self._stack.prepare(self._profile)
        self._check_stop()
        provisioning.migrate(self._urls, self._urls)
        self._check_stop()
        self._stack.authorise(self._home, self._profile, self._urls)
        self._check_stop()

    def _start_services(self) -> None:
        workers = []
        for name in self._urls:
            service = self._service_part(name)
            self._parts.append(service)
            service.start()
            workers += [self._worker_part(name, w) for w in provisioning.load_service(name).workers]
        self._write()
        services = [part for part in self._parts if part.kind == "service"]
        # While services wait for their partitions there is time to load the workers.
        self._await(services, lambda seen: seen.answered)
        web = self._web_part()
        for part in (web, *workers):
            self._parts.append(part)
            part.start()
        self._write()
        self._await([*services, web], lambda seen: seen.ready)

    def _await(self, services: Iterable[Part], enough: Callable[[Readiness], bool]) -> None:
        deadline = time.monotonic() + _READY_PATIENCE
        waiting = list(services)
        last: dict[str, Readiness] = {}
        while waiting:
            self._check_stop()
            self._revive(waiting)
            self._measure()
            for part in waiting:
                last[part.name] = probe(part.url or "")
            waiting = [part for part in waiting if not enough(last[part.name])]
            if waiting and time.monotonic() > deadline:
                raise StackError(self._why(waiting[0], last[waiting[0].name]))
            time.sleep(_TICK)

    def _why(self, part: Part, seen: Readiness) -> str:
        tail = part.child.last_lines() if part.child else ""
        if not seen.answered:
            return f"{part.name} did not answer (restarted {part.restarts} times).\n{tail}"
        waiting = ", ".join(seen.waiting_for)
        return f"{part.name} runs but is not ready; it waits for: {waiting}.\n{tail}"

    # -- parts -------------------------------------------------------------------------------------

    def _command(self, service: str, name: str, *argv: str) -> Command:
        """Built anew at each start, because the broker's address changes."""
        told = provisioning.environment(
            self._home,
            service,
            self._urls[service],
            self._stack.addresses(),
            self._profile,
            (self._home.kept_port(service) or 0) if name == service else 0,
        )
        shared = {
            variable: value
            for variable, value in os.environ.items()
            if variable.startswith(("MUSTER_FAIL", "MUSTER_LOG"))
        }
        return Command(
            name=name,
            argv=(sys.executable, "-m", "muster.runtime.cli", *argv),
            log=self._home.log(name),
            env=clean_environment({**shared, **told}),
            grace=_DRAIN,
        )

    def _web_part(self) -> Part:
        """What browsers meet: the built pages, and all services behind one address."""
        port = self._home.port("web")
        told = os.environ.get("MUSTER_WEB_PAGES")
        pages = ("--pages", str(Path(told).resolve())) if told else ()

        def command() -> Command:
            return Command(
                name="web",
                argv=(
                    *(sys.executable, "-m", "muster.runtime.door"),
                    *("--home", str(self._home.path), "--port", str(port), *pages),
                ),
                log=self._home.log("web"),
                env=clean_environment(),
            )

        return Part("web", "web", command=command, url=f"http://{LOOPBACK}:{port}")

    def _service_part(self, service: str) -> Part:
        # The port must be fixed before the first start, so that the address never changes.
        url = f"http://{LOOPBACK}:{self._home.port(service)}"

        def command() -> Command:
            return self._command(service, service, "serve", service)

        return Part(service, "service", command=command, url=url)

    def _worker_part(self, service: str, worker: str) -> Part:
        name = f"{service}/{worker}"

        def command() -> Command:
            return self._command(service, name, "work", service, worker)

        return Part(name, "worker", command=command)

    # -- healing -----------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._check_stop()
        self._revive(self._parts)
        self._listen()
        self._measure()
        time.sleep(_TICK)

    def _revive(self, parts: Iterable[Part]) -> None:
        """Start again what died, after its pause; a new broker brings new dependents."""
        for part in list(parts):
            if part.running():
                continue
            now = time.monotonic()
            if part.due == 0.0:
                code = part.child.code if part.child else None
                pause = part.put_off()
                _log.warning("a part died", part=part.name, code=code, pause=pause)
                self._write()
            elif now >= part.due:
                self._restart(part)

    def _restart(self, part: Part) -> None:
        try:
            part.start()
        except ServerError as error:
            pause = part.put_off()
            _log.error("a server did not come back", part=part.name, reason=str(error), pause=pause)
            return
        part.due = 0.0
        _log.info("started again", part=part.name, restarts=part.restarts)
        if part.name == "broker":
            self._replace_dependents()
        self._write()

    def _replace_dependents(self) -> None:
        """The broker has another address now: every service and worker must learn it."""
        dependents = [p for p in self._parts if p.kind in _USE_BROKER and p.running()]
        self._stop_parts(dependents, _SHORT_DRAIN)
        for part in dependents:
            part.start()
            _log.info("started again for the new broker", part=part.name)

    def _listen(self) -> None:
        """Now and then ask each service; one that hangs or lost a part of itself is replaced."""
        now = time.monotonic()
        if now < self._probe_due:
            return
        self._probe_due = now + _PROBE_EVERY
        for part in self._parts:
            if part.url is None or not part.running() or part.child is None:
                continue
            seen = probe(part.url)
            if seen.answered and not seen.broken:
                part.deaf_since = None
                continue
            part.deaf_since = part.deaf_since or now
            if seen.broken or now - part.deaf_since > _DEAF_LIMIT:
                _log.error("a service is beyond help", part=part.name, waiting=seen.waiting_for)
                part.child.kill()

    # -- end ---------------------------------------------------------------------------------------

    def _check_stop(self) -> None:
        if self._stop:
            raise _Stop

    def _stop_parts(self, parts: Iterable[Part], grace: float) -> None:
        """Ask all at once, so that they drain side by side; kill who is too slow."""
        children = [part.child for part in parts if part.child is not None]
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + grace
        while any(child.running() for child in children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in children:
            if child.running():
                _log.warning("did not end in time and was killed", part=child.command.name)
                child.kill()
                child.wait_stopped()

    def _end(self, state: str) -> None:
        self._state = "stopping"
        self._write()
        # Workers first, which only read, and the door, so that nothing new is asked. Then services,
        # which publish what waits. Servers last.
        self._stop_parts([part for part in self._parts if part.kind in ("worker", "web")], 15)
        self._stop_parts([part for part in self._parts if part.kind == "service"], _DRAIN)
        for server in reversed(self._stack.servers):
            server.stop()
        self._state = state
        self._write()
        _log.info("ended", state=state, peak_memory=self._peak)

    # -- what is written down ----------------------------------------------------------------------

    def _measure(self) -> None:
        """Resident memory of everything that runs here, every few seconds; the peak is kept."""
        now = time.monotonic()
        if now < self._memory_due:
            return
        self._memory_due = now + _MEMORY_EVERY
        children = [p.child.pid for p in self._parts if p.child is not None and p.running()]
        self._now = resident(children, alone=[os.getpid()])
        if self._now > self._peak:
            self._peak = self._now
            self._write()

    def _describe(self) -> dict[str, object]:
        addresses = self._stack.addresses()
        return {
            "stack": self._stack.kind,
            "state": self._state,
            "error": self._error,
            "profile": self._profile,
            "supervisor_pid": os.getpid(),
            "supervisor_created": psutil.Process().create_time(),
            "postgres": addresses.postgres(),
            "kafka": addresses.kafka,
            "redis": addresses.redis_url,
            "services": {
                part.name: {"url": part.url, "pid": part.child.pid if part.child else None}
                for part in self._parts
                if part.kind == "service"
            },
            "web": next((part.url for part in self._parts if part.kind == "web"), None),
            "parts": {part.name: part.describe() for part in self._parts},
            "memory": {"now": self._now, "peak": self._peak},
        }

    def _write(self) -> None:
        described = self._describe()
        if described != self._written:
            write_private(self._home.stack_file, described)
            self._written = described


def _hold_lock(home: Home) -> Callable[[], None]:
    """One supervisor per folder; the lock goes with the process, however it ends."""
    descriptor = os.open(home.path / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StackError("Another supervisor runs this stack already.") from None
    return lambda: os.close(descriptor)


def main() -> None:
    """Entry of the supervisor's process."""
    parser = argparse.ArgumentParser(description="Runs one Muster stack")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--profile", required=True)
    given = parser.parse_args()
    logging.configure("supervisor")
    home = Home(given.home).create()
    try:
        release = _hold_lock(home)
        supervisor = Supervisor(home, choose(home), given.profile)
    except StackError as error:
        raise SystemExit(str(error)) from None
    signal.signal(signal.SIGTERM, supervisor.ask_to_stop)
    signal.signal(signal.SIGINT, supervisor.ask_to_stop)
    code = supervisor.run()
    release()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
