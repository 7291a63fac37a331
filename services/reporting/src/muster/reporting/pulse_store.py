"""The pulse's windows in Redis: one hash per minute, which goes by itself.

Redis holds only what may be lost. Written are whole counts, never increments, so that a worker
that starts again or says something twice does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from redis.asyncio import Redis

from muster.reporting.domain.pulse import KEPT, WINDOW, Window, gather, window_start

_PREFIX = "muster:pulse:"
_EXPIRY = int((KEPT + WINDOW).total_seconds())


async def write(redis: Redis, counts: Mapping[tuple[int, str], int]) -> None:
    """Write counts by (start of window, key); each window lasts from its last change."""
    async with redis.pipeline(transaction=False) as pipe:
        for (start, key), count in counts.items():
            pipe.hset(f"{_PREFIX}{start}", key, str(count))
        for start in {start for start, _ in counts}:
            pipe.expire(f"{_PREFIX}{start}", _EXPIRY)
        await pipe.execute()


async def read(redis: Redis, now: datetime, minutes: int, counties: frozenset[str]) -> list[Window]:
    """The windows of the last minutes that hold something for these counties, oldest first."""
    newest, step = window_start(now), int(WINDOW.total_seconds())
    starts = [newest - step * back for back in range(minutes - 1, -1, -1)]
    async with redis.pipeline(transaction=False) as pipe:
        for start in starts:
            pipe.hgetall(f"{_PREFIX}{start}")
        answers = await pipe.execute()
    windows = [
        gather(start, [(key.decode(), int(count)) for key, count in answer.items()], counties)
        for start, answer in zip(starts, answers, strict=True)
    ]
    return [window for window in windows if window.counts]
