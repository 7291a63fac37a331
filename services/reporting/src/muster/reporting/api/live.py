"""What happens now: the pulse, and news for who looks at figures, by server-sent events."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from muster.reporting import pulse_store, shapes
from muster.reporting.api.guard import READERS, counties, readable
from muster.reporting.domain import balance, pulse
from muster.reporting.store import changes
from muster.runtime import loop
from muster.runtime.asked_area import AreaQuery
from muster.runtime.auth import Authenticated, Caller, Composed, authenticate
from muster.runtime.context import Context
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import AreaLevel

router = APIRouter()

EVERY = 5.0
"""Seconds between two messages at least (WCAG 2.2.2: no faster than that anything changes)."""
QUIET = 15.0
"""Seconds after which a message comes although nothing changed, so that silence means a cut."""
LONGEST = 300.0
"""Seconds after which a stream ends, to be opened anew: so that none stays where it once began."""
STREAMS = 4
"""Streams that an account may hold open at one process."""
_BACK = 30

_NOTHING = shapes.Words(zh="最近没有新的情况。", en="Nothing yet in these minutes.")
_AWAY = shapes.Words(zh="实时数据暂时不可用。", en="The live figures are away for a moment.")
_open: Counter[str] = Counter()


@router.get("/pulse")
async def get_pulse(
    caller: Authenticated,
    context: Composed,
    minutes: Annotated[int, Query(ge=1, le=120)] = 10,
) -> shapes.PulseAnswer:
    """Facts of the last minutes by county and kind; what Redis lost is simply not there."""
    visible = counties(caller, context)
    if not visible:
        caller.require(READERS, context.profile.area)
    return await _pulse(context, minutes, visible)


async def _pulse(context: Context, minutes: int, visible: frozenset[str]) -> shapes.PulseAnswer:
    now = datetime.now(UTC)
    windows: list[pulse.Window] = []
    note = None
    try:
        async with Redis.from_url(context.settings.redis_url) as redis:
            windows = await pulse_store.read(redis, now, minutes, visible)
    except (RedisError, OSError):
        note = _AWAY
    return shapes.PulseAnswer(
        as_of=now,
        windows=tuple(
            shapes.PulseWindow(
                start=window.start,
                seconds=int(pulse.WINDOW.total_seconds()),
                counts={county: dict(counts) for county, counts in window.counts.items()},
            )
            for window in windows
        ),
        note=note or (None if windows else _NOTHING),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who follows which area. ``units`` are the townships (and zones without any) in it, None for
    all there are; ``visible`` the counties whose pulse they may see."""

    area: str
    units: frozenset[str] | None
    visible: frozenset[str]


async def _reading(
    caller: Authenticated, context: Composed, area: AreaQuery = None
) -> AsyncIterator[_Reader]:
    """Refuses before anything streams: 401, 403, 422, and 429 beyond `STREAMS` of one account."""
    root = readable(caller, context, area)
    if _open[caller.account_id] >= STREAMS:
        raise Refusal(
            Reason(
                "request",
                "too-many-streams",
                f"同一账号最多同时打开 {STREAMS} 个实时页面，请先关闭其他页面。",
                f"An account may follow {STREAMS} pages at once; close another one first.",
            ),
            status=429,
            kind="unavailable",
        )
    units = frozenset(
        balance.place_at(context.areas, AreaLevel.TOWNSHIP, leaf.code)
        for leaf in context.areas.leaves(root.code)
    )
    whole = root.code == context.profile.area
    _open[caller.account_id] += 1
    try:
        yield _Reader(root.code, None if whole else units, counties(caller, context))
    finally:
        _open[caller.account_id] -= 1
        if not _open[caller.account_id]:
            del _open[caller.account_id]


@router.get("/events", response_class=EventSourceResponse)
async def get_events(
    request: Request,
    context: Composed,
    reader: Annotated[_Reader, Depends(_reading)],
) -> AsyncIterator[ServerSentEvent]:
    """News of an area as a stream: that its figures changed, and the pulse where it did. No figure
    but the pulse, and nobody, is in it. At most one message in 5 seconds, at least one in 15; each
    is a `Live`. It ends with the token, with the grant, when the service stops, and by itself after
    some minutes: who follows opens it again."""
    clock = asyncio.get_running_loop().time
    end = clock() + LONGEST
    seen: frozenset[int] | None = None
    shown: object = None
    last = -QUIET
    while True:
        news = await _look(context, reader)
        if news is None:
            return
        fresh, beat = news
        changed = seen is not None and bool(fresh - seen)
        seen = fresh
        # A new minute is news, too: the oldest one leaves the picture.
        now = None if beat is None else (pulse.window_start(beat.as_of), beat.windows, beat.note)
        if changed or now != shown or clock() - last >= QUIET:
            told = shapes.Live(
                at=datetime.now(UTC), changed=changed, pulse=beat if now != shown else None
            )
            yield ServerSentEvent(data=told, retry=int(EVERY * 1000))
            shown, last = now, clock()
        if clock() >= end or not await _may_go_on(request, reader):
            return


async def _look(
    context: Context, reader: _Reader
) -> tuple[frozenset[int], shapes.PulseAnswer | None] | None:
    """Changes that are recent, and the pulse where the reader may see it; None when the database
    is away: then the stream ends, which its reader sees."""
    try:
        recent = await changes.recent(context.database, reader.units)
    except (SQLAlchemyError, OSError):
        return None
    return recent, await _pulse(context, _BACK, reader.visible) if reader.visible else None


async def _may_go_on(request: Request, reader: _Reader) -> bool:
    """Waits for the next turn; whether the token still holds then, the grant too, and we run on."""
    for _ in range(int(EVERY)):
        await asyncio.sleep(1)
        if loop.stopping():
            return False
    try:
        caller: Caller = await authenticate(request)
    except (Refusal, SQLAlchemyError, OSError):
        return False
    return caller.may(READERS, reader.area)
