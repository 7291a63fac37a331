"""What the gateway does: read a card, take a signature, tell how its readers are, sign what the
desk sends (R55, R58, R60, R101).

What happens and the event that tells of it are one transaction of the spool, and only what was
committed is answered. Values of a card are in memory between reader and answer and nowhere else.
"""

from __future__ import annotations

import base64
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from muster.contracts.parts.base import UUID_PATTERN
from muster.contracts.parts.device import (
    CardKind,
    CardRead,
    DeviceStatus,
    SignatureCaptured,
    TerminalEvent,
)
from muster.contracts.topics import service_topics
from muster.device_gateway import store
from muster.device_gateway.domain.cards import Card
from muster.device_gateway.domain.reasons import refusal
from muster.device_gateway.readers.bench import Bench
from muster.device_gateway.readers.port import ReaderError
from muster.observability.logging import get_logger
from muster.security import digests, packets
from muster.security.jose import Jwk
from muster.spool.keyfile import Edge
from muster.spool.services import KeysUnknown, ServiceAway, ServiceKeys
from muster.spool.store import Counts, Spool, Work
from muster.vocabulary.ids import new_id

_log = get_logger("muster.gateway")

PHOTO: Final = "photo"
"""Field of the photograph: base64 of what the chip has (1,024 bytes, WLT)."""
TRACE_NUMBERS, TRACE_DEPTH = 60_000, 4
"""Numbers and lists in a handwriting (some minutes of writing), and lists in lists."""
LARGEST_PAYLOAD: Final = packets.LIMIT * 9 // 16 - 4096
"""Bytes of a packet's payload, with its request: base64 twice makes of them what capture takes."""
SOFTWARE = f"muster-device-gateway {version('muster-device-gateway')}"

_RECORDS: Final = frozenset({"packet_id", "made_at", "records"})
_PIECES: Final = frozenset({"packet_id", "pieces"})
_UUID = re.compile(UUID_PATTERN)

Trace = list[int] | list["Trace"]
"""A handwriting: nested lists of whole numbers."""


@dataclass(frozen=True)
class Gateway:
    """What handlers work with. `edge` is enrolled."""

    edge: Edge
    spool: Spool
    keys: ServiceKeys
    bench: Bench


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading gives to the desk, once. `hashes` and `salts` are by field."""

    reading_id: str
    card: CardKind
    reader_id: str
    read_at: datetime
    salt: str
    fields: dict[str, str]
    hashes: dict[str, str]
    salts: dict[str, str]
    root: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was taken; the desk puts `trace_salt` beside the handwriting."""

    signature_id: str
    trace_salt: str
    trace_digest: str
    captured_at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the gateway is. `readers` are states by name, as of the last look."""

    terminal_id: str
    area: str | None
    label: str | None
    software: str
    readers: dict[str, str]
    spool: Counts
    keys: dict[str, bool]


def read_card(gateway: Gateway, patience: float, gone: threading.Event | None = None) -> Reading:
    """Read the card that comes within `patience` seconds, and commit to it; unless whoever asked is
    `gone` before one comes. Blocks.

    Raises Refusal: a rule of readers, keys-unknown, spool-failed. Then nothing was given out.
    """
    capture = _reader_key(gateway, store.CARD_READ)
    try:
        found = gateway.bench.read(patience, gone)
    except ReaderError as error:
        raise refusal(error.rule) from None
    fields = _fields(found.card)
    salts = {name: digests.new_salt() for name in fields}
    hashes = {name: digests.field_hash(name, fields[name], salts[name]) for name in fields}
    reading_id, salt, read_at = new_id(), digests.new_salt(), datetime.now(UTC)
    card = found.card.kind
    root = digests.reading_root(reading_id, card, hashes, salt)

    def event(event_salt: str, previous: str | None) -> CardRead:
        return CardRead(
            salt=event_salt,
            previous=previous,
            reading_id=reading_id,
            card=card,
            reader_id=found.reader_id,
            root=root,
            fields=tuple(fields),
            read_at=read_at,
        )

    with _writing(gateway) as work:
        sequence = store.chain(work, gateway.edge, store.CARD_READ, capture, event)
    _log.info("a card was read", sequence=sequence, card=card)
    return Reading(
        reading_id, card, found.reader_id, read_at, salt, fields, hashes, salts, root, sequence
    )


def take_signature(gateway: Gateway, record_digest: str, kind: str, trace: Trace) -> Signed:
    """Take a handwriting under the record with that digest (R58). Blocks for a commit.

    Raises Refusal: trace-empty, trace-numbers, trace-large, keys-unknown, spool-failed.
    """
    _check_trace(trace)
    capture = _reader_key(gateway, store.SIGNATURE)
    suite, _ = digests.parse(record_digest)
    signature_id, salt, captured_at = new_id(), digests.new_salt(), datetime.now(UTC)
    digest = digests.trace_digest(trace, salt, suite)

    def event(event_salt: str, previous: str | None) -> SignatureCaptured:
        return SignatureCaptured(
            salt=event_salt,
            previous=previous,
            signature_id=signature_id,
            record_digest=record_digest,
            kind=kind,
            trace=digest,
            captured_at=captured_at,
        )

    with _writing(gateway) as work:
        sequence = store.chain(work, gateway.edge, store.SIGNATURE, capture, event)
    _log.info("a signature was taken", sequence=sequence)
    return Signed(signature_id, salt, digest, captured_at, sequence)


def assertion(gateway: Gateway) -> str:
    """This terminal's word that a sign-in happens at it, now (R101)."""
    assert gateway.edge.place is not None
    return packets.assertion(gateway.edge.place, gateway.edge.signing)


