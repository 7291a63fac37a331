"""What commands ask of a running stack as its first administrator, and how they end on a no."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer
from rich.console import Console

from muster.runtime import lifecycle
from muster.runtime.demo.client import (
    Account,
    NotRunning,
    Refused,
    Services,
    Unreachable,
    administrator,
)
from muster.runtime.home import Home

__all__ = ["signed_in"]

_T = TypeVar("_T")
_err = Console(stderr=True)


def signed_in(home: Home, work: Callable[[Account], Awaitable[_T]]) -> _T:
    """What `work` gives for the administrator of the running stack; ends the command, with code 2
    and the reason, when nothing runs or a service says no."""
    # Where containers or units run what was prepared, no supervisor of ours says so.
    prepared = home.stack().get("state") == "prepared"
    state = "prepared" if prepared else lifecycle.status(home).state
    if state in ("none", "stopped", "stopping", "left", "failed"):
        _err.print(f"The stack in {home.path} is not running ({state}). Start it: muster up")
        raise typer.Exit(2)

    async def ask() -> _T:
        async with Services(home) as services:
            return await work(administrator(services))

    try:
        return asyncio.run(ask())
    except (NotRunning, Unreachable) as error:
        _err.print(str(error), style="red", markup=False, highlight=False)
    except Refused as error:
        for reason in error.reasons or [{"zh": "", "en": str(error)}]:
            _err.print(f"{reason.get('zh', '')} {reason.get('en', '')}", style="red", markup=False)
    raise typer.Exit(2)
