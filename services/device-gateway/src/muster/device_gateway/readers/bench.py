"""All readers of a desk behind one door: whichever has a card is the one that is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from muster.device_gateway.readers.port import (
    CardRead,
    Reader,
    ReaderError,
    ends_the_wait,
    telling,
)

POLL = 0.1
QUEUE = 5.0
"""Seconds for which a reading waits for a look at the readers, or for another reading, to end."""
READY: Final = "ready"
"""State of a reader that answers; else it is the rule that says why not."""


class Bench:
    """Readers in the order in which they are asked. One call at a time, in any thread."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = tuple(readers)
        self.seen: dict[str, str] = {}
        """What `states` gave last."""
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def read(self, patience: float, gone: threading.Event | None = None) -> CardRead:
        """The first card that comes to any reader within `patience` seconds, unless whoever asked
        is `gone` before: a card that is read for nobody would have to be lifted and laid on again.

        A card that cannot be used is an error only if no other reader has a good one at the same
        moment; what is no card of ours, and a reader that is away, only if none comes to another.

        Raises:
            ReaderError: as `Reader.read`; also no-reader, reader-busy, stopping.
        """
        if not self._readers:
            raise ReaderError("no-reader")
        with self._alone(QUEUE):
            deadline = time.monotonic() + patience
            while True:
                if gone is not None and gone.is_set():
                    raise ReaderError("no-card")
                rules = []
                for reader in self._readers:
                    try:
                        return reader.read()
                    except ReaderError as error:
                        rules.append(error.rule)
                worst = telling(rules)
                if ends_the_wait(worst) or time.monotonic() >= deadline:
                    raise ReaderError(worst)
                if self._stopping.wait(POLL):
                    raise ReaderError("stopping")

    def states(self) -> dict[str, str]:
        """How each reader is, by name: ready, or the rule that says why not.

        Raises ReaderError (reader-busy) while a card is being read.
        """
        with self._alone(0):
            self.seen = {reader.name: _state(reader) for reader in self._readers}
            return dict(self.seen)

    def stop(self) -> None:
        """Wait for cards no longer; what is being read is read to its end."""
        self._stopping.set()

    def close(self) -> None:
        """Let go of all devices; waits for a reading that is under way."""
        self.stop()
        with self._lock:
            for reader in self._readers:
                reader.close()

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=patience):
            raise ReaderError("reader-busy")
        try:
            yield
        finally:
            self._lock.release()


def _state(reader: Reader) -> str:
    try:
        reader.identify()
    except ReaderError as error:
        return error.rule
    return READY
