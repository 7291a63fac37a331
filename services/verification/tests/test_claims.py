"""Two reviewers do not take the same record, and neither is kept from it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Attestation, Role

from .conftest import (
    COUNTY,
    Door,
    attested,
    collected,
    digest,
    record,
    rows,
    rule,
    take,
    waiting,
)
from .test_api import CIVIL


async def look(client: httpx.AsyncClient, subject_id: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/items/{subject_id}/claim", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def in_queue(client: httpx.AsyncClient) -> list[dict[str, Any] | None]:
    return [item["looking"] for item in (await client.get("/queue")).json()["items"]]


async def test_who_looks_first_keeps_it_until_they_leave(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71: the queue shows it to others, and who it is is told to nobody."""
    subject_id = await waiting(context, villages[0])
    first, second = new_id(), new_id()
    async with door.client(CIVIL, account=first) as one, door.client(CIVIL, account=second) as two:
        mine = await look(one, subject_id)
        assert mine["looking"]["own"] is True
        until = datetime.fromisoformat(mine["looking"]["until"])
        assert 170 < (until - datetime.now(UTC)).total_seconds() <= 180
        theirs = await look(two, subject_id)
        assert theirs["looking"] == {**mine["looking"], "own": False}
        assert first not in str(theirs)
        assert await in_queue(one) == [mine["looking"]]
        assert await in_queue(two) == [theirs["looking"]]
        again = await look(one, subject_id)
        assert again["looking"]["since"] == mine["looking"]["since"]
        assert again["looking"]["until"] > mine["looking"]["until"]
        # Who leaves what is not theirs takes nothing away.
        assert (await two.delete(f"/items/{subject_id}/claim")).status_code == 204
        assert (await look(two, subject_id))["looking"]["own"] is False
        assert (await one.delete(f"/items/{subject_id}/claim")).status_code == 204
        assert await in_queue(two) == [None]
        assert (await look(two, subject_id))["looking"]["own"] is True
    looked = "SELECT actor, detail FROM audit WHERE action = 'record-looked-at' ORDER BY seq"
    trail = [(str(row.actor), row.detail) for row in await rows(context, looked)]
    assert trail == [(first, {"version": 1}), (second, {"version": 1})]


async def test_it_is_taken_over_and_the_one_before_hears_it(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting(context, villages[0])
    async with door.client(CIVIL) as one, door.client(CIVIL) as two:
        await look(one, subject_id)
        assert (await look(two, subject_id, take_over=True))["looking"]["own"] is True
        assert (await look(one, subject_id))["looking"]["own"] is False
    looked = "SELECT detail FROM audit WHERE action = 'record-looked-at' ORDER BY seq"
    assert [row.detail for row in await rows(context, looked)] == [
        {"version": 1},
        {"version": 1, "how": "taken-over"},
    ]


async def test_it_ends_by_itself_and_with_the_decision(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Whoever went quiet keeps nobody waiting, and what has ended is cleared away."""
    quiet, other = [await waiting(context, villages[0]) for _ in range(2)]
    async with door.client(CIVIL) as one, door.client(CIVIL) as two:
        await look(one, quiet)
        await rows(
            context,
            "UPDATE review_claim SET since = since - interval '9 minutes', until = now() "
            "RETURNING 1",
        )
        assert await in_queue(two) == [None, None]
        await look(one, other)
        held = await rows(context, "SELECT subject_id::text FROM review_claim")
        assert [row.subject_id for row in held] == [other]
        assert (await look(two, quiet))["looking"]["own"] is True
        # It keeps nobody from deciding: the first decision stands.
        done = await one.post(f"/items/{quiet}/1/verify", json={"digest": digest(1)})
        assert done.status_code == 200
        late = await two.post(f"/items/{quiet}/1/verify", json={"digest": digest(1)})
        assert rule(late) == (409, "already-reviewed")
        held = await rows(context, "SELECT subject_id::text FROM review_claim")
        assert [row.subject_id for row in held] == [other]
        assert (await look(two, quiet))["reviewable"] is False


async def test_of_many_at_once_one_has_it(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting(context, villages[0])
    clients = [door.client(CIVIL) for _ in range(8)]
    found = await asyncio.gather(*(look(client, subject_id) for client in clients))
    assert [one["looking"]["own"] for one in found].count(True) == 1
    for client in clients:
        await client.aclose()


async def test_it_tells_whether_a_copy_is_out_of_date(
    context: Context, door: Door, villages: list[str]
) -> None:
    """What was fetched ahead says that it was; how the record stands comes with the claim."""
    subject_id = await waiting(context, villages[0])
    async with door.client(CIVIL) as client:
        copy = await client.get(f"/items/{subject_id}", params={"ahead": True})
        held = copy.json()
        now = await look(client, subject_id)
        for name in ("version", "digest", "reviewable"):
            assert now[name] == held[name]
        assert (now["answered"], now["flagged"]) == (0, False)
        await take(context, attested(subject_id, 1, Attestation.FLAGGED))
        assert (await look(client, subject_id))["flagged"] is True
        await take(context, record(subject_id, 2, collected(3, villages[0])))
        assert (await look(client, subject_id))["version"] == 2
    read = await rows(context, "SELECT detail FROM audit WHERE action = 'record-read'")
    assert [row.detail["how"] for row in read] == ["ahead"]


async def test_nobody_looks_at_what_they_may_not_review(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71; design section 5, rule 10."""
    collector = new_id()
    subject_id = await waiting(context, villages[0], collector=collector)
    async with door.client((Role.HUMAN_RESOURCES_REVIEWER, COUNTY)) as client:
        refused = await client.post(f"/items/{subject_id}/claim", json={})
    assert rule(refused) == (403, "area-not-granted")
    async with door.client(CIVIL, account=collector) as client:
        refused = await client.post(f"/items/{subject_id}/claim", json={})
    assert rule(refused) == (403, "own-record")
    assert not await rows(context, "SELECT 1 FROM review_claim")
