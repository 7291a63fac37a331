"""A reviewer completes a record: a new version, whose changed fields nobody signed (R71, C17)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from muster.capture.domain.completion import completed, unsigned
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .devices import accepted, claimed, grace_passes, hear, ids_of, new_device, of, visitor

Bench = Any
AREA, NEAR, FAR = "632321", "632321100", "632321201"
REVIEWER = Role.CIVIL_AFFAIRS_REVIEWER


async def complete(
    bench: Bench,
    person: Any,
    fields: dict[str, Any],
    base: int = 1,
    *,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Any:
    body = {
        "completion_id": new_id(),
        "base_version": base,
        "fields": fields,
        "reason": "与户口簿核对后更正",
        **more,
    }
    return await bench.client.post(
        f"/subjects/{person.subject_id}/completion",
        json=body,
        headers=headers or bench.headers(REVIEWER, AREA),
    )


async def newest(bench: Bench) -> Any:
    """What verification hears of the newest version, with what is clear."""
    *_, (row, event) = await bench.events("capture-record-submitted")
    return row, event.clear, event.parts["verification"]


def rules(answer: Any) -> list[tuple[str, str]]:
    return [(one["field"], one["rule"]) for one in answer.json()["reasons"]]


# -- what it becomes -------------------------------------------------------------------------------


def test_only_what_changes_gets_another_source() -> None:
    """R71: item by item; what is given as it stands keeps where it came from."""
    fields, sources = completed(
        {"name": "a", "sex": "1", "phone": "1"},
        {"name": "chip", "sex": "chip", "phone": "typed"},
        {"name": "a", "sex": "2", "phone": None, "former_name": "b", "gone": None},
    )
    assert fields == {"name": "a", "sex": "2", "former_name": "b"}
    assert sources == {"name": "chip", "sex": "reviewer", "former_name": "reviewer"}
    assert unsigned({"name": "a", "sex": "1", "phone": "1"}, fields) == (
        "former_name",
        "phone",
        "sex",
    )


async def test_a_completion_is_a_new_version_with_what_was_signed_beside_it(bench: Bench) -> None:
    """R71; design, section 5, rules 1 to 3: provenance reviewer for what was changed alone, the
    digest is another, and the person's signature stays with the version that they signed."""
    person = await bench.collected(await bench.terminal())
    _, signed_clear, signed = await newest(bench)
    headers = bench.headers(REVIEWER, AREA)
    answer = await complete(
        bench, person, {"former_name": "曾用某", "household_address": "某路二号"}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["version"], made["unsigned"]) == (2, ["former_name", "household_address"])
    row, clear, part = await newest(bench)
    assert (row.version, clear.digest, clear.terminal_id) == (2, made["digest"], None)
    assert signed_clear.terminal_id is not None
    assert part.signed_digest == signed.signed_digest != made["digest"] == part.digest
    assert part.record.fields["former_name"] == "曾用某"
    assert part.provenance["former_name"] == part.provenance["household_address"] == "reviewer"
    assert part.provenance["name"] == "typed"
    assert (part.evidence, part.collector_id) == (signed.evidence, signed.collector_id)
    done = part.completion
    assert (done.signed_version, done.unsigned) == (1, ("former_name", "household_address"))
    assert done.reason == "与户口簿核对后更正"
    assert signed.completion is None
    assert signed.digest == signed.signed_digest


async def test_a_second_completion_still_speaks_of_the_version_that_was_signed(
    bench: Bench,
) -> None:
    """Design, section 5, rule 2: exactly which fields are unsigned, also when one was put back; and
    what a desk corrects and has signed again is signed as a whole."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    await complete(bench, person, {"former_name": "曾用某", "household_address": "某路二号"})
    answer = await complete(bench, person, {"household_address": "某街某号"}, 2)
    assert (answer.json()["version"], answer.json()["unsigned"]) == (3, ["former_name"])
    _, _, part = await newest(bench)
    assert part.completion.signed_version == 1
    assert part.provenance["household_address"] == "reviewer"
    person.extra["former_name"] = "曾用某"
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, 3, pieces=pieces)])
    row, _, part = await newest(bench)
    assert (row.version, part.completion) == (4, None)


async def test_fields_of_the_card_that_were_not_changed_stay_attested(bench: Bench) -> None:
    """R55, R58: the reading and the signature go with the record; what the reviewer changed is not
    said to be of the chip any more."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    await hear(bench, card)
    assert (await complete(bench, person, {"name": "改名某"})).status_code == 200
    assert await of(bench, person, 2) == ("attested", "awaiting", ())
    await hear(bench, signed)
    assert await of(bench, person, 1) == await of(bench, person, 2) == ("attested", "attested", ())
    ids = await ids_of(bench)
    assert ids[1] == ids[2]
    _, _, part = await newest(bench)
    assert (part.provenance["name"], part.provenance["resident_number"]) == ("reviewer", "chip")


