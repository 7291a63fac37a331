"""What a work order asks of the desk can be done there: endings of persons open and collected."""

from __future__ import annotations

from typing import Any

import pytest

from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA, NEAR = "632321", "632321100"


async def standing_of(bench: Bench, collected: bool) -> Any:
    """A person who is open on the roster, or one whose record is in."""
    if collected:
        return await bench.collected(await bench.terminal())
    person = bench.person()
    answer = await bench.client.post(
        "/subjects",
        json={
            "subject_id": person.subject_id,
            "origin": "roster",
            "village": person.village,
            "name": person.name,
            "resident_number": person.number,
        },
        headers=bench.headers(Role.COLLECTOR, NEAR),
    )
    assert answer.json()["created"]
    return person


async def end(bench: Bench, person: Any, ending: str, **more: Any) -> Any:
    return await bench.client.post(
        f"/subjects/{person.subject_id}/ending",
        json={"change_id": new_id(), "ending": ending, "village": person.village, **more},
        headers=bench.headers(Role.TOWNSHIP_LEADER, NEAR),
    )


ENDINGS = {
    "dead_before": {"date": "2018-09-30"},
    "dead_after": {"date": "2018-10-01"},
    "moved_out": {},
    "merged": {},
}


@pytest.mark.parametrize("collected", [False, True], ids=["open", "collected"])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_work_order_is_carried_out_at_the_desk(
    bench: Bench, ending: str, collected: bool
) -> None:
    """R75, R76: who turned out to be dead, gone or entered twice is ended where they stand, with
    a record or without, and the cross-check hears of it."""
    person = await standing_of(bench, collected)
    more = dict(ENDINGS[ending])
    if ending == "merged":
        more["merged_into"] = (await standing_of(bench, not collected)).subject_id
    answer = await end(bench, person, ending, **more)
    assert answer.status_code == 200, answer.text
    assert [entry["state"] for entry in answer.json()["entries"]] == [ending]
    *_, (row, event) = await bench.events("capture-subject-status-changed")
    assert row.key == person.subject_id
    part = event.parts["crosscheck"]
    assert [entry.state for entry in part.standing.entries] == [ending]
    assert part.standing.revision == answer.json()["revision"]
    again = await end(bench, person, "reopened")
    back = "collected" if collected else "open"
    assert [entry["state"] for entry in again.json()["entries"]] == [back]


@pytest.mark.parametrize("collected", [False, True], ids=["open", "collected"])
async def test_a_move_within_the_campaign_keeps_the_person_where_they_now_live(
    bench: Bench, collected: bool
) -> None:
    """R75: a work order about a move to another village of the campaign."""
    person = await standing_of(bench, collected)
    answer = await end(bench, person, "moved_out", to_village=bench.far_village)
    stands = {entry["village"]: entry["state"] for entry in answer.json()["entries"]}
    state = "collected" if collected else "open"
    assert stands == {person.village: "moved_out", bench.far_village: state}


async def test_a_corrected_record_is_a_new_version_with_the_departments_value(bench: Bench) -> None:
    """R53, R76: a difference or a missing field is mended over the version that was seen, by
    another desk too; also when the number itself was wrong."""
    person = await bench.collected(await bench.terminal())
    other = await bench.terminal()
    pieces = await bench.bring_evidence(other, person)
    person.extra["former_name"] = "曾用某"
    person.number = bench.person().number
    [receipt] = (await bench.upload(other, [bench.record(person, 1, pieces=pieces)])).json()[
        "receipts"
    ]
    assert (receipt["status"], receipt["version"]) == ("accepted", 2)
    *_, (row, event) = await bench.events("capture-record-submitted")
    part = event.parts["crosscheck"]
    assert (row.version, part.version) == (2, 2)
    assert part.record.fields["former_name"] == "曾用某"
    assert part.record.fields["resident_number"] == person.number
