"""What departments answer, and what it does to the record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from muster.messaging.message import DONE, Invalid
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, Verdict

from .conftest import (
    COUNTY,
    DEPARTMENTS,
    FIELDS,
    Door,
    answer,
    asked,
    collected,
    digest,
    handler_of,
    record,
    rows,
    rule,
    take,
    verdicts,
    waiting_for,
)

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)
DECIDED = "SELECT * FROM outbox WHERE topic LIKE 'verification-record-%' ORDER BY id"
VERIFY = {"digest": digest(1)}
DESPITE = "户口簿原件已当面核对，派出所底册有误"
CONTRADICTING = [Verdict.MISMATCH, Verdict.NO_SUCH_PERSON]


async def say(
    context: Context, subject_id: str, *departments: str, first: Verdict = Verdict.MATCH
) -> None:
    """These departments answer about version 1; the first field gets the verdict `first`."""
    held = await asked(context, subject_id)
    for name in departments:
        assert await take(context, answer(held[name], verdicts(name, first))) == [DONE]


async def item(context: Context) -> Any:
    [row] = await rows(context, "SELECT * FROM review_item")
    return row


# -- verified when review and answers agree --------------------------------------------------------


async def test_a_passed_record_is_verified_with_the_last_mandatory_answer(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71, R73: it is out of the queue, counts as submitted, and becomes verified by itself."""
    subject_id, reviewer = await waiting_for(context, villages[0], *DEPARTMENTS), new_id()
    async with door.client(CIVIL, account=reviewer) as client:
        sent = (await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)).json()
        assert (sent["state"], sent["passed"], sent["answers"]) == ("submitted", True, "waiting")
        assert (await client.get("/queue")).json()["items"] == []
        counts = (await client.get("/ledger")).json()["villages"][villages[0]]
        assert counts == {"submitted": 1, "returned": 0, "verified": 0}
        await say(context, subject_id, "armed-forces", "human-resources")
        assert not await rows(context, DECIDED)
        await say(context, subject_id, "public-security")
        counts = (await client.get("/ledger")).json()["villages"][villages[0]]
        assert counts == {"submitted": 0, "returned": 0, "verified": 1}
        shown = (await client.get(f"/items/{subject_id}")).json()
    assert (shown["state"], shown["passed"], shown["reviewer_id"]) == ("verified", False, reviewer)
    [row] = await rows(context, DECIDED)
    assert (row.topic, row.key, row.version, row.county) == (
        "verification-record-verified",
        subject_id,
        1,
        COUNTY,
    )
    trail = await rows(context, "SELECT actor, action FROM audit ORDER BY seq")
    assert [(one.actor, one.action) for one in trail[:2]] == [
        (reviewer, "record-passed"),
        ("verification", "record-verified"),
    ]


async def test_answers_that_came_before_the_review_do_not_hold_it_up(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    async with door.client(CIVIL) as client:
        await say(context, subject_id, *DEPARTMENTS)
        [queued] = (await client.get("/queue")).json()["items"]
        assert queued["answers"] == "agree"
        sent = (await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)).json()
    assert (sent["state"], sent["passed"]) == ("verified", False)
    assert len(await rows(context, DECIDED)) == 1


@pytest.mark.parametrize("verdict", [Verdict.NO_FILE, Verdict.UNDECIDED])
async def test_a_department_that_cannot_tell_of_one_field_confirms_by_the_others(
    context: Context, door: Door, villages: list[str], verdict: Verdict
) -> None:
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    await say(context, subject_id, "armed-forces", "public-security", first=verdict)
    await say(context, subject_id, "human-resources")
    async with door.client(CIVIL) as client:
        sent = (await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)).json()
    assert sent["state"] == "verified"


