"""``muster synth``: make a county, and score what was found in it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from muster.forms import Profile, ProfileError
from muster.synth import TRUTH, Unfillable, build, scoring, write

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def synth(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; it is made if needed.")
    ] = None,
    profile: Annotated[str, typer.Option(help="tongren, loudi, or a profile's path.")] = "tongren",
    people: Annotated[int, typer.Option(min=2, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same county.")] = 1,
) -> None:
    """Make a synthetic county: a baseline workbook, people who come to the desk, files of villages
    and departments, and the truth. `score` holds findings beside that truth."""
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise typer.BadParameter("a folder to write to is needed", param_hint="--out")
    console = Console(stderr=True)
    started = time.perf_counter()
    try:
        county = build(Profile.load(profile), people, seed)
    except (ProfileError, FileNotFoundError, Unfillable) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    write(county, out)
    console.print(
        f"{people} people at {len(county.desks)} desks written to {out} in "
        f"{time.perf_counter() - started:.1f} s; what was planted is in {out / TRUTH}",
        markup=False,
        highlight=False,
    )


@app.command()
def score(
    truth: Annotated[Path, typer.Argument(help="What was planted: a truth.json.")],
    findings: Annotated[Path, typer.Argument(help='What was found: {"before": [], "after": []}.')],
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Precision and recall that each kind must reach.")
    ] = scoring.LEAST,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Hold findings beside the truth. Exit code 1 when they fall short, 2 for a file that cannot be
    scored. The formats of both files are in muster.synth.scoring."""
    try:
        planted = scoring.read_truth(truth)
        found, mended = scoring.read_findings(findings)
    except scoring.BadFile as error:
        Console(stderr=True).print(
            f"{error.zh}\n{error.en}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        raise typer.Exit(2) from None
    before = scoring.score(found, planted)
    after = None if mended is None else scoring.score_after(mended, planted)
    good = scoring.passed(before, after, least)
    console = Console()
    if as_json:
        told = {**scoring.as_dict(before, after), "passed": good}
        console.print_json(json.dumps(told))
    else:
        console.print(_before(before))
        if after is not None:
            console.print(_after(after))
    raise typer.Exit(0 if good else 1)


def _before(scores: Mapping[str, scoring.Found]) -> Table:
    table = Table(title="Found")
    for heading in ("kind", "planted", "found", "right", "precision", "recall"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, one in scores.items():
        table.add_row(
            kind,
            str(one.planted),
            str(one.found),
            str(one.true_positives),
            f"{one.precision:.3f}",
            f"{one.recall:.3f}",
        )
    return table


def _after(scores: Mapping[str, scoring.Mended]) -> Table:
    table = Table(title="Corrected")
    headings = ("corrected", "closed", "not corrected", "open", "closed wrongly", "new")
    table.add_column("kind")
    for heading in headings:
        table.add_column(heading, justify="right")
    for kind, one in scores.items():
        table.add_row(kind, *(str(count) for count in one.as_dict().values()))
    return table
