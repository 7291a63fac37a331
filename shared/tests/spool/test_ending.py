"""How a command of an edge says that it cannot."""

from __future__ import annotations

import os
import pty

import pytest

from muster.spool import ending

RED = "\x1b[31m"


@pytest.mark.parametrize(("no_color", "red"), [(None, True), ("", True), ("1", False)])
def test_colour_is_for_terminals_that_did_not_refuse_it(
    no_color: str | None, red: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color is None:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", no_color)
    reading, writing = pty.openpty()
    with os.fdopen(writing, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        assert ending.fail("it cannot", 2).exit_code == 2
        said = os.read(reading, 1000).decode()
        monkeypatch.undo()
    os.close(reading)
    assert "it cannot" in said
    assert (RED in said) is red
