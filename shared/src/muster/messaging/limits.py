"""When to stop writing dead letters: a sender that only sends rubbish, or a reader that is broken.

A bad deploy would otherwise turn a whole topic into dead letters. Past ``PER_SENDER`` invalid
messages in a row the one sender is quarantined: its messages wait in PostgreSQL. If invalid
messages go on all the same, from ``OVERALL`` in a row over all senders, the consumer halts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.tables import parked, quarantine

_log = get_logger("muster.limits")

PER_SENDER = 50
OVERALL = 200


class Halted(RuntimeError):  # noqa: N818 - a state that an operator reads, not a fault of the code
    """The consumer of a topic stopped because nearly everything on it is invalid."""


class InvalidLimits:
    """Counts invalid messages in a row, per sender and overall, in this process."""

    def __init__(self, per_sender: int = PER_SENDER, overall: int = OVERALL) -> None:
        self._per_sender = per_sender
        self._overall = overall
        self._in_a_row: Counter[tuple[str, str]] = Counter()
        self._overall_in_a_row: Counter[str] = Counter()

    def check(self, topic: str) -> None:
        """Raises `Halted` once the overall limit of a topic was passed."""
        if self._overall_in_a_row[topic] >= self._overall:
            raise Halted(
                f"{topic}: {self._overall_in_a_row[topic]} invalid messages in a row, also after "
                "a sender was quarantined; check the newest deploy, then restart the service"
            )

    def halted(self) -> list[str]:
        """Topics whose consumer stopped."""
        return sorted(t for t, n in self._overall_in_a_row.items() if n >= self._overall)

    async def note(
        self, conn: AsyncConnection, topic: str, taken: Sequence[tuple[str, bool]]
    ) -> None:
        """Count outcomes (sender, invalid) in order; quarantine a sender past its limit."""
        for sender, invalid in taken:
            if not invalid:
                self._in_a_row[topic, sender] = 0
                self._overall_in_a_row[topic] = 0
                continue
            self._in_a_row[topic, sender] += 1
            self._overall_in_a_row[topic] += 1
            if self._in_a_row[topic, sender] == self._per_sender:
                await self._quarantine(conn, topic, sender)

    async def _quarantine(self, conn: AsyncConnection, topic: str, sender: str) -> None:
        await conn.execute(
            text(
                "INSERT INTO quarantine (topic, sender, reason) VALUES (:topic, :sender, :reason) "
                "ON CONFLICT DO NOTHING"
            ),
            {
                "topic": topic,
                "sender": sender,
                "reason": f"{self._per_sender} invalid messages in a row",
            },
        )
        metrics.quarantines_total.labels(topic).inc()
        _log.error("sender quarantined: its messages wait", topic=topic, sender=sender)


async def quarantined(conn: AsyncConnection, topic: str) -> set[str]:
    """Senders of a topic whose messages wait for an operator."""
    rows = await conn.scalars(select(quarantine.c.sender).where(quarantine.c.topic == topic))
    return set(rows)


async def lift(conn: AsyncConnection, topic: str, sender: str) -> int:
    """End a quarantine; what waited is tried from now on. Gives the number of messages freed."""
    await conn.execute(
        delete(quarantine).where(quarantine.c.topic == topic, quarantine.c.sender == sender)
    )
    freed = await conn.execute(
        parked.update()
        .where(
            parked.c.topic == topic,
            parked.c.sender == sender,
            parked.c.next_try_at.is_(None),
        )
        .values(next_try_at=text("now()"))
    )
    return freed.rowcount
