"""Why somebody could not be met yet: put down, shown on the list, taken away (R48, R106)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA = "632321"
NEAR, FAR = "632321100", "632321201"


async def entered(bench: Bench) -> Any:
    """Somebody of the roster, not yet collected."""
    person = bench.person()
    body = {
        "subject_id": person.subject_id,
        "origin": "roster",
        "village": person.village,
        "name": person.name,
        "resident_number": person.number,
    }
    answer = await bench.client.post(
        "/subjects", json=body, headers=bench.headers(Role.COLLECTOR, AREA)
    )
    assert answer.status_code == 200, answer.text
    return person


async def note(bench: Bench, person: Any, reason: str | None = "away", **more: Any) -> Any:
    """What capture answers to a remark; `role` and `area` are the asker's."""
    headers = bench.headers(more.pop("role", Role.COLLECTOR), more.pop("area", NEAR))
    body = {"absence_id": new_id(), "village": person.village, "reason": reason, **more}
    return await bench.client.post(
        f"/subjects/{person.subject_id}/absence", json=body, headers=headers
    )


async def listed(bench: Bench, state: str = "open") -> dict[str, Any]:
    """Remarks on a list, by person."""
    answer = await bench.client.get(
        "/subjects",
        params={"area": NEAR, "state": state},
        headers=bench.headers(Role.TOWNSHIP_LEADER, NEAR),
    )
    return {item["subject_id"]: item["absence"] for item in answer.json()["people"]}


def refused(answer: Any) -> tuple[int, str]:
    """Status and rule of a refusal, said in both languages."""
    [reason] = answer.json()["reasons"]
    assert reason["zh"]
    assert reason["en"]
    return answer.status_code, reason["rule"]


async def test_a_remark_stands_on_the_list_and_changes_no_balance(bench: Bench) -> None:
    """R48, R106: whoever is away stays open; the newest remark stands, for leaders too."""
    person, other = await entered(bench), await entered(bench)
    before = await bench.rows("SELECT * FROM ledger_entry ORDER BY subject_id")
    until = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    assert (await note(bench, person, "ill")).status_code == 200
    answer = await note(bench, person, note="在外地儿子家", until=until, role=Role.TOWNSHIP_LEADER)
    told = answer.json()["absence"]
    assert (told["reason"], told["note"], told["until"]) == ("away", "在外地儿子家", until)
    assert await listed(bench) == {person.subject_id: told, other.subject_id: None}
    assert await bench.rows("SELECT * FROM ledger_entry ORDER BY subject_id") == before
    told_of = "SELECT count(*) FROM outbox WHERE key = :subject"
    assert await bench.scalar(told_of, subject=person.subject_id) == 1


async def test_the_same_remark_again_changes_nothing(bench: Bench) -> None:
    """R68: an id stands for one remark, also after it was taken back."""
    person = await entered(bench)
    remark = new_id()
    first = await note(bench, person, absence_id=remark)
    assert (await note(bench, person, absence_id=remark)).json() == first.json()
    assert await bench.scalar("SELECT count(*) FROM absence") == 1
    assert refused(await note(bench, person, "ill", absence_id=remark)) == (
        409,
        "absence-id-reused",
    )
    other = await entered(bench)
    assert refused(await note(bench, other, absence_id=remark)) == (409, "absence-id-reused")
    assert (await note(bench, person, None)).json()["absence"] is None
    assert (await note(bench, person, absence_id=remark)).json()["absence"] is None
    assert await listed(bench) == {person.subject_id: None, other.subject_id: None}


async def test_a_record_and_an_ending_take_it_away(bench: Bench) -> None:
    """R106: whoever came, or is accounted for otherwise, could be met."""
    person, other = await entered(bench), await entered(bench)
    await note(bench, person)
    await note(bench, other, "in_prison")
    terminal = await bench.terminal()
    pieces = await bench.bring_evidence(terminal, person)
    record = bench.record(person, pieces=pieces, origin=None)
    [receipt] = (await bench.upload(terminal, [record])).json()["receipts"]
    assert receipt["status"] == "accepted", receipt
    ending = {"change_id": new_id(), "ending": "declined", "village": other.village}
    headers = bench.headers(Role.COLLECTOR, NEAR)
    await bench.client.post(f"/subjects/{other.subject_id}/ending", json=ending, headers=headers)
    ending = {**ending, "change_id": new_id(), "ending": "reopened"}
    await bench.client.post(f"/subjects/{other.subject_id}/ending", json=ending, headers=headers)
    assert await listed(bench) == {other.subject_id: None}
    assert await listed(bench, "collected") == {person.subject_id: None}
    assert refused(await note(bench, person)) == (409, "absence-not-open")


async def test_what_is_kept_of_it_is_sealed(bench: Bench) -> None:
    """R100: that somebody is in prison stands in clear nowhere."""
    person = await entered(bench)
    await note(bench, person, "in_prison", note="某监狱")
    for table in ("absence", "audit"):
        kept = await bench.scalar(f"SELECT string_agg(t::text, '') FROM {table} t")
        assert "in_prison" not in kept
        assert "某监狱" not in kept


@pytest.mark.parametrize(
    ("more", "status", "rule"),
    [
        ({"reason": "gone"}, 422, "enum"),
        ({"note": ""}, 422, "string-too-short"),
        ({"note": "长" * 501}, 422, "string-too-long"),
        ({"until": "2018-13-01"}, 422, "date-from-datetime-parsing"),
        ({"until": "2018-11-01"}, 422, "until-past"),
        ({"reason": None, "note": "x"}, 422, "absence-reason"),
        ({"absence_id": "x"}, 422, "string-pattern-mismatch"),
        ({"village": FAR}, 403, "area-not-granted"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    bench: Bench, more: dict[str, Any], status: int, rule: str
) -> None:
    """R69: with field, rule and reason; nothing is kept of it."""
    person = await entered(bench)
    assert refused(await note(bench, person, **more)) == (status, rule)
    assert await bench.scalar("SELECT count(*) FROM absence") == 0


async def test_only_where_the_person_is(bench: Bench) -> None:
    """R100: another village's books, another area's desk, nobody's id, another role."""
    person = await entered(bench)
    answer = await note(bench, person, village=bench.villages[1])
    assert refused(answer) == (409, "not-in-village")
    assert (await note(bench, person, area=FAR)).status_code == 403
    assert refused(await note(bench, bench.person())) == (404, "not-found")
    assert (await note(bench, person, role=Role.ADMINISTRATOR)).status_code == 403
