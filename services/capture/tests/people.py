"""What a desk asks of capture about people, as several tests do."""

from __future__ import annotations

from typing import Any

from muster.vocabulary.states import Role

from .conftest import AREA, NEAR

Bench = Any


async def ask(
    bench: Bench, body: dict[str, Any], role: Role = Role.COLLECTOR, area: str = NEAR
) -> Any:
    return await bench.client.post("/subjects/lookup", json=body, headers=bench.headers(role, area))


async def enter(bench: Bench, person: Any, origin: str = "roster", **more: Any) -> Any:
    body = {
        "subject_id": person.subject_id,
        "origin": origin,
        "village": person.village,
        "name": person.name,
        "resident_number": person.number,
        **more,
    }
    return await bench.client.post(
        "/subjects", json=body, headers=bench.headers(Role.COLLECTOR, AREA)
    )


async def get(bench: Bench, route: str, role: Role, area: str, **query: Any) -> Any:
    return await bench.client.get(
        route, params={"area": area, **query}, headers=bench.headers(role, area)
    )
