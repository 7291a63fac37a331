"""What a test reads from a receipt, and how much was taken."""

from __future__ import annotations

from typing import Any

Bench = Any


def only(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    [receipt] = answer.json()["receipts"]
    found: dict[str, Any] = receipt
    return found


def rules(receipt: dict[str, Any]) -> list[str]:
    return [found["rule"] for found in receipt["reasons"]]


async def collected(bench: Bench) -> int:
    count: int = await bench.scalar("SELECT count(*) FROM record_version")
    return count
