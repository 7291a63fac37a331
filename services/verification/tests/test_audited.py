"""Whatever shows personal data leaves its row in the audit chain, route by route."""

from __future__ import annotations

from typing import Any

from muster.runtime.context import Context
from muster.verification.main import service
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import (
    COUNTY,
    FIELDS,
    NAME,
    Door,
    asked,
    collected,
    digest,
    enrol,
    record,
    take,
)
from .test_at_the_page import answered, question

REASONS = [{"code": "differs-from-papers", "field": "name", "text": "与身份证不符"}]


async def by_a_department(context: Context, walk: Any, told: Any, door: Door, whom: str) -> None:
    """The routes of an officer's page: who was handed out, about whom was answered."""
    name, account = "public-security", new_id()
    keys = await enrol(context, name)
    await take(context, record(whom, 1, collected(2, "632321100201"), fields=FIELDS))
    request = (await asked(context, whom))[name]
    signing, detail = keys[name]["sig"], {"department": name}
    async with door.client((Role.DEPARTMENT_OFFICER, COUNTY), account=account) as client:
        await walk.ask(
            client,
            "POST /departments/requests",
            account,
            told("requests-handed-out", [whom], detail=detail),
            json={"packet": question(context, signing)},
        )
        await walk.ask(
            client,
            "POST /departments/answers",
            account,
            told("answers-posted", [whom], detail=detail),
            json={"department": name, "items": [answered(context, request, signing)]},
        )


async def test_every_route_leaves_its_row_or_shows_nobody(
    context: Context, door: Door, villages: list[str], audit_walk: Any, told: Any
) -> None:
    """R100: who, what, whom and where; a new route without a row fails here."""
    walk = audit_walk(service.routers, context.database)
    one, two = sorted((new_id(), new_id()))
    walk.personal = {NAME, one, two}
    for subject_id in (one, two):
        await take(context, record(subject_id, 1, collected(2, villages[0])))
    account = new_id()
    grant = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)
    async with door.client(grant, account=account) as client:

        async def ask(route: str, *rows: Any, **how: Any) -> None:
            await walk.ask(client, route, account, *rows, **how)

        area = {"area": COUNTY}
        await ask("GET /queue", told("queue-read", [one, two], detail=area), params=area)
        await ask("GET /queue/ages", params=area)
        await ask(
            "POST /items/{subject_id}/claim",
            told("record-looked-at", [one], detail={"version": 1}),
            at={"subject_id": one},
            json={},
        )
        await ask("DELETE /items/{subject_id}/claim", at={"subject_id": one})
        await ask("GET /ledger", params=area)
        await ask("GET /requests", params=area)
        await ask("GET /return-reasons")
        await ask(
            "GET /items/{subject_id}",
            told("record-read", [one], detail={"version": 1}),
            at={"subject_id": one},
        )
        await ask(
            "POST /items/{subject_id}/{version}/verify",
            told("record-verified", [one], detail={"version": 1}),
            at={"subject_id": one, "version": "1"},
            json={"digest": digest(1)},
        )
        await ask(
            "POST /items/{subject_id}/{version}/return",
            told("record-returned", [two], detail={"version": 1}),
            at={"subject_id": two, "version": "1"},
            json={"digest": digest(1), "reasons": REASONS},
        )
        # Nobody waits any more: nobody is shown.
        await ask("GET /queue", params=area)
    await by_a_department(context, walk, told, door, new_id())
    walk.end()
