"""Files of rows that tests import, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster.vocabulary.states import Role

from .conftest import AREA, HEADINGS

Bench = Any
Row = Callable[..., list[Any]]
Book = Callable[..., bytes]
COUNTS = ("added", "updated", "unchanged", "refused", "warned")


def counts(answer: Any) -> tuple[int, ...]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "finished"
    return tuple(answer.json()[name] for name in COUNTS)


def csv_of(rows: list[list[Any]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(map(str, row)) for row in (HEADINGS, *rows)).encode(encoding)


async def refusals(bench: Bench, import_id: str) -> list[dict[str, Any]]:
    answer = await bench.client.get(
        f"/imports/{import_id}/refusals", headers=bench.headers(Role.ADMINISTRATOR, AREA)
    )
    found: list[dict[str, Any]] = answer.json()["refusals"]
    return found
