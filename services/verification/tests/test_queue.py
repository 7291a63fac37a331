"""The queue by age, area and desk; and that a page of it costs the same however long it is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from muster.runtime.context import Context
from muster.verification.domain.waiting import AgeBounds, came_by
from muster.verification.store import waiting
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Attestation, Origin, Role, SubjectState

from .conftest import (
    COUNTY,
    Door,
    attested,
    collected,
    record,
    rows,
    standing,
    status,
    take,
)

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)
HUMAN = (Role.HUMAN_RESOURCES_REVIEWER, COUNTY)
FIRST = (datetime.fromtimestamp(0, UTC), "00000000-0000-0000-0000-000000000000")
MANY = 100_000


async def queued(context: Context, village: str, days: float, **more: Any) -> str:
    """A record that has waited so long; gives the person's id."""
    subject_id = new_id()
    await take(context, record(subject_id, 1, collected(2, village), **more))
    await rows(
        context,
        f"UPDATE review_item SET received_at = now() - interval '{days} days' "
        f"WHERE subject_id = '{subject_id}' RETURNING 1",
    )
    return subject_id


async def asked(door: Door, *grants: tuple[Role, str], **params: Any) -> list[str]:
    async with door.client(*grants) as client:
        answer = await client.get("/queue", params=params)
    assert answer.status_code == 200, answer.text
    return [item["subject_id"] for item in answer.json()["items"]]


def test_a_span_and_a_day_give_the_earlier_bound() -> None:
    """A day ends at midnight of the campaign's clock, eight hours before that of UTC."""
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert came_by(now, None, None) is None
    assert came_by(now, 3, None) == now - timedelta(days=3)
    last = came_by(now, None, date(2026, 11, 20))
    assert last is not None
    assert last < datetime(2026, 11, 20, 16, tzinfo=UTC) <= last + timedelta(seconds=1)
    assert came_by(now, 3, date(2026, 11, 20)) == last
    assert came_by(now, 30, date(2026, 11, 20)) == now - timedelta(days=30)
    assert came_by(now, None, date.min) is not None
    assert came_by(now, None, date.max) is not None


