"""Taking what device gateways publish: card readings and signatures (R55, R58).

The intake has checked that the terminal itself signed the event. Here it finds its place in the
terminal's chain, and then the records that claim it. An event that contradicts the chain is kept
and not believed; which of the two sides is the wrong one, nobody can tell from here.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.attestation import Kind, Proof
from muster.capture.domain.chain import Suspicion, suspicions
from muster.capture.handlers import attesting, common
from muster.capture.store import attestations
from muster.contracts.parts.device import CardRead, SignatureCaptured, TerminalEvent
from muster.messaging.message import DONE, Invalid, Message, Outcome, done
from muster.runtime.context import Context
from muster.security import digests

_OTHER_TERMINAL = Invalid(
    "terminal-differs",
    "消息的键与采集端编号不一致。",
    "The key of the message is not the terminal it speaks of.",
)
_SEQUENCE = Invalid(
    "sequence-invalid",
    "采集端事件的序号须为从 1 开始的整数。",
    "The events of a terminal are counted from 1.",
)
_SEQUENCE_LIMIT = 1 << 62


async def take_card_read(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Take ``device-card-read``: a commitment to what was on a card."""
    outcomes = [_check(message) for message in batch]
    fresh = await _chain(conn, batch, outcomes)
    await attestations.add_readings(conn, [_reading(message) for message in fresh])
    await _meet(context, conn, fresh, {Proof(Kind.READING, m.part.reading_id) for m in fresh})
    return outcomes


async def take_signature(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Take ``device-signature-captured``: a signature under the record with that digest."""
    outcomes = [_check(message) for message in batch]
    fresh = await _chain(conn, batch, outcomes)
    await attestations.add_signatures(conn, [_signature(message) for message in fresh])
    await _meet(context, conn, fresh, {Proof(Kind.SIGNATURE, m.part.signature_id) for m in fresh})
    return outcomes


def _check(message: Message) -> Outcome:
    if message.clear.terminal_id != message.key:
        return _OTHER_TERMINAL
    return DONE if 0 < message.version < _SEQUENCE_LIMIT else _SEQUENCE


async def _chain(
    conn: AsyncConnection, batch: Sequence[Message], outcomes: Sequence[Outcome]
) -> list[Message]:
    """Enter events into the chains of their terminals, once; gives those that are new."""
    good = done(batch, outcomes)
    await attestations.lock_chains(conn, {message.key for message in good})
    added = await attestations.add_events(conn, [_link(message) for message in good])
    return [message for message in good if message.event_id in added]


def _link(message: Message) -> dict[str, Any]:
    part: TerminalEvent = message.part
    return {
        "event_id": message.event_id,
        "terminal_id": message.key,
        "sequence": message.version,
        "digest": digests.event_digest(part.model_dump(mode="json")),
        "previous": part.previous,
    }


def _reading(message: Message) -> dict[str, Any]:
    part: CardRead = message.part
    return {
        "event_id": message.event_id,
        "reading_id": part.reading_id,
        "card": part.card,
        "reader_id": part.reader_id,
        "root": part.root,
        "read_at": part.read_at,
    }


def _signature(message: Message) -> dict[str, Any]:
    part: SignatureCaptured = message.part
    return {
        "event_id": message.event_id,
        "signature_id": part.signature_id,
        "kind": part.kind,
        "record_digest": part.record_digest,
        "trace": part.trace,
        "captured_at": part.captured_at,
    }


async def _meet(
    context: Context, conn: AsyncConnection, fresh: Sequence[Message], told: set[Proof]
) -> None:
    """Look at the chains again, and judge every claim that this may concern."""
    if not fresh:
        return
    changed = await _doubt(conn, {(message.key, message.version) for message in fresh})
    concerned = told | await attestations.proofs_of(conn, changed)
    await attesting.settle_and_tell(context, conn, concerned, common.now())


async def _doubt(
    conn: AsyncConnection, places: Collection[tuple[str, int]]
) -> Mapping[str, Suspicion | None]:
    """What is to be thought of events at these places and beside them; gives what has changed."""
    touched: dict[str, set[int]] = {}
    for terminal_id, sequence in places:
        touched.setdefault(terminal_id, set()).update((sequence - 1, sequence, sequence + 1))
    changed: dict[str, Suspicion | None] = {}
    for terminal_id, near in (await attestations.neighbours(conn, places)).items():
        thought = suspicions(link for link, _ in near)
        for link, before in near:
            # Those at the edge of what was read have neighbours that were not.
            if link.sequence in touched[terminal_id] and thought[link.event_id] != before:
                changed[link.event_id] = thought[link.event_id]
    await attestations.save_suspicions(conn, changed)
    return changed
