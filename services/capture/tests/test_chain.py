"""The chain of a terminal's events, and who may speak for a terminal."""

from __future__ import annotations

import random
from typing import Any

import pytest

from muster.capture.domain.chain import Link, Suspicion, suspicions
from muster.capture.handlers import devices
from muster.contracts.envelope import Clear
from muster.messaging.message import DONE, Invalid, Message
from muster.security import packets
from muster.vocabulary.ids import new_id

from .devices import (
    ATTESTED,
    CARD_READ,
    Device,
    accepted,
    claimed,
    hear,
    new_device,
    of,
    shuffled,
    visitor,
)

Bench = Any


async def suspicion_of(bench: Bench, device: Device) -> list[str | None]:
    rows = await bench.rows(
        "SELECT suspicion FROM terminal_event WHERE terminal_id = CAST(:t AS uuid) "
        "ORDER BY sequence, digest",
        t=device.terminal.terminal_id,
    )
    return [row["suspicion"] for row in rows]


async def test_a_gap_says_nothing_and_a_late_event_closes_it(bench: Bench) -> None:
    """What lies between may be late, or was for another reader (the state of the devices)."""
    device = await new_device(bench)
    first, late, last = (device.read(bench.person().fields())[0] for _ in range(3))
    await hear(bench, first, last)
    assert await suspicion_of(bench, device) == [None, None]
    await hear(bench, late)
    assert await suspicion_of(bench, device) == [None] * 3


async def test_a_late_event_that_does_not_fit_undoes_what_was_believed(bench: Bench) -> None:
    """Whoever writes with a terminal's key beside it is found out, and neither is believed."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    await hear(bench, card, signed)
    assert await of(bench, person) == ATTESTED
    double = Device(bench, device.terminal)
    await hear(bench, double.read(bench.person().fields())[0])
    assert await suspicion_of(bench, device) == ["fork", "fork", None]
    assert await of(bench, person) == ("flagged", "attested", ("reading-chain",))


async def test_the_same_event_under_another_id_is_a_repetition(bench: Bench) -> None:
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    again = [device.message(CARD_READ, device.parts[0], 1) for _ in range(2)]
    await accepted(bench, device, record)
    await hear(bench, card, *again, signed)
    assert await suspicion_of(bench, device) == [None, None]
    assert await of(bench, person) == ATTESTED


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_thought_of_a_chain_follows_from_the_whole_of_it(
    bench: Bench, seed: int
) -> None:
    """Whatever comes late, twice, or in batches: neighbours alone give the same as all at once."""
    chance = random.Random(seed)
    device, double = await new_device(bench), None
    events = []
    for _ in range(14):
        told: dict[str, Any] = {}
        if chance.random() < 0.15:
            told["previous"] = "sha256:" + "0" * 64
        if chance.random() < 0.15:
            double = Device(bench, device.terminal, device.sequence, device.previous)
            events.append(double.read(bench.person().fields())[0])
        event, _ = device.read(bench.person().fields(), **told)
        if chance.random() < 0.8:
            events.append(event)
    mixed = shuffled(events, seed)
    while mixed:
        size = chance.randint(1, 4)
        await hear(bench, *mixed[:size])
        mixed = mixed[size:]
    rows = await bench.rows(
        "SELECT event_id::text, sequence, digest, previous, suspicion FROM terminal_event"
    )
    links = [Link(r["event_id"], r["sequence"], r["digest"], r["previous"]) for r in rows]
    assert len(links) == len(events)
    assert {r["event_id"]: r["suspicion"] for r in rows} == suspicions(links)


def test_which_events_contradict_their_chain() -> None:
    def link(name: str, sequence: int, previous: str | None) -> Link:
        return Link(name, sequence, name, previous)

    sound = [link("a", 1, None), link("b", 2, "a"), link("d", 4, "c")]
    assert set(suspicions(sound).values()) == {None}
    assert suspicions([*sound, link("c", 3, "x")]) == {
        "a": None,
        "b": Suspicion.BREAK,
        "c": Suspicion.BREAK,
        "d": None,
    }
    assert suspicions([*sound, link("e", 2, "a")])["b"] is Suspicion.FORK
    assert suspicions([link("a", 1, "z")]) == {"a": Suspicion.BREAK}
    assert suspicions([link("b", 2, None)]) == {"b": Suspicion.BREAK}


# -- who speaks ------------------------------------------------------------------------------------


async def letters(bench: Bench) -> list[str]:
    return [row["rule"] for row in await bench.rows("SELECT rule FROM dead_letter")]


async def test_a_terminal_speaks_of_itself_only(bench: Bench) -> None:
    """R102: an enrolled terminal that signs events of another is heard by nobody; nor is a key
    that nobody enrolled, until it is."""
    device, other = await new_device(bench), await new_device(bench)
    _, _ = device.read(bench.person().fields())
    part = device.parts[0]
    mine = {"jwk": other.terminal.jwk}
    forged = [
        device.message(CARD_READ, part, 1, place=other.terminal.terminal_id, **mine),
        device.message(CARD_READ, part, 1, **mine),
        device.message(CARD_READ, part, 1, said=other.terminal.terminal_id),
        device.message(CARD_READ, part, 0),
    ]
    await hear(bench, *forged)
    assert sorted(await letters(bench)) == [
        "header-damaged",
        "packet-key-unknown",
        "terminal-differs",
        "wrong-source",
    ]
    assert await bench.scalar("SELECT count(*) FROM terminal_event") == 0
    unknown = Device(bench, type(device.terminal)(new_id(), packets.generate_key("sig"), "632321"))
    await hear(bench, unknown.read(bench.person().fields())[0])
    assert await bench.scalar("SELECT count(*) FROM parked") == 1


async def test_handlers_answer_each_message_for_itself(bench: Bench) -> None:
    device = await new_device(bench)
    device.read(bench.person().fields())
    key = device.terminal.terminal_id

    def message(version: int, said: str | None) -> Message:
        clear = Clear(version=version, terminal_id=said)
        return Message(CARD_READ, key, new_id(), clear, device.parts[0], None)

    async with bench.context.database.transaction() as conn:
        batch = [message(1, key), message(1, None), message(-1, key)]
        answers = await devices.take_card_read(bench.context, conn, batch)
    assert [type(answer) for answer in answers] == [type(DONE), Invalid, Invalid]
