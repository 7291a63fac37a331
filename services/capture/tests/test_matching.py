"""What the cross-check is told of a person: the whole present state, after every change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from muster.capture.handlers import matching as telling
from muster.contracts.parts.crosscheck import SubjectForMatch
from muster.contracts.topics import service_topics
from muster.security import matching
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA = "632321"
TOPICS = (
    "capture-baseline-imported",
    "capture-record-submitted",
    "capture-subject-status-changed",
)


async def told(bench: Bench) -> dict[str, SubjectForMatch]:
    """What the cross-check holds in the end: of each person the highest revision."""
    newest: dict[str, SubjectForMatch] = {}
    for topic in TOPICS:
        for row, event in await bench.events(topic):
            made = {reader: type(part).__name__ for reader, part in event.parts.items()}
            assert made == service_topics()[topic].consumers
            part = event.parts["crosscheck"]
            held = newest.get(row.key)
            if held is None or part.standing.revision > held.standing.revision:
                newest[row.key] = part
    return newest


async def published(bench: Bench) -> int:
    return sum([len(await bench.events(topic)) for topic in TOPICS])


async def enter(bench: Bench, person: Any, **more: Any) -> None:
    body = {
        "subject_id": person.subject_id,
        "origin": "roster",
        "village": person.village,
        "name": person.name,
        "resident_number": person.number,
        **more,
    }
    answer = await bench.client.post(
        "/subjects", json=body, headers=bench.headers(Role.COLLECTOR, AREA)
    )
    assert answer.status_code == 200, answer.text


async def end(bench: Bench, person: Any, ending: str, **more: Any) -> None:
    body = {"change_id": new_id(), "ending": ending, "village": person.village, **more}
    answer = await bench.client.post(
        f"/subjects/{person.subject_id}/ending",
        json=body,
        headers=bench.headers(Role.COLLECTOR, AREA),
    )
    assert answer.status_code == 200, answer.text


async def test_a_record_is_told_with_the_codes_of_every_holder(bench: Bench) -> None:
    """R74: each department's connector makes the same codes from its own data, and only it."""
    person = await bench.collected(await bench.terminal())
    part = (await told(bench))[person.subject_id]
    fields = person.fields()
    assert (part.version, part.standing.entries[0].state) == (1, "collected")
    assert part.record is not None
    assert part.record.fields == fields
    profile, ring = bench.context.profile, bench.context.keyring
    assert set(part.blinds) == {"campaign", *profile.departments}
    campaign = part.blinds["campaign"]
    assert campaign.fields == {}
    assert campaign == matching.person(ring.current("blind/campaign"), profile, fields)
    police = profile.departments["public-security"]
    theirs = matching.person(
        ring.current("blind/public-security"),
        profile,
        {**fields, "resident_number": resident_number.shorten(person.number)},
        police.fields,
    )
    mine = part.blinds["public-security"]
    assert (mine.number, mine.name_birth) == (theirs.number, theirs.name_birth)
    assert set(theirs.fields) >= {"name", "household_area", "birth_date", "sex"}
    assert mine.fields == theirs.fields
    assert len({blinds.number for blinds in part.blinds.values()}) == len(part.blinds)
    assert "service_unit" not in part.blinds["public-security"].fields


async def test_the_newest_state_is_told_after_every_change(
    bench: Bench,
    make_workbook: Callable[..., bytes],
    make_row: Callable[..., list[Any]],
) -> None:
    """R75, R76: baseline, its revision, a record, its correction and an ending all reach the
    cross-check, each with a higher revision than before."""
    person = bench.person()
    revisions: list[int] = []

    async def seen() -> SubjectForMatch:
        [part] = (await told(bench)).values()
        revisions.append(part.standing.revision)
        return part

    await bench.import_file(make_workbook([make_row(person)]))
    part = await seen()
    assert part.record is not None
    assert (part.version, part.record.categories) == (0, ("active_duty_family",))
    assert part.record.fields["resident_number"] == person.number
    await bench.import_file(make_workbook([make_row(person, 姓名="测试甲")]))
    part = await seen()
    assert part.record is not None
    assert part.record.fields["name"] == "测试甲"
    [subject_id] = await told(bench)
    person.subject_id = subject_id
    terminal = await bench.terminal()
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, pieces=pieces)])
    part = await seen()
    assert part.version == 1
    person.extra["household_address"] = "新址"
    await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)])
    part = await seen()
    assert part.record is not None
    assert (part.version, part.record.fields["household_address"]) == (2, "新址")
    await bench.import_file(make_workbook([make_row(person, 联系电话="0973-1234567")]))
    part = await seen()
    assert part.record is not None
    assert (part.version, part.record.fields["household_address"]) == (2, "新址")
    await end(bench, person, "dead_before", date="2018-09")
    assert (await seen()).standing.entries[0].state == "dead_before"
    assert revisions == sorted(set(revisions))


async def test_a_merge_and_a_move_are_told(bench: Bench) -> None:
    one, two = bench.person(), bench.person()
    await enter(bench, one)
    await enter(bench, two)
    await end(bench, two, "merged", merged_into=one.subject_id)
    await end(bench, one, "moved_out", to_village=bench.far_village)
    parts = await told(bench)
    assert [e.state for e in parts[two.subject_id].standing.entries] == ["merged"]
    assert {e.state for e in parts[one.subject_id].standing.entries} == {"moved_out", "open"}


async def test_who_has_no_number_is_told_by_name_and_birth_alone(bench: Bench) -> None:
    """R75: codes of fields are bound to the number; without one nothing else can be compared."""
    nameless, known = bench.person(), bench.person()
    await enter(bench, nameless, resident_number=None, fields={"birth_date": "1950-05-06"})
    await enter(bench, known)
    parts = await told(bench)
    blinds = parts[nameless.subject_id].blinds["public-security"]
    assert (blinds.number, blinds.fields) == (None, {})
    assert blinds.name_birth is not None
    # A roster gives no date of birth, and the number does; the date itself was told by nobody.
    blinds = parts[known.subject_id].blinds["public-security"]
    whole = {**known.fields(), "name": known.name}
    key = bench.context.keyring.current("blind/public-security")
    profile = bench.context.profile
    assert blinds.name_birth == matching.person(key, profile, whole).name_birth
    assert "birth_date" not in blinds.fields


async def test_nothing_is_told_of_who_was_erased(bench: Bench) -> None:
    person = await bench.collected(await bench.terminal())
    async with bench.context.database.transaction() as conn:
        await bench.context.vault.destroy(conn, person.subject_id)
    assert await told(bench) == {}


async def test_a_batch_of_the_relay_is_made_once_per_person_and_in_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One code per department, field and precision: a thousand people take seconds, not minutes."""
    person = bench.person()
    await enter(bench, person)
    for _ in range(3):
        await end(bench, person, "declined")
        await end(bench, person, "reopened")
    calls = 0
    make = telling.Blinder.blinds

    def counted(self: telling.Blinder, fields: Any) -> Any:
        nonlocal calls
        calls += 1
        return make(self, fields)

    monkeypatch.setattr(telling.Blinder, "blinds", counted)
    assert len(await bench.events("capture-subject-status-changed")) == 7
    assert calls == 1
    monkeypatch.undo()
    blinder = telling.Blinder(bench.context)
    fields = person.fields()
    begun = time.process_time()
    for _ in range(200):
        blinder.blinds(fields)
    assert (time.process_time() - begun) / 200 < 0.02
