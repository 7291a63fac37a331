"""How a process that lasts runs: which event loop, and what the garbage collector looks at."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["LOOP", "run_lasting", "spare_loaded"]

LOOP = "asyncio" if sys.platform == "win32" else "uvloop"
"""Name of the event loop, as uvicorn takes it."""
_YOUNG = 10_000

_T = TypeVar("_T")


def spare_loaded() -> None:
    """Once everything is loaded: the collector never looks at it again, for it stays until the end,
    and looks at new objects less often, of which a batch makes thousands that die by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def run_lasting(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a program that lasts until its coroutine ends."""
    spare_loaded()
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)
