"""An operator looks at what could not be taken, tries it again or puts it away (design 4, R100)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import failpoints
from muster.messaging.intake import Intake
from muster.messaging.letters import Letters, Stuck
from muster.messaging.limits import InvalidLimits
from muster.messaging.message import Invalid, Message, NotNow, Outcome
from muster.persistence.ddl import FUNCTIONS
from muster.security.audit import Audit
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Refusal

from .conftest import (
    TOPIC,
    Side,
    Waits,
    effects,
    make_due,
    make_intake,
    new_subject,
    raw,
    scalar,
    take_facts,
)
from .test_kills import child, points
from .test_superseding import damaged

WHO = "operator"
WHY = "已与采集端核对"
LETTERS = "SELECT count(*) FROM dead_letter"
PARKED = "SELECT count(*) FROM parked"


class Mended:
    """A handler that refuses everything until it is mended."""

    def __init__(self) -> None:
        self.well = False

    async def __call__(
        self, context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        if self.well:
            return await take_facts(context, conn, batch)
        return [Invalid("broken", "坏了", "it is broken")] * len(batch)


@pytest.fixture(autouse=True)
async def _chain(reader: Side) -> None:
    async with reader.database.transaction() as conn:
        for function in FUNCTIONS:
            await conn.exec_driver_sql(function)


def letters_of(side: Side, intake: Intake) -> Letters:
    return Letters(
        service=side.name,
        database=side.database,
        intake=intake,
        keyring=side.keyring,
        audit=Audit(side.name),
    )


async def listed(side: Side, letters: Letters) -> list[Stuck]:
    async with side.database.transaction() as conn:
        return await letters.listed(conn)


async def audited(side: Side, action: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Actor, reason and detail of the rows of an action, the chain verified."""
    async with side.database.transaction() as conn:
        await Audit(side.name).verify(conn)
        rows = await conn.execute(
            text("SELECT actor, reason, detail FROM audit WHERE action = :a ORDER BY seq"),
            {"a": action},
        )
        return [(row.actor, row.reason, row.detail) for row in rows]


async def became(letters: Letters, *ids: str) -> list[str]:
    return [one.became for one in await letters.replay(ids, actor=WHO)]


async def test_letters_are_taken_in_order_once_the_cause_is_mended(
    source: Side, reader: Side
) -> None:
    """Whatever order they are named in; before that they stay, and each try is counted."""
    handler = Mended()
    intake = make_intake(reader, handler)
    letters = letters_of(reader, intake)
    key = new_subject()
    await intake.take(TOPIC, [raw(source.keyring, key, n, n) for n in (1, 2, 3)])
    before = await listed(reader, letters)
    assert [one.tried for one in before] == [1, 1, 1]
    assert {(one.topic, one.rule, one.zh, one.key_parked) for one in before} == {
        (TOPIC, "broken", "坏了", False)
    }
    ids = [one.id for one in before]
    assert await became(letters, *ids) == ["invalid"] * 3
    assert [one.tried for one in await listed(reader, letters)] == [2, 2, 2]
    handler.well = True
    assert await became(letters, *reversed(ids)) == ["done"] * 3
    assert await effects(reader) == [(key, 1), (key, 2), (key, 3)]
    assert await became(letters, *ids) == ["gone"] * 3, "a second time finds nothing"
    assert len(await effects(reader)) == 3
    assert await scalar(reader, LETTERS) == 0
    told = await audited(reader, "dead-letter.replay")
    assert [detail["became"] for _, _, detail in told] == ["invalid"] * 3 + ["done"] * 3
    assert {who for who, _, _ in told} == {WHO}


