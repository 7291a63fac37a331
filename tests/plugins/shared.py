"""What the other plugins share: places of the workspace, and turns among processes."""

from __future__ import annotations

import asyncio
import fcntl
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
KAFKA_LIBS = ROOT / ".tools" / "kafka"
KAFKA_DEPLOY = ROOT / "deploy" / "kafka"

T = TypeVar("T")


def run(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from a synchronous fixture, whatever loop the test itself has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, job).result()


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Of all test processes of this machine one is in here at a time; the others wait."""
    with (Path(tempfile.gettempdir()) / f"muster-{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
