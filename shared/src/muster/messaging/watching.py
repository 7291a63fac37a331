"""What an operator must watch of a service, measured by the clock, whatever else stands still.

Every few seconds one look at the database, one at the broker and a step along the audit chain set
the gauges of `muster.observability.metrics`; ``GET /metrics``, the alert rules in
``deploy/prometheus`` and ``muster lag`` read those and nothing else. What cannot be measured is
absent, and never an old number.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.errors import KafkaError
from prometheus_client import Gauge
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import QueuePool

from muster.contracts.topics import service_topics
from muster.messaging.broker import BrokerView, pause
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.database import Database
from muster.security.audit import GENESIS, Audit, BrokenChain, Head, Search, verify_chain

_log = get_logger("muster.watch")

EVERY = 5.0
"""Seconds between two measurements."""
BROKER_PATIENCE = 10.0
CHAIN_STEP = 500
"""Rows of the audit chain that are checked at a time."""
CHAIN_ANEW = 24 * 3600.0
"""Seconds after which the whole chain is checked once more."""

# In two halves, each of which has an index that holds these rows only.
_OUTBOX = text(
    """
    SELECT topic, count(*) AS rows, extract(epoch FROM now() - min(occurred_at)) AS age FROM (
        SELECT topic, occurred_at FROM outbox WHERE sequence IS NULL
        UNION ALL
        SELECT topic, occurred_at FROM outbox WHERE published_at IS NULL AND sequence IS NOT NULL
    ) AS waiting GROUP BY topic
    """
)
_PARKED = text(
    """
    SELECT topic, count(*) AS rows, count(DISTINCT key) AS keys,
           extract(epoch FROM now() - min(parked_at)) AS age FROM parked GROUP BY topic
    """
)
_LETTERS = text("SELECT topic, count(*) AS rows FROM dead_letter GROUP BY topic")
_HELD = text("SELECT topic, count(*) AS rows FROM quarantine GROUP BY topic")
_SIZE = text("SELECT pg_database_size(current_database())")

Shard = tuple[str, int]


class Watch:
    """Measures one service until stopped. `consumed` and `published` are the topics that it reads
    and writes: of each the gauges say 0 when there is nothing."""

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        bootstrap: str,
        consumed: Sequence[str],
        published: Sequence[str],
        audit: Audit,
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._consumed = consumed
        self._published = published
        self._groups = groups_of(service, consumed)
        self._chain = ChainCheck(service, audit)
        self._view: BrokerView | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask `run` to return."""
        self._stopping.set()

    async def run(self) -> None:
        """Measure until stopped; what does not answer is said by a gauge, and asked again."""
        try:
            while not self._stopping.is_set():
                await self.measure()
                await pause(EVERY, self._stopping)
        finally:
            await self._let_go()

    async def measure(self) -> None:
        """Set every gauge once."""
        measure_process(self._database)
        try:
            await self._measure_database()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self._lost("database", metrics.database_up, error)
            for gauge in _OF_DATABASE:
                gauge.clear()
        else:
            metrics.database_up.set(1)
        try:
            async with asyncio.timeout(BROKER_PATIENCE):
                await self._measure_broker()
        except (KafkaError, OSError, TimeoutError) as error:
            self._lost("broker", metrics.broker_up, error)
            metrics.consumer_lag.clear()
            await self._let_go()
        else:
            metrics.broker_up.set(1)

    async def _measure_database(self) -> None:
        async with self._database.transaction() as conn:
            outbox = (await conn.execute(_OUTBOX)).all()
            parked = (await conn.execute(_PARKED)).all()
            letters = (await conn.execute(_LETTERS)).all()
            held = (await conn.execute(_HELD)).all()
            size = (await conn.execute(_SIZE)).scalar_one()
            await self._chain.step(conn)
        _set(metrics.outbox_pending, self._published, _by_topic(outbox, "rows"))
        _set(metrics.outbox_oldest_seconds, self._published, _by_topic(outbox, "age"))
        _set(metrics.parked_messages, self._consumed, _by_topic(parked, "rows"))
        _set(metrics.parked_keys, self._consumed, _by_topic(parked, "keys"))
        _set(metrics.parked_oldest_seconds, self._consumed, _by_topic(parked, "age"))
        _set(metrics.dead_letters_standing, self._consumed, _by_topic(letters, "rows"))
        _set(metrics.quarantined_senders, self._consumed, _by_topic(held, "rows"))
        metrics.database_bytes.set(size)

    async def _measure_broker(self) -> None:
        if self._view is None:
            self._view = BrokerView(self._bootstrap)
            await self._view.start()
        everything = sorted({shard for shards in self._groups.values() for shard in shards})
        ends = await self._view.ends(everything)
        committed = {
            group: await self._view.committed(group, shards)
            for group, shards in self._groups.items()
        }
        metrics.consumer_lag.clear()
        for group, offsets in committed.items():
            for shard, offset in offsets.items():
                first, end = ends[shard]
                # What the broker no longer has is not waited for: it is asked for at its source.
                lag = max(0, end - max(first, offset))
                metrics.consumer_lag.labels(group, shard[0], str(shard[1])).set(lag)

    def _lost(self, what: str, gauge: Gauge, error: Exception) -> None:
        gauge.set(0)
        _log.warning("cannot be measured", what=what, reason=type(error).__name__)

    async def _let_go(self) -> None:
        if self._view is not None:
            view, self._view = self._view, None
            await view.stop()


