"""Of several processes of one edge, one sends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from muster.spool.store import SpoolError
from muster.spool.turn import NAME, Turn

_TAKES = (
    "import sys, pathlib; from muster.spool.turn import Turn; "
    "turn = Turn(pathlib.Path(sys.argv[1])); print(turn.take(), flush=True); sys.stdin.read()"
)


def another_process_takes(folder: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", _TAKES, str(folder)], input=b"", capture_output=True, check=True
    )
    return done.stdout == b"True\n"


def test_one_has_it_until_it_ends(tmp_path: Path) -> None:
    """Also after others of its own process tried: that must not free what the process has."""
    first, second = Turn(tmp_path), Turn(tmp_path)
    assert first.take()
    assert first.take()
    assert not second.take()
    second.close()
    assert not another_process_takes(tmp_path)
    first.close()
    assert another_process_takes(tmp_path)
    assert second.take()
    assert not first.take()


def test_a_kill_ends_it(tmp_path: Path) -> None:
    """Nothing is left that somebody would have to remove."""
    with subprocess.Popen(
        [sys.executable, "-c", _TAKES, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        assert not Turn(tmp_path).take()
        other.kill()
    assert Turn(tmp_path).take()


def test_it_is_one_empty_file(tmp_path: Path) -> None:
    turn = Turn(tmp_path)
    assert turn.take()
    assert [(one.name, one.stat().st_size) for one in tmp_path.iterdir()] == [(NAME, 0)]


def test_what_root_makes_belongs_to_the_owner_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command of the administrator's must not lock out the user that the service runs as."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _, uid, gid: given.append((uid, gid)))
    owner = tmp_path.stat()
    for user in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        turn = Turn(tmp_path)
        assert turn.take()
        turn.close()
        (tmp_path / NAME).unlink()
    assert given == [(owner.st_uid, owner.st_gid)]


@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "home"
    if there:
        (folder / NAME).mkdir(parents=True)
    with pytest.raises(SpoolError, match=re.escape(str(folder / NAME))) as raised:
        Turn(folder).take()
    assert NAME in raised.value.zh
