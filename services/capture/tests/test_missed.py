"""Persons whom a department knows and the campaign does not (R75, R76)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from muster.capture.handlers import missed
from muster.capture.main import service
from muster.contracts.envelope import Clear, seal_context, seal_purpose, write_headers, write_value
from muster.contracts.parts.crosscheck import MissedForDesk
from muster.contracts.topics import service_topics
from muster.messaging import failpoints
from muster.messaging.deadletters import RawMessage
from muster.messaging.message import DONE, Invalid, Message
from muster.security import boxes
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .devices import intake_of

Bench = Any
TOPIC = "crosscheck-subject-missed"
AREA, NEAR, FAR = "632321", "632321100", "632321201"


def part_of(person: Any, **changes: Any) -> MissedForDesk:
    """What a department says of a person."""
    fields = {
        "name": person.name,
        "resident_number": person.number,
        "household_area": person.village,
        "service_unit": "某部",
        **changes.pop("fields", {}),
    }
    about: dict[str, Any] = {
        "candidate_id": new_id(),
        "department": "armed-forces",
        "area": person.village,
        "fields": {name: value for name, value in fields.items() if value is not None},
        "found_at": datetime.now(UTC),
        **changes,
    }
    return MissedForDesk(**about)


def message(part: MissedForDesk, key: str | None = None, version: int = 1) -> Message:
    return Message(TOPIC, key or part.candidate_id, new_id(), Clear(version=version), part, None)


async def take(bench: Bench, *parts: MissedForDesk, version: int = 1) -> None:
    async with bench.context.database.transaction() as conn:
        batch = [message(part, version=version) for part in parts]
        assert await missed.take_missed(bench.context, conn, batch) == [DONE] * len(parts)


async def candidates(bench: Bench) -> dict[str, tuple[str, str | None]]:
    rows = await bench.rows(
        "SELECT candidate_id::text, outcome, subject_id::text FROM candidate ORDER BY 1"
    )
    return {row["candidate_id"]: (row["outcome"], row["subject_id"]) for row in rows}


async def entries(bench: Bench) -> list[tuple[str, str, str]]:
    rows = await bench.rows("SELECT village, origin, state FROM ledger_entry ORDER BY 1, 2, 3")
    return [tuple(row.values()) for row in rows]


async def listed(bench: Bench, area: str = AREA, role: Role = Role.ADMINISTRATOR) -> Any:
    return await bench.client.get(
        "/candidates", params={"area": area}, headers=bench.headers(role, area)
    )


async def settle(bench: Bench, candidate_id: str, area: str = AREA, **body: Any) -> Any:
    return await bench.client.post(
        f"/candidates/{candidate_id}/settlement",
        json=body,
        headers=bench.headers(Role.ADMINISTRATOR, area),
    )


async def refused(bench: Bench) -> list[Any]:
    return await bench.rows("SELECT * FROM refused_row WHERE settled_at IS NULL")


# -- who is found ----------------------------------------------------------------------------------


async def test_whom_a_department_knows_is_entered_open_in_their_village(bench: Bench) -> None:
    """R75, R76: nobody is left out: who stands in a department's data counts in the village of
    their household, and is on the list of those to be collected."""
    person = bench.person()
    part = part_of(person, fields={"ethnicity": "99"}, area=NEAR)
    await take(bench, part)
    assert await entries(bench) == [(person.village, "discovered", "open")]
    [(outcome, subject_id)] = (await candidates(bench)).values()
    assert outcome == "registered"
    [(row, event)] = await bench.events("capture-subject-status-changed")
    assert (row.key, row.version) == (subject_id, 1)
    told = event.parts["crosscheck"]
    # What is wrong in the department's data keeps nobody out, and is asked at the desk.
    assert set(told.record.fields) == {
        "name", "resident_number", "household_area", "service_unit",
    }  # fmt: skip
    assert told.blinds["armed-forces"].number is not None
    found = await bench.client.post(
        "/subjects/lookup",
        json={"resident_number": person.number},
        headers=bench.headers(Role.COLLECTOR, NEAR),
    )
    assert found.json()["baseline"]["fields"]["service_unit"] == "某部"
    assert await bench.scalar("SELECT source FROM baseline_record") == "department"
    audited, _ = await bench.rows("SELECT actor, action, subject_ids FROM audit ORDER BY seq")
    assert (audited["actor"], audited["action"]) == ("crosscheck", "subject.discover")
    assert [str(one) for one in audited["subject_ids"]] == [subject_id]
    assert person.number not in str(await bench.rows("SELECT * FROM candidate"))

    person.subject_id = subject_id
    await bench.collected(await bench.terminal(), person)
    assert await entries(bench) == [(person.village, "discovered", "collected")]


async def test_a_candidate_is_taken_once_whatever_comes_again(bench: Bench) -> None:
    """Doubled, replayed, in one batch or in several: one person, and their state told again."""
    part = part_of(bench.person())
    await take(bench, part, part)
    await take(bench, part)
    assert len(await entries(bench)) == 1
    events = await bench.events("capture-subject-status-changed")
    assert [
        (row.version, event.parts["crosscheck"].standing.revision) for row, event in events
    ] == [
        (1, 1),
        (1, 1),
    ]


async def test_a_known_number_makes_nobody_and_tells_of_its_person_again(bench: Bench) -> None:
    """R106: nobody is counted twice; the cross-check learns whose the department's row is."""
    person = await bench.collected(await bench.terminal())
    part = part_of(person, fields={"household_area": None}, area="632321")
    await take(bench, part)
    assert await candidates(bench) == {part.candidate_id: ("known", person.subject_id)}
    assert await entries(bench) == [(person.village, "new", "collected")]
    [(row, event)] = await bench.events("capture-subject-status-changed")
    assert row.key == person.subject_id
    assert event.parts["crosscheck"].version == 1
    assert await refused(bench) == []


