"""Every reading is audited: a walk over all routes of a service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass(frozen=True)
class Told:
    """One row that a request must leave in the audit chain; of `detail` these members at least.
    `subjects` is None where only the request itself makes their ids; `actor`, where the caller is.
    """

    action: str
    subjects: Collection[str] | None = ()
    reason: str | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)
    actor: str | None = None


class AuditWalk:
    """Asks every route of a service once, and holds it against the audit chain (R100)."""

    def __init__(self, routers: Sequence[Any], database: Any) -> None:
        from fastapi import FastAPI

        app = FastAPI()
        for router in routers:
            app.include_router(router)
        paths = app.openapi()["paths"]
        self._routes = {f"{method.upper()} {path}" for path in paths for method in paths[path]}
        self._database = database
        self._seen: set[str] = set()
        self.personal: set[str] = set()
        """What may stand in no answer that leaves no row."""

    async def ask(
        self,
        client: Any,
        route: str,
        account: str,
        *told: Told,
        at: Mapping[str, str] | None = None,
        **how: Any,
    ) -> Any:
        """Send one request, `at` filling in the path; it must succeed and leave just these rows.
        Without any, nothing personal may be in the answer."""
        method, _, path = route.partition(" ")
        before = len(await self._rows(0))
        answer = await client.request(method, path.format(**(at or {})), **how)
        assert answer.is_success, f"{route}: {answer.text}"
        rows = await self._rows(before)
        found = [(row.actor, row.action, row.reason) for row in rows]
        wanted = [(one.actor or account, one.action, one.reason) for one in told]
        assert found == wanted, route
        for one, row in zip(told, rows, strict=True):
            assert one.subjects is None or set(one.subjects) == set(row.subject_ids), route
            assert one.detail.items() <= row.detail.items(), route
        if not told:
            assert not [value for value in self.personal if value in answer.text], route
        self._seen.add(route)
        return answer

    def end(self) -> None:
        """Every route was asked: one that is new must say here what it leaves behind."""
        assert self._seen == self._routes

    async def _rows(self, after: int) -> list[Any]:
        from sqlalchemy import text

        sql = (
            "SELECT actor, action, subject_ids::text[], reason, detail FROM audit "
            "WHERE seq > :after ORDER BY seq"
        )
        async with self._database.transaction() as conn:
            return list(await conn.execute(text(sql), {"after": after}))


@pytest.fixture
def audit_walk() -> Callable[[Sequence[Any], Any], AuditWalk]:
    return AuditWalk


@pytest.fixture
def told() -> type[Told]:
    return Told
