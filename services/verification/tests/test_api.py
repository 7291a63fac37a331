"""Verification's doors: who may come in, what they get, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from muster.contracts.parts.capture import Signer
from muster.messaging.message import OutboxRow
from muster.runtime.context import Context
from muster.verification.main import service
from muster.verification.topics import load_reviews
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, Role, SubjectState

from .conftest import (
    COUNTY,
    NAME,
    Door,
    baseline,
    collected,
    digest,
    record,
    rows,
    rule,
    standing,
    status,
    take,
    waiting,
)

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)
HUMAN = (Role.HUMAN_RESOURCES_REVIEWER, COUNTY)
DECIDED = "SELECT * FROM outbox WHERE topic LIKE 'verification-record-%'"
REASONS = [{"code": "differs-from-papers", "field": "name", "text": "与身份证不符"}]


def township(village: str) -> str:
    return village[:9]


# -- the queue -------------------------------------------------------------------------------------


async def test_the_queue_shows_what_waits_longest_first_without_names(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71."""
    people = [await waiting(context, villages[n]) for n in range(3)]
    await waiting(context, villages[0], categories=("transferred_officer",))
    async with door.client(CIVIL) as client:
        first = (await client.get("/queue", params={"limit": 2})).json()
        then = await client.get("/queue", params={"limit": 2, "after": first["next"]})
    assert NAME not in then.text
    items = [*first["items"], *then.json()["items"]]
    assert [item["subject_id"] for item in items] == people
    assert then.json()["next"] is None
    assert items[0] == {
        "subject_id": people[0],
        "version": 1,
        "village": villages[0],
        "desk": "civil_affairs",
        "received_at": items[0]["received_at"],
        "age_seconds": items[0]["age_seconds"],
        "returned": 0,
        "own": False,
        "passed": False,
        "answers": "agree",
        "flagged": False,
        "looking": None,
    }
    assert 0 <= items[0]["age_seconds"] < 60