async def test_what_waits_behind_a_letter_goes_on_after_it(source: Side, reader: Side) -> None:
    """The second message of a key waits for the first, which could not be taken: tried again
    behind what waits it would wait for ever."""
    key = new_subject()
    broken = True

    async def take(
        context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for message in batch:
            if message.version == 1 and broken:
                outcomes.append(Invalid("broken", "坏了", "it is broken"))
            elif message.version > 1 and (key, 1) not in await _taken(conn):
                outcomes.append(NotNow("not yet"))
            else:
                outcomes += await take_facts(context, conn, [message])
        return outcomes

    intake = make_intake(reader, take)
    letters = letters_of(reader, intake)
    await intake.take(TOPIC, [raw(source.keyring, key, n, n) for n in (1, 2, 3)])
    dead, *waiting = await listed(reader, letters)
    assert (dead.key_parked, [one.rule for one in waiting]) == (True, [None, None])
    assert await became(letters, dead.id) == ["invalid"]
    broken = False
    assert await became(letters, dead.id) == ["done"]
    while await intake.retry_parked():
        pass
    assert await effects(reader) == [(key, 1), (key, 2), (key, 3)]
    assert await scalar(reader, PARKED) == 0


async def _taken(conn: AsyncConnection) -> list[tuple[str, int]]:
    rows = await conn.execute(text("SELECT subject_id::text, revision FROM effect"))
    return [(row[0], row[1]) for row in rows]


async def test_one_that_must_wait_is_parked_or_stays_before_those_that_wait(
    source: Side, reader: Side
) -> None:
    handler = Mended()
    intake = make_intake(reader, handler)
    letters = letters_of(reader, intake)
    first, second = new_subject(), new_subject()
    await intake.take(
        TOPIC, [raw(source.keyring, key, 1, n) for n, key in ((1, first), (2, second))]
    )
    waits = Waits()
    later = make_intake(reader, waits)
    await later.take(TOPIC, [raw(source.keyring, second, 2, 3)])
    ids = [one.id for one in await listed(reader, letters) if one.rule]
    assert await became(letters_of(reader, later), *ids) == ["waits"] * 2
    assert await scalar(reader, LETTERS) == 1
    assert await scalar(reader, PARKED) == 2
    waits.over = True
    left = [one.id for one in await listed(reader, letters) if one.rule]
    assert await became(letters_of(reader, later), *left) == ["done"]
    await make_due(reader)
    while await later.retry_parked():
        pass
    assert [r for key, r in await effects(reader) if key == second] == [1, 2]
    assert [r for key, r in await effects(reader) if key == first] == [1]


async def test_what_could_not_be_read_comes_in_by_the_door_of_new_messages(
    source: Side, reader: Side
) -> None:
    """It never got into the inbox: a copy that is published again must find it there."""
    key = new_subject()
    good = raw(source.keyring, key, 1, 1)
    intake = make_intake(reader)
    letters = letters_of(reader, intake)
    cut = replace(good, headers=(*good.headers[:2], *good.headers[3:]))
    await intake.take(TOPIC, [cut])
    [dead] = await listed(reader, letters)
    assert (dead.rule, dead.event_id) == ("header-missing", None)
    assert await became(letters, dead.id) == ["invalid"]
    assert await scalar(reader, LETTERS) == 1

    # A newer version of the service reads what this one could not.
    def reads(kept: Any) -> Any:
        return replace(kept, raw=good)

    kept = letters._letters._kept
    letters._letters._kept = lambda row: reads(kept(row))  # type: ignore[method-assign]
    assert await became(letters, dead.id) == ["done"]
    await intake.take(TOPIC, [good])
    assert await effects(reader) == [(key, 1)]
    assert await scalar(reader, LETTERS) == 0


async def test_a_parked_message_is_tried_at_the_next_turn_and_a_held_one_is_not(
    source: Side, reader: Side
) -> None:
    waits = Waits()
    intake = make_intake(reader, waits)
    letters = letters_of(reader, intake)
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, 1)])
    async with reader.database.transaction() as conn:
        await conn.execute(text("UPDATE parked SET next_try_at = now() + interval '1 hour'"))
    [one] = await listed(reader, letters)
    assert (one.rule, one.en, one.held) == (None, "not yet", False)
    waits.over = True
    assert await intake.retry_parked() == 0
    assert await became(letters, one.id) == ["due"]
    assert await intake.retry_parked() == 1

    broken = Mended()
    limited = make_intake(reader, broken, InvalidLimits(per_sender=1))
    await limited.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in (2, 3)])
    [held] = [one for one in await listed(reader, letters) if one.held]
    assert await became(letters, held.id) == ["held"]
    assert await limited.retry_parked() == 0


async def test_one_that_is_put_away_stays_away_and_its_key_goes_on(
    source: Side, reader: Side
) -> None:
    key = new_subject()
    waits = Waits(early=lambda message: message.version == 1)
    intake = make_intake(reader, waits)
    letters = letters_of(reader, intake)
    bad = damaged(raw(source.keyring, new_subject(), 1, 9), "bad-seal")
    for n in (1, 2):
        await intake.take(TOPIC, [raw(source.keyring, key, n, n)])
    await intake.take(TOPIC, [bad])
    dead, head, _ = await listed(reader, letters)
    for reason, rule in (("  ", "reason-missing"), ("x" * 501, "reason-too-long")):
        with pytest.raises(Refusal) as refused:
            await letters.discard([dead.id, head.id], actor=WHO, reason=reason)
        assert refused.value.reasons[0].rule == rule
    assert len(await listed(reader, letters)) == 3

    told = await letters.discard([dead.id, head.id, new_id(), "p999"], actor=WHO, reason=WHY)
    assert [one.became for one in told] == ["discarded", "discarded", "gone", "gone"]
    assert await intake.retry_parked() == 1
    assert await effects(reader) == [(key, 2)]
    await intake.take(TOPIC, [bad])
    assert await listed(reader, letters) == [], "a copy of it is no news"
    rows = await audited(reader, "dead-letter.discard")
    assert [(who, why, detail["message"], detail["topic"]) for who, why, detail in rows] == [
        (WHO, WHY, dead.id, TOPIC),
        (WHO, WHY, head.id, TOPIC),
    ]
    whom = "SELECT array_agg(subject_ids::text[]) FROM audit WHERE action = 'dead-letter.discard'"
    assert await scalar(reader, whom) == [[bad.key], [key]]


