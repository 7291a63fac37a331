"""``muster demo``: a synthetic county taken through a whole campaign, from outside, over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    profile: Annotated[
        str, typer.Option(envvar="PROFILE", help="tongren, loudi, or a profile's path.")
    ] = "tongren",
    people: Annotated[int, typer.Option(envvar="PEOPLE", min=2, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(envvar="SEED", help="Another seed, another county.")] = 1,
    exit_after: Annotated[
        bool,
        typer.Option("--exit", envvar="EXIT", help="End when done instead of staying up."),
    ] = False,
    pages: Annotated[
        bool, typer.Option("--pages", help="Build the pages meanwhile, for who stays to look.")
    ] = False,
) -> None:
    """Take a synthetic county from its baseline workbook to a ledger that balances."""
    from muster.runtime.demo import command

    stay = not exit_after
    raise typer.Exit(command.run(profile, people, seed, stay=stay, pages=stay and pages))
