"""Looking people up, entering them, ending them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import AREA, FAR, NEAR
from .people import ask, enter, get

Bench = Any


async def end(bench: Bench, subject_id: str, ending: str, village: str, **more: Any) -> Any:
    area = more.pop("area", AREA)
    body = {"change_id": new_id(), "ending": ending, "village": village, **more}
    return await bench.client.post(
        f"/subjects/{subject_id}/ending", json=body, headers=bench.headers(Role.COLLECTOR, area)
    )


async def ledger(bench: Bench) -> dict[str, Any]:
    answer = await get(bench, "/ledger", Role.LEADER, AREA)
    villages: dict[str, Any] = answer.json()["villages"]
    for sides in villages.values():
        assert sum(sides["origins"].values()) == sum(sides["states"].values())
    return villages


# -- look-up ---------------------------------------------------------------------------------------


async def test_a_known_person_comes_up_filled_in(bench: Bench) -> None:
    """R53, R55: by the number on the card the desk gets what is known, the newest record and
    where it stands; an unknown number is said to be unknown."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    found = (await ask(bench, {"resident_number": person.number})).json()
    assert (found["known"], found["subject_id"], found["version"]) == (True, person.subject_id, 1)
    assert found["record"]["record"]["fields"] == person.fields()
    assert found["review"] == {"state": "submitted", "reasons": []}
    assert found["entries"] == [{"village": person.village, "origin": "new", "state": "collected"}]
    unknown = (await ask(bench, {"resident_number": bench.person().number})).json()
    assert (unknown["known"], unknown["subject_id"]) == (False, None)
    by_id = (await ask(bench, {"subject_id": person.subject_id})).json()
    assert by_id == found


async def test_the_old_form_of_a_number_finds_the_same_person(bench: Bench) -> None:
    from muster.vocabulary import resident_number

    person = await bench.collected(await bench.terminal())
    short = resident_number.shorten(person.number)
    found = await ask(bench, {"resident_number": f" {short} "})
    assert found.json()["subject_id"] == person.subject_id


async def test_a_person_of_another_area_is_known_and_not_shown(bench: Bench) -> None:
    """R52, R100: who works elsewhere learns that the person is known, and nothing about them."""
    person = await bench.collected(await bench.terminal())
    found = (await ask(bench, {"resident_number": person.number}, area=FAR)).json()
    assert (found["known"], found["elsewhere"], found["version"]) == (True, True, 1)
    assert found["subject_id"] == person.subject_id
    assert (found["baseline"], found["record"], found["entries"]) == (None, None, [])
    for role in (Role.LEADER, Role.ADMINISTRATOR, Role.AUDITOR):
        assert (await ask(bench, {"resident_number": person.number}, role)).status_code == 403


async def test_a_record_from_elsewhere_moves_a_person_and_takes_nobody_over(bench: Bench) -> None:
    """R52, R106: the number on record brings a person over from another township; under another one
    their row would become somebody else's. Where they stood they are not read any more."""
    near, far = await bench.terminal(NEAR), await bench.terminal(FAR)
    person = await bench.collected(near)
    taker = replace(bench.person(bench.far_village), name="别人", subject_id=person.subject_id)
    pieces = await bench.bring_evidence(far, taker)
    answer = await bench.upload(far, [bench.record(taker, 1, pieces=pieces)])
    [receipt] = answer.json()["receipts"]
    assert receipt["status"] == "refused"
    assert [found["rule"] for found in receipt["reasons"]] == ["number-changed-elsewhere"]
    mine = (await ask(bench, {"resident_number": person.number})).json()
    assert (mine["known"], mine["elsewhere"], mine["version"]) == (True, False, 1)

    moved = replace(person, village=bench.far_village)
    answer = await bench.upload(far, [bench.record(moved, 1, pieces=pieces)])
    [receipt] = answer.json()["receipts"]
    assert receipt["status"] == "accepted"
    gone = (await ask(bench, {"resident_number": person.number})).json()
    assert (gone["elsewhere"], gone["record"], gone["entries"]) == (True, None, [])
    here = (await ask(bench, {"resident_number": person.number}, area=FAR)).json()
    assert here["record"]["record"]["fields"]["name"] == person.name