async def test_the_grace_counts_from_the_record_that_claimed(bench: Bench) -> None:
    """Design, section 5, rule 1: completing wins no time for an event that does not come."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, _ = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    await hear(bench, card)
    await grace_passes(bench)
    await complete(bench, person, {"former_name": "曾用某"})
    assert await of(bench, person, 2) == ("attested", "flagged", ("signature-late",))


async def test_another_number_is_held_and_found(bench: Bench) -> None:
    """R53, R76: a wrong number is corrected by the reviewer as a desk would."""
    person = await bench.collected(await bench.terminal())
    number = bench.person().number
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    sex = "1" if int(number[16]) % 2 else "2"
    fields = {"resident_number": number, "birth_date": born, "sex": sex}
    answer = await complete(bench, person, fields)
    assert answer.status_code == 200, answer.text
    found = await bench.client.post(
        "/subjects/lookup",
        json={"resident_number": number},
        headers=bench.headers(Role.COLLECTOR, NEAR),
    )
    assert (found.json()["subject_id"], found.json()["version"]) == (person.subject_id, 2)
    other = await bench.collected(await bench.terminal())
    taken = await complete(bench, other, {"resident_number": number})
    assert taken.status_code == 409
    assert ("resident_number", "subject-known") in rules(taken)


# -- once, and not over others ---------------------------------------------------------------------


async def test_the_same_completion_comes_twice_and_counts_once(bench: Bench) -> None:
    """R68: a client-made id makes a retry harmless, at the same moment too; under the same id
    nothing else goes in."""
    person = await bench.collected(await bench.terminal())
    headers, same = bench.headers(REVIEWER, AREA), {"completion_id": new_id()}
    answers = await asyncio.gather(
        *(
            complete(bench, person, {"former_name": "曾用某"}, headers=headers, **same)
            for _ in range(3)
        )
    )
    assert [one.json() for one in answers] == [answers[0].json()] * 3
    assert answers[0].json()["version"] == 2
    assert len(await bench.events("capture-record-submitted")) == 2
    other = await complete(bench, person, {"former_name": "别名"}, headers=headers, **same)
    assert (other.status_code, rules(other)) == (409, [("completion_id", "completion-id-reused")])
    stranger = await bench.collected(await bench.terminal())
    foreign = await complete(bench, stranger, {"former_name": "曾用某"}, headers=headers, **same)
    assert (foreign.status_code, rules(foreign)) == (
        409,
        [("completion_id", "completion-id-reused")],
    )


async def test_two_reviewers_at_once_make_one_version(bench: Bench) -> None:
    """Design, section 5, rule 3: whoever saw an older version is told, and nothing is lost."""
    person = await bench.collected(await bench.terminal())
    answers = await asyncio.gather(
        complete(bench, person, {"former_name": "甲"}),
        complete(bench, person, {"former_name": "乙"}),
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    late = next(one for one in answers if one.status_code == 409)
    assert rules(late) == [("base_version", "version-changed")]
    assert await bench.scalar("SELECT count(*) FROM record_version") == 2


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"birth_date": "1969-13-45"}, 422, "birth_date"),
        ({"name": None}, 422, "name"),
        ({"no_such_field": "x"}, 422, "record"),
        ({"name": ["a", "b"]}, 422, "name"),
        ({"name": 2**60}, 422, "name"),
        ({"household_area": "110101001001"}, 422, "household_area"),
        ({}, 422, None),
        ({"household_address": "某街某号"}, 422, "fields"),
    ],
)
async def test_what_the_form_forbids_is_refused_with_field_and_reason(
    bench: Bench, fields: dict[str, Any], status: int, said: str | None
) -> None:
    """R69: problem data does not go in by this door either, and nothing of it stays."""
    person = await bench.collected(await bench.terminal())
    answer = await complete(bench, person, fields)
    assert answer.status_code == status, answer.text
    found = answer.json()["reasons"]
    assert all(one["zh"] and one["en"] for one in found)
    assert said is None or said in [one["field"] for one in found]
    assert await bench.scalar("SELECT count(*) FROM record_version") == 1


async def test_text_that_no_encoding_carries_is_refused(bench: Bench) -> None:
    """R69: half a sign in a value is an answer in words, and no failure."""
    person = await bench.collected(await bench.terminal())
    answer = await bench.client.post(
        f"/subjects/{person.subject_id}/completion",
        content=f'{{"completion_id": "{new_id()}", "base_version": 1, "reason": "核对", '
        '"fields": {"name": "\\ud800"}}',
        headers={**bench.headers(REVIEWER, AREA), "content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["reasons"]


@pytest.mark.parametrize(
    "changes", [{"reason": "  "}, {"base_version": 0}, {"completion_id": "x"}, {"categories": []}]
)
async def test_a_body_that_is_none_is_refused(bench: Bench, changes: dict[str, Any]) -> None:
    """R71: who, over what, and why; categories are not a reviewer's to change."""
    person = await bench.collected(await bench.terminal())
    answer = await complete(bench, person, {"former_name": "曾用某"}, **changes)
    assert answer.status_code == 422
    assert answer.json()["reasons"]


