"""Readings over a real pseudo-terminal, signatures, the chain of events (R55, R58, R60)."""

from __future__ import annotations

import asyncio
import base64
import errno
import io
import sqlite3
import time
from pathlib import Path

import pytest

from muster.contracts.parts.device import CardRead, DeviceStatus, SignatureCaptured
from muster.device_gateway import handlers, store
from muster.device_gateway.handlers import Gateway, Reading
from muster.device_gateway.readers import serial_sdt
from muster.device_gateway.readers.bench import Bench
from muster.device_gateway.readers.serial_sdt import SerialReader
from muster.messaging import failpoints
from muster.observability import logging
from muster.security import digests
from muster.spool.keyfile import Edge
from muster.spool.services import ServiceKeys
from muster.spool.store import Spool
from muster.synth import reader as virtual
from muster.vocabulary.reasons import Refusal

from .conftest import block_of, card_of, check_chain, resident, spooled

DIGEST = "sha256:" + "5a" * 32
TRACE = [[12, 40, 0], [30, 22, 40], [48, 44, 90]]
PHOTO = bytes(range(256)) * 4


def refused(gateway: Gateway, patience: float = 0) -> str:
    with pytest.raises(Refusal) as caught:
        handlers.read_card(gateway, patience)
    [reason] = caught.value.reasons
    return reason.rule


def check_reveals(reading: Reading, event: CardRead) -> None:
    """What capture does: every hash again from value and salt, the root again from the hashes."""
    assert set(reading.fields) == set(reading.salts) == set(reading.hashes) == set(event.fields)
    for name, value in reading.fields.items():
        assert digests.field_hash(name, value, reading.salts[name]) == reading.hashes[name]
    root = digests.reading_root(reading.reading_id, reading.card, reading.hashes, reading.salt)
    assert root == reading.root == event.root
    assert len({reading.salt, event.salt, *reading.salts.values()}) == len(reading.salts) + 2


def test_a_reading_is_committed_to_and_then_revealed(
    gateway: Gateway, serial: virtual.SerialReader
) -> None:
    serial.put(card_of(1), PHOTO)
    reading = handlers.read_card(gateway, 2)
    assert reading.fields["name"] == resident(1)["name"]
    assert base64.b64decode(reading.fields["photo"]) == PHOTO
    assert reading.reader_id == virtual.SAM_ID.hex().upper()
    [event] = spooled(gateway.edge, gateway.spool)
    assert event.topic == store.CARD_READ
    assert event.part.reading_id == reading.reading_id
    assert event.part.reader_id == reading.reader_id
    check_reveals(reading, event.part)
    check_chain([event])


def test_a_card_that_was_read_must_be_lifted(
    gateway: Gateway, serial: virtual.SerialReader
) -> None:
    serial.put(card_of(1))
    handlers.read_card(gateway, 1)
    assert refused(gateway) == "no-card"
    serial.take()
    serial.put(card_of(1))
    handlers.read_card(gateway, 1)
    assert serial.reads == 2


async def test_a_reading_waits_for_a_card(gateway: Gateway, serial: virtual.SerialReader) -> None:
    waiting = asyncio.create_task(asyncio.to_thread(handlers.read_card, gateway, 10))
    await asyncio.sleep(0.4)
    assert not waiting.done()
    serial.put(card_of(2))
    assert (await waiting).fields["name"] == resident(2)["name"]


REFUSED = {
    "bad-checksum": "frame-checksum",
    "short-length": "frame-checksum",
    "cut-off": "frame-cut-off",
    "silence": "reader-silent",
    "read-failed": "card-read",
    "not-authentic": "card-not-authentic",
    "short-card": "card-length",
}


@pytest.mark.parametrize("how", virtual.MISBEHAVIOURS)
def test_a_reader_that_misbehaves_gives_a_reason_and_no_event(
    how: str, gateway: Gateway, serial: virtual.SerialReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once too often is refused, with nothing in the spool; the next good reading works (R69)."""
    monkeypatch.setattr(serial_sdt, "ANSWER", 0.4)
    serial.put(card_of(1))
    serial.misbehave(*[how] * serial_sdt.TRIES)
    if how == "noise-before":
        assert handlers.read_card(gateway, 1).fields["name"] == resident(1)["name"]
        return
    assert refused(gateway, 1) == REFUSED[how]
    assert gateway.spool.counts().waiting == 0
    serial.take()
    # What was not used up would spoil the good reading.
    serial._wrong.clear()
    serial.put(card_of(2))
    assert handlers.read_card(gateway, 2).fields["name"] == resident(2)["name"]
    check_chain(spooled(gateway.edge, gateway.spool))


@pytest.mark.parametrize("how", ["bad-checksum", "short-length", "cut-off", "short-card"])
def test_damage_on_the_way_is_asked_for_again(
    how: str, gateway: Gateway, serial: virtual.SerialReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_sdt, "ANSWER", 0.4)
    serial.put(card_of(1))
    serial.misbehave(how)
    assert handlers.read_card(gateway, 1).fields["name"] == resident(1)["name"]


def test_a_slow_line_has_its_time(
    gateway: Gateway, serial: virtual.SerialReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R55: at 9600 baud a card alone is on the line for longer than a reader may be silent."""
    monkeypatch.setattr(serial_sdt, "ANSWER", 0.6)
    serial.baud = 9600
    bench = Bench([SerialReader(serial.path, 9600)])
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, bench)
    serial.put(card_of(1))
    assert handlers.read_card(desk, 1).fields["name"] == resident(1)["name"]
    assert serial.reads == 1
    bench.close()