def pack(gateway: Gateway, payload: Mapping[str, object]) -> str:
    """A packet of records or of pieces, signed by this terminal and sealed to capture (R101).

    A packet of records gets the terminal's id. Takes its time: a packet may hold many pictures.

    Raises Refusal: packet-members, packet-id, packet-terminal, packet-text, packet-large,
    keys-unknown.
    """
    assert gateway.edge.place is not None
    capture = _packet_key(gateway, "capture")
    _check_payload(payload, gateway.edge.place)
    told = {**payload, "terminal_id": gateway.edge.place} if "records" in payload else payload
    try:
        packet = packets.sign_and_seal(told, gateway.edge.signing, capture)
    except TypeError:
        raise refusal("packet-text") from None
    # Numbers may have become longer than they were sent.
    if len(packet) > packets.LIMIT:
        raise refusal("packet-large")
    return packet


def tell_readers(gateway: Gateway) -> bool:
    """Publish how the readers are when that has changed; whether it had (R60). Blocks.

    Raises ReaderError (reader-busy), Refusal (keys-unknown, spool-failed).
    """
    states = gateway.bench.states()
    if states == store.told(gateway.spool):
        return False
    reporting = _reader_key(gateway, store.STATUS)
    waiting = gateway.spool.counts().waiting

    def event(event_salt: str, previous: str | None) -> TerminalEvent:
        return DeviceStatus(
            salt=event_salt,
            previous=previous,
            readers=states,
            waiting=waiting,
            software=SOFTWARE,
            at=datetime.now(UTC),
        )

    with _writing(gateway) as work:
        store.chain(work, gateway.edge, store.STATUS, reporting, event)
        store.note_told(work, states)
    _log.info("readers changed", **states)
    return True


def standing(gateway: Gateway) -> Standing:
    """How readers were at the last look, and the spool is now. Blocks."""
    assert gateway.edge.place is not None
    states = gateway.bench.seen
    return Standing(
        gateway.edge.place,
        gateway.edge.area,
        gateway.edge.label,
        SOFTWARE,
        states,
        gateway.spool.counts(),
        {name: _known(gateway, name) for name in store.READERS},
    )


async def refresh_keys(gateway: Gateway) -> None:
    """Fetch the readers' public keys, each on its own: one that is away keeps no other."""
    for name in store.READERS:
        try:
            await gateway.keys.refresh([name])
        except (ServiceAway, OSError) as error:
            _log.info("keys cannot be fetched", service_asked=name, reason=type(error).__name__)


def keys_known(gateway: Gateway) -> bool:
    """Whether everything can be sealed to whoever takes it."""
    return all(_known(gateway, name) for name in store.READERS)


def _fields(card: Card) -> dict[str, str]:
    if not card.photo:
        return dict(card.fields)
    return {**card.fields, PHOTO: base64.b64encode(card.photo).decode()}


def _check_trace(trace: object) -> None:
    """Whole numbers in lists, at least one point, and not too many: a digest has one form only."""
    items, numbers, waiting = 0, 0, [(trace, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, list) and depth < TRACE_DEPTH:
            waiting.extend((inner, depth + 1) for inner in item)
        elif type(item) is not int or abs(item) >= 1 << 31:
            raise refusal("trace-numbers")
        else:
            numbers += 1
        items += 1
        if items > TRACE_NUMBERS:
            raise refusal("trace-large")
    if numbers < 2:
        raise refusal("trace-empty")


def _check_payload(payload: Mapping[str, object], own_id: str) -> None:
    """An upload or a piece of evidence, as far as a stranger's payload shows that it is neither;
    what stands in records and pieces is capture's to judge."""
    members = payload.keys() - {"terminal_id"}
    listed = payload.get("records" if "records" in members else "pieces")
    if members not in (_RECORDS, _PIECES) or not isinstance(listed, list) or not listed:
        raise refusal("packet-members")
    packet_id = payload["packet_id"]
    if not isinstance(packet_id, str) or _UUID.fullmatch(packet_id) is None:
        raise refusal("packet-id")
    if payload.get("terminal_id", own_id) != own_id:
        raise refusal("packet-terminal")


def _reader_key(gateway: Gateway, topic: str) -> Jwk:
    [reader] = service_topics()[topic].consumers
    return _packet_key(gateway, reader)


def _packet_key(gateway: Gateway, service: str) -> Jwk:
    try:
        return gateway.keys.packet_key(service)
    except KeysUnknown:
        raise refusal("keys-unknown") from None


def _known(gateway: Gateway, service: str) -> bool:
    try:
        gateway.keys.packet_key(service)
    except KeysUnknown:
        return False
    return True


@contextmanager
def _writing(gateway: Gateway) -> Iterator[Work]:
    """A transaction of the spool; what cannot be stored is refused."""
    try:
        with gateway.spool.transaction() as work:
            yield work
    except sqlite3.Error as error:
        _log.error("the spool cannot be written", reason=type(error).__name__)
        raise refusal("spool-failed") from None