async def test_only_reviewers_of_that_desk_and_area_complete(bench: Bench) -> None:
    """R71, R100; design, section 5, rule 10: split by desk and area, and nobody sends a record to
    where they have no grant."""
    person = await bench.collected(await bench.terminal())
    for role, area in [
        (Role.COLLECTOR, NEAR),
        (Role.LEADER, AREA),
        (Role.HUMAN_RESOURCES_REVIEWER, AREA),
        (REVIEWER, FAR),
    ]:
        answer = await complete(
            bench, person, {"former_name": "曾用某"}, headers=bench.headers(role, area)
        )
        assert answer.status_code == 403, role
    away = await complete(
        bench,
        person,
        {"household_area": bench.far_village},
        headers=bench.headers(REVIEWER, NEAR),
    )
    assert ("household_area", "area-not-granted") in rules(away)
    moved = await complete(bench, person, {"household_area": bench.far_village})
    assert moved.status_code == 200, moved.text
    assert await bench.rows("SELECT village, state FROM ledger_entry ORDER BY state") == [
        {"village": bench.far_village, "state": "collected"},
        {"village": person.village, "state": "moved_out"},
    ]


async def test_nobody_completes_what_they_collected(bench: Bench) -> None:
    """R71: four eyes; a collector corrects at the desk, where the person signs again."""
    terminal = await bench.terminal()
    both = bench.headers([Role.COLLECTOR, REVIEWER], NEAR, terminal)
    person = bench.person()
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, pieces=pieces)], headers=both)
    answer = await complete(bench, person, {"former_name": "曾用某"}, headers=both)
    assert (answer.status_code, rules(answer)) == (403, [("record", "own-record")])


async def test_who_is_not_there_or_closed_is_not_completed(bench: Bench) -> None:
    """R99: whoever declined since has no record to complete until they are reopened."""
    missing = await complete(bench, bench.person(), {"former_name": "曾用某"})
    assert missing.status_code == 404
    person = await bench.collected(await bench.terminal())
    assert (await complete(bench, person, {"former_name": "曾用某"}, 7)).status_code == 404
    await bench.client.post(
        f"/subjects/{person.subject_id}/ending",
        json={
            "change_id": new_id(),
            "ending": "dead_after",
            "village": person.village,
            "date": "2018-10-05",
        },
        headers=bench.headers(Role.TOWNSHIP_LEADER, NEAR),
    )
    closed = await complete(bench, person, {"former_name": "曾用某"})
    assert (closed.status_code, rules(closed)) == (409, [("record", "standing-closed")])


async def test_a_desk_says_typed_of_what_a_reviewer_filled_in(bench: Bench) -> None:
    """Design, section 5, rule 1: only this door says `reviewer`."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    await complete(bench, person, {"former_name": "曾用某"})
    person.extra["former_name"] = "曾用某"
    pieces = await bench.bring_evidence(terminal, person)
    record = bench.record(person, 2, pieces=pieces)
    claimed = {**record, "provenance": {**record["provenance"], "former_name": "reviewer"}}
    [refused] = (await bench.upload(terminal, [claimed])).json()["receipts"]
    assert [one["rule"] for one in refused["reasons"]] == ["provenance-not-a-desks"]
    [taken] = (await bench.upload(terminal, [record])).json()["receipts"]
    assert (taken["status"], taken["version"]) == ("accepted", 3)


async def test_what_was_doubted_is_judged_anew(bench: Bench) -> None:
    """C17: a warning follows the record to its new version, and goes when it is mended."""

    async def doubts() -> list[tuple[str, str]]:
        rows = await bench.rows(
            "SELECT record_id::text, reasons FROM refused_row WHERE settled_at IS NULL"
        )
        return [(row["record_id"], one["rule"]) for row in rows for one in row["reasons"]]

    person = bench.person()
    right = person.fields()["sex"]
    person.extra["sex"] = "2" if right == "1" else "1"
    await bench.collected(await bench.terminal(), person)
    [(first, rule)] = await doubts()
    assert rule == "number-matches-sex"
    completion = new_id()
    await complete(bench, person, {"former_name": "曾用某"}, completion_id=completion)
    assert await doubts() == [(completion, rule)] != [(first, rule)]
    await complete(bench, person, {"sex": right}, 2)
    assert await doubts() == []
