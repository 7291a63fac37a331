"""Whatever shows personal data leaves its row in the audit chain, route by route."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from muster.crosscheck.handlers import candidates
from muster.crosscheck.main import service
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import (
    AF,
    COUNTY,
    EARLY,
    HERE,
    THERE,
    Door,
    connector_asks,
    data,
    here,
    make_fields,
    make_row,
    revealed,
    subject,
    take,
)
from .conftest import rows as rows_of

WHO = new_id()
TRUTH, LOST = make_fields(1), make_fields(2)
WHY = "村里核对后更正"


async def test_every_route_leaves_its_row_or_shows_nobody(
    context: Context, door: Door, audit_walk: Any, told: Any
) -> None:
    """R100: who, what, whom or where, and why; a new route without a row fails here."""
    walk = audit_walk(service.routers, context.database)
    walk.personal = {
        str(one[name]) for one in (TRUTH, LOST) for name in ("name", "resident_number")
    }
    walk.personal.add(WHO)
    lost = make_row(AF, LOST, area=HERE)
    await take(
        context,
        subject(WHO, here(1), {**TRUTH, "service_unit": "二连"}),
        *data(AF, make_row(AF, TRUTH), lost),
    )
    account = new_id()
    async with door.client((Role.ADMINISTRATOR, COUNTY), account=account) as client:

        async def ask(route: str, *rows: Any, **how: Any) -> Any:
            return await walk.ask(client, route, account, *rows, **how)

        opened = told("comparison-opened", detail={"opened": 1, "candidates": 1})
        by_itself = told("reveal-asked", (), candidates.MISSED_REASON, actor="crosscheck")
        await ask("POST /comparison", by_itself, opened, json={"open": True})
        await ask("GET /comparison")
        await ask("POST /runs", told("county-run", detail={"opened": 0}))
        await ask("GET /counts")
        await ask("GET /extracts")
        question = await connector_asks(context, AF)
        await ask("POST /extracts/own", json={"packet": question})

        [row] = await rows_of(context, "SELECT discrepancy_id::text AS id FROM discrepancy")
        one, at = {"discrepancy": row.id}, {"discrepancy_id": row.id}
        await ask(
            "GET /discrepancies",
            told("discrepancy-list", [WHO], detail={"rows": 1, "area": HERE}),
            params={"area": HERE},
        )
        await ask(
            "POST /discrepancies/{discrepancy_id}/open",
            told("discrepancy-read", [WHO], WHY, {**one, "revision": 1}),
            at=at,
            json={"reason": WHY},
        )
        await ask(
            "POST /discrepancies/{discrepancy_id}/reveal",
            told("reveal-asked", [WHO], WHY, one),
            at=at,
            json={"reason": WHY},
        )

        note = new_id()
        await ask(
            "POST /discrepancies/{discrepancy_id}/questions",
            told("discrepancy-asked", [WHO], detail={**one, "note": note, "to": AF}),
            at=at,
            json={"note_id": note, "to": AF, "text": WHY},
        )
        reply = new_id()
        await ask(
            "POST /discrepancies/{discrepancy_id}/answers",
            told("discrepancy-answered", [WHO], detail={**one, "note": reply}),
            at=at,
            json={"note_id": reply, "question": note, "text": WHY},
        )
        moved = new_id()
        await ask(
            "POST /discrepancies/{discrepancy_id}/transfer",
            told("discrepancy-transferred", [WHO], WHY, {**one, "note": moved, "to": THERE}),
            at=at,
            json={"note_id": moved, "area": THERE, "reason": WHY},
        )

        # The department has the person no more.
        await take(context, *data(AF, lost, made_at=EARLY + timedelta(days=1)))
        await ask("POST /runs", told("county-run", detail={"marked": 1}))
        await ask(
            "POST /discrepancies/{discrepancy_id}/close",
            told("discrepancy-closed", [WHO], WHY, {**one, "revision": 2}),
            at=at,
            json={"reason": WHY},
        )

        [sent] = await rows_of(
            context, "SELECT reveal_id::text AS id FROM reveal WHERE candidate_id IS NOT NULL"
        )
        await take(context, revealed(AF, sent.id, lost.row_id, refused="quota-exceeded"))
        listed = await ask(
            "GET /candidates",
            told("candidate-list", detail={"rows": 1, "area": HERE}),
            params={"area": HERE},
        )
        [candidate] = listed.json()["items"]
        await ask(
            "POST /candidates/{candidate_id}/reveal",
            told("reveal-asked", (), WHY, {"candidate": candidate["candidate_id"]}),
            at={"candidate_id": candidate["candidate_id"]},
            json={"reason": WHY},
        )
    walk.end()
