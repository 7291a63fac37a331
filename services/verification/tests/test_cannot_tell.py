"""A department that is waited for and knows nothing of the person does not verify the record."""

from __future__ import annotations

import pytest

from muster.messaging.message import DONE
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, Verdict

from .conftest import (
    COUNTY,
    DEPARTMENTS,
    Door,
    answer,
    asked,
    digest,
    rows,
    rule,
    take,
    verdicts,
    waiting_for,
)

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)
DECIDED = "SELECT topic FROM outbox WHERE topic LIKE 'verification-record-%' ORDER BY id"
VERIFY = {"digest": digest(1)}
PAPERS = "退伍证原件已当面核对，武装部旧档案未移交"


async def say(context: Context, subject_id: str, department: str, verdict: Verdict) -> None:
    """A department answers the same of every field it was asked about."""
    request = (await asked(context, subject_id))[department]
    said = dict.fromkeys(verdicts(department), verdict)
    assert await take(context, answer(request, said)) == [DONE]


@pytest.mark.parametrize("verdict", [Verdict.NO_FILE, Verdict.UNDECIDED])
@pytest.mark.parametrize("passed_before", [False, True])
async def test_a_department_that_cannot_tell_brings_the_record_before_the_reviewer(
    context: Context, door: Door, villages: list[str], verdict: Verdict, passed_before: bool
) -> None:
    """R73, R92: it is shown in queue and item, and verified by nothing but a word that names it."""
    subject_id, reviewer = await waiting_for(context, villages[0], *DEPARTMENTS), new_id()
    path = f"/items/{subject_id}/1/verify"
    async with door.client(CIVIL, account=reviewer) as client:
        if passed_before:
            assert (await client.post(path, json=VERIFY)).json()["passed"]
        await say(context, subject_id, "public-security", Verdict.MATCH)
        await say(context, subject_id, "armed-forces", verdict)
        await say(context, subject_id, "human-resources", Verdict.MATCH)
        assert not await rows(context, DECIDED)
        [queued] = (await client.get("/queue")).json()["items"]
        assert (queued["answers"], queued["passed"]) == ("cannot_tell", passed_before)
        shown = (await client.get(f"/items/{subject_id}")).json()
        assert (shown["reviewable"], shown["answers"]) == (True, "cannot_tell")
        told = {one["department"]: one for one in shown["departments"]}
        assert [name for name, one in told.items() if one["cannot_tell"]] == ["armed-forces"]
        assert not any(one["contradicts"] for one in told.values())
        counts = (await client.get("/ledger")).json()["villages"][villages[0]]
        assert counts == {"submitted": 1, "returned": 0, "verified": 0}

        assert rule(await client.post(path, json=VERIFY)) == (409, "answers-cannot-tell")
        for seen in ([], ["public-security"], ["armed-forces", "public-security"]):
            body = {**VERIFY, "despite": PAPERS, "cannot_tell": seen}
            assert rule(await client.post(path, json=body)) == (409, "answers-changed")
        body = {**VERIFY, "despite": PAPERS, "cannot_tell": ["armed-forces"]}
        sent = (await client.post(path, json=body)).json()
        assert (sent["state"], sent["passed"], sent["answers"]) == ("verified", False, "agree")
        assert (await client.post(path, json=body)).json() == sent
        assert (await client.get("/queue")).json()["items"] == []
        shown = (await client.get(f"/items/{subject_id}")).json()
    told = {one["department"]: one for one in shown["departments"]}
    assert told["armed-forces"]["overruled"]["despite"] == PAPERS
    assert told["armed-forces"]["overruled"]["reviewer_id"] == reviewer
    assert [row.topic for row in await rows(context, DECIDED)] == ["verification-record-verified"]
    [last] = await rows(
        context,
        "SELECT action, detail FROM audit WHERE action = 'record-verified' ORDER BY seq",
    )
    assert last.detail == {"version": 1, "overruled": 1}
    assert PAPERS not in str(await rows(context, "SELECT t::text FROM department_request t"))


async def test_who_cannot_tell_may_be_sent_back_to_the_desk(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R70, R73: also after the review was passed."""
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    async with door.client(CIVIL) as client:
        assert (await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)).is_success
        await say(context, subject_id, "human-resources", Verdict.NO_FILE)
        body = {**VERIFY, "reasons": [{"code": "differs-from-department"}]}
        sent = (await client.post(f"/items/{subject_id}/1/return", json=body)).json()
    assert sent["state"] == "returned"


async def test_a_word_covers_the_answer_it_names_and_no_later_one(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R73: after the word the others are waited for; who cannot tell then is named anew, and one
    that contradicts beside it by its own list."""
    subject_id = await waiting_for(context, villages[0], *DEPARTMENTS)
    path = f"/items/{subject_id}/1/verify"
    word = {**VERIFY, "despite": PAPERS}
    async with door.client(CIVIL) as client:
        await say(context, subject_id, "armed-forces", Verdict.NO_FILE)
        sent = (await client.post(path, json={**word, "cannot_tell": ["armed-forces"]})).json()
        assert (sent["passed"], sent["answers"]) == (True, "waiting")
        await say(context, subject_id, "human-resources", Verdict.UNDECIDED)
        await say(context, subject_id, "public-security", Verdict.MISMATCH)
        [queued] = (await client.get("/queue")).json()["items"]
        assert (queued["answers"], queued["passed"]) == ("contradict", True)
        half = {**word, "contradicting": ["public-security"]}
        assert rule(await client.post(path, json=half)) == (409, "answers-changed")
        both = {**half, "cannot_tell": ["human-resources"]}
        assert (await client.post(path, json=both)).json()["state"] == "verified"


async def test_who_is_not_waited_for_may_not_know(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R73: a department that was not enrolled when the record came holds nothing up."""
    subject_id = await waiting_for(context, villages[0], "public-security")
    async with door.client(CIVIL) as client:
        assert (await client.post(f"/items/{subject_id}/1/verify", json=VERIFY)).is_success
        await say(context, subject_id, "armed-forces", Verdict.NO_FILE)
        shown = (await client.get(f"/items/{subject_id}")).json()
        assert shown["answers"] == "waiting"
        assert not any(one["cannot_tell"] for one in shown["departments"])
        await say(context, subject_id, "public-security", Verdict.MATCH)
        shown = (await client.get(f"/items/{subject_id}")).json()
    assert shown["state"] == "verified"
