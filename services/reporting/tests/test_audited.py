"""Reporting shows counts; what it must open to count leaves its row in the audit chain."""

from __future__ import annotations

from typing import Any

import pytest

from muster.reporting.api import live
from muster.reporting.main import service
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, SubjectState

from .conftest import COUNTY, Door, here, record, take

ROUTES = (
    *("ledger", "progress", "problems", "devices", "pulse"),
    *("waiting", "history", "events", "workbook"),
)


async def test_every_route_leaves_its_row_or_shows_nobody(
    context: Context,
    door: Door,
    villages: list[str],
    audit_walk: Any,
    told: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R84, R100: no answer names a person, not even by id; a new route must say so here."""
    monkeypatch.setattr(live, "LONGEST", 0)  # a stream ends by itself, here after its first word
    monkeypatch.setattr(live, "EVERY", 0.0)
    walk = audit_walk(service.routers, context.database)
    subject_id, account = new_id(), new_id()
    walk.personal = {subject_id}
    await take(context, record(subject_id, 1, here(1, villages[0], SubjectState.COLLECTED)))
    async with door.client((Role.LEADER, COUNTY), account=account) as client:
        for route in ROUTES:
            await walk.ask(client, f"GET /{route}", account)
        counted = told("categories-counted", detail={"area": COUNTY, "level": "township"})
        await walk.ask(client, "GET /categories", account, counted)
    walk.end()
