"""Kill what can be killed: a stack heals, and after the supervisor's own death nothing is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from muster.runtime import lifecycle
from muster.runtime.home import Home
from muster.runtime.processes import Identity

TOY = Path(__file__).with_name("toy_stack.py")
PARTS = {"postgres", "redis", "broker", "toy", "toy/tick", "web"}


def until(what: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


@dataclass
class Toy:
    home: Home
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {**os.environ, "MUSTER_OTHER_DATABASE_URL": "x", "MUSTER_POSTGRES_ADMIN_URL": "x"}
        with (self.home.path / "out.log").open("ab") as log:
            self.process = subprocess.Popen(
                (sys.executable, str(TOY), str(self.home.path)), stdout=log, stderr=log, env=env
            )
        mine = self.process.pid
        until(lambda: self.stack()["supervisor_pid"] == mine and self.stack()["state"] == "ready")

    def stack(self) -> dict[str, Any]:
        return {"supervisor_pid": None, **self.home.stack()}

    def part(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.home.stack()["parts"][name]
        return found

    def kill(self, name: str) -> dict[str, Any]:
        """SIGKILL a part; gives its entry once another process has taken its place."""
        before = self.part(name)
        os.kill(before["pid"], signal.SIGKILL)
        until(lambda: self.part(name)["pid"] not in {None, before["pid"]})
        return self.part(name)

    def ready(self) -> dict[str, Any]:
        url = self.home.stack()["services"]["toy"]["url"]

        def ask() -> Any:
            try:
                with urllib.request.urlopen(f"{url}/ready", timeout=1) as answer:
                    return json.loads(answer.read())
            except OSError:
                return None

        found: dict[str, Any] = until(ask)
        return found

    def processes(self) -> set[int]:
        """Ids of everything that the stack runs, by the file alone."""
        entries = map(Identity.parse, self.home.stack()["parts"].values())
        return {one.pid for one in entries if one is not None and one.running()}

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(60)


@pytest.fixture(scope="module")
def toy() -> Iterator[Toy]:
    folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
    made = Toy(Home(folder))
    try:
        made.start()
        yield made
    finally:
        lifecycle.down(made.home)
        if made.process is not None:
            made.process.wait(60)
        shutil.rmtree(folder)


def test_everything_is_there_and_private(toy: Toy) -> None:
    stack = toy.home.stack()
    assert set(stack["parts"]) == PARTS
    assert stack["stack"] == "embedded"
    assert len(toy.processes()) == len(PARTS)
    assert stat.S_IMODE(toy.home.stack_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(toy.home.admin_file.stat().st_mode) == 0o600
    assert toy.ready()["kafka"] == stack["kafka"]
    seen = lifecycle.status(toy.home)
    assert seen.state == "ready"
    assert set(seen.asked) == {"toy", "web"}
    assert set(seen.as_dict()["services"]) == {"toy"}  # type: ignore[call-overload]
    shown = json.dumps(seen.as_dict())
    assert toy.home.secret("redis") not in shown
    assert toy.home.secret("postgres") not in json.dumps(stack)


def test_a_killed_service_comes_back_at_its_address(toy: Toy) -> None:
    url = toy.home.stack()["services"]["toy"]["url"]
    before = toy.part("toy")["restarts"]
    assert toy.kill("toy")["restarts"] == before + 1
    toy.ready()
    assert toy.home.stack()["services"]["toy"]["url"] == url


def test_a_killed_worker_comes_back(toy: Toy) -> None:
    assert toy.kill("toy/tick")["restarts"] == 1


def test_browsers_meet_one_address_whatever_dies(toy: Toy) -> None:
    """The door comes back where it was, and finds services behind it; it holds no secret."""
    url = toy.home.stack()["web"]
    pages = urllib.request.Request(f"{url}/console/", method="HEAD")

    def asked(request: Any) -> int:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    # Built in this checkout, or not yet.
    assert asked(pages) in {200, 503}
    assert asked(f"{url}/api/toy/ready") == 404  # the door knows Muster's services alone
    assert asked(f"{url}/api/capture/ready") == 502  # and this stack has none of them
    assert toy.kill("web")["restarts"] == 1
    assert toy.home.stack()["web"] == url
    until(lambda: lifecycle.status(toy.home).state == "ready")
    told = psutil.Process(toy.part("web")["pid"]).environ()
    assert not [name for name in told if name.startswith("MUSTER_")]


def test_a_service_that_lost_a_part_of_itself_is_replaced(toy: Toy) -> None:
    pid = toy.part("toy")["pid"]
    broken = toy.home.path / "broken"
    broken.touch()
    until(lambda: toy.part("toy")["pid"] != pid)
    broken.unlink()
    toy.ready()


def test_killed_servers_come_back_and_a_new_broker_brings_new_dependents(toy: Toy) -> None:
    postgres, kafka = toy.home.stack()["postgres"], toy.home.stack()["kafka"]
    service, web = toy.part("toy"), toy.part("web")
    assert toy.kill("postgres")["restarts"] == 1
    toy.kill("redis")
    assert toy.home.stack()["postgres"] == postgres
    assert toy.part("toy")["pid"] == service["pid"]

    toy.kill("broker")
    assert toy.home.stack()["kafka"] != kafka
    until(lambda: toy.part("toy")["pid"] not in {None, service["pid"]})
    assert until(lambda: toy.ready()["kafka"]) == toy.home.stack()["kafka"]
    assert toy.part("web")["pid"] == web["pid"]  # it needs no broker


def test_memory_is_counted(toy: Toy) -> None:
    memory = toy.home.stack()["memory"]
    assert 50_000_000 < memory["peak"] < 3_000_000_000


def test_leftovers_of_a_killed_supervisor_are_ended_by_the_next(toy: Toy) -> None:
    left = {name: Identity.parse(toy.part(name)) for name in PARTS}
    postgres = toy.home.stack()["postgres"]
    assert toy.process is not None
    toy.process.kill()
    toy.process.wait()
    assert lifecycle.status(toy.home).state == "left"
    stranger = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)"))
    try:
        # An id that another process got meanwhile is not ours to end.
        document = toy.home.stack()
        document["parts"]["stranger"] = {"kind": "service", "pid": stranger.pid, "created": 1.0}
        toy.home.stack_file.write_text(json.dumps(document))
        toy.start()
        assert not any(one.running() for one in left.values() if one is not None)
        assert stranger.poll() is None
        assert toy.home.stack()["postgres"] == postgres
    finally:
        stranger.kill()
        stranger.wait()
    toy.ready()


def test_clean_end_drains_and_leaves_nothing(toy: Toy) -> None:
    running = toy.processes()
    (toy.home.path / "drained").unlink(missing_ok=True)
    assert lifecycle.down(toy.home)
    assert toy.wait() == 0
    assert (toy.home.path / "drained").exists()
    assert not any(psutil.pid_exists(pid) for pid in running)
    assert lifecycle.status(toy.home).state == "stopped"
    assert not lifecycle.down(toy.home)
    # What is stored stays: the same address and data.
    toy.start()
    assert lifecycle.status(toy.home).state == "ready"