async def test_the_queue_is_split_by_age_and_counted_by_it(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71. What is counted over a bound is what the queue shows for it, the longest first."""
    ages = {days: await queued(context, villages[0], days) for days in (0.5, 3.5, 8, 20)}
    await queued(context, villages[0], 30, categories=("transferred_officer",))
    async with door.client(CIVIL, HUMAN) as client:
        counted = (await client.get("/queue/ages")).json()["desks"]
    assert counted == {
        "civil_affairs": {"everything": 4, "over_3": 3, "over_7": 2, "over_15": 1, "flagged": 0},
        "human_resources": {"everything": 1, "over_3": 1, "over_7": 1, "over_15": 1, "flagged": 0},
    }
    for days, over in ((0, 0), (3, 3.5), (7, 8), (15, 20)):
        found = await asked(door, CIVIL, days=days)
        assert found == [ages[age] for age in sorted(ages, reverse=True) if age >= over]
    day = (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=8)
    assert await asked(door, CIVIL, since=day.isoformat()) == [ages[20], ages[8]]
    before = day - timedelta(days=1)
    assert await asked(door, CIVIL, since=before.isoformat()) == [ages[20]]


async def test_desks_are_apart_and_together_in_one_order(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71: civil affairs and human resources each see their own; who is both, one list."""
    civil = [await queued(context, villages[0], days) for days in (9, 3)]
    human = [
        await queued(context, villages[1], days, categories=("transferred_officer",))
        for days in (6, 1)
    ]
    assert await asked(door, CIVIL) == civil
    assert await asked(door, HUMAN) == human
    both = [civil[0], human[0], civil[1], human[1]]
    assert await asked(door, CIVIL, HUMAN) == both
    assert await asked(door, CIVIL, HUMAN, desk="human_resources") == human
    elsewhere = (Role.HUMAN_RESOURCES_REVIEWER, villages[0])
    assert await asked(door, CIVIL, elsewhere) == civil
    seen, place = [], None
    async with door.client(CIVIL, HUMAN) as client:
        while place is not None or not seen:
            params = {"limit": 1} | ({} if place is None else {"after": place})
            page = (await client.get("/queue", params=params)).json()
            seen += [item["subject_id"] for item in page["items"]]
            place = page["next"]
    assert seen == both


async def test_what_the_terminals_do_not_attest_is_found(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R58. Of the newest version: what an older one was counts for nothing."""
    plain = await queued(context, villages[0], 1)
    flagged = await queued(context, villages[0], 2)
    mended = await queued(context, villages[0], 3)
    for subject_id in (flagged, mended):
        await take(context, attested(subject_id, 1, Attestation.FLAGGED))
    await take(context, record(mended, 2, collected(3, villages[0])))
    assert await asked(door, CIVIL, flagged=True) == [flagged]
    assert set(await asked(door, CIVIL)) == {plain, flagged, mended}
    async with door.client(CIVIL) as client:
        counted = (await client.get("/queue/ages")).json()["desks"]["civil_affairs"]
    assert (counted["everything"], counted["flagged"]) == (3, 1)


async def test_a_record_waits_where_its_person_stands_now(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 10: who moved is reviewed there, who is no longer collected nowhere;
    who is collected again waits again."""
    there = next(one for one in villages if one[:9] != villages[0][:9])
    subject_id = await queued(context, villages[0], 1)
    moved = standing(
        3,
        (villages[0], Origin.BASELINE, SubjectState.MOVED_OUT),
        (there, Origin.MOVED_IN, SubjectState.COLLECTED),
    )
    await take(context, status(subject_id, moved))
    assert await asked(door, CIVIL, area=villages[0]) == []
    assert await asked(door, CIVIL, area=there) == [subject_id]
    gone = standing(4, (there, Origin.MOVED_IN, SubjectState.DECLINED))
    await take(context, status(subject_id, gone))
    assert await asked(door, CIVIL) == []
    await take(context, status(subject_id, collected(5, there)))
    assert await asked(door, CIVIL) == [subject_id]


# -- a long queue ----------------------------------------------------------------------------------


_MANY = (
    """
    INSERT INTO review_subject (subject_id, revision, village, version)
    SELECT gen_random_uuid(), 1, (CAST(:villages AS text[]))[1 + n % :count], 2
    FROM generate_series(1, :many) n
    """,
    """
    INSERT INTO review_item (subject_id, version, digest, village, desk, collector_id, sealed,
        received_at, waits_in)
    SELECT s.subject_id, v, 'sha256:0', s.village,
        CASE WHEN hashtext(s.subject_id::text) % 2 = 0 THEN 'civil_affairs'
             ELSE 'human_resources' END,
        gen_random_uuid(), 'sealed',
        now() - random() * interval '20 days' - (2 - v) * interval '30 days',
        CASE WHEN v = 2 THEN s.village END
    FROM review_subject s, generate_series(1, 2) v WHERE v = 2 OR random() < 0.1
    """,
    """
    INSERT INTO attestation (subject_id, version, reading, signature, reasons, sequence)
    SELECT subject_id, version, CASE WHEN random() < 0.02 THEN 'flagged' ELSE 'attested' END,
        'attested', '[]', 1
    FROM review_item WHERE version = 2
    """,
)


@pytest.fixture
async def long_queue(context: Context, villages: list[str]) -> Context:
    """100,000 records that wait, in all villages at both desks, and one in fifty flagged; of each
    tenth person a version that a newer one has replaced and that waits no more."""
    for statement in _MANY:
        async with context.database.transaction() as conn:
            told = {"villages": villages, "count": len(villages), "many": MANY}
            wanted = {name: value for name, value in told.items() if f":{name}" in statement}
            await conn.execute(text(statement), wanted)
    async with context.database.transaction() as conn:
        await conn.execute(text("ANALYZE"))
    return context


async def _read_rows(context: Context, wanted: waiting.Wanted, after: Any = FIRST) -> int:
    """How many rows PostgreSQL read for a page of 100, whatever it did with them."""
    async with context.database.transaction() as conn:
        await conn.execute(waiting.PLANNED)
        statement = waiting.page(
            len(wanted.places), until=wanted.until is not None, flagged=wanted.flagged
        )
        found = await conn.execute(
            text(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.text}"),
            waiting.values(wanted, after, 100),
        )
        said = found.scalar_one()
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in _nodes(plan)
        if "Relation Name" in node or "Index Name" in node
    )


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in _nodes(part))]


async def test_a_page_costs_the_same_at_100_000(long_queue: Context, villages: list[str]) -> None:
    """R71: whoever reviews much or little of it, at its beginning and in its middle, a page reads
    rows by the hundred and not by the hundred thousand."""
    both = waiting.Wanted({"civil_affairs": villages, "human_resources": villages})
    one = waiting.Wanted({"civil_affairs": villages})
    village = waiting.Wanted({"civil_affairs": villages[:1]})
    of_village = MANY // len(villages)
    middle = (datetime.now(UTC) - timedelta(days=10), FIRST[1])
    old = waiting.Wanted(one.places, until=AgeBounds.at(datetime.now(UTC)).over_7)
    assert await _read_rows(long_queue, both) < 2_000
    assert await _read_rows(long_queue, both, middle) < 2_000
    assert await _read_rows(long_queue, one) < 2_000
    assert await _read_rows(long_queue, old, middle) < 2_000
    assert await _read_rows(long_queue, village) < 5 * of_village + 1_000
    async with long_queue.database.transaction() as conn:
        page = await waiting.queue(conn, both, after=FIRST, limit=100)
        flagged = waiting.Wanted(one.places, flagged=True)
        marked = await waiting.queue(conn, flagged, after=FIRST, limit=100)
        counted = await waiting.ages(conn, both.places, AgeBounds.at(datetime.now(UTC)))
    assert [row.received_at for row in page] == sorted(row.received_at for row in page)
    assert {row.version for row in page} == {2}
    assert [row.flagged for row in marked] == [True] * 100
    assert sum(ages.everything for ages in counted.values()) == MANY
