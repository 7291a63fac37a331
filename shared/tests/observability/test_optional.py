"""Libraries that are imported without their extras."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from muster.observability.optional import without

EXTRA = "an_extra_of_some_library"


def test_it_is_not_there_inside_and_is_there_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{EXTRA}.py").write_text("here = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with without(EXTRA), pytest.raises(ImportError):
        importlib.import_module(EXTRA)
    assert importlib.import_module(EXTRA).here
    loaded = sys.modules[EXTRA]
    with without(EXTRA):
        assert importlib.import_module(EXTRA) is loaded
    assert sys.modules.pop(EXTRA) is loaded
