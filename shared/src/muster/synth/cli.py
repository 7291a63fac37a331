"""``muster synth``: make a county."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from muster.forms import Profile, ProfileError
from muster.synth import TRUTH, build, write

app = typer.Typer(add_completion=False)


@app.command()
def synth(
    out: Annotated[Path, typer.Option(help="Folder to write to; it is made if needed.")],
    profile: Annotated[str, typer.Option(help="tongren, loudi, or a profile's path.")] = "tongren",
    people: Annotated[int, typer.Option(min=2, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same county.")] = 1,
) -> None:
    """Make a synthetic county: a baseline workbook, people who come to the desk, and the truth."""
    console = Console(stderr=True)
    started = time.perf_counter()
    try:
        loaded = Profile.load(profile)
    except (ProfileError, FileNotFoundError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(2) from None
    county = build(loaded, people, seed)
    write(county, out)
    console.print(
        f"{people} people at {len(county.desks)} desks written to {out} in "
        f"{time.perf_counter() - started:.1f} s; what was planted is in {out / TRUTH}",
        markup=False,
        highlight=False,
    )