@pytest.mark.parametrize(
    ("block", "rule"),
    [
        (block_of("", {**resident(1), "name": ""}), "card-empty"),
        (block_of("", {**resident(1), "valid_from": "20121301"}), "card-date"),
    ],
)
def test_a_card_that_cannot_be_is_refused(
    block: bytes, rule: str, gateway: Gateway, serial: virtual.SerialReader
) -> None:
    serial.put(block)
    assert refused(gateway, 1) == rule
    assert gateway.spool.counts().waiting == 0


def test_a_reader_that_comes_back_is_found_again(
    edge: Edge, spool: Spool, gateway: Gateway, tmp_path: Path
) -> None:
    """And its going and coming is told to reporting, once each (R60)."""
    link = tmp_path / "reader"
    desk = Gateway(edge, spool, gateway.keys, Bench([SerialReader(str(link))]))
    assert refused(desk) == "reader-away"
    assert handlers.tell_readers(desk)
    assert not handlers.tell_readers(desk)
    for seed in (1, 2):
        with virtual.SerialReader() as plugged:
            link.symlink_to(plugged.path)
            assert handlers.tell_readers(desk)
            plugged.put(card_of(seed))
            assert handlers.read_card(desk, 2).fields["name"] == resident(seed)["name"]
            link.unlink()
        assert refused(desk) == "reader-away"
        assert handlers.tell_readers(desk)
    events = spooled(edge, spool)
    check_chain(events)
    states = [event.part.readers for event in events if isinstance(event.part, DeviceStatus)]
    away, there = {"serial": "reader-away"}, {"serial": "ready"}
    assert states == [away, there, away, there, away]
    assert handlers.standing(desk).readers == away


def test_a_reader_that_another_program_holds_is_said(
    gateway: Gateway, serial: virtual.SerialReader
) -> None:
    """R60: its cable is right; nobody is sent to look at that."""
    other = SerialReader(serial.path)
    assert other.identify()
    assert refused(gateway) == "reader-in-use"
    other.close()
    assert refused(gateway) == "no-card"


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        (errno.EACCES, "reader-not-allowed"),
        (errno.EBUSY, "reader-in-use"),
        (errno.ENOENT, "reader-away"),
    ],
)
def test_why_a_port_cannot_be_opened(
    number: int, rule: str, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opening(*_: object, **__: object) -> None:
        raise serial_sdt.serial.SerialException(number, "could not open port")

    monkeypatch.setattr(serial_sdt.serial, "Serial", opening)
    assert refused(gateway) == rule


def test_another_reader_is_not_held_up_by_one_that_is_away(
    gateway: Gateway, serial: virtual.SerialReader
) -> None:
    both = [SerialReader("/dev/no-such-reader", name="first"), SerialReader(serial.path)]
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, Bench(both))
    assert refused(desk) == "no-card"
    serial.put(card_of(1))
    assert handlers.read_card(desk, 1).card == "resident"
    desk.bench.close()


def test_no_reader_is_said(gateway: Gateway) -> None:
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, Bench([]))
    assert refused(desk) == "no-reader"


async def test_an_end_does_not_wait_for_cards(gateway: Gateway) -> None:
    waiting = asyncio.create_task(asyncio.to_thread(handlers.read_card, gateway, 60))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await asyncio.to_thread(gateway.bench.close)
    with pytest.raises(Refusal, match="stopping"):
        await waiting
    assert time.monotonic() - started < 5


# -- signatures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["sha256", "sm3"])
def test_a_signature_names_record_and_handwriting(suite: str, gateway: Gateway) -> None:
    """R58: bound to the digest of what was shown, in its suite."""
    record = f"{suite}:" + "5a" * 32
    signed = handlers.take_signature(gateway, record, "handwriting", TRACE)
    [event] = spooled(gateway.edge, gateway.spool)
    part: SignatureCaptured = event.part
    assert event.topic == store.SIGNATURE
    assert (part.signature_id, part.record_digest) == (signed.signature_id, record)
    assert part.trace == digests.trace_digest(TRACE, signed.trace_salt, suite)


