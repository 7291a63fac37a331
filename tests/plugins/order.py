"""How several processes of one run (pytest-xdist) share the tests."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.plugins.shared import ROOT

BROWSER = "tests/web"
LONG = (BROWSER, "tests/e2e", "shared/tests/messaging", "services/department-connector")
"""Where the longest tests are."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes begin with long ones, so that none is left with these at the end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT)
        return next((n for n, at in enumerate(LONG) if path.is_relative_to(at)), len(LONG))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Several processes share the tests by file (``-n 2 --dist loadfile``); all of a browser's go
    to one of them, for they follow each other on one demo."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)

    return ByFile(config, log)
