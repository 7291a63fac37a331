"""The inbox: what is taken, parked, refused; each exactly once (design section 4)."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear, write_value
from muster.messaging import failpoints
from muster.messaging.deadletters import RawMessage
from muster.messaging.limits import Halted, InvalidLimits, lift
from muster.messaging.message import DONE, Invalid, Message, Outcome
from muster.security.boxes import open_box

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


async def test_a_message_that_comes_twice_takes_effect_once(source: Side, reader: Side) -> None:
    """Doubled in one batch, and again in a later one."""
    message = raw(source.keyring, new_subject(), 1, 1)
    intake = make_intake(reader)
    await intake.take(TOPIC, [message, message])
    await intake.take(TOPIC, [message])
    assert len(await effects(reader)) == 1


async def test_one_bad_message_costs_its_own_effect_and_nobody_elses(
    source: Side, reader: Side
) -> None:
    """A handler that raises for one of eight: seven effects, one sealed dead letter."""
    keys = [new_subject() for _ in range(8)]

    async def fails_for_one(
        context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        await take_facts(context, conn, batch)
        if any(message.key == keys[5] for message in batch):
            raise KeyError("secret content")
        return [DONE] * len(batch)

    batch = [raw(source.keyring, key, 1, n + 1) for n, key in enumerate(keys)]
    await make_intake(reader, fails_for_one).take(TOPIC, batch)
    assert sorted(s for s, _ in await effects(reader)) == sorted(set(keys) - {keys[5]})
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "handler-failed"
    announced = "SELECT count(*) FROM outbox WHERE topic = 'reporting-dead-letter'"
    assert await scalar(reader, announced) == 1


async def test_a_dead_letter_is_sealed_and_opens_to_the_message_as_it_arrived(
    source: Side, reader: Side
) -> None:
    """Nothing of a damaged message is stored or shown in the clear."""
    key = new_subject()
    good = raw(source.keyring, key, 1, 1)
    broken = RawMessage(good.topic, good.partition, 7, key, good.headers, b"{broken: 13800000000")
    await make_intake(reader).take(TOPIC, [broken])
    row_id = await scalar(reader, "SELECT id::text FROM dead_letter")
    sealed = await scalar(reader, "SELECT sealed FROM dead_letter")
    assert "13800000000" not in sealed
    letter = orjson.loads(open_box(sealed, reader.keyring, {"table": "dead_letter", "row": row_id}))
    assert letter["rule"] == "value-not-json"
    assert letter["offset"] == 7
    assert await effects(reader) == []


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("no headers", "header-missing"),
        ("other key", "key-differs"),
        ("other consumer", "bad-seal"),
        ("other subject", "bad-seal"),
        ("not json", "value-not-json"),
        ("extra clear field", "clear-fields"),
        ("version: 9007199254740992", "clear-fields"),
        ("version: 18446744073709551615", "clear-fields"),
        ("version: -1", "clear-fields"),
        ("ce_id: hello", "header-damaged"),
        ("ce_id: ", "header-damaged"),
        ("ce_id: 3F0A1C52-6F0E-4A8E-9A51-6D7C1A2B3C4D", "header-damaged"),
        ("ce_sequence: 999999999999999999999999999999", "header-damaged"),
        ("ce_sequence: 0", "header-damaged"),
        ("ce_sequence: -1", "header-damaged"),
        ("ce_source: /muster/capture/99999999999999999", "header-damaged"),
        ("ce_source: /muster/capture/9", "partition-differs"),
        ("zero byte in the key", "key-damaged"),
    ],
)
async def test_what_is_no_message_of_ours_becomes_a_dead_letter(
    source: Side, reader: Side, damage: str, rule: str
) -> None:
    """Unreadable, moved to another key, or sealed to somebody else: refused with its rule, and the
    good message of the same batch is taken."""
    key = new_subject()
    good = raw(source.keyring, key, 1, 1)
    place = good.partition
    loaded = orjson.loads(good.value)
    if damage == "no headers":
        bad = RawMessage(TOPIC, place, 1, key, (), good.value)
    elif damage == "other key":
        bad = RawMessage(TOPIC, place, 1, new_subject(), good.headers, good.value)
    elif damage == "other consumer":
        other = raw(source.keyring, key, 1, 1, consumer="verification")
        box = orjson.loads(other.value)["sealed"]["verification"]
        bad = RawMessage(
            TOPIC, place, 1, key, other.headers, write_value(Clear(version=1), {"reporting": box})
        )
    elif damage == "other subject":
        bad = raw(source.keyring, key, 1, 1, subject=new_subject())
    elif damage == "not json":
        bad = RawMessage(TOPIC, place, 1, key, good.headers, b"\xff\xfe")
    elif damage == "extra clear field":
        loaded["clear"]["name"] = "x"
        bad = RawMessage(TOPIC, place, 1, key, good.headers, orjson.dumps(loaded))
    elif damage.startswith("version: "):
        loaded["clear"]["version"] = int(damage.partition(": ")[2])
        bad = RawMessage(TOPIC, place, 1, key, good.headers, orjson.dumps(loaded))
    elif damage == "zero byte in the key":
        bad = RawMessage(TOPIC, place, 1, "\0", good.headers, good.value)
    else:
        name, _, value = damage.partition(": ")
        headers = tuple({**dict(good.headers), name: value.encode()}.items())
        bad = RawMessage(TOPIC, place, 1, key, headers, good.value)
    intake = make_intake(reader)
    fine = raw(source.keyring, new_subject(), 1, 2)
    await intake.take(TOPIC, [fine, bad])
    assert len(await effects(reader)) == 1
    if rule == "bad-seal" and damage == "other consumer":
        # Reporting holds no key of verification's part at all.
        assert await scalar(reader, "SELECT count(*) FROM parked") == 1
        return
    assert await scalar(reader, "SELECT rule FROM dead_letter") == rule


async def test_a_key_that_must_wait_holds_back_its_own_messages_only(
    source: Side, reader: Side
) -> None:
    """Not now: this key's later messages wait in order, other keys go on, then it catches up."""
    slow, fast = new_subject(), new_subject()
    waits = Waits(lambda message: message.key == slow)
    intake = make_intake(reader, waits)
    ring = source.keyring
    await intake.take(TOPIC, [raw(ring, slow, 1, 1), raw(ring, fast, 1, 2), raw(ring, slow, 2, 3)])
    await intake.take(TOPIC, [raw(ring, slow, 3, 4), raw(ring, fast, 2, 5)])
    assert [s for s, _ in await effects(reader)] == [fast, fast]
    assert await scalar(reader, "SELECT count(*) FROM parked") == 3

    await make_due(reader)
    assert await intake.retry_parked() == 0
    assert await scalar(reader, "SELECT max(attempts) FROM parked") == 1

    waits.over = True
    for _ in range(3):
        await make_due(reader)
        assert await intake.retry_parked() == 1
    assert [r for s, r in await effects(reader) if s == slow] == [1, 2, 3]
    assert await scalar(reader, "SELECT count(*) FROM parked") == 0


