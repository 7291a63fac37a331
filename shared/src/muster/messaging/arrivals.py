"""Messages with readable headers on their way into a service, and what orders them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Headers
from muster.contracts.topics import TopicSpec
from muster.messaging import positions
from muster.messaging.deadletters import RawMessage
from muster.messaging.handling import BEHIND
from muster.messaging.message import Message, NotNow, Outcome
from muster.messaging.opening import Unenrolled


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message with readable headers; ``empty`` when it holds nothing for this service, ``again``
    when an earlier copy became a dead letter, and ``since`` when it waits already."""

    raw: RawMessage
    headers: Headers
    empty: bool = False
    again: bool = False
    since: datetime | None = None

    @property
    def event_id(self) -> str:
        return self.headers.event_id

    @property
    def inbox_id(self) -> str:
        """Under which it is noted. One that is empty leaves the event's own id to a copy that is
        not: nobody signs that there is nothing, so it may be a copy of which the part was taken."""
        if not self.empty:
            return self.event_id
        return str(uuid5(NAMESPACE_URL, f"{self.raw.topic}/{self.event_id}/empty"))

    @property
    def sender(self) -> str:
        return self.headers.sender


async def advance(
    conn: AsyncConnection,
    spec: TopicSpec,
    came: Sequence[Arrival],
    tried: Sequence[Arrival],
    opened: Sequence[Message | Outcome],
) -> None:
    """Note the places of all that came, and as its source's own words those that could be opened.

    Copies of what is there already count too: a hole is closed by whatever is published again. But
    a copy is no word of its source's: no seal binds the place, and anybody can write another.
    """
    genuine = [
        a for a, one in zip(tried, opened, strict=True) if isinstance(one, Message) and not a.again
    ]
    await positions.advance(
        conn,
        [(spec.name, a.headers.shard, a.headers.sequence) for a in genuine],
        [(spec.name, a.headers.shard, a.headers.sequence) for a in came],
    )


def settle(
    arrivals: Sequence[Arrival],
    found: Sequence[Message | Outcome | Unenrolled],
    held: Collection[tuple[str, str]],
) -> list[Message | Outcome]:
    """What becomes of each, by the (sender, kid) that are `held`; later ones of a key wait too."""
    settled: list[Message | Outcome] = []
    behind: set[str] = set()
    for arrival, one in zip(arrivals, found, strict=True):
        what: Message | Outcome
        if arrival.raw.key in behind:
            what = BEHIND
        elif isinstance(one, Unenrolled):
            known = (arrival.sender, one.kid) in held
            what = one.outcome(held=known, since=arrival.since or datetime.now(UTC))
        else:
            what = one
        if isinstance(what, NotNow):
            behind.add(arrival.raw.key)
        settled.append(what)
    return settled


def rounds(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """Arrivals in their order, but copies of one event one after the other.

    The first copy may be the damaged one; whether the next is of use is known only after it.
    """
    copies: dict[str, int] = defaultdict(int)
    rounds: list[list[Arrival]] = []
    for arrival in arrivals:
        number = copies[arrival.event_id]
        copies[arrival.event_id] += 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(arrival)
    return rounds
