"""A dead letter is no last word: a good copy of the same event takes effect, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear, write_value
from muster.contracts.parts.operations import DeadLetter
from muster.messaging import positions
from muster.messaging.broker import partition_of
from muster.messaging.deadletters import LARGEST, DeadLetters, RawMessage
from muster.messaging.limits import InvalidLimits
from muster.messaging.message import Message, OutboxRow, Outcome

from .conftest import (
    SPEC,
    TOPIC,
    Side,
    Waits,
    effects,
    make_due,
    make_intake,
    new_subject,
    raw,
    scalar,
)

LETTERS = "SELECT count(*) FROM dead_letter"
ANNOUNCED = "SELECT count(*) FROM outbox WHERE topic = 'reporting-dead-letter'"
PLACE = "SELECT contiguous || '-' || highest FROM inbox_position"


def damaged(message: RawMessage, how: str) -> RawMessage:
    """A copy whose headers are right and whose value is not."""
    value = {
        "value-not-json": b"{",
        "value-shape": b"{}",
        "bad-seal": message.value[:-40] + b"A" * 20 + message.value[-20:],
    }[how]
    return replace(message, value=value)


@pytest.mark.parametrize("how", ["value-not-json", "value-shape", "bad-seal"])
@pytest.mark.parametrize("together", [True, False])
async def test_a_good_copy_after_a_damaged_one_takes_effect_exactly_once(
    source: Side, reader: Side, how: str, together: bool
) -> None:
    """In a later batch or in the same; the letter is withdrawn, and the places stay right."""
    key = new_subject()
    good = raw(source.keyring, key, 1, 1)
    copies = [damaged(good, how), good, good, damaged(good, how)]
    intake = make_intake(reader)
    for batch in [copies] if together else [[copy] for copy in copies]:
        await intake.take(TOPIC, batch)
    assert await effects(reader) == [(key, 1)]
    assert await scalar(reader, LETTERS) == 0
    assert await scalar(reader, PLACE) == "1-1"


def emptied(message: RawMessage) -> RawMessage:
    """A copy of which somebody took the sealed part: nothing that is left of it is signed."""
    return replace(message, value=write_value(Clear(version=1, subject_id=message.key), {}))


@pytest.mark.parametrize("together", [True, False])
async def test_a_good_copy_after_one_without_its_part_takes_effect_exactly_once(
    source: Side, reader: Side, together: bool
) -> None:
    """A service's event may hold nothing for us, so this is no dead letter; it is no last word
    either, and the places stay right."""
    key = new_subject()
    good = raw(source.keyring, key, 1, 1)
    copies = [emptied(good), emptied(good), good, good, emptied(good)]
    intake = make_intake(reader)
    for batch in [copies] if together else [[copy] for copy in copies]:
        await intake.take(TOPIC, batch)
    assert await effects(reader) == [(key, 1)]
    assert await scalar(reader, LETTERS) == 0
    assert await scalar(reader, PLACE) == "1-1"


async def test_a_copy_without_its_part_takes_no_letter_away(source: Side, reader: Side) -> None:
    """Else whoever writes one could hide that an event was lost."""
    good = raw(source.keyring, new_subject(), 1, 1)
    intake = make_intake(reader)
    await intake.take(TOPIC, [damaged(good, "bad-seal")])
    await intake.take(TOPIC, [emptied(good)])
    assert await scalar(reader, LETTERS) == 1
    await intake.take(TOPIC, [good])
    assert await scalar(reader, LETTERS) == 0
    assert len(await effects(reader)) == 1


async def test_a_copy_without_its_part_does_not_wait_in_the_place_of_a_good_one(
    source: Side, reader: Side
) -> None:
    """Behind a key that waits the good copy would be its double."""
    key = new_subject()
    waits = Waits()
    intake = make_intake(reader, waits)
    await intake.take(TOPIC, [raw(source.keyring, key, 1, 1)])
    good = raw(source.keyring, key, 2, 2)
    await intake.take(TOPIC, [emptied(good)])
    await intake.take(TOPIC, [good])
    waits.over = True
    for _ in range(2):
        await make_due(reader)
        await intake.retry_parked()
    assert await effects(reader) == [(key, 1), (key, 2)]
    assert await scalar(reader, PLACE) == "2-2"


async def test_the_same_damaged_copy_doubled_makes_one_letter(source: Side, reader: Side) -> None:
    """In one batch, in a later one, and republished at another offset."""
    bad = damaged(raw(source.keyring, new_subject(), 1, 1), "bad-seal")
    limits = InvalidLimits(per_sender=2, overall=2)
    intake = make_intake(reader, limits=limits)
    await intake.take(TOPIC, [bad, bad])
    await intake.take(TOPIC, [bad, replace(bad, offset=9)])
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "bad-seal"
    assert await scalar(reader, LETTERS) == 1
    assert await scalar(reader, ANNOUNCED) == 1
    assert await scalar(reader, "SELECT count(*) FROM quarantine") == 0, "old rubbish is no news"
    assert limits.halted() == []


async def test_what_a_handler_could_not_take_is_taken_once_the_handler_was_mended(
    source: Side, reader: Side
) -> None:
    """The source publishes it again (or the offset was not committed)."""
    message = raw(source.keyring, new_subject(), 1, 1)

    async def broken(
        _context: Side, _conn: AsyncConnection, _batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        raise KeyError("a mistake of the code")

    await make_intake(reader, broken).take(TOPIC, [message])
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "handler-failed"
    await make_intake(reader).take(TOPIC, [message])
    await make_intake(reader).take(TOPIC, [message])
    assert len(await effects(reader)) == 1
    assert await scalar(reader, LETTERS) == 0


async def test_a_good_copy_that_must_wait_is_taken_once_too(source: Side, reader: Side) -> None:
    """Its letter is withdrawn when it is parked: a third copy is a double like any other."""
    good = raw(source.keyring, new_subject(), 1, 1)
    waits = Waits()
    intake = make_intake(reader, waits)
    await intake.take(TOPIC, [damaged(good, "bad-seal")])
    await intake.take(TOPIC, [good])
    await intake.take(TOPIC, [good])
    assert await scalar(reader, "SELECT count(*) FROM parked") == 1
    waits.over = True
    for _ in range(2):
        await make_due(reader)
        await intake.retry_parked()
    await intake.take(TOPIC, [good])
    assert len(await effects(reader)) == 1


async def test_a_letter_that_was_superseded_before_it_went_out_says_nothing(
    source: Side, reader: Side
) -> None:
    """The relay must not fail on it: it would hold up all letters behind it."""
    good = raw(source.keyring, new_subject(), 1, 1)
    intake = make_intake(reader)
    await intake.take(TOPIC, [damaged(good, "bad-seal")])
    await intake.take(TOPIC, [good])
    assert await published(reader) == [None]


async def published(side: Side) -> list[DeadLetter | None]:
    """What the relay would publish of each letter; None where nothing is left to say."""
    letters = DeadLetters(side.name, side.keyring)
    async with side.database.transaction() as conn:
        found = await conn.execute(
            text(
                "SELECT event_id::text, topic, partition, key, version, county, ref, traceparent, "
                "occurred_at, id AS sequence FROM outbox WHERE topic = :t ORDER BY id"
            ),
            {"t": letters.topic},
        )
        rows = [OutboxRow(**row) for row in found.mappings()]
        events = await letters.load(None, conn, rows)
    parts = [events[row.event_id].parts if row.event_id in events else {} for row in rows]
    return [cast("DeadLetter | None", part.get(side.name)) for part in parts]


@pytest.mark.parametrize("large", ["value", "header", "headers", "name", "key"])
async def test_a_letter_fits_into_a_message_whatever_is_large(reader: Side, large: str) -> None:
    """Design section 4: one that does not would stop the letters behind it for ever."""
    much = "x" * 700_000
    message = RawMessage(TOPIC, 0, 1, "key", (("a", b"1"),), b"value")
    await make_intake(reader).take(
        TOPIC,
        [
            {
                "value": replace(message, value=much.encode()),
                "header": replace(message, headers=(("a", much.encode()),)),
                "headers": replace(message, headers=(("a", b"1" * 1000),) * 700),
                "name": replace(message, headers=((much, b"1"),)),
                "key": replace(message, key=much),
            }[large]
        ],
    )
    [letter] = await published(reader)
    assert letter is not None
    assert len(letter.model_dump_json()) <= LARGEST
    assert (letter.complete, letter.value) == (False, "")
    assert letter.rule in ("header-missing", "key-damaged")
    assert len(letter.headers) >= 1
    assert letter.key == ("key" if large != "key" else much[: len(letter.key)])


ASKS = "SELECT count(*) FROM outbox WHERE topic = 'reporting-replay-requested'"
_RUBBISH = {
    "does not open": lambda m: damaged(m, "bad-seal"),
    "is no value": lambda m: damaged(m, "value-not-json"),
    "holds nothing for us": lambda m: emptied(m),
    "has a key that is not here": lambda m: replace(
        m, value=m.value.replace(b"seal/", b"seal/other-", 1)
    ),
}


async def ask(side: Side) -> int:
    """Ask for what is missing as if enough time had gone by; gives all requests so far."""
    async with side.database.transaction() as conn:
        await conn.execute(
            text("UPDATE inbox_position SET changed_at = '-infinity', requested_at = NULL")
        )
        await positions.request_missing(conn, side.name)
    return int(await scalar(side, ASKS))


@pytest.mark.parametrize("how", _RUBBISH)
async def test_what_a_header_alone_says_makes_nobody_ask_for_more(
    source: Side, reader: Side, how: str
) -> None:
    """Design section 4: rubbish says that it is the newest of billions. Nothing is asked for then;
    what is really missing still is, and a copy that does not open either closes the hole."""
    key = new_subject()
    intake = make_intake(reader)
    far = _RUBBISH[how](raw(source.keyring, key, 1, 9_999_999_999_999_999))
    for _ in range(2):
        await intake.take(TOPIC, [raw(source.keyring, key, 1, 1), far])
        assert await scalar(reader, PLACE) == "1-1"
        assert await ask(reader) == 0
    again = _RUBBISH[how](raw(source.keyring, key, 3, 3))
    await intake.take(TOPIC, [again, raw(source.keyring, new_in(key), 4, 4)])
    await intake.take(TOPIC, [raw(source.keyring, key, 2, 2)])
    assert await scalar(reader, PLACE) == "4-4"
    beyond = _RUBBISH[how](raw(source.keyring, key, 6, 6))
    await intake.take(TOPIC, [beyond])
    assert await scalar(reader, PLACE) == "4-4"
    await intake.take(TOPIC, [raw(source.keyring, new_in(key), 5, 5)])
    await intake.take(TOPIC, [raw(source.keyring, new_in(key), 7, 7)])
    assert await scalar(reader, PLACE) == "5-7"
    assert await ask(reader) == 1
    await intake.take(TOPIC, [beyond])
    assert await scalar(reader, PLACE) == "7-7"
    assert await ask(reader) == 1


def new_in(key: str) -> str:
    """Another key of the same shard."""
    shard = partition_of(key, SPEC.partitions)
    return next(k for k in iter(new_subject, None) if partition_of(k, SPEC.partitions) == shard)


async def test_a_message_that_opens_later_says_what_is_missing_before_it(
    source: Side, reader: Side
) -> None:
    """It waited behind one of its key, and was not opened when it came."""
    key = new_subject()
    waits = Waits()
    intake = make_intake(reader, waits)
    await intake.take(TOPIC, [raw(source.keyring, key, 1, 1)])
    await intake.take(TOPIC, [raw(source.keyring, key, 3, 3)])
    assert await scalar(reader, PLACE) == "1-1"
    waits.over = True
    for _ in range(2):
        await make_due(reader)
        await intake.retry_parked()
    assert len(await effects(reader)) == 2
    assert await scalar(reader, PLACE) == "1-3"


async def test_what_another_version_of_the_topic_left_unread_is_refused_and_asked_for_again(
    source: Side, reader: Side
) -> None:
    """CONTRIBUTING: a process reads one version; its source publishes what is asked in the new."""
    key = new_subject()
    now = raw(source.keyring, key, 1, 1)
    other = f"{SPEC.type.rpartition('.')[0]}.v{SPEC.version + 1}".encode()
    headers = tuple((n, other if n == "ce_type" else v) for n, v in now.headers)
    intake = make_intake(reader)
    await intake.take(TOPIC, [replace(now, headers=headers)])
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "wrong-type"
    assert await ask(reader) == 0
    await intake.take(TOPIC, [raw(source.keyring, key, 2, 2)])
    assert await ask(reader) == 1
    await intake.take(TOPIC, [now])
    assert await scalar(reader, PLACE) == "2-2"
