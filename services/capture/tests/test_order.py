"""Two writers of one person take turns: the order of the outbox is the order of versions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from muster.capture.domain.endings import Ending
from muster.capture.handlers import endings
from muster.runtime.auth import Caller
from muster.security.grants import Grant, Principal
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA = "632321"
OUTBOX = "SELECT topic, version FROM outbox WHERE key = :key ORDER BY id"


def _caller(bench: Bench) -> Caller:
    now = datetime.now(UTC)
    grants = (Grant(Role.COLLECTOR, AREA, now - timedelta(days=1)),)
    return Caller(Principal(new_id(), grants, None), bench.context.areas, now)


async def _end(bench: Bench, conn: Any, person: Any, ending: Ending) -> int:
    asked = endings.Asked(
        new_id(), person.subject_id, ending, person.village, None, None, None, None
    )
    return (await endings.end(bench.context, _caller(bench), conn, asked)).revision


async def test_a_second_ending_waits_for_the_first_and_comes_after_it(bench: Bench) -> None:
    """Design section 4: reading before the first commits, it would use the same revision again."""
    person = bench.person()
    body = {
        "subject_id": person.subject_id,
        "origin": "roster",
        "village": person.village,
        "name": person.name,
        "resident_number": person.number,
    }
    entered = await bench.client.post(
        "/subjects", json=body, headers=bench.headers(Role.COLLECTOR, AREA)
    )
    assert entered.status_code == 200, entered.text

    async def reopen() -> int:
        async with bench.context.database.transaction() as conn:
            return await _end(bench, conn, person, Ending.REOPENED)

    async with bench.context.database.transaction() as conn:
        assert await _end(bench, conn, person, Ending.DECLINED) == 2
        second = asyncio.create_task(reopen())
        _, late = await asyncio.wait([second], timeout=1)
        assert late, "it took no notice of the first writer"
    assert await second == 3
    rows = await bench.rows(OUTBOX, key=person.subject_id)
    assert [row["version"] for row in rows] == [1, 2, 3]


async def test_a_packet_waits_for_whoever_writes_the_same_person(bench: Bench) -> None:
    """A correction beside an ending: the revision that it carries is the next one."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    (stored,) = await bench.rows("SELECT revision FROM subject")
    pieces = await bench.bring_evidence(terminal, person)
    async with bench.context.database.transaction() as conn:
        moved = endings.Asked(
            *(new_id(), person.subject_id, Ending.DEAD_AFTER, person.village),
            *("2018-11-02", None, None, None),
        )
        ended = await endings.end(bench.context, _caller(bench), conn, moved)
        assert ended.revision == stored["revision"] + 1
        record = bench.record(person, base=1, pieces=pieces)
        second = asyncio.create_task(bench.upload(terminal, [record]))
        _, late = await asyncio.wait([second], timeout=1)
        assert late, "it took no notice of the first writer"
    [receipt] = (await second).json()["receipts"]
    assert [found["rule"] for found in receipt["reasons"]] == ["standing-closed"]
    (after,) = await bench.rows("SELECT revision, current_version FROM subject")
    assert (after["revision"], after["current_version"]) == (ended.revision, 1)