async def test_nobody_waits_for_a_department_that_was_not_enrolled(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0], "public-security")
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)
        await say(context, subject_id, "public-security")
        assert (await item(context)).state == "verified"
        # It enrols later and answers: kept and shown; the outcome stands.
        await say(context, subject_id, "armed-forces", first=Verdict.MISMATCH)
        shown = (await client.get(f"/items/{subject_id}")).json()
    assert shown["state"] == "verified"
    late = {one["department"]: one for one in shown["departments"]}["armed-forces"]
    assert (late["mandatory"], late["contradicts"], late["verdicts"]["enlisted_on"]) == (
        False,
        True,
        "mismatch",
    )
    assert len(await rows(context, DECIDED)) == 1


# -- contradiction ---------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", CONTRADICTING)
@pytest.mark.parametrize("passed_before", [False, True])
async def test_an_answer_that_contradicts_brings_the_record_before_the_reviewer(
    context: Context, door: Door, villages: list[str], verdict: Verdict, passed_before: bool
) -> None:
    """R71, R73: back in the queue with the verdicts shown; it goes back to the desk."""
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    async with door.client(CIVIL) as client:
        if passed_before:
            assert (await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)).is_success
        await say(context, subject_id, "armed-forces")
        await say(context, subject_id, "public-security", first=verdict)
        [queued] = (await client.get("/queue")).json()["items"]
        assert (queued["answers"], queued["passed"]) == ("contradict", passed_before)
        shown = (await client.get(f"/items/{subject_id}")).json()
        told = {one["department"]: one for one in shown["departments"]}
        assert shown["reviewable"]
        assert shown["answers"] == "contradict"
        assert told["public-security"]["verdicts"] == {
            "name": verdict.value,
            "sex": "match",
            "birth_date": "match",
            "household_area": "match",
        }
        assert told["public-security"]["remark"] == "户口簿页码 12"
        # By its id a department finds the request in its own log.
        asking = await asked(context, subject_id)
        assert {name: one["request"] for name, one in told.items()} == {
            name: str(row.event_id) for name, row in asking.items()
        }
        assert told["public-security"]["waiting_since"] is None
        assert told["human-resources"]["verdicts"] is None
        assert told["human-resources"]["waiting_since"] == told["human-resources"]["asked_at"]
        # Not verified without a word, even if this reviewer passed it before.
        bare = await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)
        assert rule(bare) == (409, "answers-contradict")
        body = {**VERIFY, "reasons": [{"code": "differs-from-department", "field": "sex"}]}
        sent = (await client.post(f"/items/{subject_id}/1/return", json=body)).json()
        assert (sent["state"], sent["passed"]) == ("returned", False)
        # The last answer comes late and changes nothing.
        await say(context, subject_id, "human-resources")
        assert (await client.get("/queue")).json()["items"] == []
    assert (await item(context)).state == "returned"
    assert [row.topic for row in await rows(context, DECIDED)] == ["verification-record-returned"]