async def test_rubbish_quarantines_its_sender_and_then_halts_the_topic(
    source: Side, reader: Side
) -> None:
    """Past a limit a sender's messages wait; only then does the consumer halt; lifting frees."""

    async def refuses(
        _context: Side, _conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        return [Invalid("no", "不", "no")] * len(batch)

    limits = InvalidLimits(per_sender=3, overall=5)
    intake = make_intake(reader, refuses, limits)
    ring = source.keyring
    await intake.take(TOPIC, [raw(ring, new_subject(), 1, n) for n in (1, 2, 3)])
    assert await scalar(reader, "SELECT count(*) FROM dead_letter") == 3
    assert await scalar(reader, "SELECT sender FROM quarantine") == "capture"

    await intake.take(TOPIC, [raw(ring, new_subject(), 1, 4)])
    assert await scalar(reader, "SELECT count(*) FROM dead_letter") == 3
    assert await scalar(reader, "SELECT count(*) FROM parked") == 1

    async with reader.database.transaction() as conn:
        assert await lift(conn, TOPIC, "capture") == 1
    assert await intake.retry_parked() == 1
    await intake.take(TOPIC, [raw(ring, new_subject(), 1, n) for n in (5, 6)])
    with pytest.raises(Halted, match=TOPIC):
        await intake.take(TOPIC, [raw(ring, new_subject(), 1, 7)])


async def test_an_event_without_a_part_for_us_is_done_and_leaves_no_hole(
    source: Side, reader: Side
) -> None:
    """The subject was erased at its source: nothing to take, and nothing missing either."""
    key = new_subject()
    first = raw(source.keyring, key, 1, 1)
    empty = raw(source.keyring, key, 2, 2)
    empty = RawMessage(
        TOPIC, empty.partition, 2, key, empty.headers, write_value(Clear(version=2), {})
    )
    await make_intake(reader).take(TOPIC, [first, empty])
    assert await effects(reader) == [(key, 1)]
    assert await scalar(reader, "SELECT contiguous FROM inbox_position") == 2


async def test_a_hole_is_noticed_and_closes_whatever_the_order(source: Side, reader: Side) -> None:
    """contiguous and highest tell what is missing; a late event closes the hole."""
    key = new_subject()
    ring = source.keyring
    intake = make_intake(reader)
    await intake.take(TOPIC, [raw(ring, key, 1, 1), raw(ring, key, 5, 5)])
    place = "SELECT contiguous || '-' || highest FROM inbox_position"
    assert await scalar(reader, place) == "1-5"
    await intake.take(TOPIC, [raw(ring, key, 3, 3), raw(ring, key, 2, 2)])
    assert await scalar(reader, place) == "3-5"
    await intake.take(TOPIC, [raw(ring, key, 4, 4)])
    assert await scalar(reader, place) == "5-5"


async def test_what_fails_before_commit_leaves_nothing_and_may_come_again(
    source: Side, reader: Side
) -> None:
    """Inbox row and effect are one transaction: a failure between them keeps neither."""
    message = raw(source.keyring, new_subject(), 1, 1)
    intake = make_intake(reader)
    failpoints.configure("inbox.before-commit=raise@1")
    try:
        with pytest.raises(failpoints.FailPointError):
            await intake.take(TOPIC, [message])
    finally:
        failpoints.configure("")
    assert await scalar(reader, "SELECT count(*) FROM inbox") == 0
    assert await effects(reader) == []
    await intake.take(TOPIC, [message])
    assert len(await effects(reader)) == 1


async def test_a_deadlock_is_no_dead_letter(source: Side, reader: Side) -> None:
    """What passes by itself comes again; only what can never be taken becomes a dead letter."""

    async def deadlocks(
        _context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        await conn.execute(
            text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'deadlock_detected'; END $$")
        )
        return [DONE] * len(batch)

    message = raw(source.keyring, new_subject(), 1, 1)
    with pytest.raises(DBAPIError):
        await make_intake(reader, deadlocks).take(TOPIC, [message])
    assert await scalar(reader, "SELECT count(*) FROM dead_letter") == 0
    await make_intake(reader).take(TOPIC, [message])
    assert len(await effects(reader)) == 1


def test_an_unknown_fail_point_is_an_error() -> None:
    """A fault test that names a point that does not exist must not pass idly."""
    with pytest.raises(ValueError, match="no such point"):
        failpoints.parse("relay.somewhere=kill")
