"""``muster demo`` as anybody runs it: a process of its own, from nothing to demo.json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from muster.forms import Profile
from muster.synth import TRUTH, build, write

PEOPLE = 120


@pytest.mark.parametrize("profile", ["tongren", "loudi"])
def test_the_demo_ends_as_the_county_was_planned(
    profile: str,
    tmp_path: Path,
    plan: Callable[[Path], Any],
    plain: Callable[[dict[str, Any]], Any],
) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
    done = subprocess.run(
        [sys.executable, "-m", "muster.runtime.cli", "demo"],
        env=environment
        | {
            "MUSTER_HOME": str(tmp_path),
            "PROFILE": profile,
            "PEOPLE": str(PEOPLE),
            "SEED": "11",
            "EXIT": "1",
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    # Nothing of the run knows what was planted: it is made again from the seed.
    assert not (tmp_path / "demo" / "county" / "truth").exists()
    county = write(build(Profile.load(profile), PEOPLE, 11), tmp_path / "again")
    truth = json.loads((county / TRUTH).read_text("utf-8"))
    assert told["good"]
    assert told["agrees"]
    assert plain(told["ledger"]["villages"]) == plan(county)
    assert _rules_at_import(told) == _planted(truth)
    assert told["seconds"].keys() >= {"start", "baseline", "desks and review", "agreement"}
    assert told["peak_memory_bytes"] > 0
    assert _left_running(tmp_path / "demo") == []


def _rules_at_import(told: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter(
        {(r["field"], r["rule"]): r["count"] for r in told["refused"] if r["door"] == "import"}
    )


def _planted(truth: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Every planted mistake, and the rows that stand in the file twice."""
    baseline = truth["baseline"]
    return Counter((one["field"], one["rule"]) for one in baseline["refused"] + baseline["twice"])


def _left_running(home: Path) -> list[str]:
    stack = json.loads((home / "stack.json").read_text("utf-8"))
    return [
        name
        for name, part in stack["parts"].items()
        if part["pid"] is not None and psutil.pid_exists(part["pid"])
    ]
