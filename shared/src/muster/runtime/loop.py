"""How a process that lasts runs: which event loop, and what the garbage collector looks at."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["run", "serve", "stopping"]

_YOUNG = 10_000
_NOT_STARTED = 3  # as uvicorn's own command ends

_T = TypeVar("_T")
_stopping = False


def stopping() -> bool:
    """Whether this process was asked to end: an answer that has no end of its own ends then."""
    return _stopping


def _spare_loaded() -> None:
    """Once everything is loaded: the collector never looks at it again, for it stays until the end,
    and looks at new objects less often, of which a batch makes thousands that die by themselves.

    Nor does it look now: it would find next to nothing in a twentieth of the time of a start."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a program that lasts until its coroutine ends."""
    _spare_loaded()
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)


def serve(app: ASGIApp, host: str, port: int, trusted_proxies: str, *, patience: int = 10) -> None:
    """Answer HTTP until SIGTERM or SIGINT, and then what was asked before, for at most `patience`
    seconds. What a proxy says of the client (``X-Forwarded-Proto``, ``-For``) is believed when it
    asks from one of `trusted_proxies`: addresses, with commas."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            global _stopping
            _stopping = True
            super().handle_exit(sig, frame)

    _spare_loaded()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="asyncio" if sys.platform == "win32" else "uvloop",
        log_config=None,  # ours redacts; uvicorn's would not
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=patience,
    )
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)
