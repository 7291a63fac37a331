"""What crosscheck adds to the ``muster`` command."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import typer
from pydantic import ValidationError
from rich.console import Console

from muster.crosscheck.handlers import settling
from muster.crosscheck.handlers.running import run_county
from muster.crosscheck.settings import Settings
from muster.runtime.context import build_context
from muster.vocabulary.reasons import Refusal

app = typer.Typer(no_args_is_help=True, help="Crosscheck: the county job.")

_err = Console(stderr=True)


@app.callback()
def group() -> None:
    """Crosscheck: the county job."""


@app.command("run")
def run_command() -> None:
    """Match every subject and every department's row now, and print what that changed.

    Settings come from the environment (MUSTER_CROSSCHECK_*), as for the service itself.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        missing = sorted(
            {f"MUSTER_CROSSCHECK_{str(one['loc'][0]).upper()}" for one in error.errors()}
        )
        raise _fail(f"Missing or malformed in the environment: {', '.join(missing)}.", 2) from None
    try:
        done = asyncio.run(_run(settings))
    except Refusal as refusal:
        raise _fail("; ".join(f"{r.zh} / {r.en}" for r in refusal.reasons), 1) from None
    sys.stdout.write(json.dumps(asdict(done)) + "\n")


async def _run(settings: Settings) -> settling.Settled:
    context = build_context("crosscheck", settings)
    try:
        async with context.database.transaction() as conn:
            return await run_county(context, conn, "command:crosscheck-run")
    finally:
        await context.database.close()


def _fail(text: str, code: int) -> typer.Exit:
    _err.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)
