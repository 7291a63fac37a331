"""A terminal's device gateway: what it commits to, and the events it sends."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from muster.capture.handlers import attesting
from muster.capture.main import service
from muster.contracts.envelope import Clear, seal_context, write_headers, write_value
from muster.contracts.parts.base import Part
from muster.contracts.parts.device import CardRead, SignatureCaptured
from muster.contracts.topics import service_topics
from muster.messaging import border
from muster.messaging.deadletters import RawMessage
from muster.messaging.intake import Intake
from muster.security import digests, packets
from muster.vocabulary.ids import new_id

CARD_READ, SIGNATURE = "device-card-read", "device-signature-captured"
ON_CARD = ("name", "sex", "ethnicity", "birth_date", "resident_number")
ATTESTED = ("attested", "attested", ())
TRACE = [[12, 40, 0], [30, 22, 40], [48, 44, 90]]

Bench = Any


@dataclass
class Device:
    """Reads cards and takes signatures at one terminal, and chains its events."""

    bench: Bench
    terminal: Any
    sequence: int = 0
    previous: str | None = None
    parts: list[Part] = field(default_factory=list)

    def read(self, fields: Mapping[str, Any], **changes: Any) -> tuple[RawMessage, dict[str, Any]]:
        """A card is read: the event, and what the desk may reveal with the record."""
        salts = {name: digests.new_salt() for name in ON_CARD}
        reading = {
            "reading_id": new_id(),
            "card": "resident",
            "salt": digests.new_salt(),
            "hashes": {n: digests.field_hash(n, fields[n], salts[n]) for n in ON_CARD},
            "salts": salts,
        }
        root = digests.reading_root(
            reading["reading_id"], "resident", reading["hashes"], reading["salt"]
        )
        about = {
            "reading_id": reading["reading_id"],
            "card": "resident",
            "reader_id": "0000000000000000",
            "root": root,
            "fields": ON_CARD,
            "read_at": datetime.now(UTC),
            **changes,
        }
        return self.send(CARD_READ, CardRead, **about), reading

    def sign(self, record: Mapping[str, Any], **changes: Any) -> tuple[RawMessage, dict[str, Any]]:
        """A signature is taken under a record: the event, and the signature for the record."""
        salt = digests.new_salt()
        signature = {
            "kind": "handwriting",
            "digest": record["signature"]["digest"],
            "trace": TRACE,
            "signature_id": new_id(),
            "trace_salt": salt,
        }
        about = {
            "signature_id": signature["signature_id"],
            "record_digest": signature["digest"],
            "kind": "handwriting",
            "trace": digests.trace_digest(TRACE, salt),
            "captured_at": datetime.now(UTC),
            **changes,
        }
        return self.send(SIGNATURE, SignatureCaptured, **about), signature

    def send(self, topic: str, model: Any, **about: Any) -> RawMessage:
        """The next event of the chain. `previous` and `sequence` may be given to break it."""
        sequence = about.pop("sequence", self.sequence + 1)
        previous = about.pop("previous", self.previous)
        part = model(salt=digests.new_salt(), previous=previous, **about)
        self.sequence = sequence
        self.previous = digests.event_digest(part.model_dump(mode="json"))
        self.parts.append(part)
        return self.message(topic, part, sequence)

    def message(self, topic: str, part: Part, sequence: int, **changes: Any) -> RawMessage:
        """An event as it lies on the topic; `changes` are what somebody did to it."""
        key = changes.get("key", self.terminal.terminal_id)
        event_id = changes.get("event_id", new_id())
        spec = service_topics()[topic]
        context = seal_context(spec, "capture", event_id, key, sequence)
        ring = self.bench.context.keyring
        reader = packets.public_jwk(ring.current("packet/capture").jwk())
        clear = Clear(version=sequence, terminal_id=changes.get("said", key))
        signing = changes.get("jwk", self.terminal.jwk)
        headers = write_headers(
            spec,
            event_id=event_id,
            place=changes.get("place", key),
            time=datetime.now(UTC),
            subject=key,
            sequence=sequence,
            traceparent=None,
        )
        sealed = border.seal_part(part, signing, reader, context)
        value = write_value(clear, {"capture": sealed})
        return RawMessage(topic, 0, sequence, key, tuple(headers), value)


def intake_of(bench: Bench) -> Intake:
    """Capture's own intake, as its consumer uses it."""
    return Intake(
        service="capture",
        context=bench.context,
        database=bench.context.database,
        subscriptions=service.subscriptions,
        keyring=bench.context.keyring,
    )


