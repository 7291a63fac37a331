"""How tests look at the people whom departments know and the campaign does not."""

from __future__ import annotations

from muster.runtime.context import Context

from .conftest import rows

MISSED = "crosscheck-subject-missed"


async def states(context: Context) -> list[tuple[str, str, str | None]]:
    found = await rows(context, "SELECT department, state, rule FROM candidate ORDER BY 1, 2, 3")
    return [tuple(row) for row in found]