async def test_every_look_up_leaves_a_row_in_the_audit_chain(bench: Bench) -> None:
    """R100: seeing a person is recorded, and so is asking for one who is not known."""
    person = await bench.collected(await bench.terminal())
    before = await bench.scalar("SELECT count(*) FROM audit")
    await ask(bench, {"resident_number": person.number})
    await ask(bench, {"resident_number": bench.person().number})
    rows = await bench.rows(
        "SELECT action, subject_ids, detail FROM audit WHERE seq > :seq ORDER BY seq", seq=before
    )
    assert [(row["action"], len(row["subject_ids"])) for row in rows] == [
        ("subject.lookup", 1),
        ("subject.lookup", 0),
    ]
    async with bench.context.database.transaction() as conn:
        assert (await bench.context.audit.verify(conn)).seq == before + 2


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "lookup-key"),
        ({"resident_number": "123"}, "number-invalid"),
        ({"resident_number": "\u0000"}, "number-invalid"),
        ({"resident_number": "1" * 500}, "string-too-long"),
        ({"subject_id": "me"}, "string-pattern-mismatch"),
        ({"surprise": 1}, "extra-forbidden"),
    ],
)
async def test_a_look_up_that_makes_no_sense_is_refused(
    bench: Bench, body: dict[str, Any], rule: str
) -> None:
    answer = await ask(bench, body)
    assert answer.status_code == 422
    assert rule in [found["rule"] for found in answer.json()["reasons"]]


# -- persons of a roster ---------------------------------------------------------------------------


async def test_a_person_of_the_roster_is_open_and_listed(bench: Bench) -> None:
    """R49, R76: whom the village names counts, with that origin, and stands on the list of those
    not yet collected until they are."""
    person = bench.person()
    assert (await enter(bench, person)).json() == {
        "subject_id": person.subject_id,
        "created": True,
    }
    nameless = bench.person()
    assert (await enter(bench, nameless, resident_number=None)).json()["created"]
    assert (await ledger(bench))[person.village] == {
        "origins": {"roster": 2},
        "states": {"open": 2},
    }
    listed = (await get(bench, "/subjects", Role.TOWNSHIP_LEADER, NEAR)).json()["people"]
    assert {row["name"] for row in listed} == {person.name}
    assert len(listed) == 2
    [(row, event), _] = await bench.events("capture-subject-status-changed")
    assert (row.version, event.parts["reporting"].standing.entries[0].origin) == (1, "roster")
    await bench.collected(await bench.terminal(), person)
    assert (await ledger(bench))[person.village] == {
        "origins": {"roster": 2},
        "states": {"open": 1, "collected": 1},
    }


async def test_a_known_number_is_not_entered_again(bench: Bench) -> None:
    """R106: nobody stands twice under one number, whichever way it is written and whatever name
    stands beside it."""
    person = await bench.collected(await bench.terminal())
    for number in (person.number, resident_number.shorten(person.number)):
        twin = bench.person()
        twin.number = number
        assert (await enter(bench, twin)).json() == {
            "subject_id": person.subject_id,
            "created": False,
        }
    assert (await enter(bench, person, resident_number=bench.person().number)).json() == {
        "subject_id": person.subject_id,
        "created": False,
    }
    assert await bench.scalar("SELECT count(*) FROM subject") == 1
    assert await bench.scalar("SELECT count(*) FROM subject_number") == 1


async def test_the_same_person_entered_twice_at_once_is_one(bench: Bench) -> None:
    person, twin = bench.person(), bench.person()
    twin.number = person.number
    answers = await asyncio.gather(*(enter(bench, each) for each in (person, twin, person)))
    assert sorted(answer.json()["created"] for answer in answers) == [False, False, True]
    assert len({answer.json()["subject_id"] for answer in answers}) == 1


