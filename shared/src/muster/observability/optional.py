"""Importing a library without what it only looks for: an extra that may as well be missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without"]


@contextmanager
def without(*names: str) -> Iterator[None]:
    """For the imports of a block these modules are not there; one that is loaded already stays.

    For what a library tries to import and does without. httpx loads its command line, and structlog
    tracebacks in colour, which together take as long as all else that a short command loads.
    """
    hidden = [name for name in names if name not in sys.modules]
    # None is how Python is told that a module cannot be found.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
