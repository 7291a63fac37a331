"""The pulse: a Faust worker that counts facts per minute, county and kind.

It holds no key and reads headers and clear fields only. Its windows may be lost (design section 4);
facts never depend on them. A count may be missing of what came just when Faust gave partitions to
another worker: its tables are then read again from a changelog that may lag by the last message.

Nothing is wired at import: ``run_pulse`` builds the app and blocks until it is told to stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from muster.contracts.envelope import Unreadable, read_headers, read_value
from muster.contracts.topics import TopicSpec, service_topics
from muster.messaging.login import Cluster
from muster.observability.logging import get_logger
from muster.reporting import pulse_store
from muster.reporting.domain.pulse import KEPT, WINDOW, Beat, window_start
from muster.runtime.faust_worker import FaustWorker, run_faust
from muster.runtime.settings import ServiceSettings

APP_ID = "reporting-pulse"
TABLE = "window"
PARTITIONS = 4
"""Partitions of the changelog; Faust wants those of the source topics."""
FLUSH = 0.5
"""Seconds between writes to Redis."""
REFRESH = 30.0
"""Seconds between writes of every window, so that an emptied Redis fills again."""

_log = get_logger("muster.pulse")


def source_topics() -> dict[str, TopicSpec]:
    """The topics whose files let the pulse read their clear fields."""
    return {name: spec for name, spec in service_topics().items() if APP_ID in spec.clear_readers}


def read_beat(
    spec: TopicSpec,
    headers: Iterable[tuple[str, bytes | None]],
    key: bytes | None,
    value: bytes | None,
    partition: int,
) -> Beat | None:
    """One fact from what is clear of a message; None when it names no county.

    Raises:
        Unreadable: it is no Muster event of that topic.
    """
    told = [(name, value or b"") for name, value in headers]
    head = read_headers(spec, told, (key or b"").decode(errors="replace"), partition)
    clear, _ = read_value(value)
    try:
        at = datetime.fromisoformat(head.time)
    except ValueError:
        raise Unreadable("header-damaged", "ce_time") from None
    if at.tzinfo is None:
        raise Unreadable("header-damaged", "ce_time without offset")
    return None if clear.county is None else Beat(spec.name, partition, clear.county, at)


class Pulse(FaustWorker):
    """Counts, and writes to Redis what it counted."""

    def __init__(self, kafka: Cluster, redis: Redis) -> None:
        self._specs = source_topics()
        super().__init__(APP_ID, kafka, topics=self._specs, partitions=PARTITIONS)
        self._redis = redis
        self._dirty: dict[tuple[int, str], int] = {}
        # Per key and window: how many, and the offset of the last one, which makes a message that
        # comes again after a kill count once.
        self._window: Any = self.app.Table(
            TABLE, default=lambda: [0, -1], partitions=PARTITIONS
        ).tumbling(WINDOW, expires=KEPT)
        self.agent("count", self._count)
        self.app.timer(FLUSH, name="flush")(self._flush)
        self.app.timer(REFRESH, name="refresh")(self._refresh)

    async def _count(self, stream: Any) -> None:
        async for event in stream.events():
            self.saw(1)
            try:
                self._take(event.message)
            except Unreadable as error:
                _log.warning("not counted", topic=event.message.topic, rule=error.rule)
            except Exception:  # noqa: BLE001 - raised, it would be lost just so, and unseen
                _log.exception("not counted", topic=event.message.topic)

    def _take(self, message: Any) -> None:
        beat = read_beat(
            self._specs[message.topic],
            message.headers or (),
            message.key,
            message.value,
            message.partition,
        )
        if beat is None or not beat.recent(datetime.now(UTC)):
            return
        window = self._window.relative_to(beat.at)
        count, offset = window[beat.key].value()
        if message.offset <= offset:
            return  # counted before the worker last ended, but not committed
        window[beat.key] = [count + 1, message.offset]
        self._dirty[window_start(beat.at), beat.key] = count + 1

    async def _flush(self) -> None:
        if not self._dirty:
            return
        held, self._dirty = self._dirty, {}
        if not await self._write(held):
            self._dirty = {**held, **self._dirty}

    async def _refresh(self) -> None:
        """Write every window that is kept: after a recovery, or when Redis was emptied."""
        oldest = datetime.now(UTC) - KEPT
        await self._write(
            {
                (int(span[0]), key): int(count)
                for (key, span), (count, _) in list(self._window.table.items())
                if span[0] >= oldest.timestamp()
            }
        )

    async def _write(self, counts: Mapping[tuple[int, str], int]) -> bool:
        try:
            await pulse_store.write(self._redis, counts)
        except (RedisError, OSError) as error:
            _log.warning("windows are not written", reason=type(error).__name__)
            return False
        return True


def run_pulse(settings: ServiceSettings) -> None:
    """Run the worker until SIGTERM or SIGINT; blocks."""
    run_faust(APP_ID, lambda: Pulse(settings.cluster(), Redis.from_url(settings.redis_url)))
