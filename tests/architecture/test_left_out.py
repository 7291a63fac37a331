"""What a machine cannot run is said plainly, and where everything is required it is a failure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MARKED = """
import pytest

@pytest.mark.needs("postgres")
def test_marked(): pass

def test_other(): pass
"""
BY_HAND = "import pytest\ndef test_x(): pytest.skip('not today')\n"
WHOLE_FILE = "import pytest\npytest.importorskip('no_such_module')\ndef test_x(): pass\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_x(): assert 0\n"


def run(tmp_path: Path, source: str, **env: str) -> subprocess.CompletedProcess[str]:
    """pytest with the workspace's conftest on one file outside of it."""
    (tmp_path / "test_it.py").write_text(source)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSTER_", "PYTEST_"))}
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "."),
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_missing_is_left_out_and_said(tmp_path: Path) -> None:
    done = run(tmp_path, MARKED)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert re.search(r"left out on this machine", done.stdout)
    assert "1 test(s): needs postgres: MUSTER_TEST_POSTGRES_ADMIN_URL names no" in done.stdout


def test_what_is_there_is_run(tmp_path: Path) -> None:
    done = run(tmp_path, MARKED, MUSTER_TEST_POSTGRES_ADMIN_URL="postgresql://x")
    assert "2 passed" in done.stdout
    assert "left out" not in done.stdout


@pytest.mark.parametrize("source", [MARKED, BY_HAND, WHOLE_FILE])
def test_with_everything_required_a_skip_is_a_failure(tmp_path: Path, source: str) -> None:
    done = run(tmp_path, source, MUSTER_REQUIRE="all")
    assert done.returncode in {1, 2}, done.stdout
    assert "MUSTER_REQUIRE=all, but this" in done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    done = run(tmp_path, EXPECTED_FAILURE, MUSTER_REQUIRE="all")
    assert done.returncode == 0, done.stdout


def test_an_unknown_need_is_a_mistake(tmp_path: Path) -> None:
    done = run(tmp_path, MARKED.replace("postgres", "postgras"))
    assert done.returncode == 1
    assert "postgras" in done.stdout
