"""What leaders see: the balance of review, and what departments have not answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from muster.runtime.context import Context
from muster.vocabulary.states import Origin, Role, SubjectState, Verdict

from .conftest import (
    COUNTY,
    FIELDS,
    NAME,
    Door,
    answer,
    asked,
    collected,
    digest,
    enrol,
    record,
    rows,
    rule,
    standing,
    status,
    take,
    verdicts,
    waiting,
)

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)


async def test_the_ledger_counts_the_collected_by_village_and_state(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 8."""
    verified = await waiting(context, villages[0])
    await waiting(context, villages[0])
    await waiting(context, villages[1])
    moved = await waiting(context, villages[0])
    ended = standing(
        5,
        (villages[0], Origin.BASELINE, SubjectState.MOVED_OUT),
        (villages[1], Origin.MOVED_IN, SubjectState.COLLECTED),
    )
    await take(context, status(moved, ended))
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{verified}/1/verify", json={"digest": digest(1)})
    async with door.client((Role.LEADER, COUNTY)) as client:
        ledger = (await client.get("/ledger")).json()["villages"]
        part = (await client.get("/ledger", params={"area": villages[1]})).json()["villages"]
    assert ledger[villages[0]] == {"submitted": 1, "returned": 0, "verified": 1}
    assert ledger[villages[1]] == {"submitted": 2, "returned": 0, "verified": 0}
    assert set(ledger) >= set(villages)
    assert part == {villages[1]: ledger[villages[1]]}


async def test_leaders_see_how_many_requests_wait_and_for_how_long(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R73: by department and area, counts and ages, nobody's name."""
    await enrol(context, "public-security", "armed-forces")
    people = [await waiting(context, villages[n], fields=FIELDS) for n in (0, 0, 1)]
    async with context.database.transaction() as conn:
        await conn.execute(
            text(
                "UPDATE department_request SET asked_at = now() - interval '3 days' "
                f"WHERE subject_id = '{people[0]}'"
            )
        )
    done = await asked(context, people[1])
    await take(context, answer(done["public-security"], verdicts("public-security")))
    async with door.client((Role.LEADER, COUNTY)) as client:
        waits = (await client.get("/requests")).json()
        there = (await client.get("/requests", params={"area": villages[1]})).json()
        which = {"state": "answered", "department": "public-security"}
        said = (await client.get("/requests", params=which)).json()
    found = {one["department"]: one for one in waits["departments"]}
    assert found["public-security"] == {
        "department": "public-security",
        "zh": "公安",
        "en": "Public security",
        "enrolled": True,
        "count": 2,
        "mandatory": 2,
        "longest_seconds": found["public-security"]["longest_seconds"],
        "ages": {"under_day": 1, "under_week": 1, "older": 0},
        "contradict": 0,
        "cannot_tell": 0,
        "last_at": None,
    }
    assert 259_200 <= found["public-security"]["longest_seconds"] < 259_300
    assert (found["armed-forces"]["count"], found["armed-forces"]["mandatory"]) == (3, 3)
    stranger = found["human-resources"]
    assert (stranger["enrolled"], stranger["count"], stranger["mandatory"]) == (False, 3, 0)
    assert {one["count"] for one in there["departments"]} == {1}
    [done_by] = said["departments"]
    assert (done_by["department"], done_by["count"]) == ("public-security", 1)
    assert (done_by["contradict"], done_by["cannot_tell"]) == (0, 0)
    [row] = await rows(context, "SELECT max(received_at) AS at FROM department_request")
    assert datetime.fromisoformat(done_by["last_at"]) == row.at
    assert not any(who in str(waits) for who in [*people, NAME])


async def test_leaders_see_what_answers_come_to(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R73, R92: how many contradict, how many cannot tell; never which field of whom."""
    said = (Verdict.MISMATCH, Verdict.NO_FILE, Verdict.MATCH)
    for verdict in said:
        request = await asked(context, await waiting(context, villages[0], fields=FIELDS))
        every = dict.fromkeys(verdicts("public-security"), verdict)
        await take(context, answer(request["public-security"], every))
    which = {"state": "answered", "department": "public-security"}
    async with door.client((Role.LEADER, COUNTY)) as client:
        [one] = (await client.get("/requests", params=which)).json()["departments"]
    assert (one["count"], one["contradict"], one["cannot_tell"]) == (3, 1, 1)


async def test_requests_end_at_the_area_of_the_grant(door: Door, villages: list[str]) -> None:
    """Design section 5, rule 10."""
    async with door.client((Role.TOWNSHIP_LEADER, villages[0][:9])) as client:
        assert rule(await client.get("/requests")) == (403, "area-not-granted")
        assert (await client.get("/requests", params={"area": villages[0]})).is_success
    async with door.client((Role.COLLECTOR, COUNTY)) as client:
        assert rule(await client.get("/requests")) == (403, "area-not-granted")


async def test_what_a_newer_version_made_moot_does_not_count(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting(context, villages[0], fields=FIELDS)
    await take(context, record(subject_id, 2, collected(3, villages[0]), fields=FIELDS))
    async with door.client((Role.LEADER, COUNTY)) as client:
        waits = (await client.get("/requests")).json()
    assert {one["count"] for one in waits["departments"]} == {1}


async def test_reading_verdicts_is_audited(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R100."""
    subject_id = await waiting(context, villages[0], fields=FIELDS)
    held = await asked(context, subject_id)
    await take(context, answer(held["public-security"], verdicts("public-security")))
    async with door.client(CIVIL) as client:
        await client.get(f"/items/{subject_id}")
    [row] = await rows(context, "SELECT action, detail, subject_ids FROM audit")
    assert (row.action, row.detail) == ("record-read", {"version": 1, "answers": 1})
    assert [str(one) for one in row.subject_ids] == [subject_id]
