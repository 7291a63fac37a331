"""The topology of docker-compose.yml without containers: its commands and its environment.

`muster prepare` runs as the file says, then each process with nothing but its own variables and its
own folder, on Apache Kafka and servers that are not ours. Only names of machines, ports and folders
are replaced.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.runtime.home import Home, free_port, write_private
from muster.runtime.parts import probe
from muster.runtime.provisioning import service_names

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
MUSTER = (sys.executable, "-m", "muster.runtime.cli")
PATIENCE = 90.0
WORKERS = ("reporting-pulse", "crosscheck-matcher")


@dataclass
class Machine:
    """Containers of the compose file as processes in one folder."""

    folder: Path
    kafka: str
    containers: dict[str, Any]
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """What the container is told, with this machine's folders, ports and broker."""
        told = {}
        for variable, value in self.containers[name]["environment"].items():
            text = self._here(value).replace("kafka:9092", self.kafka)
            if variable.endswith("_PORT"):
                text = str(self.ports.setdefault(name, free_port()))
            told[variable] = text.replace("0.0.0.0", "127.0.0.1")
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **told}

    def _here(self, text: str) -> str:
        """Defaults put in, and folders of a container as folders of this machine."""
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
        return re.sub(
            r"/(run|var/lib)/(muster|secrets)",
            lambda found: str(self.folder / found[0].strip("/").replace("/", "-")),
            text,
        )

    def run(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in a container that is not running, to its end; its own if none is named."""
        return subprocess.run(
            (*MUSTER, *(words or map(self._here, self.containers[name]["command"]))),
            env=self.environment(name),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                (*MUSTER, *map(self._here, self.containers[name]["command"])),
                env=self.environment(name),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-3000:]

    def await_ready(self, service: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.running[service].poll() is None, self.log(service)
            if probe(f"http://127.0.0.1:{self.ports[service]}").ready:
                return
            time.sleep(0.2)
        pytest.fail(f"{service} was not ready: {self.log(service)}")

    def stop(self) -> dict[str, int]:
        """Ask all to end, as `docker compose down` does; exit codes."""
        for process in self.running.values():
            process.terminate()
        codes = {}
        for name, process in self.running.items():
            try:
                codes[name] = process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait(10)
        self.running.clear()
        return codes


@pytest.fixture
def machine(stack: Any, tmp_path: Path, drop_databases: Callable[[], None]) -> Iterator[Machine]:
    secrets = tmp_path / "run-secrets"
    secrets.mkdir()
    (secrets / "postgres-admin-url").write_text(stack.admin_url + "\n")
    (secrets / "redis-url").write_text(stack.redis_url + "\n")
    drop_databases()
    made = Machine(tmp_path, stack.kafka, yaml.safe_load(COMPOSE.read_text("utf-8"))["services"])
    try:
        yield made
    finally:
        made.stop()
        drop_databases()


def _ledger(machine: Machine) -> subprocess.CompletedProcess[str]:
    """`muster ledger`, as it is asked for in the container that prepared."""
    home = Home(Path(machine.environment("prepare")["MUSTER_HOME"]))
    said = home.stack()
    for service in said["services"]:
        said["services"][service]["url"] = f"http://127.0.0.1:{machine.ports[service]}"
    write_private(home.stack_file, said)
    return machine.run("prepare", "ledger", "--json")


@pytest.mark.needs("kafka")
@pytest.mark.parametrize("stack", ["kafka"], indirect=True)
def test_every_container_works_with_what_it_is_told(machine: Machine) -> None:
    for _ in range(2):  # before every start, so it must be able to run again
        prepared = machine.run("prepare")
        assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    handed = [path for path in (machine.folder / "run-muster").rglob("*") if path.is_file()]
    assert {path.parent.name for path in handed} == set(service_names())
    assert all(path.stat().st_mode & 0o077 == 0 for path in handed)

    for name, container in machine.containers.items():
        if container.get("command", [""])[0] in {"serve", "work"}:
            machine.start(name)
    assert set(machine.running) == {*service_names(), *WORKERS}
    for service in service_names():
        machine.await_ready(service)

    # The administrator signs in, and three services know access's key and his grant by Kafka alone.
    deadline = time.monotonic() + PATIENCE
    while (said := _ledger(machine)).returncode and time.monotonic() < deadline:
        time.sleep(0.5)
    assert json.loads(said.stdout)["agrees"], said.stderr
    for worker in WORKERS:
        assert machine.running[worker].poll() is None, machine.log(worker)
    codes = machine.stop()
    # uvicorn ends in order and then by the signal that asked it to.
    assert set(codes.values()) <= {0, -signal.SIGTERM}, codes
    for service in service_names():
        assert "Application shutdown complete" in machine.log(service)
        assert "cut off" not in machine.log(service)
