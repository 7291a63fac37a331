"""What crosscheck adds to the ``muster`` command."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from muster.runtime.client import Account

app = typer.Typer(no_args_is_help=True, help="Crosscheck: the county job.")


@app.callback()
def group() -> None:
    """Crosscheck: the county job."""


@app.command("run")
def run_command() -> None:
    """Match every subject and every department's row now, and print what that changed.

    Asks the running service, as the administrator may; exit code 2 and the reason when it says no.
    """
    # The service itself imports this module, and needs none of these.
    from muster.runtime.client import LONG
    from muster.runtime.home import Home
    from muster.runtime.signed_in import signed_in

    async def work(account: Account) -> Any:
        return await account.post("crosscheck", "/runs", {}, timeout=LONG)

    sys.stdout.write(json.dumps(signed_in(Home.find(), work)) + "\n")
