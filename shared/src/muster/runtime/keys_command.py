"""``muster keys``: make what is missing, list what is held; a secret is never shown."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from muster.runtime import provisioning
from muster.runtime.home import Home
from muster.runtime.lifecycle import DEFAULT_PROFILE
from muster.security.keyring import Keyring

app = typer.Typer(no_args_is_help=True, help="Keys: make what is missing, list what is held.")
_out = Console()
_err = Console(stderr=True)


@app.command("init")
def init(
    profile: Annotated[
        str | None, typer.Option("--profile", help="Name of a profile, or path of its file.")
    ] = None,
) -> None:
    """Make every key that is missing. Keys that exist are never changed."""
    home = Home.find().create()
    chosen = profile or home.stack().get("profile") or DEFAULT_PROFILE
    files = provisioning.keys(home.keys, chosen)
    _out.print(f"{len(files)} key rings are complete in {home.keys}", highlight=False)


@app.command("show")
def show() -> None:
    """List holders and the ids of their keys; never a secret."""
    table = Table(show_edge=False)
    for title in ("holder", "key id", "suite"):
        table.add_column(title)
    for path in sorted(Home.find().keys.glob("*.json")):
        for key in sorted(Keyring.from_file(path), key=lambda key: key.kid):
            table.add_row(path.stem, key.kid, key.suite)
    if not table.row_count:
        none = "There are no keys here yet. Make them with: muster keys init"
        _err.print(none, style="red", highlight=False)
        raise typer.Exit(1)
    _out.print(table)
