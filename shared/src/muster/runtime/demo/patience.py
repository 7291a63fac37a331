"""How long somebody waits: as long as anything changes, and then a while longer."""

from __future__ import annotations

import time

__all__ = ["Patience"]


class Patience:
    """Is out when what was seen has been the same for so many seconds; before the first look
    nothing was seen."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._seen: object = None
        self._since = time.monotonic()

    def out(self, seen: object) -> bool:
        """Look at what is there now (anything that can be compared); whether it is time to end."""
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        return time.monotonic() - self._since > self.seconds
