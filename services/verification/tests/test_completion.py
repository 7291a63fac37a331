"""A reviewer's completion as verification sees it: one more version, with what was not signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from muster.contracts.parts.capture import Completion, RecordForReview
from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, Source

from .conftest import COUNTY, Door, collected, digest, record, rows, take

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)


def completion(subject_id: str, village: str, by: str) -> Message:
    """Version 2: a reviewer changed the unit of version 1, which the person signed."""
    one = record(subject_id, 2, collected(3, village))
    part: RecordForReview = one.part
    more: dict[str, Any] = {
        "signed_digest": digest(1),
        "provenance": {**part.provenance, "service_unit": Source.REVIEWER},
        "completion": Completion(
            digest=digest(2),
            by=by,
            at=datetime(2018, 11, 3, tzinfo=UTC),
            reason="与档案核对",
            signed_version=1,
            unsigned=("service_unit",),
        ),
    }
    return Message(one.topic, one.key, one.event_id, one.clear, part.model_copy(update=more), None)


@pytest.mark.parametrize("late", [False, True], ids=["in order", "completion first"])
async def test_a_completion_is_reviewed_as_the_version_that_it_is(
    context: Context, door: Door, villages: list[str], late: bool
) -> None:
    """R71; design, section 5, rule 3: what is decided is the completed content, by its digest, and
    whoever completed it may decide; the page says which fields nobody signed."""
    subject_id, reviewer = new_id(), new_id()
    first = record(subject_id, 1, collected(2, villages[0]))
    made = completion(subject_id, villages[0], reviewer)
    await take(context, *((made, first) if late else (first, made)))
    async with door.client(CIVIL, account=reviewer) as client:
        [waiting] = (await client.get("/queue")).json()["items"]
        assert (waiting["version"], waiting["own"]) == (2, False)
        item = (await client.get(f"/items/{subject_id}")).json()
        assert item["digest"] == digest(2)
        assert item["completion"] == {
            "by": reviewer,
            "at": "2018-11-03T00:00:00Z",
            "reason": "与档案核对",
            "signed_version": 1,
            "unsigned": ["service_unit"],
        }
        assert item["provenance"]["service_unit"] == "reviewer"
        [before] = item["earlier"]
        assert (before["version"], before["completion"]) == (1, None)
        assert before["changed"] == ["service_unit"]
        signed = await client.post(f"/items/{subject_id}/2/verify", json={"digest": digest(1)})
        assert signed.status_code == 409
        done = await client.post(f"/items/{subject_id}/2/verify", json={"digest": digest(2)})
        assert done.json()["state"] == "verified"
    [event] = await rows(context, "SELECT ref FROM outbox WHERE topic LIKE '%-record-verified'")
    assert event.ref["version"] == 2


async def test_how_often_and_why_a_record_went_back_is_kept(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R71: returned, corrected, returned again, completed: each with its time, reasons and who."""
    subject_id, reviewer = new_id(), new_id()
    async with door.client(CIVIL, account=reviewer) as client:
        for version, text in [(1, "照片不清"), (2, "单位名称不全")]:
            await take(context, record(subject_id, version, collected(version, villages[0])))
            item = (await client.get(f"/items/{subject_id}")).json()
            reasons = [{"code": "other", "field": None, "text": text}]
            back = await client.post(
                f"/items/{subject_id}/{version}/return",
                json={"digest": item["digest"], "reasons": reasons},
            )
            assert back.json()["state"] == "returned"
        await take(context, record(subject_id, 3, collected(3, villages[0])))
        [waiting] = (await client.get("/queue")).json()["items"]
        assert waiting["returned"] == 2
        earlier = (await client.get(f"/items/{subject_id}")).json()["earlier"]
    assert [(one["version"], one["state"]) for one in earlier] == [(2, "returned"), (1, "returned")]
    assert [one["reasons"][0]["text"] for one in earlier] == ["单位名称不全", "照片不清"]
    assert {one["reviewer_id"] for one in earlier} == {reviewer}
    assert all(one["reviewed_at"] for one in earlier)
