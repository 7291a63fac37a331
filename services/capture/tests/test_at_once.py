"""Two desks, or one packet several times, at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from muster.vocabulary.ids import new_id

from .receipts import collected, only

Bench = Any


async def test_a_packet_sent_twice_at_once_is_taken_once(bench: Bench) -> None:
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    packet = new_id()
    answers = await asyncio.gather(
        *(bench.upload(terminal, [record], packet_id=packet) for _ in range(4))
    )
    assert {answer.text for answer in answers} == {answers[0].text}
    assert await collected(bench) == 1


async def test_two_desks_with_the_same_new_person_at_once(bench: Bench) -> None:
    """R106: nobody is counted twice, even when two desks enter the same number together."""
    one, two = await bench.terminal(), await bench.terminal()
    person = bench.person()
    twin = bench.person(person.village)
    twin.number = person.number
    records = [
        bench.record(each, pieces=await bench.bring_evidence(terminal, each))
        for each, terminal in ((person, one), (twin, two))
    ]
    answers = await asyncio.gather(bench.upload(one, [records[0]]), bench.upload(two, [records[1]]))
    assert sorted(only(answer)["status"] for answer in answers) == ["accepted", "refused"]
    assert await bench.scalar("SELECT count(*) FROM ledger_entry") == 1


async def corrected_away(bench: Bench, terminal: Any) -> str:
    """A number that a record has replaced: its row is there, and nobody holds it."""
    person = await bench.collected(terminal)
    freed, person.number = person.number, bench.person().number
    pieces = await bench.bring_evidence(terminal, person)
    answer = await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)])
    assert only(answer)["status"] == "accepted"
    return str(freed)


async def test_two_desks_at_once_with_a_number_that_was_corrected_away(
    bench: Bench, meeting: Callable[[], None]
) -> None:
    """R106: its row is there, and to claim it waits for nobody; all the same one is accepted."""
    one, two = await bench.terminal(), await bench.terminal()
    freed = await corrected_away(bench, one)
    people = [bench.person(), bench.person()]
    records = []
    for each, terminal in zip(people, (one, two), strict=True):
        each.number = freed
        pieces = await bench.bring_evidence(terminal, each)
        records.append(bench.record(each, pieces=pieces))
    meeting()
    answers = await asyncio.gather(bench.upload(one, [records[0]]), bench.upload(two, [records[1]]))
    assert sorted(only(answer)["status"] for answer in answers) == ["accepted", "refused"]
    assert await bench.scalar("SELECT count(*) FROM ledger_entry") == 2
    assert await bench.scalar("SELECT count(*) FROM subject_number WHERE current") == 2


async def test_numbers_that_change_hands_both_ways_make_nobody_wait_for_ever(bench: Bench) -> None:
    """Two packets give two persons the number that the other one had, in either order."""
    one, two = await bench.terminal(), await bench.terminal()
    people = [await bench.collected(one) for _ in range(2)]
    pieces = [await bench.bring_evidence(one, person) for person in people]
    people[0].number, people[1].number = people[1].number, people[0].number
    records = [
        bench.record(person, 1, pieces=found) for person, found in zip(people, pieces, strict=True)
    ]
    answers = await asyncio.gather(
        *(bench.upload(one, records), bench.upload(two, records[::-1])),
        *(bench.upload(t, [r]) for t in (one, two) for r in records),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert await bench.scalar("SELECT count(*) FROM subject_number WHERE current") == 2