async def test_two_departments_with_one_person_find_one(bench: Bench) -> None:
    person = bench.person()
    one, two = part_of(person), part_of(person, department="human-resources")
    nowhere = part_of(person, fields={"household_area": None}, area=AREA)
    await take(bench, nowhere, one, two)
    found = await candidates(bench)
    assert sorted(outcome for outcome, _ in found.values()) == ["known", "known", "registered"]
    assert len({subject_id for _, subject_id in found.values()}) == 1
    assert len(await entries(bench)) == 1
    assert await refused(bench) == []


async def test_two_consumers_with_one_person_at_once_find_one(bench: Bench) -> None:
    person = bench.person()
    parts = [part_of(person) for _ in range(3)]
    await asyncio.gather(*(take(bench, part) for part in parts))
    assert len(await entries(bench)) == 1
    assert len({subject_id for _, subject_id in (await candidates(bench)).values()}) == 1


async def test_a_number_that_was_corrected_away_is_its_real_holders(
    bench: Bench, meeting: Callable[[], None]
) -> None:
    """R106: and theirs once, when several departments name them at the same moment."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    real = bench.person()
    real.number, person.number = person.number, real.number
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)])
    meeting()
    await asyncio.gather(*(take(bench, part_of(real)) for _ in range(3)))
    found = (await candidates(bench)).values()
    assert sorted(outcome for outcome, _ in found) == ["known", "known", "registered"]
    [subject_id] = {subject_id for _, subject_id in found}
    assert subject_id != person.subject_id


async def test_an_old_code_of_a_village_is_its_village(bench: Bench) -> None:
    """R75: the same place under the code that it has now is no other place."""
    person = bench.person()
    later = "632301" + person.village[6:]
    assert bench.context.areas.place_of(later) == person.village
    await take(bench, part_of(person, fields={"household_area": later}, area=later))
    await take(bench, part_of(bench.person(), fields={"household_area": "某处"}))
    assert [village for village, _, _ in await entries(bench)] == [person.village] * 2


# -- who cannot be entered yet ---------------------------------------------------------------------


async def test_who_has_no_village_waits_for_the_administrator(bench: Bench) -> None:
    """R76: persons count in villages only. Whoever has none waits on a list until the county's
    administrator names it, and then counts there."""
    person = bench.person()
    part = part_of(person, fields={"household_area": None}, area=NEAR)
    await take(bench, part)
    await take(bench, part)
    assert await entries(bench) == []
    [row] = await refused(bench)
    assert (str(row["row_id"]), row["area"]) == (part.candidate_id, NEAR)
    assert [found["rule"] for found in row["reasons"]] == ["village-needed"]
    assert person.number not in str(dict(row))
    answer = await listed(bench)
    [waiting] = answer.json()["candidates"]
    assert not any(value in answer.text for value in (person.name, person.number))
    assert (waiting["department"], waiting["area"]) == ("armed-forces", NEAR)
    settled = await settle(bench, part.candidate_id, village=person.village)
    assert settled.json()["outcome"] == "registered", settled.text
    assert await entries(bench) == [(person.village, "discovered", "open")]
    assert await refused(bench) == []
    assert (await listed(bench)).json()["candidates"] == []
    again = await settle(bench, part.candidate_id, village=person.village)
    assert again.json() == settled.json()
    actions = await bench.rows("SELECT action FROM audit ORDER BY seq")
    assert [row["action"] for row in actions] == [
        "candidate.list",
        "subject.discover",
        "candidate.settle",
        "candidate.list",
    ]


async def test_what_is_said_of_a_candidate_is_opened_with_a_reason(bench: Bench) -> None:
    """R76, R100: to the administrator of the area, for a reason that stands in the audit trail;
    to nobody else, without a reason to nobody, and not any more once they were entered."""
    person = bench.person()
    part = part_of(person, fields={"household_area": None}, area=NEAR)
    await take(bench, part)

    async def ask(reason: str, area: str = AREA, role: Role = Role.ADMINISTRATOR) -> Any:
        return await bench.client.post(
            f"/candidates/{part.candidate_id}/open",
            json={"reason": reason},
            headers=bench.headers(role, area),
        )

    for reason, rule in (
        (" \u3000", "reason-missing"),
        (person.number, "reason-personal"),
    ):
        answer = await ask(reason)
        assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (422, rule)
    for elsewhere in (await ask("核对", FAR), await ask("核对", AREA, Role.COLLECTOR)):
        assert elsewhere.status_code == 404
        assert person.name not in elsewhere.text
    assert await bench.rows("SELECT 1 FROM audit") == []

    opened = (await ask("核对户籍")).json()
    assert (opened["candidate_id"], opened["fields"]["name"]) == (part.candidate_id, person.name)
    [row] = await bench.rows("SELECT action, reason, detail FROM audit")
    assert (row["action"], row["reason"]) == ("candidate.open", "核对户籍")
    assert row["detail"] == {"candidate": part.candidate_id, "area": NEAR}

    await settle(bench, part.candidate_id, village=person.village)
    assert (await ask("核对户籍")).status_code == 409


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"resident_number": "123"}, "number-length"),
        ({"resident_number": None}, "required"),
        ({"name": None}, "required"),
    ],
)
async def test_a_damaged_row_stays_on_the_list_with_its_reason(
    bench: Bench, fields: dict[str, Any], rule: str
) -> None:
    """R69, R70: what is no number makes nobody; it is not lost either."""
    part = part_of(bench.person(), fields=fields)
    await take(bench, part)
    assert await entries(bench) == []
    [row] = await refused(bench)
    assert [found["rule"] for found in row["reasons"]] == [rule]
    answer = await bench.client.get(
        "/refusals", params={"area": NEAR}, headers=bench.headers(Role.TOWNSHIP_LEADER, NEAR)
    )
    assert [item["row_id"] for item in answer.json()["refusals"]] == [part.candidate_id]


async def test_the_administrator_mends_a_number_or_says_that_there_is_nobody(bench: Bench) -> None:
    one, two = bench.person(), bench.person()
    damaged = [part_of(person, fields={"resident_number": "1"}) for person in (one, two)]
    await take(bench, *damaged)
    first, second = (part.candidate_id for part in damaged)
    still = await settle(bench, first, resident_number="12")
    assert (still.status_code, still.json()["reasons"][0]["rule"]) == (422, "number-length")
    assert len(await refused(bench)) == 2
    assert (await settle(bench, first, resident_number=one.number)).json()[
        "outcome"
    ] == "registered"
    gone = await settle(bench, second, dismissed="同名误录")
    assert gone.json() == {"candidate_id": second, "outcome": "dismissed", "subject_id": None}
    other = await settle(bench, second, resident_number=two.number)
    assert other.status_code == 409
    await take(bench, damaged[1])
    assert await refused(bench) == []
    assert len(await entries(bench)) == 1


async def test_more_that_is_heard_of_a_waiting_candidate_counts(bench: Bench) -> None:
    person = bench.person()
    part = part_of(person, fields={"resident_number": "1"})
    await take(bench, part)
    fields = {**part.fields, "resident_number": person.number}
    mended = part.model_copy(update={"fields": fields})
    await take(bench, mended)
    assert await entries(bench) == []
    await take(bench, mended, version=2)
    assert await entries(bench) == [(person.village, "discovered", "open")]
    assert await refused(bench) == []
    await take(bench, part)
    assert await refused(bench) == []


async def test_a_candidate_who_comes_back_is_looked_at_again(bench: Bench) -> None:
    """R76: the person who was entered turned out to have another number; whoever really has the
    department's is still to be found. One who was dismissed is put before the administrator."""
    terminal, person = await bench.terminal(), bench.person()
    part = part_of(person)
    await take(bench, part)
    [(_, person.subject_id)] = (await candidates(bench)).values()
    person.number = bench.person().number
    await bench.collected(terminal, person)
    await take(bench, part, version=3)
    await take(bench, part, version=3)
    [(outcome, subject_id)] = (await candidates(bench)).values()
    assert outcome == "registered"
    assert subject_id != person.subject_id
    assert [state for _, _, state in await entries(bench)] == ["collected", "open"]

    lost = part_of(bench.person(), fields={"resident_number": "1"})
    await take(bench, lost)
    await settle(bench, lost.candidate_id, dismissed="查无此人")
    await take(bench, lost)
    assert await refused(bench) == []
    await take(bench, lost, version=2)
    assert len(await refused(bench)) == 1


