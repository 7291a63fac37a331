"""The one origin that browsers meet: the built pages, and every service below ``/api``.

``python -m muster.runtime.door`` is the part ``web`` of a stack that our supervisor runs; in
containers Caddy stands there (``deploy/proxy/Caddyfile``) and keeps the same rules: the same paths,
headers and sizes (tests/architecture/test_door.py). It loads no framework of the services, so that
it starts in a moment.
"""

from __future__ import annotations

import argparse
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.observability import logging
from muster.runtime.home import LOOPBACK, Home
from muster.runtime.passing import Addresses, Passing

__all__ = ["APPLICATIONS", "DESK_HEADERS", "HEADERS", "PAGES", "build_door", "main"]

PAGES = Path(__file__).parents[4] / "web" / "dist"
"""What ``make web`` builds, in a checkout."""

APPLICATIONS = ("console", "desk")
"""Whose pages there are: each has its folder in `PAGES`, and its place under this name."""

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Element Plus and ECharts set style attributes; no style element is let in by that.
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_DESK_POLICY = _POLICY | {
    # The device gateway of the same computer, on whatever port it listens (decision 15).
    "connect-src": "'self' http://127.0.0.1:* http://localhost:*",
    "media-src": "'self' blob:",
    # It works without the network, once installed.
    "worker-src": "'self'",
    "manifest-src": "'self'",
}


def _written(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


HEADERS = {
    "Content-Security-Policy": _written(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer that does not say otherwise itself: the sign-in page is stricter, and what is
built may be kept. Personal data stay in no browser's cache."""
DESK_HEADERS = HEADERS | {
    "Content-Security-Policy": _written(_DESK_POLICY),
    # Persons and papers are photographed at the desk.
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
"""On the pages of the desk."""

FOR_EVER = "public, max-age=31536000, immutable"
"""For files whose name changes with their content."""

_TRUSTED = f"{LOOPBACK},::1"
_PATIENCE = 3
"""Seconds for what is on its way at the end: events are sent without one."""


class _Guarded:
    """ASGI middleware: the headers of every answer. Nothing here speaks WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": None})
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                at_desk = scope["path"].startswith("/desk/")
                for name, value in (DESK_HEADERS if at_desk else HEADERS).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


class _Pages:
    """One application's built pages. What is no file of theirs is a place inside the application:
    its index.html shows it. Without any, a page says how they are built."""

    def __init__(self, folder: Path) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._files.get_path(scope)
        hashed = path.startswith("assets/")
        try:
            response = await self._file(path, scope)
            if path != "index.html":
                response.headers["Cache-Control"] = FOR_EVER if hashed else "no-cache"
        except HTTPException as error:
            if error.status_code != 404 or hashed:
                raise
            response = await self._index(scope)
        await response(scope, receive, send)

    async def _index(self, scope: Scope) -> Response:
        try:
            return await self._file("index.html", scope)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            return HTMLResponse(_UNBUILT, status_code=503)

    async def _file(self, path: str, scope: Scope) -> Response:
        try:
            return await self._files.get_response(path, scope)
        except ValueError:  # no file system has such a name
            raise HTTPException(404) from None


def build_door(home: Home, pages: Path) -> Starlette:
    """The ASGI application, for the stack in `home` and the pages in `pages` (a folder per
    application)."""
    passing = Passing(Addresses(home.stack_file))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await passing.start()
        try:
            yield
        finally:
            await passing.stop()

    return Starlette(
        routes=[
            Route("/", _to("/console/")),
            *(Route(f"/{name}", _to(f"/{name}/")) for name in APPLICATIONS),
            # Pages only: in answers of services, compressing would mix what is secret with what a
            # stranger chose.
            *(
                Mount(f"/{name}", app=GZipMiddleware(_Pages(pages / name), compresslevel=6))
                for name in APPLICATIONS
            ),
            Mount("/api", app=passing),
            Route("/health", _health),
            Route("/ready", _ready),
            Route("/metrics", _metrics),
        ],
        middleware=[Middleware(_Guarded)],
        exception_handlers={HTTPException: _on_http},
        lifespan=lifespan,
    )


def _to(path: str) -> Callable[[Request], Awaitable[Response]]:
    async def redirect(_: Request) -> Response:
        return RedirectResponse(path, status_code=302)

    return redirect


# -- what operators' tools ask ---------------------------------------------------------------------


async def _health(_: Request) -> Response:
    return JSONResponse({"service": "web", "status": "alive"})


async def _ready(_: Request) -> Response:
    """Services that are away do not make the door unready: it says so of each."""
    return JSONResponse({"ready": True, "waiting_for": []})


async def _metrics(request: Request) -> Response:
    """For this machine only, unlike all else here."""
    host = request.client.host if request.client else ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise HTTPException(404)
    from muster.observability import metrics

    body, content_type = metrics.render()
    return Response(body, media_type=content_type)


# -- pages of its own ------------------------------------------------------------------------------


def _plain(zh: tuple[str, str], en: tuple[str, str]) -> str:
    """A page of a title and a text in both languages."""
    sections = "".join(
        f'<section lang="{tag}"><h1>{title}</h1><p>{text}</p></section>'
        for tag, (title, text) in (("zh-CN", zh), ("en", en))
    )
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{zh[0]} / {en[0]}</title></head><body><main>{sections}</main></body></html>"
    )


_UNBUILT = _plain(
    (
        "页面尚未生成",
        "系统正在运行，但页面还没有生成。请在项目目录中执行 <code>make web</code>，然后刷新。",
    ),
    (
        "The pages are not built yet",
        "The system runs without its pages. In its folder run <code>make web</code>, then reload.",
    ),
)
_NOWHERE = _plain(
    (
        "没有找到",
        '这个地址下没有内容。<a href="/console/">管理端</a> <a href="/desk/">采集端</a>',
    ),
    (
        "Not found",
        'Nothing is at this address. <a href="/console/">Console</a> <a href="/desk/">Desk</a>',
    ),
)


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return HTMLResponse(_NOWHERE, status_code=error.status_code)


def main() -> None:
    """Entry of the part's process."""
    from muster.runtime import loop

    parser = argparse.ArgumentParser(description="Serves the pages and passes /api on")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pages", type=Path, default=PAGES)
    given = parser.parse_args()
    logging.configure("web")
    door = build_door(Home(given.home), given.pages)
    loop.serve(door, LOOPBACK, given.port, _TRUSTED, patience=_PATIENCE)


if __name__ == "__main__":
    main()
