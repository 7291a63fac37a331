"""Sends a spool to the broker, and again, until the service that reads an event has it.

Two loops that fail alone: one publishes what waits, in order, as far as the window of each reader
allows; one asks each reader ``POST /received``. What a reader does not have after a while was lost
on its way and goes out again under the same id, which its inbox takes once. A broker or a service
that is away delays, and no error leaves `run`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer

from muster.contracts.topics import service_topics
from muster.messaging import failpoints
from muster.messaging.broker import BrokerView, new_producer, partition_of, pause
from muster.messaging.login import Bootstrap
from muster.messaging.unread import LIMIT_BYTES
from muster.observability.logging import get_logger
from muster.spool.services import ServiceAway, ask, new_client
from muster.spool.store import Spool, Unreceived
from muster.spool.wire import Outgoing
from muster.vocabulary.reasons import Refusal

if TYPE_CHECKING:
    import httpx

_log = get_logger("muster.spool")

WINDOW = 200
"""Events of one reader that are out and not received; the embedded broker forgets what nobody
reads, and a real one is spared what a reader cannot take yet."""
ASK_EVERY = 2.0
ASK_SOON = 0.2
"""Seconds between questions while the window is full or somebody waits for `drain`."""
ASKED_AT_ONCE = 500
AGAIN_AFTER = 30.0
"""Seconds after which what was not received goes out again; doubled at each further time."""
AGAIN_MOST = 600.0
KEEP = timedelta(days=14)
"""For how long received events are kept: as long as their topics do."""

IDLE = 0.1
GATHER = 0.5
"""Seconds between batches, and between looks while nothing waits. Nobody waits for a single event
of an edge, and each batch is a request, a commit here and a transaction at the reader."""
CLUSTER_EVERY = 5.0
FORGET_EVERY = 600.0
PATIENCE = 10.0
"""Seconds for the broker to take a batch, before a new connection is tried."""
STOP_PATIENCE = 5.0
BACKOFF_FIRST, BACKOFF_MOST = 0.5, 10.0

Broker = Bootstrap | Callable[[], Bootstrap]
"""The broker, or what tells it; asked at each connection, so that a login may change."""


class Publisher:
    """Publishes the spool of one edge until it is stopped.

    ``services`` maps each reader to its base URL; ``ask_every`` is for who waits for their answers.
    ``again_after`` and ``keep`` are for tests and for those who keep their topics longer.
    """

    def __init__(
        self,
        spool: Spool,
        bootstrap: Broker,
        services: Mapping[str, str],
        *,
        window: int = WINDOW,
        ask_every: float = ASK_EVERY,
        again_after: float = AGAIN_AFTER,
        keep: timedelta = KEEP,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._spool = spool
        self._bootstrap = bootstrap
        self._services = services
        self._window = window
        self._ask_every = ask_every
        self._again_after = again_after
        self._keep = keep.total_seconds()
        self._http = http
        self._stopping = asyncio.Event()
        self._draining = 0
        self._full = False
        self._ask_after: dict[str, tuple[float, float]] = {}

    def stop(self) -> None:
        """Ask `run` to end; what was not received is asked for by the next one."""
        self._stopping.set()

    async def run(self) -> None:
        """Publish and ask until stopped. Only a cancellation comes out of it."""
        http = self._http or new_client()
        tasks = [
            asyncio.create_task(self._for_ever("publishing", self._publish_connected)),
            asyncio.create_task(self._for_ever("asking", lambda: self._keep_asking(http))),
        ]
        try:
            await self._stopping.wait()
            await asyncio.wait(tasks, timeout=STOP_PATIENCE)
        finally:
            # A broker that is away keeps its clients waiting; a kill would be as safe.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._http is None:
                await http.aclose()

    async def drain(self, timeout: float) -> bool:  # noqa: ASYNC109 - an answer, no exception
        """Wait, while `run` runs elsewhere, until everything is received; False when it is not."""
        deadline = time.monotonic() + timeout
        self._draining += 1
        try:
            while True:
                counts = await asyncio.to_thread(self._spool.counts)
                if not counts.waiting and not counts.published:
                    return True
                if time.monotonic() >= deadline:
                    return False
                await asyncio.sleep(IDLE)
        finally:
            self._draining -= 1

    async def _for_ever(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        backoff = BACKOFF_FIRST
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the spool keeps its events
                if time.monotonic() - started > BACKOFF_MOST:
                    backoff = BACKOFF_FIRST
                _log.warning("spool waits", what=what, reason=type(error).__name__)
                await pause(backoff, self._stopping)
                backoff = min(backoff * 2, BACKOFF_MOST)

    # -- publishing --------------------------------------------------------------------------------

    async def _publish_connected(self) -> None:
        bootstrap = self._bootstrap() if callable(self._bootstrap) else self._bootstrap
        producer, view = new_producer(bootstrap, "muster-spool"), BrokerView(bootstrap)
        next_look = 0.0
        try:
            await producer.start()
            await view.start()
            while not self._stopping.is_set():
                if time.monotonic() >= next_look:
                    await self._compare_cluster(view)
                    next_look = time.monotonic() + CLUSTER_EVERY
                # While others can go out at once, they do.
                if await self._publish_some(producer) < self._window:
                    await pause(IDLE if self._draining else GATHER, self._stopping)
        finally:
            try:
                await _close(producer)
            finally:
                await view.stop()

    async def _compare_cluster(self, view: BrokerView) -> None:
        async with asyncio.timeout(PATIENCE):
            cluster = await view.cluster_id()
        again = await asyncio.to_thread(self._spool.note_cluster, cluster)
        if again:
            _log.warning("another cluster: publishing again", events=again)

    async def _publish_some(self, producer: AIOKafkaProducer) -> int:
        """Publish what may go out; how many events did."""
        due = await asyncio.to_thread(self._spool.due, self._window, LIMIT_BYTES)
        if not due:
            return 0
        await failpoints.reach("spool.before-publish")
        sent = await _send(producer, due)
        await failpoints.reach("spool.after-publish")
        await failpoints.reach("spool.before-mark")
        await asyncio.to_thread(self._spool.mark_published, sent)
        await failpoints.reach("spool.after-mark")
        if len(sent) < len(due):
            raise ConnectionError("the broker did not take all events")
        return len(sent)

    # -- asking ------------------------------------------------------------------------------------

    async def _keep_asking(self, http: httpx.AsyncClient) -> None:
        next_forget = 0.0
        while not self._stopping.is_set():
            await self._ask_all(http)
            if time.monotonic() >= next_forget:
                await asyncio.to_thread(self._spool.forget, time.time() - self._keep)
                next_forget = time.monotonic() + FORGET_EVERY
            soon = self._draining or self._full
            await pause(ASK_SOON if soon else self._ask_every, self._stopping)

    async def _ask_all(self, http: httpx.AsyncClient) -> None:
        out = await asyncio.to_thread(self._spool.unreceived)
        self._full = any(2 * len(events) >= self._window for events in out.values())
        for reader, events in out.items():
            after, wait = self._ask_after.get(reader, (0.0, BACKOFF_FIRST))
            if time.monotonic() < after:
                continue
            try:
                for first in range(0, len(events), ASKED_AT_ONCE):
                    await self._ask(http, reader, events[first : first + ASKED_AT_ONCE])
            except (ServiceAway, Refusal, KeyError) as error:
                # One reader that is away does not keep the others from being asked.
                _log.info("reader does not answer", reader=reader, reason=type(error).__name__)
                wait = min(wait * 2, BACKOFF_MOST)
                self._ask_after[reader] = (time.monotonic() + wait, wait)
            else:
                self._ask_after.pop(reader, None)

    async def _ask(
        self, http: httpx.AsyncClient, reader: str, events: Sequence[Unreceived]
    ) -> None:
        asked = [event.event_id for event in events]
        answer = await ask(http, "POST", self._services[reader], "/received", {"event_ids": asked})
        named = answer.get("event_ids")
        if not isinstance(named, list):
            raise ServiceAway(reader)
        taken = set(map(str, named)) & set(asked)
        if taken:
            await failpoints.reach("spool.before-received")
            await asyncio.to_thread(self._spool.mark_received, taken)
        now = time.time()
        lost = [e.event_id for e in events if e.event_id not in taken and self._overdue(e, now)]
        if lost:
            _log.info("not received, publishing again", reader=reader, events=len(lost))
            await asyncio.to_thread(self._spool.send_again, lost)

    def _overdue(self, event: Unreceived, now: float) -> bool:
        """Whether it has been out too long. Only a reader that answers makes it so: repeating for
        one that is away would fill the broker. A clock that was set back counts as time passed."""
        wait: float = min(self._again_after * 2.0 ** min(event.tries - 1, 10), AGAIN_MOST)
        return abs(now - event.published_at) >= wait


async def _send(producer: AIOKafkaProducer, due: Sequence[Outgoing]) -> list[int]:
    """Send events and wait for the broker; the sequences of those before the first failure."""
    futures: list[tuple[int, asyncio.Future[Any]]] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for event in due:
                future = await producer.send(
                    event.topic,
                    value=event.value,
                    key=event.key.encode(),
                    partition=partition_of(event.key, service_topics()[event.topic].partitions),
                    headers=list(event.headers),
                )
                future.add_done_callback(_seen)
                futures.append((event.sequence, future))
            await asyncio.wait([future for _, future in futures])
    sent = []
    for sequence, future in futures:
        if not future.done() or future.cancelled() or future.exception() is not None:
            break
        sent.append(sequence)
    return sent


def _seen(future: asyncio.Future[Any]) -> None:
    """Take the error of a future that nobody waits for any more."""
    if not future.cancelled():
        future.exception()


async def _close(producer: AIOKafkaProducer) -> None:
    """End a producer. Not by its `stop`, which waits for what a broker that is away has not taken,
    for ever: what was not taken is in the spool."""
    producer._closed = True
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_PATIENCE):
            await producer._sender.close()
    await producer.client.close()
