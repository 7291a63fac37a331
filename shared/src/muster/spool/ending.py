"""How a command of an edge ends when it cannot do what it should."""

from __future__ import annotations

import os

import typer


def fail(text: str, code: int = 1) -> typer.Exit:
    """What to raise; the text is said on standard error: in red on a terminal, unless ``NO_COLOR``
    is set."""
    typer.secho(text, fg="red", err=True, color=False if os.environ.get("NO_COLOR") else None)
    return typer.Exit(code)
