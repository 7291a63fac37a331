"""Counties that the tests of this folder look at."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from muster.forms import Profile
from muster.synth import TRUTH, County, build, write


@dataclass(frozen=True)
class Made:
    """A county in memory and on disk."""

    county: County
    folder: Path
    people: list[dict[str, Any]]
    truth: dict[str, Any]


@pytest.fixture(scope="session", params=["tongren", "loudi"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """1,500 people of each locality: enough for every kind of mistake to occur."""
    county = build(Profile.load(request.param), 1500, seed=7)
    folder = write(county, tmp_path_factory.mktemp(request.param))
    lines = (folder / "people.jsonl").read_text("utf-8").splitlines()
    truth = json.loads((folder / TRUTH).read_text("utf-8"))
    return Made(county, folder, [json.loads(line) for line in lines], truth)