async def hear(bench: Bench, *messages: RawMessage) -> None:
    """Messages arrive, in this order, each topic as one batch where it can be."""
    intake = intake_of(bench)
    batch: list[RawMessage] = []
    for message in messages:
        if batch and batch[0].topic != message.topic:
            await intake.take(batch[0].topic, batch)
            batch = []
        batch.append(message)
    if batch:
        await intake.take(batch[0].topic, batch)


async def grace_passes(bench: Bench, days: int = 8) -> None:
    """Time goes by, and the job looks."""
    await bench.rows(
        f"UPDATE record_claim SET claimed_at = claimed_at - interval '{days} days' RETURNING 1"
    )
    await attesting.flag_overdue(bench.context)


def claimed(
    bench: Bench,
    device: Device,
    person: Any,
    base: int = 0,
    *,
    pieces: Iterable[tuple[str, str]] = (),
    chip: Sequence[str] = ON_CARD,
) -> tuple[dict[str, Any], RawMessage, RawMessage]:
    """A record with a reading and a signature, and the events of both."""
    record: dict[str, Any] = bench.record(person, base, pieces=pieces)
    card, record["reading"] = device.read(person.fields())
    record["provenance"] |= dict.fromkeys(chip, "chip")
    signed, record["signature"] = device.sign(record)
    return record, card, signed


async def states(bench: Bench) -> dict[tuple[str, int], tuple[str, str, tuple[str, ...]]]:
    """What verification was told last of each version; reporting the same, and nothing more."""
    found = {}
    for row, event in await bench.events("capture-record-attested"):
        part = event.parts["verification"]
        told = {"reading": part.reading, "signature": part.signature}
        assert event.parts["reporting"].model_dump() == told
        assert event.clear.version == row.version
        found[(row.key, row.version)] = (str(part.reading), str(part.signature), part.reasons)
    return found


def shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    """In another order, some of them twice."""
    order = random.Random(seed)
    mixed = [*items, *order.sample(items, k=len(items) // 2)]
    order.shuffle(mixed)
    return mixed


async def accepted(bench: Bench, device: Device, *records: dict[str, Any]) -> None:
    answer = (await bench.upload(device.terminal, records)).json()
    assert [r["status"] for r in answer["receipts"]] == ["accepted"] * len(records), answer


async def visitor(bench: Bench, device: Device) -> tuple[Any, list[tuple[str, str]]]:
    person = bench.person()
    return person, await bench.bring_evidence(device.terminal, person)


async def new_device(bench: Bench) -> Device:
    return Device(bench, await bench.terminal())


async def of(bench: Bench, person: Any, version: int = 1) -> tuple[str, str, tuple[str, ...]]:
    return (await states(bench))[(person.subject_id, version)]


async def ids_of(bench: Bench) -> dict[int, tuple[str | None, ...]]:
    """By version the reading and signature that were told last, and the events behind them."""
    return {
        row.version: (
            event.parts["verification"].reading_id,
            event.parts["verification"].signature_id,
            event.parts["verification"].reading_event,
            event.parts["verification"].signature_event,
        )
        for row, event in await bench.events("capture-record-attested")
    }


def event_id(message: RawMessage) -> str:
    """Under which id an event lies on its topic."""
    return dict(message.headers)["ce_id"].decode()
