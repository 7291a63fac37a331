"""What commands ask of a running stack as its first administrator, and how they end on a no."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from rich.console import Console

from muster.runtime import lifecycle
from muster.runtime.client import (
    Account,
    NotRunning,
    Refused,
    Services,
    Unreachable,
    administrator,
)
from muster.runtime.home import Home

__all__ = ["refuse", "require_running", "said_in", "signed_in"]

_T = TypeVar("_T")
_err = Console(stderr=True)


def signed_in(home: Home, work: Callable[[Account], Awaitable[_T]]) -> _T:
    """What `work` gives for the administrator of the running stack; ends the command, with code 2
    and the reason, when nothing runs or a service says no."""
    require_running(home)

    async def ask() -> _T:
        async with Services(home) as services:
            return await work(administrator(services))

    try:
        return asyncio.run(ask())
    except NotRunning as error:
        refuse("系统未在运行或尚未安装完毕。", str(error))
    except Unreachable as error:
        refuse("服务长时间没有应答，请稍后再试。", str(error))
    except Refused as error:
        for line in said_in(error):
            _err.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None


def require_running(home: Home) -> None:
    """Ends the command with code 2 when there is no stack to ask."""
    # Where containers or units run what was prepared, no supervisor of ours says so.
    prepared = home.stack().get("state") == "prepared"
    state = "prepared" if prepared else lifecycle.status(home).state
    if state in ("none", "stopped", "stopping", "left", "failed"):
        refuse(
            f"{home.path} 中的系统未在运行（{state}）。请先启动：muster up",
            f"The stack in {home.path} is not running ({state}). Start it: muster up",
        )


def said_in(refused: Refused) -> list[str]:
    """Why a service said no, a line for each reason."""
    lines = [f"{reason.get('zh', '')} {reason.get('en', '')}" for reason in refused.reasons]
    return lines or [f"服务拒绝了请求，未说明原因。 A service refused without a reason: {refused}"]


def refuse(zh: str, en: str) -> NoReturn:
    """End the command with code 2, and say why in both languages."""
    _err.print(f"{zh}\n{en}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)
