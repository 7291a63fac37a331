"""Asking about a work order, answering, passing it on: kept with it, and none of it closes it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import (
    ADMIN,
    AF,
    COUNTY,
    HERE,
    THERE,
    Door,
    here,
    make_fields,
    match_touched,
    one_order,
    rows,
    rule,
    subject,
    take,
)

WHO = new_id()
TRUTH = make_fields(1)
WRONG = {**TRUTH, "service_unit": "二连"}


@pytest.fixture
async def order(context: Context) -> str:
    """One open work order at HERE; gives its id."""
    return await one_order(context, WHO, WRONG, AF, TRUTH)


def question(**more: Any) -> dict[str, Any]:
    return {"note_id": new_id(), "to": HERE[:9], "text": "请村里核对入伍通知书", **more}


async def notes_of(client: Any, order: str) -> list[dict[str, Any]]:
    opened = await client.post(f"/discrepancies/{order}/open", json={"reason": "核对"})
    assert opened.status_code == 200, opened.text
    return list(opened.json()["notes"])


async def test_a_question_and_its_answer_stay_with_the_order(
    context: Context, door: Door, order: str
) -> None:
    """R75, R76: who asked whom, and what was answered, is read by whoever may open the order, lies
    sealed, and closes nothing."""
    asked = question()
    async with door.client((Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)) as reviewer:
        sent = await reviewer.post(f"/discrepancies/{order}/questions", json=asked)
        assert sent.status_code == 204, sent.text
        [item] = (await reviewer.get("/discrepancies")).json()["items"]
        assert (item["questions"], item["handled_in"]) == (1, None)
    reply = {"note_id": new_id(), "question": asked["note_id"], "text": "通知书为二连，已留存照片"}
    async with door.client((Role.TOWNSHIP_LEADER, HERE[:9])) as leader:
        assert (await leader.post(f"/discrepancies/{order}/answers", json=reply)).status_code == 204
        said = await notes_of(leader, order)
        [item] = (await leader.get("/discrepancies")).json()["items"]
    assert [(one["kind"], one["to"], one["text"]) for one in said] == [
        ("question", HERE[:9], asked["text"]),
        ("answer", None, reply["text"]),
    ]
    assert said[1]["answers"] == asked["note_id"]
    assert (item["questions"], item["state"]) == (0, "open")
    stored = [row.sealed for row in await rows(context, "SELECT sealed FROM order_note")]
    assert all(asked["text"] not in one and reply["text"] not in one for one in stored)


async def test_the_same_question_comes_twice_and_stands_once(
    context: Context, door: Door, order: str
) -> None:
    """R68: a client-made id makes a retry harmless; a question has one answer."""
    asked = question(to=AF)
    async with door.client(ADMIN, account=new_id()) as client:
        path = f"/discrepancies/{order}/questions"
        sent = await asyncio.gather(*(client.post(path, json=asked) for _ in range(3)))
        assert [one.status_code for one in sent] == [204] * 3
        other = await client.post(path, json={**asked, "text": "另一问"})
        assert rule(other) == (409, "note-id-reused")
        replies = [
            {"note_id": new_id(), "question": asked["note_id"], "text": text} for text in "甲乙"
        ]
        path = f"/discrepancies/{order}/answers"
        answers = await asyncio.gather(*(client.post(path, json=one) for one in replies))
        assert sorted(one.status_code for one in answers) == [204, 409]
        assert rule(next(one for one in answers if one.status_code == 409))[1] == "answered"
    trail = await rows(context, "SELECT action FROM audit WHERE action LIKE 'discrepancy-a%'")
    assert sorted(row.action for row in trail) == ["discrepancy-answered", "discrepancy-asked"]


async def test_an_order_is_passed_on_and_counted_where_the_household_is(
    context: Context, door: Door, order: str
) -> None:
    """R75: another area handles it and gives it back; the village stays, by which it is counted,
    and only its rule closes it."""
    there = (Role.TOWNSHIP_LEADER, THERE)
    moved = {"note_id": new_id(), "area": THERE, "reason": "现居住在该村"}
    async with door.client(there) as client:
        assert (await client.get("/discrepancies")).json()["items"] == []
        early = await client.post(f"/discrepancies/{order}/transfer", json=moved)
        assert rule(early) == (403, "area-not-granted")
    async with door.client((Role.TOWNSHIP_LEADER, HERE)) as client:
        done = await client.post(f"/discrepancies/{order}/transfer", json=moved)
        again = await client.post(f"/discrepancies/{order}/transfer", json=moved)
        assert done.json() == {**again.json(), "age_seconds": done.json()["age_seconds"]}
        assert (done.json()["village"], done.json()["handled_in"]) == (HERE, THERE)
        twice = await client.post(
            f"/discrepancies/{order}/transfer", json={**moved, "note_id": new_id()}
        )
        assert rule(twice) == (409, "handled-there")
    async with door.client(there) as client:
        [item] = (await client.get("/discrepancies")).json()["items"]
        assert item["discrepancy_id"] == order
        assert (await client.get("/counts")).json()["villages"] == {}
        [note] = await notes_of(client, order)
        assert (note["kind"], note["to"], note["text"]) == ("transfer", THERE, "现居住在该村")
        back = {"note_id": new_id(), "area": None, "reason": "户籍地更了解情况"}
        home = await client.post(f"/discrepancies/{order}/transfer", json=back)
        assert home.json()["handled_in"] is None
        assert (await client.get("/discrepancies")).json()["items"] == []
    await take(context, subject(WHO, here(2), TRUTH, version=2))
    await match_touched(context)
    async with door.client(ADMIN) as client:
        [closed] = (await client.get("/discrepancies", params={"state": "closed"})).json()["items"]
        assert closed["closed_by"]["record_version"] == 2
        late = await client.post(f"/discrepancies/{order}/questions", json=question())
        assert rule(late) == (409, "discrepancy-closed")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("questions", question(to="no-such-department"), (422, "area-unknown")),
        ("questions", question(to=THERE), (409, "asked-elsewhere")),
        ("questions", question(text="  "), None),
        ("questions", question(note_id="x"), None),
        (
            "answers",
            {"note_id": new_id(), "question": new_id(), "text": "答"},
            (404, "question-unknown"),
        ),
        (
            "transfer",
            {"note_id": new_id(), "area": "110101", "reason": "转"},
            (422, "area-unknown"),
        ),
        ("transfer", {"note_id": new_id(), "area": THERE, "reason": ""}, None),
        ("transfer", {"note_id": new_id(), "reason": "转"}, None),
    ],
)
async def test_what_is_no_question_answer_or_place_is_refused(
    door: Door, order: str, path: str, body: dict[str, Any], said: tuple[int, str] | None
) -> None:
    """R75: nothing goes where nobody could read it."""
    async with door.client(ADMIN) as client:
        answer = await client.post(f"/discrepancies/{order}/{path}", json=body)
    if said is None:
        assert answer.status_code == 422
        assert answer.json()["reasons"]
    else:
        assert rule(answer) == said


async def test_a_leader_reads_and_does_not_write(door: Door, order: str) -> None:
    """Design section 5, rule 10."""
    async with door.client((Role.LEADER, COUNTY)) as client:
        refused = await client.post(f"/discrepancies/{order}/questions", json=question())
        assert rule(refused) == (403, "area-not-granted")
