"""Passes ``/api/<service>/...`` on to that service, without the prefix, for `muster.runtime.door`.

Bodies go through piece by piece in both directions, so that a large file needs no memory here and
server-sent events arrive when they are sent. What a client says about itself and its connection
(``X-Forwarded-*``, hop-by-hop headers) goes no further; what is said instead is known here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import aiohttp
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from yarl import URL

from muster.observability.logging import get_logger
from muster.runtime import loop
from muster.runtime.problem_document import MEDIA_TYPE, document
from muster.vocabulary.reasons import Reason

__all__ = ["LIMITS", "Addresses", "Passing"]

_log = get_logger("muster.web")

LIMITS = {
    "access": 1_000_000,
    # A baseline file may have 128 MiB (capture's import_limit) and its form a little more.
    "capture": 136 << 20,
    "verification": 16 << 20,
    "crosscheck": 1_000_000,
    "reporting": 16 << 20,
}
"""Most bytes of a request's body by service, as in deploy/proxy/Caddyfile."""

_CONNECT = 5.0
_SILENCE = 900.0
"""Seconds that a service may say nothing: the longest import takes some minutes."""
# Shorter than a service keeps an idle connection (uvicorn: 5 s), so that none is used as it closes.
_IDLE = 3.0
_LOOK = 1.0
"""Seconds between two looks whether we are to end, while server-sent events are quiet."""

_HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OURS = frozenset({"expect", "forwarded", "x-real-ip"})
# The HTTP client would add these where the caller sent none.
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_PIECES_WAITING = 4


class Addresses:
    """Where services answer, as ``stack.json`` says: read again whenever it was written anew."""

    def __init__(self, stack_file: Path) -> None:
        self._file = stack_file
        self._seen: tuple[int, int] | None = None
        self._urls: dict[str, str] = {}

    def of(self, service: str) -> str | None:
        """The URL of a service; None when the stack has none of that name."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            state = self._file.stat()
            seen = (state.st_ino, state.st_mtime_ns)
            if seen != self._seen:
                stack = json.loads(self._file.read_text("utf-8"))
                self._urls = {name: str(one["url"]) for name, one in stack["services"].items()}
                self._seen = seen
        return self._urls.get(service)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a path of ours names: a service, and the path there, as it was sent."""

    service: str
    path: str

    @classmethod
    def read(cls, scope: Scope) -> _Place | None:
        """None for what is nowhere, and for what operators' tools ask."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        _, _, service, *rest = raw.decode("latin-1").split("/", 3)
        path = "/" + (rest[0] if rest else "")
        steps = unquote(path).split("/")
        if service not in LIMITS or {".", ".."} & set(steps):
            return None
        if unquote(path).strip("/") == "metrics":
            return None
        query = scope["query_string"].decode("latin-1")
        return cls(service, f"{path}?{query}" if query else path)


class _TooLarge(Exception):  # noqa: N818 - a finding, not a fault of ours
    """The body of a request is longer than its service takes."""


@dataclass
class _Upload:
    """The body of a request on its way. `watch` reads it, and what comes after it: the news that
    the client is gone."""

    receive: Receive
    limit: int
    too_large: bool = False
    _waiting: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(_PIECES_WAITING)
    )

    async def watch(self) -> None:
        """Ends when the client is gone."""
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                return
            if message.get("body"):
                await self._waiting.put(message["body"])
            if not message.get("more_body"):
                await self._waiting.put(None)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises _TooLarge as soon as it is."""
        size = 0
        while (piece := await self._waiting.get()) is not None:
            size += len(piece)
            if size > self.limit:
                self.too_large = True
                raise _TooLarge
            yield piece