async def test_only_the_administrator_of_the_area_settles(bench: Bench) -> None:
    """R52: who acts elsewhere sees and settles nothing here."""
    person = bench.person()
    part = part_of(person, fields={"household_area": None}, area=NEAR)
    lost = part_of(bench.person(), fields={"household_area": None}, area="110101")
    await take(bench, part, lost)
    assert (await listed(bench, FAR)).json()["candidates"] == []
    assert len((await listed(bench)).json()["candidates"]) == 2
    assert (await listed(bench, NEAR, Role.COLLECTOR)).status_code == 403
    assert (await listed(bench, "999999")).status_code == 404
    assert (await settle(bench, part.candidate_id, FAR, village=person.village)).status_code == 404
    assert (await settle(bench, new_id(), village=person.village)).status_code == 404
    far = await settle(bench, part.candidate_id, NEAR, village=bench.far_village)
    assert far.status_code == 403
    for body, rule in (
        ({}, "settlement"),
        ({"village": person.village, "dismissed": "x"}, "settlement"),
        ({"village": NEAR}, "unknown-village"),
    ):
        answer = await settle(bench, part.candidate_id, **body)
        assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (422, rule)
    assert await entries(bench) == []


# -- the message itself ----------------------------------------------------------------------------


async def test_a_message_that_contradicts_itself_is_refused(bench: Bench) -> None:
    good, person = part_of(bench.person()), bench.person()
    async with bench.context.database.transaction() as conn:
        answers = await missed.take_missed(
            bench.context,
            conn,
            [
                message(part_of(person), new_id()),
                message(part_of(person, department="weather")),
                message(good),
            ],
        )
    assert [type(answer) for answer in answers] == [Invalid, Invalid, type(DONE)]
    assert list(await candidates(bench)) == [good.candidate_id]