class ChainCheck:
    """Goes along the audit chain of a service, a step at a time, and anew every day."""

    def __init__(self, service: str, audit: Audit) -> None:
        self._service = service
        self._audit = audit
        self._checked = Head(service, 0, GENESIS)
        self._broken = False
        self._anew = time.monotonic() + CHAIN_ANEW

    async def step(self, conn: AsyncConnection) -> None:
        """Check the next rows, and that what was checked is still there."""
        newest = await self._audit.head(conn)
        rows = await self._audit.find(conn, Search(after=self._checked.seq), CHAIN_STEP)
        try:
            self._checked = self._next(newest, [row._asdict() for row in rows])
        except BrokenChain as broken:
            if not self._broken:
                _log.critical("the audit chain does not hold", seq=broken.seq, reason=broken.en)
            self._broken = True
        else:
            if len(rows) < CHAIN_STEP and time.monotonic() >= self._anew:
                self._checked = Head(self._service, 0, GENESIS)
                self._anew = time.monotonic() + CHAIN_ANEW
        metrics.audit_chain_broken.set(int(self._broken))
        metrics.audit_rows_checked.set(self._checked.seq)

    def _next(self, newest: Head, rows: Sequence[Mapping[str, Any]]) -> Head:
        if newest.seq <= self._checked.seq and newest != self._checked:
            zh, en = "在其后被截断或改写", "was cut off or written anew behind it"
            raise BrokenChain(newest.seq, zh, en)
        return verify_chain(rows, self._service, after=self._checked)


_OF_DATABASE = (
    metrics.outbox_pending,
    metrics.outbox_oldest_seconds,
    metrics.parked_messages,
    metrics.parked_keys,
    metrics.parked_oldest_seconds,
    metrics.dead_letters_standing,
    metrics.quarantined_senders,
)


def groups_of(service: str, consumed: Iterable[str]) -> Mapping[str, list[Shard]]:
    """What the service's consumer reads, and what its Faust workers do, by consumer group."""
    specs = service_topics()
    groups: dict[str, list[Shard]] = defaultdict(list)
    for topic in consumed:
        groups[service] += [(topic, number) for number in range(specs[topic].partitions)]
    for spec in specs.values():
        for group in spec.clear_readers:
            if group.startswith(f"{service}-"):
                groups[group] += [(spec.name, number) for number in range(spec.partitions)]
    return groups


def measure_process(database: Database) -> None:
    """What can be seen without asking anybody: the pool of connections, and the disk that uploads
    go through."""
    pool = database.engine.pool
    if isinstance(pool, QueuePool):
        metrics.database_pool_size.set(pool.size())
        metrics.database_pool_used.set(pool.checkedout())
    disk = shutil.disk_usage(tempfile.gettempdir())
    metrics.disk_free_bytes.set(disk.free)
    metrics.disk_size_bytes.set(disk.total)


def _by_topic(rows: Sequence[Row[Any]], column: str) -> dict[str, float]:
    return {row.topic: float(getattr(row, column)) for row in rows}


def _set(gauge: Gauge, topics: Iterable[str], values: Mapping[str, float]) -> None:
    """Every topic's value, 0 for those that have none; topics that are no longer read stay seen."""
    gauge.clear()
    for topic in {*topics, *values}:
        gauge.labels(topic).set(values.get(topic, 0))
