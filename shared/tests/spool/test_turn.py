"""Of several processes of one edge, one sends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from muster.spool.turn import Turn


def test_one_has_it_until_it_ends(tmp_path: Path) -> None:
    first, second = Turn(tmp_path), Turn(tmp_path)
    assert first.take()
    assert first.take()
    assert not second.take()
    second.end()
    assert not Turn(tmp_path).take()
    first.end()
    assert second.take()
    assert not first.take()


def test_a_kill_ends_it(tmp_path: Path) -> None:
    """Nothing is left that somebody would have to remove."""
    code = (
        "import sys, pathlib; from muster.spool.turn import Turn; "
        "turn = Turn(pathlib.Path(sys.argv[1])); print(turn.take(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        assert not Turn(tmp_path).take()
        other.kill()
    assert Turn(tmp_path).take()


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"turn\.db"):
        Turn(tmp_path / "nowhere").take()