def sealed(bench: Bench, part: MissedForDesk) -> RawMessage:
    """The message as crosscheck's relay publishes it."""
    spec, event_id, key = service_topics()[TOPIC], new_id(), part.candidate_id
    context = seal_context(spec, "capture", event_id, key, 1)
    box = boxes.seal(
        bench.context.keyring.current(seal_purpose(TOPIC, "capture")),
        part.model_dump_json().encode(),
        context,
    )
    headers = write_headers(
        spec,
        event_id=event_id,
        place=0,
        time=datetime.now(UTC),
        subject=key,
        sequence=1,
        traceparent=None,
    )
    value = write_value(Clear(version=1), {"capture": box})
    return RawMessage(TOPIC, 0, 0, key, tuple(headers), value)


@pytest.mark.parametrize("point", ["inbox.before-commit", "inbox.after-commit"])
async def test_a_candidate_is_entered_once_whenever_the_process_dies(
    bench: Bench, point: str
) -> None:
    assert TOPIC in {subscription.topic for subscription in service.subscriptions}
    raw = sealed(bench, part_of(bench.person()))
    failpoints.configure(f"{point}=raise@1")
    with pytest.raises(failpoints.FailPointError):
        await intake_of(bench).take(TOPIC, [raw])
    assert len(await entries(bench)) == int(point == "inbox.after-commit")
    await intake_of(bench).take(TOPIC, [raw])
    assert len(await entries(bench)) == 1
    assert len(await bench.events("capture-subject-status-changed")) == 1