async def test_a_reviewer_who_saw_the_papers_verifies_against_an_answer_with_a_reason(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R59: kept sealed and audited; the answers still to come are waited for."""
    subject_id, reviewer = await waiting_for(context, villages[0], *DEPARTMENTS), new_id()
    await say(context, subject_id, "public-security", first=Verdict.MISMATCH)
    body = {**VERIFY, "despite": DESPITE, "contradicting": ["public-security"]}
    async with door.client(CIVIL, account=reviewer) as client:
        sent = (await client.post(f"/items/{subject_id}/1/verify", json=body)).json()
        assert (sent["state"], sent["passed"], sent["answers"]) == ("submitted", True, "waiting")
        again = await client.post(f"/items/{subject_id}/1/verify", json=body)
        assert again.json() == sent
        assert (await client.get("/queue")).json()["items"] == []
        await say(context, subject_id, "armed-forces", "human-resources")
        shown = (await client.get(f"/items/{subject_id}")).json()
        again = await client.post(f"/items/{subject_id}/1/verify", json=body)
        assert again.json()["state"] == "verified"
    assert shown["state"] == "verified"
    told = {one["department"]: one for one in shown["departments"]}["public-security"]
    assert told["contradicts"]
    assert (told["overruled"]["despite"], told["overruled"]["reviewer_id"]) == (DESPITE, reviewer)
    assert len(await rows(context, DECIDED)) == 1
    everything = ""
    for table in ("review_item", "department_request", "audit", "outbox"):
        everything += str(await rows(context, f"SELECT t::text FROM {table} t"))
    assert DESPITE not in everything
    assert "派出所" not in everything
    [first, *_] = await rows(context, "SELECT action, detail FROM audit ORDER BY seq")
    assert (first.action, first.detail) == ("record-passed", {"version": 1, "overruled": 1})


async def test_a_later_contradiction_is_not_covered_by_an_earlier_reason(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 3: only what was seen is overruled. Both reasons are kept."""
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    await say(context, subject_id, "armed-forces", first=Verdict.MISMATCH)
    async with door.client(CIVIL) as client:

        async def verify(despite: str, *seen: str) -> Any:
            body = {**VERIFY, "despite": despite, "contradicting": list(seen)}
            return await client.post(f"/items/{subject_id}/1/verify", json=body)

        assert (await verify("退伍证已核对", "armed-forces")).json()["passed"]
        await say(context, subject_id, "public-security", first=Verdict.NO_SUCH_PERSON)
        [queued] = (await client.get("/queue")).json()["items"]
        assert queued["answers"] == "contradict"
        unseen = await verify("退伍证已核对", "armed-forces")
        assert rule(unseen) == (409, "answers-changed")
        for _ in range(2):
            assert (await verify("身份证已核对", "public-security")).json()["passed"]
        await say(context, subject_id, "human-resources")
        shown = (await client.get(f"/items/{subject_id}")).json()
    assert shown["state"] == "verified"
    reasons = {
        one["department"]: one["overruled"]["despite"]
        for one in shown["departments"]
        if one["overruled"]
    }
    assert reasons == {"armed-forces": "退伍证已核对", "public-security": "身份证已核对"}


async def test_reasons_against_nothing_and_words_about_a_decided_record_are_refused(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    path = f"/items/{subject_id}/1/verify"
    body = {**VERIFY, "despite": DESPITE, "contradicting": ["public-security"]}
    back = {**VERIFY, "reasons": [{"code": "field-wrong"}]}
    async with door.client(CIVIL) as client:
        assert rule(await client.post(path, json=body)) == (409, "nothing-contradicts")
        assert (await client.post(path, json=VERIFY)).is_success
        # Passed: the word stands while answers are awaited, for this reviewer and for others.
        assert (await client.post(path, json=VERIFY)).json()["passed"]
        late = await client.post(f"/items/{subject_id}/1/return", json=back)
        assert rule(late) == (409, "already-reviewed")
        assert not (await client.get(f"/items/{subject_id}")).json()["reviewable"]
    async with door.client(CIVIL) as client:
        assert rule(await client.post(path, json=VERIFY)) == (409, "already-reviewed")
    assert not await rows(context, DECIDED)


async def test_a_passed_record_of_somebody_who_moved_is_verified_where_they_went(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)
    await take(context, record(subject_id, 1, collected(5, villages[7]), fields=FIELDS))
    await say(context, subject_id, *DEPARTMENTS)
    assert (await item(context)).village == villages[7]


# -- late, doubled, bad ----------------------------------------------------------------------------


async def test_a_late_answer_about_an_older_version_is_kept_and_counts_for_nothing(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)
        await take(context, record(subject_id, 2, collected(3, villages[0]), fields=FIELDS))
        await say(context, subject_id, *DEPARTMENTS)
        [queued] = (await client.get("/queue")).json()["items"]
        assert (queued["version"], queued["answers"]) == (2, "waiting")
        shown = (await client.get(f"/items/{subject_id}")).json()
    [earlier] = shown["earlier"]
    assert all(one["verdicts"] for one in earlier["departments"])
    assert all(one["verdicts"] is None for one in shown["departments"])
    assert not await rows(context, DECIDED)


async def test_the_first_answer_stands(context: Context, villages: list[str]) -> None:
    """Doubles are done: in one batch, in the next, and with other words."""
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    request = (await asked(context, subject_id))["public-security"]
    first = answer(request, verdicts("public-security"))
    second = answer(request, verdicts("public-security", Verdict.MISMATCH))
    async with context.database.transaction() as conn:
        outcomes = await handler_of(first.topic)(context, conn, [first, first, second])
    assert outcomes == [DONE] * 3
    assert await take(context, second) == [DONE]
    assert (await item(context)).answers == "waiting"
    assert (await asked(context, subject_id))["public-security"].contradicts is False


async def test_nothing_is_kept_of_what_is_said_about_an_erased_person(
    context: Context, door: Door, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, subject_id)
    await say(context, subject_id, *DEPARTMENTS, first=Verdict.MISMATCH)
    held = await asked(context, subject_id)
    assert all(row.answer_sealed is None and row.received_at is None for row in held.values())
    async with door.client((Role.LEADER, COUNTY)) as client:
        shown = (await client.get("/requests")).json()
    assert all(one["count"] == 0 for one in shown["departments"])


WRONG = {
    "another key than the case": ({"key": new_id()}, "case-differs"),
    "another case": ({"case_id": "", "key": ""}, "request-differs"),
    "another version": ({"version": 2}, "request-differs"),
    "a request that nobody sent": ({"request": new_id()}, "request-unknown"),
    "a request that another department got": ({"department": "human-resources"}, "request-unknown"),
    "a field without a verdict": ({"verdicts": {"sex": "match"}}, "verdict-missing"),
    "no verdict": ({"verdicts": {}}, "verdict-missing"),
    "a field that nobody asked": (
        {"verdicts": {**verdicts("public-security"), "phone": "mismatch"}},
        "verdict-unasked",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_bad_answer_is_refused_and_the_good_ones_of_its_batch_go_in(
    context: Context, villages: list[str], wrong: str
) -> None:
    other, expected = WRONG[wrong]
    if "case_id" in other:
        other = dict.fromkeys(other, new_id())
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    held = await asked(context, subject_id)
    request = held["public-security"]
    bad = answer(request, verdicts("public-security", Verdict.MISMATCH), **other)
    good = answer(request, verdicts("public-security"))
    async with context.database.transaction() as conn:
        outcomes = await handler_of(bad.topic)(context, conn, [bad, good])
    assert isinstance(outcomes[0], Invalid)
    assert (outcomes[0].rule, outcomes[1]) == (expected, DONE)
    assert outcomes[0].zh
    assert outcomes[0].en
    assert "phone" not in outcomes[0].zh + outcomes[0].en
    now = await asked(context, subject_id)
    assert now["public-security"].contradicts is False
    assert {name for name, row in now.items() if row.received_at} == {"public-security"}


async def test_answers_of_two_departments_at_the_same_moment_both_count(
    context: Context, door: Door, villages: list[str]
) -> None:
    """The person is locked first, so that the last answer sees the other: else nobody verifies."""
    subject_id = await waiting_for(context, villages[0], "armed-forces", "public-security")
    async with door.client(CIVIL) as client:
        await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)
    held = await asked(context, subject_id)
    first, second = (
        answer(held[name], verdicts(name)) for name in ("armed-forces", "public-security")
    )
    async with context.database.transaction() as conn:
        await handler_of(first.topic)(context, conn, [first])
        other = asyncio.create_task(take(context, second))
        await asyncio.sleep(0.3)
        assert not other.done()
    assert await other == [DONE]
    assert (await item(context)).state == "verified"
    assert len(await rows(context, DECIDED)) == 1