async def test_headers_that_could_not_be_read_are_shown_only_for_a_reason(
    source: Side, reader: Side
) -> None:
    """R100: they may hold anything, whether the message is a dead letter or waits aside."""
    intake = make_intake(reader, limits=InvalidLimits(per_sender=1))
    letters = letters_of(reader, intake)
    good = raw(source.keyring, new_subject(), 1, 1)
    hostile = replace(good, key="张三", headers=(*good.headers[:3], ("note", "张三".encode())))
    await intake.take(TOPIC, [hostile, hostile])
    found = await listed(reader, letters)
    assert [(one.event_id, one.held) for one in found] == [(None, False), (None, True)]
    async with reader.database.transaction() as conn:
        for one in found:
            looked = await letters.show(conn, one.id, actor=WHO)
            assert looked is not None
            assert (looked.key, looked.headers) == ("", {})
            opened = await letters.show(conn, one.id, actor=WHO, reason=WHY)
            assert opened is not None
            assert opened.headers["note"] == "张三"


async def test_a_message_is_opened_for_a_reason_and_every_look_is_audited(
    source: Side, reader: Side
) -> None:
    """Without a reason headers and clear fields; what is damaged says why it does not open."""
    handler = Mended()
    intake = make_intake(reader, handler)
    letters = letters_of(reader, intake)
    key = new_subject()
    good, bad = raw(source.keyring, key, 7, 1), raw(source.keyring, new_subject(), 1, 2)
    await intake.take(TOPIC, [good, damaged(bad, "bad-seal")])
    found = {one.rule: one.id for one in await listed(reader, letters)}
    async with reader.database.transaction() as conn:
        looked = await letters.show(conn, found["broken"], actor=WHO)
        opened = await letters.show(conn, found["broken"], actor=WHO, reason=WHY)
        shut = await letters.show(conn, found["bad-seal"], actor=WHO, reason=WHY)
        assert await letters.show(conn, new_id(), actor=WHO) is None
    assert looked is not None
    assert opened is not None
    assert shut is not None
    assert (looked.key, looked.part, looked.clear and looked.clear.version) == (key, None, 7)
    assert looked.headers["ce_subject"] == key
    assert opened.part is not None
    assert opened.part["standing"]["revision"] == 7
    assert (shut.part, isinstance(shut.why, Invalid) and shut.why.rule) == (None, "bad-seal")
    assert [why for _, why, _ in await audited(reader, "dead-letter.read")] == [None]
    assert [why for _, why, _ in await audited(reader, "dead-letter.open")] == [WHY, WHY]
    async with reader.database.transaction() as conn:
        with pytest.raises(Refusal):
            await letters.show(conn, found["broken"], actor=WHO, reason=" ")


async def test_the_list_goes_page_by_page_through_both_kinds(source: Side, reader: Side) -> None:
    refuses, waits = make_intake(reader, Mended()), make_intake(reader, Waits())
    await refuses.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in (1, 2, 3)])
    await waits.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in (4, 5)])
    letters = letters_of(reader, refuses)
    seen: list[str] = []
    async with reader.database.transaction() as conn:
        while page := await letters.listed(conn, seen[-1] if seen else None, 2):
            seen += [one.id for one in page]
    assert seen == [one.id for one in await listed(reader, letters)]
    assert len(seen) == 5


@pytest.mark.parametrize("point", points("letters."))
@pytest.mark.parametrize("act", ["replay", "discard"])
async def test_a_kill_leaves_all_of_it_or_nothing(
    source: Side, reader: Side, rings: Path, act: str, point: str
) -> None:
    """Then the same again ends as if nothing had happened: one effect, no letter."""
    keys = [new_subject() for _ in range(3)]
    refuses = make_intake(reader, Mended())
    await refuses.take(TOPIC, [raw(source.keyring, k, 1, n) for n, k in enumerate(keys, 1)])
    nowhere = type("Stack", (), {"kafka": "127.0.0.1:1", "embedded_broker": False})
    async with child(act, reader, rings, nowhere, f"{point}=kill@1") as process:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    after = "after" in point
    assert await scalar(reader, LETTERS) == (0 if after else 3)
    assert len(await audited(reader, f"dead-letter.{act}")) == (3 if after else 0)
    async with child(act, reader, rings, nowhere) as process:
        assert await asyncio.wait_for(process.wait(), 60) == 0
    assert await scalar(reader, LETTERS) == 0
    assert sorted(await effects(reader)) == sorted((k, 1) for k in keys if act == "replay")
    assert len(await audited(reader, f"dead-letter.{act}")) == 3


async def test_a_database_that_goes_away_meanwhile_leaves_the_letter(
    source: Side, reader: Side
) -> None:
    handler = Mended()
    intake = make_intake(reader, handler)
    letters = letters_of(reader, intake)
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, 1)])
    [one] = await listed(reader, letters)
    handler.well = True
    failpoints.configure("letters.before-commit=raise@1")
    try:
        with pytest.raises(failpoints.FailPointError):
            await letters.replay([one.id], actor=WHO)
    finally:
        failpoints.configure("")
    assert await effects(reader) == []
    assert await became(letters, one.id) == ["done"]
