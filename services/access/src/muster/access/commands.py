"""What access adds to the ``muster`` command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console

from muster.access.handlers import start as start_commands
from muster.access.handlers.start import BadAdminFile, Bootstrapped
from muster.access.settings import Settings
from muster.runtime.context import Context, build_context
from muster.runtime.home import Home

app = typer.Typer(no_args_is_help=True, help="Access: the first administrator.")

_out = Console()
_err = Console(stderr=True)


@app.callback()
def group() -> None:
    """Access: the first administrator."""


@app.command("bootstrap")
def bootstrap_command() -> None:
    """Make the first administrator if there is no account yet, and show the token keys.

    Settings come from the environment (MUSTER_ACCESS_*), as for the service itself.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        missing = sorted({f"MUSTER_ACCESS_{str(one['loc'][0]).upper()}" for one in error.errors()})
        raise _fail(f"Missing or malformed in the environment: {', '.join(missing)}.", 2) from None
    admin_file = settings.admin_file or Home.find().admin_file
    try:
        done = asyncio.run(_once(settings, admin_file))
    except BadAdminFile as error:
        raise _fail(str(error), 1) from None
    if done.created:
        _out.print(f"Made the first administrator; name and password are in {done.admin_file}")
    else:
        _out.print("There are accounts already; nothing was changed.")


async def bootstrap(context: Context, admin_file: Path) -> Bootstrapped:
    """The first administrator, when there is no account; idempotent. Commits."""
    async with context.database.transaction() as conn:
        return await start_commands.bootstrap(context, conn, admin_file)


async def start(context: Context, admin_file: Path | None) -> None:
    """What access does before it serves: show its own keys; with a file, bootstrap. Commits."""
    async with context.database.transaction() as conn:
        await start_commands.publish_own_keys(context, conn)
    if admin_file is not None:
        await bootstrap(context, admin_file)


async def _once(settings: Settings, admin_file: Path) -> Bootstrapped:
    context = build_context("access", settings)
    try:
        await start(context, None)
        return await bootstrap(context, admin_file)
    finally:
        await context.database.close()


def _fail(text: str, code: int) -> typer.Exit:
    _err.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)
