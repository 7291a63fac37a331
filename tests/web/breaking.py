"""Breaking parts of the demo on purpose, by the ids of their processes, and mending them again."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from muster.runtime.home import Home
from muster.runtime.processes import Identity

_LOOK = 0.1


def service(home: Home, name: str) -> Identity | None:
    """The process of a service of the stack as it is now; None while it is being started again."""
    return _alive(Identity.parse(home.stack()["parts"][name]))


def gateway(home: Home, area: str) -> Identity | None:
    """The process of a desk's gateway."""
    found = home.read(home.path / "edges" / f"gateway-{area}" / "process.json")
    return _alive(Identity.parse(found))


def _alive(found: Identity | None) -> Identity | None:
    return found if found is not None and found.running() else None


@contextmanager
def kept_down(part: Callable[[], Identity | None]) -> Iterator[None]:
    """For the length of the block the part is killed as often as it comes back. Whoever looks after
    it starts it again after the block."""
    over, down = threading.Event(), threading.Event()

    def kill() -> None:
        while not over.is_set():
            if (found := part()) is not None:
                # It may have ended by itself since.
                with suppress(psutil.NoSuchProcess, ProcessLookupError):
                    os.kill(found.pid, signal.SIGKILL)
            down.set()
            over.wait(_LOOK)

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        assert down.wait(10)
        yield
    finally:
        over.set()
        killing.join()


@contextmanager
def frozen(part: Callable[[], Identity | None]) -> Iterator[None]:
    """For the length of the block the part takes what it is asked and does not answer: shorter than
    the minute after which its supervisor takes it to hang."""
    found = part()
    assert found is not None
    os.kill(found.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(found.pid, signal.SIGCONT)
