"""One connector in one event loop: the consumer, the publisher, the watch over services' keys."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from muster.department_connector import topics
from muster.department_connector.commands.enrolment import SERVICES
from muster.department_connector.commands.home import composed
from muster.department_connector.handlers.common import Connector
from muster.department_connector.settings import Settings
from muster.department_connector.store import extracts
from muster.department_connector.topics.consuming import Consumer
from muster.messaging.broker import pause
from muster.observability.logging import get_logger
from muster.spool.publisher import ASK_SOON, Publisher
from muster.spool.services import ServiceAway
from muster.spool.store import SpoolError
from muster.spool.turn import Turn

if TYPE_CHECKING:
    import httpx

_log = get_logger("muster.connector")

_LOOK = 0.3


async def run(settings: Settings, ready: Callable[[dict[str, Any]], None]) -> bool:
    """Run until SIGTERM or SIGINT; whether all answers were received at the end.

    `ready` hears who runs once requests are waited for. Raises as `composed`, `Turn.take`
    and `Connector.kafka`.
    """
    async with composed(settings) as (connector, http):
        connector.kafka()  # a login that cannot be used ends the start, too
        turn = Turn(settings.home)
        # `_send` takes it, too; but here a file that cannot be used ends the start, and is said.
        turn.take()
        publisher = Publisher(connector.spool, connector.kafka, connector.edge.services, http=http)
        consumer = Consumer(connector)
        stopping = asyncio.Event()
        tasks = [
            asyncio.create_task(_send(turn, publisher, stopping)),
            asyncio.create_task(_refresh_keys(connector, settings.keys_seconds, stopping)),
        ]
        consuming = asyncio.create_task(consumer.run())
        try:
            with _signals(stopping):
                department = connector.department.id
                ready(
                    {
                        "ready": True,
                        "department": department,
                        "mode": connector.department.mode,
                        "topics": list(topics.consumed(department)),
                        "group": topics.group(department),
                    }
                )
                await stopping.wait()
            # A second signal ends at once, as if there was nothing to drain.
            consumer.stop()
            await consuming
            drained = await publisher.drain(settings.drain_seconds)
        finally:
            stopping.set()
            consumer.stop()
            publisher.stop()
            await asyncio.gather(consuming, *tasks)
    if not drained:
        _log.info("ended with answers that wait; the next start sends them")
    return drained


async def deliver(
    turn: Turn,
    connector: Connector,
    http: httpx.AsyncClient,
    extract_id: str,
    seconds: float,
) -> bool:
    """As `received`; what waits is sent from here, unless a `run` of the same home does."""
    publisher = Publisher(
        connector.spool,
        connector.kafka,
        connector.edge.services,
        http=http,
        ask_every=ASK_SOON,
    )
    stopping = asyncio.Event()
    sending = asyncio.create_task(_send(turn, publisher, stopping))
    try:
        return await received(connector, extract_id, seconds)
    finally:
        stopping.set()
        publisher.stop()
        await sending


async def _send(turn: Turn, publisher: Publisher, stopping: asyncio.Event) -> None:
    """Send once it is this process's turn: two that send would only double what travels.

    What keeps it from its turn is logged, each once, and may pass: the spool keeps its events.
    """
    said: set[str] = set()
    try:
        while not _may_send(turn, said):
            await pause(_LOOK, stopping)
            if stopping.is_set():
                return
        await publisher.run()
    finally:
        turn.close()


def _may_send(turn: Turn, said: set[str]) -> bool:
    try:
        return turn.take()
    except SpoolError as error:
        if error.en not in said:
            said.add(error.en)
            _log.warning("it cannot be this process's turn to send", reason=str(error))
        return False


async def received(connector: Connector, extract_id: str, seconds: float) -> bool:
    """Wait until the cross-check has received all of an extract, for as long as this; whether it
    has. Answers that wait for verification are no part of it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while await asyncio.to_thread(extracts.unreceived, connector.spool, [extract_id]):
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(_LOOK)
    return True


async def refresh_keys(connector: Connector, services: Sequence[str] = SERVICES) -> None:
    """Fetch the services' public keys, each on its own; kept ones serve while one is away."""
    for name in services:
        try:
            await connector.keys.refresh([name])
        except (ServiceAway, OSError) as error:
            _log.info("keys cannot be fetched", service_asked=name, reason=type(error).__name__)


async def _refresh_keys(connector: Connector, seconds: float, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        await refresh_keys(connector)
        await pause(seconds, stopping)


@contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