async def test_the_queue_ends_at_the_area_of_the_grant(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 10."""
    here = next(v for v in villages if township(v) != township(villages[0]))
    await waiting(context, villages[0])
    mine = await waiting(context, here)
    async with door.client((Role.CIVIL_AFFAIRS_REVIEWER, township(here))) as client:
        found = (await client.get("/queue")).json()["items"]
        assert [item["subject_id"] for item in found] == [mine]
        elsewhere = await client.get("/queue", params={"area": villages[0]})
        assert rule(elsewhere) == (403, "area-not-granted")
        other_desk = await client.get("/queue", params={"desk": "human_resources"})
        assert rule(other_desk) == (403, "area-not-granted")


async def test_who_reviews_nowhere_gets_no_empty_queue(door: Door) -> None:
    async with door.client((Role.COLLECTOR, COUNTY)) as client:
        assert rule(await client.get("/queue")) == (403, "area-not-granted")
    async with door.client(CIVIL) as client:
        del client.headers["authorization"]
        assert rule(await client.get("/queue")) == (401, "token-missing")


# -- one record ------------------------------------------------------------------------------------


async def test_a_reviewer_reads_the_record_beside_its_baseline_and_history(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R59, R71, R89; every reading leaves its row in the audit chain (R100)."""
    subject_id = await waiting(context, villages[0])
    await take(context, baseline(subject_id, 1, collected(1, villages[0]), name="仁青"))
    async with door.client(CIVIL, account=new_id()) as client:
        sent = await client.post(
            f"/items/{subject_id}/1/return", json={"digest": digest(1), "reasons": REASONS}
        )
        assert sent.status_code == 200
        await take(context, record(subject_id, 2, collected(3, villages[0])))
        item = (await client.get(f"/items/{subject_id}")).json()
    assert item["version"] == 2
    assert item["state"] == "submitted"
    assert item["reviewable"] is True
    assert item["record"]["fields"]["name"] == NAME
    assert item["provenance"] == {"name": "chip"}
    assert item["evidence"][0]["kind"] == "id_card"
    assert item["baseline"]["record"]["fields"] == {"name": "仁青"}
    assert item["baseline"]["differs"] == ["name"]
    assert item["card"] == {"fields": {"name": NAME}, "differs": []}
    assert item["corrects_version"] == 1
    (earlier,) = item["earlier"]
    assert earlier["version"] == 1
    assert earlier["state"] == "returned"
    assert earlier["changed"] == ["service_unit"]
    assert earlier["reasons"] == [
        {**REASONS[0], "zh": "与证件不一致", "en": "Differs from the papers"}
    ]
    trail = await rows(context, "SELECT action, subject_ids FROM audit ORDER BY seq")
    assert [row.action for row in trail] == ["record-returned", "record-read"]
    assert all([str(one) for one in row.subject_ids] == [subject_id] for row in trail)
    async with context.database.transaction() as conn:
        assert (await context.audit.verify(conn)).seq == 2


async def test_a_reviewer_sees_who_signed_for_the_person_and_who_translated(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R58, R59: kept sealed, as all of the record; one that names neither says neither."""
    signed, plain = new_id(), new_id()
    signer = {"name": "卓玛", "relation": "child"}
    await take(
        context,
        record(
            signed, 1, collected(1, villages[0]), signer=Signer(**signer), interpreter="扎西东周"
        ),
    )
    await take(context, record(plain, 1, collected(1, villages[0])))
    async with door.client(CIVIL) as client:
        item = (await client.get(f"/items/{signed}")).json()
        assert (item["signer"], item["interpreter"]) == (signer, "扎西东周")
        item = (await client.get(f"/items/{plain}")).json()
        assert (item["signer"], item["interpreter"]) == (None, None)
    kept = str([tuple(row) for row in await rows(context, "SELECT * FROM review_item")])
    assert "卓玛" not in kept
    assert "扎西东周" not in kept


async def test_only_the_desk_of_the_record_reads_it(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting(context, villages[0])
    for grant in (HUMAN, (Role.LEADER, COUNTY), (Role.CIVIL_AFFAIRS_REVIEWER, villages[1])):
        async with door.client(grant) as client:
            assert rule(await client.get(f"/items/{subject_id}")) == (403, "area-not-granted")
    assert not await rows(context, "SELECT 1 FROM audit")


async def test_what_is_not_there_is_not_found(
    context: Context, door: Door, villages: list[str]
) -> None:
    erased = await waiting(context, villages[0])
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, erased)
    async with door.client(CIVIL) as client:
        assert rule(await client.get(f"/items/{new_id()}")) == (404, "record-unknown")
        assert rule(await client.get(f"/items/{erased}")) == (404, "subject-erased")
        gone = await client.post(f"/items/{erased}/1/verify", json={"digest": digest(1)})
        assert rule(gone) == (404, "subject-erased")


# -- decisions -------------------------------------------------------------------------------------


async def test_a_verified_version_is_told_to_the_desk_and_counted(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71; freeze, then approve the frozen thing (design section 5, rule 3)."""
    subject_id, reviewer = await waiting(context, villages[0]), new_id()
    async with door.client(CIVIL, account=reviewer) as client:
        answer = await client.post(f"/items/{subject_id}/1/verify", json={"digest": digest(1)})
        again = await client.post(f"/items/{subject_id}/1/verify", json={"digest": digest(1)})
        left = (await client.get("/queue")).json()["items"]
    assert answer.status_code == 200
    assert again.json() == answer.json()
    assert left == []
    (row,) = await rows(context, DECIDED)
    assert (row.topic, row.key, row.version, row.county) == (
        "verification-record-verified",
        subject_id,
        1,
        COUNTY,
    )
    event = await load(context, row)
    assert event.clear.subject_id == subject_id
    assert event.parts["capture"].digest == digest(1)
    assert event.parts["capture"].reviewer_id == reviewer
    assert event.parts["reporting"].outcome == "verified"
    assert event.parts["reporting"].village == villages[0]


async def test_a_returned_version_carries_its_reasons_and_comes_back_as_a_new_one(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R70, R71."""
    subject_id = await waiting(context, villages[0])
    async with door.client(CIVIL) as client:
        body = {"digest": digest(1), "reasons": REASONS}
        assert (await client.post(f"/items/{subject_id}/1/return", json=body)).is_success
        assert (await client.get("/queue")).json()["items"] == []
        await take(context, record(subject_id, 2, collected(3, villages[0])))
        (item,) = (await client.get("/queue")).json()["items"]
        assert (item["version"], item["returned"]) == (2, 1)
        ledger = (await client.get("/ledger")).json()
    assert ledger["villages"][villages[0]] == {"submitted": 1, "returned": 0, "verified": 0}
    (row,) = await rows(context, DECIDED)
    event = await load(context, row)
    assert event.parts["capture"].model_dump()["reasons"] == (REASONS[0],)
    assert event.parts["reporting"].reason_codes == ("differs-from-papers",)
    stored = str(await rows(context, "SELECT i::text FROM review_item i"))
    assert "与身份证不符" not in stored


async def load(context: Context, row: Any) -> Any:
    pending = OutboxRow(
        str(row.event_id), row.topic, row.partition, row.key, row.version, row.county,
        row.ref, row.traceparent, row.occurred_at, 1,
    )  # fmt: skip
    async with context.database.transaction() as conn:
        return (await load_reviews(context, conn, [pending]))[pending.event_id]


async def test_the_review_of_an_erased_person_has_nothing_left_to_tell(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting(context, villages[0])
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{subject_id}/1/verify", json={"digest": digest(1)})
    (row,) = await rows(context, DECIDED)
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, subject_id)
    with pytest.raises(KeyError):
        await load(context, row)


async def test_decisions_that_are_refused_change_nothing(
    context: Context, door: Door, villages: list[str]
) -> None:
    reviewer = new_id()
    subject_id = await waiting(context, villages[0])
    own = await waiting(context, villages[0], collector=reviewer)
    await take(context, record(own, 2, collected(3, villages[0]), collector=reviewer))
    old = await waiting(context, villages[0])
    await take(context, record(old, 2, collected(3, villages[0])))
    dead = await waiting(context, villages[0])
    ended = standing(4, (villages[0], Origin.BASELINE, SubjectState.DEAD_AFTER))
    await take(context, status(dead, ended))
    async with door.client(CIVIL, account=reviewer) as client:

        async def verify(who: str, version: int, number: int) -> tuple[int, str]:
            body = {"digest": digest(number)}
            return rule(await client.post(f"/items/{who}/{version}/verify", json=body))

        assert await verify(subject_id, 1, 2) == (409, "digest-differs")
        assert await verify(own, 2, 2) == (403, "own-record")
        assert await verify(old, 1, 1) == (409, "version-superseded")
        assert await verify(dead, 1, 1) == (409, "not-collected")
        assert await verify(subject_id, 3, 3) == (404, "record-unknown")
    async with door.client(HUMAN) as client:
        assert await verify(subject_id, 1, 1) == (403, "area-not-granted")
    assert not await rows(context, DECIDED)
    assert not await rows(context, "SELECT 1 FROM review_item WHERE state <> 'submitted'")
    assert not await rows(context, "SELECT 1 FROM audit")


async def test_an_outcome_stands(context: Context, door: Door, villages: list[str]) -> None:
    subject_id = await waiting(context, villages[0])
    body = {"digest": digest(1), "reasons": REASONS}
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{subject_id}/1/verify", json={"digest": digest(1)})
        late = await client.post(f"/items/{subject_id}/1/return", json=body)
    assert rule(late) == (409, "already-reviewed")
    async with door.client(CIVIL) as client:
        other = await client.post(f"/items/{subject_id}/1/verify", json={"digest": digest(1)})
    assert rule(other) == (409, "already-reviewed")
    assert len(await rows(context, DECIDED)) == 1


def test_no_route_takes_several_records(door: Door) -> None:
    """C17, R71: record by record, never in bulk."""
    writing = {
        path: route
        for path, route in door.app.openapi()["paths"].items()
        # What departments answer goes in as sets; it decides no review.
        if set(route) - {"get"} and not path.startswith("/departments/")
    }
    assert set(writing) == {
        "/items/{subject_id}/{version}/verify",
        "/items/{subject_id}/{version}/return",
        "/items/{subject_id}/claim",
    }
    for route in writing.values():
        for how in route.values():
            assert "array" not in str(how.get("requestBody", {}).get("content"))


async def test_a_reader_of_return_reasons_gets_the_list(door: Door) -> None:
    async with door.client(CIVIL) as client:
        codes = (await client.get("/return-reasons")).json()
    assert {"code": "other", "zh": "其他原因", "en": "Another reason"} in codes


async def test_a_decision_that_fails_on_the_way_leaves_no_trace(
    context: Context, door: Door, villages: list[str]
) -> None:
    """One transaction: decision, outbox and audit stand together or not at all."""
    subject_id = await waiting(context, villages[0])
    async with context.database.transaction() as conn:
        await conn.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    try:
        async with door.client(CIVIL) as client:
            response = await client.post(
                f"/items/{subject_id}/1/verify", json={"digest": digest(1)}
            )
    finally:
        async with context.database.transaction() as conn:
            await conn.execute(text("ALTER TABLE audit_away RENAME TO audit"))
    assert response.status_code == 500
    assert not await rows(context, DECIDED)
    assert not await rows(context, "SELECT 1 FROM review_item WHERE state <> 'submitted'")


def test_the_service_announces_what_it_is() -> None:
    assert service.name == "verification"
    assert {p.topic for p in service.publications} == {
        "verification-record-verified",
        "verification-record-returned",
        "verification-requested-<department>",
    }
    assert {s.topic for s in service.subscriptions} == {
        "capture-baseline-imported",
        "capture-record-submitted",
        "capture-record-attested",
        "capture-subject-status-changed",
        "verification-answered-<department>",
        "access-grant-changed",
        "access-key-changed",
    }
    assert [(job.name, job.every) for job in service.jobs] == [("ask-again", 30)]
