"""The demo builds the pages beside its campaign: done, failed, and left in the middle."""

from __future__ import annotations

import io
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from muster.runtime.demo import command, pages
from muster.runtime.home import Home

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "web.sh"
    path.write_text(text, encoding="utf-8")
    return path


def said(built: pages.Building | None) -> str:
    shown = Console(file=io.StringIO(), width=200)
    command._say_pages(shown, built)
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def test_it_waits_for_pages_that_are_being_built(tmp_path: Path, home: Home) -> None:
    done = tmp_path / "done"
    slow = script(tmp_path, f'sleep 0.5; test "$1" = build && touch "{done}"')
    with pages.building(home, slow) as built:
        shown = said(built)
        assert done.exists()
    assert "Waiting for the pages" in shown
    assert "not built" not in shown


def test_pages_that_cannot_be_built_are_said_and_stop_nothing(tmp_path: Path, home: Home) -> None:
    broken = script(tmp_path, "echo no Node.js here >&2; exit 3")
    with pages.building(home, broken) as built:
        shown = said(built)
    assert "没有生成" in shown
    assert "make web" in shown
    assert "no Node.js here" in shown
    assert said(None) == ""


def test_left_in_the_middle_nothing_of_it_runs_on(tmp_path: Path, home: Home) -> None:
    """Ctrl-C while npm is at it: its children go with it."""
    note = tmp_path / "pid"
    endless = script(tmp_path, f'sleep 600 & echo $! >"{note}"; wait')
    with pages.building(home, endless):
        deadline = time.monotonic() + 20
        while not note.exists() or not note.read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child = psutil.Process(int(note.read_text()))
        assert child.is_running()
    _, alive = psutil.wait_procs([child], timeout=5)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


def test_the_script_that_it_runs_is_the_one_of_make_web() -> None:
    assert pages._SCRIPT == ROOT / "deploy" / "web.sh"
    assert pages._SCRIPT.is_file()


@pytest.mark.parametrize(
    ("told", "options"), [("", ["--pages"]), ("EXIT=1", ["--exit"]), ("EXIT=0", ["--pages"])]
)
def test_make_demo_builds_pages_for_who_stays(told: str, options: list[str]) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "demo", *([told] if told else [])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [one for one in done.stdout.split() if one in ("--pages", "--exit")] == options
