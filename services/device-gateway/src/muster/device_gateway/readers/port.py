"""What the gateway asks of any card reader, and how a driver says that it could not."""

from __future__ import annotations

from collections.abc import Sequence
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

    def read(self) -> CardRead:
        """The card that is on the reader now.

        A card that was read must leave the reader before it is found again.

        Raises:
            ReaderError: there is no card, the reader is away, or what it said cannot be used.
        """
        ...

    def close(self) -> None:
        """Let go of the device; `read` opens it again."""
        ...


SOMETHING_ELSE = frozenset({"card-application", "card-in-use"})
"""Rules of what lies in a reader and is not for us, such as the key by which this computer's user
signs in elsewhere. It may stay there all day, while cards come to other readers."""


def ends_the_wait(rule: str) -> bool:
    """Whether a rule is about the very card that was waited for."""
    return rule.startswith(("card-", "frame-")) and rule not in SOMETHING_ELSE


def telling(rules: Sequence[str]) -> str:
    """What to tell of several readers: a bad card, else what lies there instead of one, else that
    one waits for a card, else what is wrong with the first."""
    return min(rules, key=_rank)


def _rank(rule: str) -> int:
    if ends_the_wait(rule):
        return 0
    if rule in SOMETHING_ELSE:
        return 1
    return 2 if rule == "no-card" else 3
