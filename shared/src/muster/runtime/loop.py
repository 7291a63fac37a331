"""How a process that lasts runs: which event loop, and what the garbage collector looks at."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["run", "serve"]

_YOUNG = 10_000

_T = TypeVar("_T")


def _spare_loaded() -> None:
    """Once everything is loaded: the collector never looks at it again, for it stays until the end,
    and looks at new objects less often, of which a batch makes thousands that die by themselves."""
    gc.collect()
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

    _spare_loaded()
    uvicorn.run(
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
