"""Counties that the tests of this folder look at."""

import json
from collections.abc import Callable
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

    @classmethod
    def in_folder(cls, folder: Path, profile: str, people: int, seed: int) -> "Made":
        county = build(Profile.load(profile), people, seed)
        write(county, folder)
        lines = (folder / "people.jsonl").read_text("utf-8").splitlines()
        truth = json.loads((folder / TRUTH).read_text("utf-8"))
        return cls(county, folder, [json.loads(line) for line in lines], truth)


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int, int], Made]:
    """Makes a county: profile, people, seed."""

    def made(profile: str, people: int, seed: int) -> Made:
        return Made.in_folder(tmp_path_factory.mktemp(profile), profile, people, seed)

    return made


@pytest.fixture(scope="session", params=["tongren", "loudi"])
def made(request: pytest.FixtureRequest, make: Callable[[str, int, int], Made]) -> Made:
    """1,500 people of each locality: enough for every kind of mistake to occur."""
    return make(request.param, 1500, 7)