class Passing:
    """The ASGI application of everything below ``/api``."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Make the client; in the event loop that will use it."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE),
            auto_decompress=False,
            skip_auto_headers=_NOT_ADDED,
            max_field_size=16 * 1024,
        )

    async def stop(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _Place.read(scope)
        if place is None:
            await _refuse(send, 404, _NOT_FOUND)
            return
        if scope["method"] not in _METHODS:
            await _refuse(send, 405, _NOT_FOUND)
            return
        limit = LIMITS[place.service]
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > limit:
            await _refuse(send, 413, _TOO_LARGE)
            return
        upload = _Upload(receive, limit)
        tasks = [
            asyncio.create_task(self._pass(scope, send, place, upload)),
            asyncio.create_task(upload.watch()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _pass(self, scope: Scope, send: Send, place: _Place, upload: _Upload) -> None:
        assert self._session is not None
        base = self._addresses.of(place.service)
        if base is None:
            await _refuse(send, 502, _AWAY)
            return
        headers = Headers(scope=scope)
        whole = "content-length" in headers or "transfer-encoding" in headers
        try:
            answer = await self._session.request(
                scope["method"],
                URL(base + place.path, encoded=True),
                headers=_onward(scope, headers),
                data=upload.pieces() if whole else None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if upload.too_large:
                await _refuse(send, 413, _TOO_LARGE)
                return
            late = isinstance(error, TimeoutError)
            _log.warning(
                "a service did not answer", part=place.service, reason=type(error).__name__
            )
            await _refuse(send, 504 if late else 502, _LATE if late else _AWAY)
            return
        async with answer:
            await _give_back(answer, send, place)


async def _give_back(answer: aiohttp.ClientResponse, send: Send, place: _Place) -> None:
    dropped = _hop_by_hop(answer.headers.getall("connection", [])) | {"date"}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (name.lower(), value)
                for name, value in answer.raw_headers
                if name.decode("latin-1").lower() not in dropped
            ],
        }
    )
    try:
        async for piece in _pieces(answer):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except (aiohttp.ClientError, OSError) as error:
        # Half an answer cannot be taken back: the client must see that it is not whole.
        _log.warning("an answer broke off", part=place.service, reason=type(error).__name__)
        return
    await send({"type": "http.response.body", "body": b""})


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body as it comes. Server-sent events have no end of their own: they end when we do."""
    if answer.content_type != "text/event-stream":
        async for piece in answer.content.iter_any():
            yield piece
        return
    while not loop.stopping():
        coming = asyncio.ensure_future(answer.content.readany())
        try:
            while not (await asyncio.wait({coming}, timeout=_LOOK))[0]:
                if loop.stopping():
                    return
            piece = await coming
        finally:
            coming.cancel()
        if not piece:
            return
        yield piece


def _hop_by_hop(connection: list[str]) -> frozenset[str]:
    named = {one.strip().lower() for text in connection for one in text.split(",")}
    return _HOP_BY_HOP | named


def _onward(scope: Scope, headers: Headers) -> list[tuple[str, str]]:
    """What a service is told: what the client sent but for what concerns its connection, and who
    the client is."""
    dropped = _hop_by_hop(headers.getlist("connection")) | _OURS
    kept = [
        (name, value)
        for name, value in headers.items()
        if name not in dropped and not name.startswith("x-forwarded-")
    ]
    client = scope.get("client")
    return [
        *kept,
        ("X-Forwarded-For", client[0] if client else "unknown"),
        ("X-Forwarded-Host", headers.get("host", "")),
        ("X-Forwarded-Proto", scope["scheme"]),
    ]


_NOT_FOUND = ("not-found", Reason("request", "no-such-service", "没有找到。", "Not found."))
_TOO_LARGE = (
    "too-large",
    Reason(
        "request",
        "body-too-large",
        "提交的内容超过该服务的大小上限，未保存任何内容。",
        "What was sent is larger than this service takes; nothing was saved.",
    ),
)
_AWAY = (
    "unavailable",
    Reason(
        "request",
        "service-away",
        "该服务暂时没有应答，可能正在重新启动，请稍后重试。",
        "This service does not answer just now, it may be starting again; please try again soon.",
    ),
)
_LATE = (
    "unavailable",
    Reason(
        "request",
        "service-late",
        "该服务长时间没有应答。请先查看是否已办理，再重试。",
        "This service gave no answer for too long. Look whether it was done before trying again.",
    ),
)


async def _refuse(send: Send, status: int, why: tuple[str, Reason]) -> None:
    kind, reason = why
    body = json.dumps(document(status, kind, [reason]), ensure_ascii=False).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
