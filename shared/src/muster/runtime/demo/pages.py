"""The pages are built beside the campaign, so that whoever stays to look finds them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.runtime.home import Home
from muster.runtime.processes import Child, Command, end

__all__ = ["Building", "building"]

_SCRIPT = Path(__file__).parents[5] / "deploy" / "web.sh"
_PATIENCE = 600.0
_LOOK = 0.2
_GRACE = 3.0


class Building:
    """A build that is under way, or over."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def wait(self) -> str | None:
        """Wait for its end; None when the pages are there, else the end of what it printed."""
        deadline = time.monotonic() + _PATIENCE
        while self._child.running():
            if time.monotonic() > deadline:
                return f"It took over {_PATIENCE:.0f} s. {self._child.last_lines()}"
            time.sleep(_LOOK)
        return None if self._child.code == 0 else self._child.last_lines()


@contextmanager
def building(home: Home, script: Path = _SCRIPT) -> Iterator[Building]:
    """Build the pages for the length of the block; what is not done at its end is left."""
    child = Child(
        Command(
            name="pages",
            # The campaign goes first where both want the processor.
            argv=("nice", "-n", "10", "sh", str(script), "build"),
            log=home.log("pages"),
            env=dict(os.environ),
        )
    )
    try:
        yield Building(child)
    finally:
        end(child.identity, grace=_GRACE)
        child.wait_stopped()
