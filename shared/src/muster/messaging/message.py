"""A message as a handler sees it, and what a handler may answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear
from muster.contracts.parts.base import Part


@dataclass(frozen=True, slots=True)
class Message:
    """One opened message: its clear fields, and the part that was sealed for this service.

    ``traceparent`` goes on in what the message causes; a department's never does, and is None.
    ``sequence`` is its place in its source's shard; of one key, what was said later has the higher.
    """

    topic: str
    key: str
    event_id: str
    clear: Clear
    part: Any
    traceparent: str | None
    sequence: int = 0

    @property
    def version(self) -> int:
        """Version of the fact; per key the highest wins."""
        return self.clear.version


@dataclass(frozen=True, slots=True)
class Done:
    """Taken: its effect is in this transaction (or it was already there)."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """Can never be taken: goes to the sealed dead letters with its reason."""

    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Something it needs is not here yet: this key waits in PostgreSQL, others go on."""

    reason: str


Outcome = Done | Invalid | NotNow
DONE = Done()


def done(batch: Sequence[Message], outcomes: Sequence[Outcome]) -> list[Message]:
    """The messages of a batch that are to be taken."""
    return [m for m, outcome in zip(batch, outcomes, strict=True) if isinstance(outcome, Done)]


Handler = Callable[[Any, AsyncConnection, Sequence[Message]], Awaitable[Sequence[Outcome]]]
"""``handler(context, connection, batch)`` gives one outcome per item, in order. It writes only
for items that it calls done, and never commits."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event to publish: a reference into the store, never the content."""

    event_id: str
    topic: str
    partition: int
    key: str
    version: int
    county: str | None
    ref: dict[str, Any]
    traceparent: str | None
    occurred_at: Any
    sequence: int


@dataclass(frozen=True, slots=True)
class Event:
    """What the store says about an outbox row: clear fields, and a part per consumer.

    Without parts the event says only that nothing is left to know (the subject was erased); it is
    published all the same, so that the shard's sequence has no hole.
    """

    clear: Clear
    parts: dict[str, Part]


Loader = Callable[[Any, AsyncConnection, Sequence[OutboxRow]], Awaitable[dict[str, Event]]]
"""``load(context, connection, rows)`` reads the store for a set of rows: event id to event. A row
that is absent from the answer is published without parts."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One line of a service's table of what it publishes."""

    topic: str
    load: Loader


@dataclass(frozen=True, slots=True)
class Subscription:
    """One line of a service's table of what it consumes."""

    topic: str
    take: Handler
