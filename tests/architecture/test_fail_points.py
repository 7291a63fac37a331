"""Every fail point is passed by the product, and stopped at by a test (design section 4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from muster.messaging import failpoints

ROOT = Path(__file__).parents[2]
PASSED = re.compile(r"""failpoints\.reach(?:_now)?\(\s*"([a-z.-]+)"\s*\)""")
BY_START = re.compile(r"""\bpoints\("([a-z]+\.)"\)""")


def _texts(*patterns: str) -> list[str]:
    here = Path(__file__).resolve()
    files = (file for pattern in patterns for file in ROOT.glob(pattern))
    return [file.read_text("utf-8") for file in files if file.resolve() != here]


def passed(sources: Iterable[str]) -> set[str]:
    """The points that these sources pass."""
    return {point for text in sources for point in PASSED.findall(text)}


def stopped_at(tests: Iterable[str], points: Collection[str]) -> set[str]:
    """Those of the points that these tests name, one by one or by the start of their names."""
    found: set[str] = set()
    for text in tests:
        starts = tuple(BY_START.findall(text))
        named = {point for point in points if re.search(rf"[\"',]{re.escape(point)}\b", text)}
        found |= named | {point for point in points if starts and point.startswith(starts)}
    return found


def test_every_point_is_passed_and_every_one_that_is_passed_is_declared() -> None:
    assert passed(_texts("shared/src/**/*.py", "services/*/src/**/*.py")) == failpoints.POINTS


def test_every_point_is_stopped_at_by_a_test() -> None:
    tests = _texts("shared/tests/**/test_*.py", "services/*/tests/test_*.py", "tests/**/test_*.py")
    assert failpoints.POINTS - stopped_at(tests, failpoints.POINTS) == set()


def test_a_point_that_no_test_names_is_found_out() -> None:
    points = {"relay.before-mark", "relay.after-mark", "import.before-commit"}
    tests = ['configure("relay.before-mark=raise@1")', "# import.before-commit", 'points("spool.")']
    assert stopped_at(tests, points) == {"relay.before-mark"}
    assert stopped_at(['parametrize("point", points("relay."))'], points) == {
        "relay.before-mark",
        "relay.after-mark",
    }
