"""The one origin before a service that remembers what it was asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn

from muster.runtime import door
from muster.runtime.home import Home, free_port, write_private

Scope = dict[str, Any]


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: Any, **more: Any) -> AsyncIterator[int]:
    """An application on a port of its own."""
    port = free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
        **more,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve([socket.create_server(("127.0.0.1", port))]))
    try:
        await until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        await running


@dataclass
class Service:
    """Something that answers as a service does, and remembers what it was asked."""

    asked: list[tuple[Scope, bytes]] = field(default_factory=list)
    pieces: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["path"] == "/events":
            await self.events(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            body += message.get("body", b"")
            self.arrived.append(len(body))
            more = message.get("more_body", False)
        self.asked.append((scope, body))
        if scope["path"] == "/breaks":
            await send(start(200, (b"content-length", b"100")))
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise ConnectionResetError
        headers = [
            (b"content-type", b"application/json"),
            (b"connection", b"x-hop"),
            (b"x-hop", b"1"),
            (b"set-cookie", b"a=1; Path=/api"),
            (b"set-cookie", b"b=2; Path=/api"),
        ]
        if scope["path"] == "/strict":
            headers.append((b"content-security-policy", b"default-src 'none'"))
        await send(start(200, *headers))
        await send({"type": "http.response.body", "body": b'{"ok": true}'})

    async def events(self, receive: Any, send: Any) -> None:
        await send(start(200, (b"content-type", b"text/event-stream")))
        gone = asyncio.create_task(self._until_gone(receive))
        while not gone.done():
            piece = asyncio.create_task(self.pieces.get())
            await asyncio.wait({piece, gone}, return_when=asyncio.FIRST_COMPLETED)
            if piece.done():
                body = piece.result()
                await send({"type": "http.response.body", "body": body, "more_body": True})
            else:
                piece.cancel()
        self.left.set()

    async def _until_gone(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    def header(self, name: str) -> list[str]:
        scope, _ = self.asked[-1]
        return [v.decode() for n, v in scope["headers"] if n == name.encode()]


def start(status: int, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


@dataclass
class Origin:
    """The door before one service, and a client at it."""

    home: Home
    pages: Path
    service: Service
    port: int
    client: aiohttp.ClientSession

    def tell(self, **services: int) -> None:
        """What stack.json says of where services are."""
        document = {n: {"url": f"http://127.0.0.1:{port}"} for n, port in services.items()}
        write_private(self.home.stack_file, {"services": document})

    async def ask(self, method: str, path: str, **how: Any) -> tuple[Any, bytes]:
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.client.request(method, url, allow_redirects=False, **how) as answer:
            return answer, await answer.read()

    async def raw(self, request: bytes) -> bytes:
        """The answer to bytes that no client would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(65536), 10)
        writer.close()
        return answer


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[Origin]:
    home = Home(tmp_path / "home").create()
    pages = tmp_path / "dist"
    service = Service()
    app = door.build_door(home, pages)
    async with (
        served(service) as inner,
        served(app, lifespan="on", proxy_headers=False) as port,
        aiohttp.ClientSession() as client,
    ):
        made = Origin(home, pages, service, port, client)
        made.tell(capture=inner, access=inner, verification=inner)
        yield made