async def test_a_number_that_was_corrected_away_is_entered_once(
    bench: Bench, meeting: Callable[[], None]
) -> None:
    """R106: two who are entered under it at the same moment are one."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    freed, person.number = person.number, bench.person().number
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)])
    twins = [bench.person() for _ in range(3)]
    for twin in twins:
        twin.number = freed
    meeting()
    answers = await asyncio.gather(*(enter(bench, twin) for twin in twins))
    assert sorted(answer.json()["created"] for answer in answers) == [False, False, True]
    assert await bench.scalar("SELECT count(*) FROM subject") == 2


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"origin": "baseline"}, "ending-not-allowed"),
        ({"origin": "new"}, "ending-not-allowed"),
        ({"village": "632321100"}, "unknown-village"),
        ({"village": "110101001001"}, "unknown-village"),
        ({"name": " "}, "name-required"),
        ({"resident_number": "123"}, "number-length"),
        ({"categories": ["nobody"]}, "unknown-category"),
        ({"fields": {"ethnicity": "99"}}, "not-an-option"),
    ],
)
async def test_a_wrong_entry_is_refused(bench: Bench, changes: dict[str, Any], rule: str) -> None:
    answer = await enter(bench, bench.person(), **changes)
    assert answer.status_code == 422, answer.text
    assert rule in [found["rule"] for found in answer.json()["reasons"]]
    assert await bench.scalar("SELECT count(*) FROM subject") == 0


# -- endings ---------------------------------------------------------------------------------------


async def test_a_decline_is_final_counted_and_kept_small(bench: Bench) -> None:
    """R99: who declines is counted as such, is on no list any more, and no record is taken
    unless the case is opened again."""
    terminal = await bench.terminal()
    person = bench.person()
    await enter(bench, person)
    answer = await end(bench, person.subject_id, "declined", person.village, note="不愿登记")
    assert answer.json()["entries"] == [
        {"village": person.village, "origin": "roster", "state": "declined"}
    ]
    assert (await ledger(bench))[person.village]["states"] == {"declined": 1}
    assert (await get(bench, "/subjects", Role.COLLECTOR, NEAR)).json()["people"] == []
    pieces = await bench.bring_evidence(terminal, person)
    record = bench.record(person, pieces=pieces)
    [receipt] = (await bench.upload(terminal, [record])).json()["receipts"]
    assert [found["rule"] for found in receipt["reasons"]] == ["standing-closed"]
    assert (await end(bench, person.subject_id, "reopened", person.village)).status_code == 200
    [receipt] = (await bench.upload(terminal, [record])).json()["receipts"]
    assert receipt["status"] == "accepted"
    events = await bench.events("capture-subject-status-changed")
    assert [row.version for row, _ in events] == [1, 2, 3]
    stored = str(await bench.rows("SELECT * FROM status_change"))
    assert "不愿登记" not in stored


async def test_a_move_and_a_merge_keep_the_balance(bench: Bench) -> None:
    """R106: both villages of a move count, and one person of a merge."""
    one, two = bench.person(), bench.person()
    await enter(bench, one)
    await enter(bench, two)
    moved = await end(bench, one.subject_id, "moved_out", one.village, to_village=bench.far_village)
    assert {entry["state"] for entry in moved.json()["entries"]} == {"moved_out", "open"}
    merged = await end(bench, two.subject_id, "merged", two.village, merged_into=one.subject_id)
    assert merged.status_code == 200
    assert await ledger(bench) == {
        one.village: {"origins": {"roster": 2}, "states": {"moved_out": 1, "merged": 1}},
        bench.far_village: {"origins": {"moved_in": 1}, "states": {"open": 1}},
    }
    found = (await ask(bench, {"resident_number": two.number})).json()
    assert found["merged_into"] == one.subject_id
    back = await end(bench, one.subject_id, "merged", bench.far_village, merged_into=two.subject_id)
    assert [found["rule"] for found in back.json()["reasons"]] == ["merge-target"]


async def test_an_ending_is_recorded_once_per_change_id(bench: Bench) -> None:
    person = bench.person()
    await enter(bench, person)
    change = {"change_id": new_id()}
    asked = ("declined", person.village)
    answers = await asyncio.gather(
        *(end(bench, person.subject_id, *asked, **change) for _ in range(3))
    )
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["revision"] == 2
    other = await end(bench, person.subject_id, "reopened", person.village, **change)
    assert other.status_code == 409
    assert len(await bench.events("capture-subject-status-changed")) == 2


async def test_two_merges_that_cross_do_not_wait_for_each_other(bench: Bench) -> None:
    one, two = bench.person(), bench.person()
    await enter(bench, one)
    await enter(bench, two)
    answers = await asyncio.gather(
        end(bench, one.subject_id, "merged", one.village, merged_into=two.subject_id),
        end(bench, two.subject_id, "merged", two.village, merged_into=one.subject_id),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


@pytest.mark.parametrize(
    ("ending", "more", "status", "rule"),
    [
        ("dead_before", {"date": "2018-10-02"}, 422, "dead-after-standard-time"),
        ("dead_after", {"date": "yesterday"}, 422, "date-malformed"),
        ("moved_out", {"to_village": "632321100"}, 422, "unknown-village"),
        ("merged", {"merged_into": new_id()}, 422, "merge-target"),
        ("reopened", {}, 409, "ending-not-allowed"),
        ("vanished", {}, 422, "enum"),
        ("declined", {"area": FAR}, 403, "area-not-granted"),
    ],
)
async def test_an_ending_that_cannot_be_is_refused(
    bench: Bench, ending: str, more: dict[str, Any], status: int, rule: str
) -> None:
    person = bench.person()
    await enter(bench, person)
    answer = await end(bench, person.subject_id, ending, person.village, **more)
    assert answer.status_code == status, answer.text
    assert rule in [found["rule"] for found in answer.json()["reasons"]]
    assert (await ledger(bench))[person.village]["states"] == {"open": 1}


async def test_nobody_ends_who_is_not_there(bench: Bench) -> None:
    answer = await end(bench, new_id(), "declined", bench.villages[0])
    assert answer.status_code == 404
