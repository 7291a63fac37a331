"""The command in plain words: what it says when something is missing or nothing runs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from muster.runtime import lifecycle, provisioning
from muster.runtime.demo import command
from muster.runtime.demo.edges import EdgeFailed
from muster.runtime.demo.report import Tale
from muster.runtime.home import Home, write_private
from muster.runtime.stacks import NativeStack, StackError


def muster(*arguments: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    return subprocess.run(
        (sys.executable, "-m", "muster.runtime.cli", *arguments),
        env={**keep, "MUSTER_HOME": str(home), "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_status_where_nothing_was_started(tmp_path: Path) -> None:
    home = tmp_path / "none"
    said = muster("status", home=home)
    assert said.returncode == 3
    assert "muster up" in said.stdout
    said = muster("status", "--json", home=home)
    assert said.returncode == 3
    assert json.loads(said.stdout) == {"state": "none", "services": {}}
    assert muster("down", home=home).stdout == "Nothing was running.\n"
    assert not home.exists()  # asking makes nothing


@pytest.mark.parametrize("command", [("serve", "nothing"), ("work", "nothing", "x")])
def test_unknown_service_is_named_with_those_that_exist(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = muster(*command, home=tmp_path)
    assert said.returncode == 2
    assert "no service 'nothing'" in said.stderr
    assert "capture" in said.stderr
    assert "Traceback" not in said.stderr


def test_missing_settings_are_named_without_values(tmp_path: Path) -> None:
    said = muster("serve", "verification", home=tmp_path, MUSTER_VERIFICATION_PORT="not-a-port")
    assert said.returncode == 2
    assert "MUSTER_VERIFICATION_DATABASE_URL" in said.stderr
    assert "MUSTER_VERIFICATION_PORT" in said.stderr
    assert "not-a-port" not in said.stdout + said.stderr
    assert "Traceback" not in said.stderr


def test_unknown_worker(tmp_path: Path) -> None:
    said = muster("work", "verification", "nothing", home=tmp_path)
    assert said.returncode == 2
    assert "no worker 'nothing'" in said.stderr


def test_stack_settings_that_do_not_fit(tmp_path: Path) -> None:
    said = muster("up", home=tmp_path, MUSTER_STACK="docker")
    assert said.returncode == 1
    assert "'embedded' or 'native'" in said.stderr
    said = muster("up", home=tmp_path, MUSTER_STACK="native", MUSTER_KAFKA="127.0.0.1:1")
    assert said.returncode == 1
    assert "MUSTER_POSTGRES_ADMIN_URL, MUSTER_REDIS_URL" in said.stderr
    with pytest.raises(StackError, match="MUSTER_KAFKA"):
        NativeStack({})


def test_unknown_profile_ends_the_start_with_its_name(tmp_path: Path) -> None:
    said = muster("up", "--profile", "no-such-place", home=tmp_path / "stack")
    assert said.returncode == 1
    assert "no-such-place" in said.stderr
    assert "Traceback" not in said.stderr
    assert lifecycle.status(Home(tmp_path / "stack")).state == "failed"


def test_a_stack_keeps_its_profile(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    home.stack_file.write_text(json.dumps({"profile": "tongren", "state": "stopped"}))
    said = muster("up", "--profile", "loudi", home=tmp_path)
    assert said.returncode == 1
    assert "set up for the profile tongren" in said.stderr


def test_keys_are_made_once_and_shown_without_secrets(tmp_path: Path) -> None:
    assert muster("keys", "show", home=tmp_path).returncode == 1
    assert muster("keys", "init", home=tmp_path).returncode == 0
    files = {path: path.read_text() for path in (tmp_path / "keys").glob("*.json")}
    assert muster("keys", "init", home=tmp_path).returncode == 0
    assert files == {path: path.read_text() for path in (tmp_path / "keys").glob("*.json")}
    shown = muster("keys", "show", home=tmp_path).stdout
    assert "kek/capture/1" in shown
    for text in files.values():
        for key in json.loads(text)["keys"]:
            assert key["kid"] in shown
            assert key["secret"] not in shown


def test_a_process_is_told_of_its_own_service_only(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    addresses = provisioning.Addresses(
        "postgresql://postgres:hidden@127.0.0.1:1/postgres", "redis://x", "127.0.0.1:2", True
    )
    told = provisioning.environment(home, "capture", "postgresql+asyncpg://c", addresses, "p", 80)
    assert {name for name in told if not name.startswith("MUSTER_CAPTURE_")} == set()
    assert told["MUSTER_CAPTURE_KEYRING"] == str(home.keys / "capture.json")
    assert "hidden" not in str(told)


@pytest.mark.parametrize("command", ["ledger", "progress"])
def test_a_stack_that_does_not_run_is_said_at_once(tmp_path: Path, command: str) -> None:
    """Nobody waits a minute and a half for services that nobody started."""
    home = Home(tmp_path).create()
    for described in ({}, {"state": "ready", "services": {"access": {"url": "http://x"}}}):
        if described:
            write_private(home.stack_file, described)
        said = muster(command, home=tmp_path)
        assert said.returncode == 2
        assert "muster up" in said.stderr
        assert "Traceback" not in said.stderr


def test_a_demo_that_cannot_start_leaves_no_older_result(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"good": true}', encoding="utf-8")
    said = muster("demo", "--profile", "atlantis", "--exit", home=tmp_path)
    assert said.returncode == 2
    assert not (tmp_path / "demo.json").exists()


@pytest.mark.parametrize("good", [True, False])
def test_a_demo_that_ends_by_itself_says_by_its_exit_code_whether_it_was_good(
    good: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = SimpleNamespace(good=good, as_dict=lambda _tree: {"good": good})
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setattr(command, "_own_stack", lambda *_: nullcontext())
    monkeypatch.setattr(command, "_campaign", lambda *_: (None, outcome))
    monkeypatch.setattr(command.report, "show", lambda *_: None)
    assert command.run("tongren", 2, 1, stay=False) == (0 if good else 1)
    assert json.loads((tmp_path / "demo.json").read_text("utf-8")) == {"good": good}


@pytest.mark.parametrize(
    "error",
    [
        EdgeFailed("the gateway does not answer"),
        httpx.ReadTimeout(""),
        ExceptionGroup("desks", [EdgeFailed("the gateway does not answer")]),
    ],
)
def test_a_demo_that_cannot_go_on_leaves_what_stopped_it(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def campaign(*told: object) -> None:
        tale = told[-1]
        assert isinstance(tale, Tale)
        tale.counts["pictures"] += 3
        raise error

    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setattr(command, "_own_stack", lambda *_: nullcontext())
    monkeypatch.setattr(command, "_campaign", campaign)
    assert command.run("tongren", 2, 1, stay=False) == 2
    told = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    assert (told["good"], told["counts"]) == (False, {"pictures": 3})
    [sentence] = told["failed"]
    assert "does not answer" in sentence or "ReadTimeout" in sentence


def test_what_the_demo_says_to_try_can_be_pasted(tmp_path: Path) -> None:
    program = Path(command._program())
    assert program.is_file()
    assert program.name == "muster"
    home = Home(tmp_path / "a folder")
    assert command._connector(home) == ""
    made = home.path / "edges" / "connector-police"
    made.mkdir(parents=True)
    where, connector, run = shlex.split(command._connector(home).splitlines()[0])
    assert where == f"MUSTER_CONNECTOR_HOME={made}"
    assert Path(connector).is_file()
    assert run == "run"


def test_clean_removes_nothing_while_something_runs(tmp_path: Path) -> None:
    """`make clean` beside a running stack would take its data from under it."""
    root = Path(__file__).parents[3]
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(root / "Makefile", tmp_path)
    told = tmp_path / ".venv" / "bin" / "muster"
    kept = tmp_path / ".muster" / "demo" / "data"
    kept.mkdir(parents=True)
    for state, code in (("ready", 2), ("left", 2), ("stopped", 0)):
        told.write_text(f'#!/bin/sh\necho \'{{"state": "{state}"}}\'\n', encoding="utf-8")
        told.chmod(0o755)
        done = subprocess.run(
            ["make", "clean"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert kept.exists() == bool(code)
        assert ("muster down" in done.stderr) == bool(code)


def test_a_login_to_kafka_that_cannot_be_used_is_said_in_both_languages(tmp_path: Path) -> None:
    """As service and as operator; and where nobody can sign in, `muster acls` says so."""
    told = {
        "DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "KAFKA": "127.0.0.1:1",
        "REDIS_URL": "redis://127.0.0.1:1",
        "KEYRING": "none.json",
        "PROFILE": "tongren",
        "PORT": "1",
        "KAFKA_LOGIN": str(tmp_path / "gone.json"),
    }
    env = {f"MUSTER_CAPTURE_{name}": value for name, value in told.items()}
    said = muster("serve", "capture", home=tmp_path, **env)
    assert said.returncode == 2
    assert "无法读取" in said.stderr
    assert "cannot be read" in said.stderr
    assert "Traceback" not in said.stderr

    said = muster("acls", home=tmp_path)
    assert said.returncode == 2
    assert "没有登录" in said.stderr
    assert "no sign-in and no ACLs" in said.stderr


def test_the_operators_login_is_looked_at_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"MUSTER_KAFKA_LOGIN: .*无法读取.*cannot be read"):
        NativeStack(
            {
                "MUSTER_KAFKA": "127.0.0.1:9092",
                "MUSTER_POSTGRES_ADMIN_URL": "postgresql://postgres@127.0.0.1/postgres",
                "MUSTER_REDIS_URL": "redis://127.0.0.1",
                "MUSTER_KAFKA_LOGIN": str(tmp_path / "gone.json"),
            }
        )
