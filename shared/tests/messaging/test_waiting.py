"""Parked messages: the order of a key, the wait that grows, what a newer version reads otherwise.

Design section 4.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging.message import DONE, Message, NotNow, Outcome

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

PARKED = "SELECT count(*) FROM parked"


async def test_later_messages_of_a_parked_key_wait_though_they_could_be_taken(
    source: Side, reader: Side
) -> None:
    """The handler would take the second at once: it must not overtake the first."""
    key = new_subject()
    waits = Waits(lambda message: message.version == 1)
    intake = make_intake(reader, waits)
    await intake.take(TOPIC, [raw(source.keyring, key, 1, 1)])
    await intake.take(TOPIC, [raw(source.keyring, key, 2, 2)])
    await make_due(reader)
    await intake.retry_parked()
    assert await effects(reader) == []
    assert await scalar(reader, PARKED) == 2
    waits.over = True
    for _ in range(2):
        await make_due(reader)
        await intake.retry_parked()
    assert await effects(reader) == [(key, 1), (key, 2)]


async def test_in_one_batch_too_a_key_waits_from_its_first_message_that_must(
    source: Side, reader: Side
) -> None:
    """What a handler says of the later ones does not count, and other keys go on."""
    slow, fast = new_subject(), new_subject()

    async def says_done_of_the_second(
        _context: Side, _conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        return [NotNow("not yet") if (m.key, m.version) == (slow, 1) else DONE for m in batch]

    intake = make_intake(reader, says_done_of_the_second)
    ring = source.keyring
    await intake.take(TOPIC, [raw(ring, slow, 1, 1), raw(ring, slow, 2, 2), raw(ring, fast, 1, 3)])
    async with reader.database.transaction() as conn:
        rows = await conn.execute(text("SELECT key, reason FROM parked ORDER BY id"))
        kept = [tuple(row) for row in rows]
    assert kept == [(slow, "not yet"), (slow, "behind a parked message")]


async def test_a_batch_cut_in_halves_keeps_the_order_of_its_keys(
    source: Side, reader: Side
) -> None:
    """The second half does not overtake what must wait in the first."""
    slow = new_subject()

    async def fails_for_many(
        context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        if len(batch) > 1:
            raise KeyError("too many")
        if (batch[0].key, batch[0].version) == (slow, 1):
            return [NotNow("not yet")]
        return await take_facts(context, conn, batch)

    other = new_subject()
    batch = [raw(source.keyring, k, v, n) for n, (k, v) in enumerate([(slow, 1), (other, 1)], 1)]
    batch += [raw(source.keyring, k, 2, n) for n, k in enumerate([slow, other], 3)]
    await make_intake(reader, fails_for_many).take(TOPIC, batch)
    assert await effects(reader) == [(other, 1), (other, 2)]
    assert await scalar(reader, PARKED) == 2


async def test_a_message_whose_key_is_not_here_yet_holds_back_its_later_ones(
    source: Side, reader: Side
) -> None:
    """It never reaches the handler, and neither do those behind it."""
    key = new_subject()
    sealed_to_others = raw(source.keyring, key, 1, 1, consumer="verification")
    swapped = sealed_to_others.value.replace(b'{"verification":', b'{"reporting":')
    first = replace(sealed_to_others, value=swapped)
    await make_intake(reader).take(TOPIC, [first, raw(source.keyring, key, 2, 2)])
    assert await effects(reader) == []
    assert await scalar(reader, PARKED) == 2


async def test_the_wait_of_a_parked_key_doubles_and_ends_at_five_minutes(
    source: Side, reader: Side
) -> None:
    """1, 2, 4 seconds after the first try; a key that waits for days asks every five minutes."""
    intake = make_intake(reader, Waits())
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, 1)])
    waits = []
    for _ in range(12):
        await make_due(reader)
        async with reader.database.transaction() as conn:
            before = await conn.scalar(text("SELECT now()"))
        await intake.retry_parked()
        async with reader.database.transaction() as conn:
            due = await conn.scalar(text("SELECT next_try_at FROM parked"))
        waits.append((due - before).total_seconds())
    expected = [min(2.0**n, 300.0) for n in range(12)]
    assert waits == pytest.approx(expected, abs=0.9)
    assert await intake.retry_parked() == 0
    assert await scalar(reader, "SELECT attempts FROM parked") == 12, "it is not due"


async def test_a_parked_message_that_is_no_longer_read_becomes_a_dead_letter(
    source: Side, reader: Side
) -> None:
    """A newer version changed its type meanwhile: other parked keys go on all the same."""
    old, fine = new_subject(), new_subject()
    waits = Waits()
    intake = make_intake(reader, waits)
    changed, good = raw(source.keyring, old, 1, 1), raw(source.keyring, fine, 1, 2)
    await intake.take(TOPIC, [changed, good])
    async with reader.database.transaction() as conn:
        await conn.execute(
            text("UPDATE parked SET headers = CAST(:h AS jsonb) WHERE key = :key"),
            {
                "key": old,
                "h": json.dumps([["ce_id", b64encode(dict(changed.headers)["ce_id"]).decode()]]),
            },
        )
    waits.over = True
    await make_due(reader)
    assert await intake.retry_parked() == 2
    assert await effects(reader) == [(fine, 1)]
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "header-missing"
    assert await scalar(reader, PARKED) == 0
    await intake.take(TOPIC, [changed])
    assert await effects(reader) == [(fine, 1), (old, 1)], "published again it is taken"


async def test_what_waits_on_a_topic_that_is_no_longer_read_harms_nobody(
    source: Side, reader: Side
) -> None:
    await make_intake(reader, Waits()).take(TOPIC, [raw(source.keyring, new_subject(), 1, 1)])
    async with reader.database.transaction() as conn:
        await conn.execute(text("UPDATE parked SET topic = 'capture-gone'"))
    await make_due(reader)
    assert await make_intake(reader).retry_parked() == 0
    assert await scalar(reader, PARKED) == 1
