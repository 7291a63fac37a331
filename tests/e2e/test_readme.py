"""What the README says to type for a county of one's own is typed, as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
TOWNSHIP = "632321100"


def block(page: Path) -> str:
    """The commands for a county of one's own."""
    found = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    [commands] = [one for one in found if "muster import" in one]
    return commands


def typed(commands: str) -> list[str]:
    """The commands without what is said beside them, and without a reason in either language."""
    bare = re.sub(r"\s+#.*", "", commands)
    return re.sub(r'--reason ".*?"', "", bare).splitlines()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an environment and a running stack, as `make up` leaves it."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ".venv").symlink_to(sys.prefix)
    done = sh(folder, ".venv/bin/muster up")
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder
    sh(folder, ".venv/bin/muster down")


def sh(folder: Path, commands: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    return subprocess.run(
        ["bash", "-c", commands],
        cwd=folder,
        env={**kept, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_both_languages_say_the_same() -> None:
    assert typed(block(ENGLISH)) == typed(block(CHINESE))


def test_a_county_of_ones_own_can_be_followed(checkout: Path) -> None:
    """R74, R75, R92. Each department is enrolled, its extract counts, and what is found is
    written."""
    done = sh(checkout, block(ENGLISH))
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted((checkout / "mine" / "departments").iterdir())
    assert len(files) > 1
    for file in files:
        home = checkout / ".muster" / "connectors" / file.stem
        said = sh(
            checkout, f"MUSTER_CONNECTOR_HOME={home} .venv/bin/muster-connector status --json"
        )
        supplied = json.loads(said.stdout)["supplied"]
        assert supplied["outcome"]["state"] == "current", done.stdout + done.stderr
    found = json.loads((checkout / "findings.json").read_text("utf-8"))
    assert found["before"]


def test_a_desks_gateway_is_enrolled_by_what_is_printed(checkout: Path) -> None:
    command = f"muster enrolment --area {TOWNSHIP} --label desk-1"
    done = sh(
        checkout, f"export PATH=$PWD/.venv/bin:$PATH; {command} | MUSTER_GATEWAY_HOME=desk sh"
    )
    assert done.returncode == 0, done.stderr
    assert f"Enrolled as desk-1 in {TOWNSHIP}" in done.stdout
