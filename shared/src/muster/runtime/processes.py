"""Child processes: start, watch, end; and recognise, after a crash, those that are still ours.

A process is known by its id *and* its start time, because ids are used again. Nothing here looks
processes up by name.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

__all__ = ["Child", "Command", "Identity", "end", "resident", "rotate"]

_LOG_LIMIT = 5 * 1024 * 1024
# Two clocks tell a start time; they agree to well below this.
_SAME_START = 1.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A process on this machine: id and start time in seconds since 1970."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """Raises psutil.NoSuchProcess when there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def parse(cls, document: object) -> Identity | None:
        """From ``{"pid": .., "created": ..}``; None when it is not of that form."""
        if not isinstance(document, dict):
            return None
        pid, created = document.get("pid"), document.get("created")
        if isinstance(pid, int) and isinstance(created, int | float) and pid > 1:
            return cls(pid, float(created))
        return None

    def process(self) -> psutil.Process | None:
        """The process, if it still runs (a zombie does not)."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.created) > _SAME_START:
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.NoSuchProcess:
            return None

    def running(self) -> bool:
        return self.process() is not None


def end(identity: Identity, stop_signal: int = signal.SIGTERM, grace: float = 10.0) -> bool:
    """Ask a process to end, wait, and kill it with all its children when it does not.

    Returns whether there was anything to end. Works on processes that are not our children.
    """
    process = identity.process()
    if process is None:
        return False
    try:
        family = process.children(recursive=True)
        process.send_signal(stop_signal)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline:
            if not identity.running():
                break
            time.sleep(0.05)
        else:
            process.kill()
    except psutil.NoSuchProcess:
        return True
    for left in psutil.wait_procs(family, timeout=1.0)[1]:
        try:
            left.kill()
        except psutil.NoSuchProcess:
            continue
    return True


def resident(pids: Iterable[int], alone: Iterable[int] = ()) -> int:
    """Resident bytes of these processes and all below them, and of those in `alone`.

    Pages that processes share are counted in each, so the sum is an upper bound. The table of
    processes is read once.
    """
    below: dict[int, list[int]] = defaultdict(list)
    known: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["ppid"]):
        known[process.pid] = process
        below[process.info["ppid"]].append(process.pid)
    family, left = set(alone), list(pids)
    while left:
        pid = left.pop()
        family.add(pid)
        left += [child for child in below[pid] if child not in family]
    total = 0
    for pid in family & known.keys():
        with suppress(psutil.Error):
            total += known[pid].memory_info().rss
    return total


def rotate(log: Path, limit: int = _LOG_LIMIT) -> None:
    """Keep a log file bounded: past the limit it becomes ``<name>.1``, replacing an older one."""
    if log.exists() and log.stat().st_size > limit:
        log.replace(log.with_name(log.name + ".1"))


@dataclass(frozen=True, slots=True)
class Command:
    """How one part is run. `user` is a system account to run as (only root can change it)."""

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = 15.0
    directory: Path | None = None


class Child:
    """One running command. It has its own session: Ctrl-C on a terminal does not reach it."""

    def __init__(self, command: Command) -> None:
        self.command = command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        rotate(command.log)
        account = pwd.getpwnam(command.user) if command.user else None
        with command.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603
                command.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(command.env),
                cwd=command.directory,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        self.identity = self._identify()

    def _identify(self) -> Identity:
        try:
            return Identity.of(self._popen.pid)
        except psutil.NoSuchProcess:
            return Identity(self._popen.pid, 0.0)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    def running(self) -> bool:
        return self._popen.poll() is None

    def stop(self) -> int:
        """End it: politely, then after its grace by force. Returns the exit code."""
        self.ask_to_stop()
        return self.wait_stopped()

    def ask_to_stop(self) -> None:
        """Send its stop signal and return at once (several parts drain side by side)."""
        if self.running():
            self._popen.send_signal(self.command.stop_signal)

    def wait_stopped(self) -> int:
        """Wait out the grace after `ask_to_stop`, then kill."""
        try:
            return self._popen.wait(self.command.grace)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._popen.wait(10)

    def kill(self) -> None:
        """SIGKILL, children included."""
        try:
            family = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._popen.kill()
        for one in family:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, for an error message to an operator."""
        try:
            with self.command.log.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - 8192))
                text = log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-count:])
