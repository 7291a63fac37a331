"""The stack's folder (``.muster/``, or ``MUSTER_HOME``), where all that runs keeps its things.

::

    pg/             data of the embedded PostgreSQL      keys/     key rings, one file per holder
    redis/          working folder of the embedded Redis logs/     one file per part
    kafka-logins/   as whom each process signs in to a real Kafka that has ACLs
    secrets.json    random passwords of databases and Redis, ports that are kept
    stack.json      what runs now and where              admin.json  the first administrator

Files with secrets are readable by their owner only and are written whole or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Home", "free_port", "write_private", "write_private_text"]

LOOPBACK = "127.0.0.1"


def write_private(path: Path, document: Mapping[str, object]) -> None:
    """Write JSON, mode 0600, so that a reader sees the old file or the new one, never a part."""
    write_private_text(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


def write_private_text(path: Path, text: str) -> None:
    """Write text in the same way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def free_port(wanted: int | None = None) -> int:
    """A loopback port that nobody listens on: `wanted` when it is free, else any."""
    for port in (wanted, 0) if wanted else (0,):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            taken: int = probe.getsockname()[1]
            return taken
    raise OSError("no free port on the loopback interface")


@dataclass(frozen=True, slots=True)
class Home:
    """One stack's folder. Nothing is created before `create` is called."""

    path: Path

    @classmethod
    def find(cls) -> Home:
        """``MUSTER_HOME``, else ``.muster`` in the working directory."""
        return cls(Path(os.environ.get("MUSTER_HOME") or ".muster").expanduser().resolve())

    @property
    def postgres(self) -> Path:
        return self.path / "pg"

    @property
    def redis(self) -> Path:
        return self.path / "redis"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def logins(self) -> Path:
        """Kafka's login files, one per process that signs in."""
        return self.path / "kafka-logins"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def stack_file(self) -> Path:
        return self.path / "stack.json"

    @property
    def secrets_file(self) -> Path:
        return self.path / "secrets.json"

    @property
    def admin_file(self) -> Path:
        return self.path / "admin.json"

    def create(self) -> Home:
        """Make the folder and those inside it that hold files of ours."""
        for folder in (self.path, self.keys, self.logins, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys.chmod(0o700)
        self.logins.chmod(0o700)
        self.logs.chmod(0o700)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return self

    def log(self, part: str) -> Path:
        """The log file of one part; a worker's name may hold a slash."""
        return self.logs / f"{part.replace('/', '-')}.log"

    def read(self, path: Path) -> dict[str, Any]:
        """A JSON object of this folder, or an empty one when there is no such file."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        if not isinstance(document, dict):
            raise TypeError(f"{path.name} does not hold a JSON object")
        return document

    def stack(self) -> dict[str, Any]:
        """What ``stack.json`` says."""
        return self.read(self.stack_file)

    def secret(self, name: str) -> str:
        """A random password (256 bit) by name, made at first use and kept."""
        document = self.read(self.secrets_file)
        kept: dict[str, str] = document.setdefault("passwords", {})
        if name not in kept:
            kept[name] = secrets.token_urlsafe(32)
            write_private(self.secrets_file, document)
        return kept[name]

    def kept_port(self, name: str) -> int | None:
        """The port that a part had last time, or has now; nothing is probed or written."""
        port = self.read(self.secrets_file).get("ports", {}).get(name)
        return port if isinstance(port, int) else None

    def port(self, name: str) -> int:
        """A free loopback port for a part: the one it had last time if nobody took it since."""
        document = self.read(self.secrets_file)
        kept: dict[str, int] = document.setdefault("ports", {})
        others = {port for part, port in kept.items() if part != name}
        port = free_port(kept.get(name))
        while port in others:
            port = free_port()
        if kept.get(name) != port:
            kept[name] = port
            write_private(self.secrets_file, document)
        return port
