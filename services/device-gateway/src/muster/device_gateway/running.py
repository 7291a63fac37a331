"""One gateway in one event loop: the desk's API, the publisher, the watch over readers and keys."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from muster.device_gateway import handlers, store, token
from muster.device_gateway.api import create_app
from muster.device_gateway.handlers import Gateway
from muster.device_gateway.readers.bench import Bench
from muster.device_gateway.readers.pcsc import PcscReader
from muster.device_gateway.readers.port import Reader, ReaderError
from muster.device_gateway.readers.serial_sdt import SerialReader
from muster.device_gateway.settings import LOOPBACK, Settings
from muster.messaging import login
from muster.messaging.broker import pause
from muster.messaging.login import Cluster
from muster.observability.logging import get_logger
from muster.security.keyring import write_private
from muster.spool.keyfile import Edge
from muster.spool.publisher import Publisher
from muster.spool.services import ServiceKeys, new_client
from muster.vocabulary.reasons import Refusal

_log = get_logger("muster.gateway")

GRACE = 10
"""Seconds that requests under way have when the gateway ends."""


def readers_of(settings: Settings) -> list[Reader]:
    """The readers that the settings name: serial, serial-2, ..., pcsc."""
    found: list[Reader] = [
        SerialReader(path, settings.baud, "serial" if number == 1 else f"serial-{number}")
        for number, path in enumerate(settings.serial_paths, 1)
    ]
    return [*found, PcscReader()] if settings.pcsc else found


async def run(settings: Settings, ready: Callable[[dict[str, Any]], None]) -> bool:
    """Run until SIGTERM or SIGINT; whether all events were received at the end.

    `ready` hears where the API listens, once it does.

    Raises:
        KeyfileError, NotEnrolled, LoginError, TokenError, SpoolError: the home folder is not
            usable.
        OSError: the port is taken.
    """
    edge = store.enrolled(settings.home)
    login.in_home(settings.home, edge.kafka)  # said now, not only in the log
    secret = token.ensure(settings.home)
    listener = _listen(settings.port)
    with listener:
        async with _composed(settings, edge) as (gateway, publisher):
            app = create_app(
                gateway,
                token=secret,
                origins=settings.allowed_origins,
                patience=settings.patience,
            )
            await _serve(app, settings, listener, ready)
            drained = await publisher.drain(settings.drain_seconds)
    if not drained:
        _log.info("ended with events that wait; the next start sends them")
    return drained


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def _composed(settings: Settings, edge: Edge) -> AsyncIterator[tuple[Gateway, Publisher]]:
    """Everything but the API, at work for the length of the block."""
    http = new_client()
    spool = store.open_spool(settings.home, edge)
    bench = Bench(readers_of(settings))
    gateway = Gateway(edge, spool, ServiceKeys(settings.home, edge.services, http), bench)

    def kafka() -> Cluster:
        return login.in_home(settings.home, edge.kafka)

    publisher = Publisher(spool, kafka, edge.services, http=http)
    stopping = asyncio.Event()

    async def look() -> None:
        await asyncio.to_thread(handlers.tell_readers, gateway)

    def until_keys() -> float:
        # Nobody can be served without them: a service that was away is asked soon again.
        known = handlers.keys_known(gateway)
        return settings.keys_seconds if known else settings.watch_seconds

    tasks = [
        asyncio.create_task(publisher.run()),
        asyncio.create_task(_again(lambda: handlers.refresh_keys(gateway), until_keys, stopping)),
        asyncio.create_task(_again(look, lambda: settings.watch_seconds, stopping)),
    ]
    try:
        yield gateway, publisher
    finally:
        stopping.set()
        publisher.stop()
        await asyncio.gather(*tasks)
        await asyncio.to_thread(bench.close)
        spool.close()
        await http.aclose()


async def _again(
    work: Callable[[], Awaitable[None]], seconds: Callable[[], float], stopping: asyncio.Event
) -> None:
    """Do it again and again until stopped; what fails is done at the next time."""
    while not stopping.is_set():
        try:
            await work()
        except (ReaderError, Refusal) as error:
            _log.info("postponed", reason=str(error))
        except Exception as error:  # noqa: BLE001 - no fault of one look may end the gateway
            _log.warning("failed, done again later", reason=type(error).__name__)
        await pause(seconds(), stopping)


async def _serve(
    app: FastAPI,
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[dict[str, Any]], None],
) -> None:
    """Answer the desk until a signal comes."""
    config = uvicorn.Config(
        app,
        log_config=None,  # ours redacts; uvicorn's would not
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )
    port = listener.getsockname()[1]
    where = {
        "ready": True,
        "port": port,
        "url": f"http://{LOOPBACK}:{port}",
        "terminal_id": app.state.gateway.edge.place,
        "token_file": str(settings.home / token.NAME),
    }
    server = _Server(config, started=lambda: ready(where), ending=lambda: _stop(app))
    write_private(settings.port_file, f"{port}\n".encode())
    try:
        await server.serve(sockets=[listener])
    finally:
        settings.port_file.unlink(missing_ok=True)


def _stop(app: FastAPI) -> None:
    """Refuse what comes now, and wait for no card any more."""
    app.state.stopping = True
    app.state.gateway.bench.stop()


class _Server(uvicorn.Server):
    """Ends at a signal, and leaves the signal at that: what comes after still has to drain."""

    def __init__(
        self, config: uvicorn.Config, *, started: Callable[[], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_started = started
        self._on_ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self._asked_to_end)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            # A second signal ends at once, as if there was nothing to drain.
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_end(self, _number: int, _frame: object) -> None:
        self._on_ending()
        self.should_exit = True
