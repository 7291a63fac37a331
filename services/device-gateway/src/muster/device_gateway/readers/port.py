"""What the gateway asks of any card reader, and how a driver says that it could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from muster.device_gateway.domain.cards import Card


class ReaderError(Exception):
    """A card could not be read; `rule` says why (`muster.device_gateway.domain.reasons`)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card and who read it: the SAM id of a reader, or the name of a PC/SC reader."""

    card: Card
    reader_id: str


class Reader(Protocol):
    """One reader. Calls block; the gateway makes them in a thread, one at a time."""

    name: str

    def identify(self) -> str:
        """Ask the reader who it is, now. Raises ReaderError when it does not answer."""
        ...

    def read(self, patience: float) -> CardRead:
        """The card on the reader, waited for at most `patience` seconds.

        A card that was read must leave the reader before it is found again.

        Raises:
            ReaderError: no card came, the reader is away, or what it said cannot be used.
        """
        ...

    def close(self) -> None:
        """Let go of the device; `read` opens it again."""
        ...