@pytest.mark.parametrize(
    ("trace", "rule"),
    [
        ([], "trace-empty"),
        ([[], [[]]], "trace-empty"),
        ([[7]], "trace-empty"),
        ([[1, 2.5]], "trace-numbers"),
        ([["1"]], "trace-numbers"),
        ([[True]], "trace-numbers"),
        ([{"x": 1}], "trace-numbers"),
        ([[[[[1]]]]], "trace-numbers"),
        ([1 << 40], "trace-numbers"),
        ([[1, 2, 3]] * 20_000, "trace-large"),
    ],
)
def test_what_is_no_handwriting_is_refused(
    trace: list[object], rule: str, gateway: Gateway
) -> None:
    """R58: nobody has signed by an empty sheet."""
    with pytest.raises(Refusal, match=rule):
        handlers.take_signature(gateway, DIGEST, "handwriting", trace)  # type: ignore[arg-type]
    assert gateway.spool.counts().waiting == 0


# -- chain and spool -------------------------------------------------------------------------------


def test_all_events_are_one_chain_over_restarts(
    edge: Edge, home: Path, gateway: Gateway, serial: virtual.SerialReader
) -> None:
    handlers.tell_readers(gateway)
    handlers.take_signature(gateway, DIGEST, "handwriting", TRACE)
    gateway.spool.close()
    again = Gateway(edge, store.open_spool(home, edge), gateway.keys, gateway.bench)
    assert not handlers.tell_readers(again), "the same state is told again after a restart"
    serial.put(card_of(1))
    handlers.read_card(again, 1)
    handlers.take_signature(again, DIGEST, "thumbprint", TRACE)
    events = spooled(edge, again.spool)
    again.spool.close()
    assert [event.topic for event in events] == [
        store.STATUS,
        store.SIGNATURE,
        store.CARD_READ,
        store.SIGNATURE,
    ]
    check_chain(events)


def test_what_is_not_committed_is_not_given_out(
    gateway: Gateway, serial: virtual.SerialReader
) -> None:
    """A commit that fails leaves neither event nor a new head of the chain."""
    handlers.take_signature(gateway, DIGEST, "handwriting", TRACE)
    serial.put(card_of(1))
    failpoints.configure("spool.before-commit=raise")
    try:
        with pytest.raises(failpoints.FailPointError):
            handlers.read_card(gateway, 1)
    finally:
        failpoints.configure("")
    serial.take()
    serial.put(card_of(1))
    reading = handlers.read_card(gateway, 1)
    events = spooled(gateway.edge, gateway.spool)
    check_chain(events)
    assert [event.sequence for event in events] == [1, 2] == [1, reading.sequence]


def test_a_spool_that_cannot_be_written_is_said(
    gateway: Gateway, serial: virtual.SerialReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    serial.put(card_of(1))
    monkeypatch.setattr(store, "chain", full)
    assert refused(gateway, 1) == "spool-failed"


def test_without_the_service_s_key_nothing_is_read(
    edge: Edge, home: Path, gateway: Gateway, serial: virtual.SerialReader
) -> None:
    """What could not be sealed to anybody is not taken off the card."""
    (home / "service-keys.json").unlink()
    keys = ServiceKeys(home, edge.services, gateway.keys._http)
    serial.put(card_of(1))
    assert refused(Gateway(edge, gateway.spool, keys, gateway.bench), 1) == "keys-unknown"
    assert serial.reads == 0


def test_no_value_of_a_card_stands_in_the_home_folder(
    home: Path, gateway: Gateway, serial: virtual.SerialReader
) -> None:
    """Neither in the spool's files nor in what was said (design 4)."""
    logs = io.StringIO()
    logging.configure("device-gateway", stream=logs)
    for seed in range(4):
        serial.put(card_of(seed), PHOTO)
        handlers.read_card(gateway, 1)
        serial.take()
    serial.put(block_of("", {**resident(5), "valid_from": "20121301"}))
    assert refused(gateway, 1) == "card-date"
    handlers.take_signature(gateway, DIGEST, "handwriting", TRACE)
    said = logs.getvalue()
    assert "a card was read" in said
    kept = b"".join(path.read_bytes() for path in home.iterdir()) + said.encode()
    for seed in range(6):
        for name in ("name", "household_address", "resident_number"):
            value = resident(seed)[name]
            for form in (
                value.encode(),
                value.encode("utf-16-le"),
                value.encode("utf-16-be"),
                value.encode().hex().encode(),
                base64.b64encode(value.encode())[:-4],
                value.encode("unicode_escape"),
            ):
                assert form not in kept, (name, form)
    assert PHOTO[:64] not in kept
    assert base64.b64encode(PHOTO)[:64] not in kept
