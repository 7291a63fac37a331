"""When to stop writing dead letters: a sender that only sends rubbish, or a reader that is broken.

A bad deploy would otherwise turn a whole topic into dead letters. At ``PER_SENDER`` invalid
messages in a row the one sender is quarantined, in the middle of a batch too: its further messages
wait in PostgreSQL. If invalid messages go on all the same, because operators lift quarantines and
nothing was mended, then from ``OVERALL`` in a row over all senders the consumer halts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.bulk import insert_rows
from muster.persistence.tables import parked, quarantine

_log = get_logger("muster.limits")

PER_SENDER = 50
OVERALL = 200


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a service's consumer stopped, and what to do, in both languages."""

    topic: str
    zh: str
    en: str


class Halted(RuntimeError):  # noqa: N818 - a state that an operator reads, not a fault of the code
    """The consumer of a topic stopped because nearly everything on it is invalid."""

    def __init__(self, halt: Halt) -> None:
        self.halt = halt
        super().__init__(halt.en)


class Tally:
    """What one transaction adds to the counts; forgotten when it does not commit."""

    def __init__(
        self, topic: str, limit: int, held: Iterable[str], counts: Counter[str], overall: int
    ) -> None:
        self.topic = topic
        self.limit = limit
        self.held = set(held)
        self.fresh: list[str] = []
        self.overall = overall
        # A sender at its limit that is not held was let go by an operator: it starts anew.
        self.counts = Counter(
            {sender: n for sender, n in counts.items() if n < limit or sender in self.held}
        )

    def good(self, sender: str) -> None:
        """One message was valid: what is in a row starts anew."""
        self.counts[sender] = 0
        self.overall = 0

    def invalid(self, sender: str) -> bool:
        """One message is invalid; whether it may become a dead letter, or must wait."""
        if sender in self.held:
            return False
        self.counts[sender] += 1
        self.overall += 1
        if self.counts[sender] >= self.limit:
            self.held.add(sender)
            self.fresh.append(sender)
        return True

    async def write(self, conn: AsyncConnection) -> None:
        """Quarantine who reached the limit, in the transaction that takes the messages."""
        reason = f"{self.limit} invalid messages in a row"
        await insert_rows(
            conn,
            quarantine,
            [{"topic": self.topic, "sender": s, "reason": reason} for s in sorted(self.fresh)],
            conflict="ON CONFLICT DO NOTHING",
        )


class InvalidLimits:
    """Counts invalid messages in a row, per sender and overall, in this process."""

    def __init__(self, per_sender: int = PER_SENDER, overall: int = OVERALL) -> None:
        self._per_sender = per_sender
        self._overall = overall
        self._in_a_row: dict[str, Counter[str]] = {}
        self._overall_in_a_row: Counter[str] = Counter()

    def check(self, topic: str) -> None:
        """Raises `Halted` once the overall limit of a topic was passed."""
        if self._overall_in_a_row[topic] >= self._overall:
            raise Halted(_halt(topic, self._overall_in_a_row[topic]))

    def halted(self) -> list[Halt]:
        """Topics that stop the consumer, each with why and what to do."""
        found = sorted(self._overall_in_a_row.items())
        return [_halt(topic, n) for topic, n in found if n >= self._overall]

    async def tally(self, conn: AsyncConnection, topic: str) -> Tally:
        """Begin to count for one transaction."""
        return Tally(
            topic,
            self._per_sender,
            await _held(conn, topic),
            self._in_a_row.get(topic, Counter()),
            self._overall_in_a_row[topic],
        )

    def keep(self, tally: Tally) -> None:
        """The transaction was committed: its counts are those of this process now."""
        self._in_a_row[tally.topic] = tally.counts
        self._overall_in_a_row[tally.topic] = tally.overall
        halted = tally.overall >= self._overall
        metrics.consumer_halted.labels(tally.topic).set(int(halted))
        for sender in tally.fresh:
            metrics.quarantines_total.labels(tally.topic).inc()
            _log.error("sender quarantined: its messages wait", topic=tally.topic, sender=sender)


def _halt(topic: str, invalid: int) -> Halt:
    return Halt(
        topic,
        f"{topic} 连续 {invalid} 条消息无法接收（隔离发送方之后仍是如此），本服务已停止接收消息。"
        "请用 muster dlq list 查看原因，检查最近一次升级和密钥；消除原因后重启本服务，"
        "再用 muster dlq replay 重试死信。没有消息丢失。",
        f"{topic}: {invalid} invalid messages in a row, also after a sender was quarantined; this "
        "service takes no messages any more. See why: muster dlq list; check the newest deploy and "
        "the keys. Once that is mended restart the service, then: muster dlq replay. Nothing is "
        "lost.",
    )


_HELD = select(quarantine.c.sender).where(quarantine.c.topic == bindparam("topic"))


async def _held(conn: AsyncConnection, topic: str) -> set[str]:
    return set(await conn.scalars(_HELD, {"topic": topic}))


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One quarantine as an operator sees it."""

    topic: str
    sender: str
    reason: str
    since: str
    waiting: int


async def quarantines(conn: AsyncConnection) -> list[Quarantined]:
    """Every quarantine of a service, and how many messages wait for its end."""
    rows = await conn.execute(
        text(
            """
            SELECT q.topic, q.sender, q.reason,
                   to_char(q.since, 'YYYY-MM-DD HH24:MI:SSOF') AS since,
                   (SELECT count(*) FROM parked p WHERE p.topic = q.topic AND p.sender = q.sender
                      AND p.next_try_at IS NULL) AS waiting
            FROM quarantine q ORDER BY q.topic, q.sender
            """
        )
    )
    return [Quarantined(**row._mapping) for row in rows]


async def lift(conn: AsyncConnection, topic: str, sender: str) -> int | None:
    """End a quarantine; what waited is tried from now on.

    Gives the number of messages freed; None when there was no such quarantine.
    """
    ended = await conn.execute(
        delete(quarantine).where(quarantine.c.topic == topic, quarantine.c.sender == sender)
    )
    if not ended.rowcount:
        return None
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
