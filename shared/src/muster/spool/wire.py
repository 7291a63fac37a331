"""An edge's event as a message, and what a service wrote for a connector, opened.

The value of both is as on every topic (`muster.contracts.envelope`); the part travels as a packet,
signed by the writer and sealed to the reader, bound to topic, event, key and version
(`muster.messaging.border`). Design, section 4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from muster.contracts import declared
from muster.contracts.envelope import (
    Clear,
    Headers,
    Unreadable,
    read_headers,
    read_value,
    seal_context,
    write_headers,
    write_value,
)
from muster.contracts.parts import PARTS
from muster.contracts.parts.base import Part
from muster.contracts.topics import CONNECTOR, TopicSpec
from muster.messaging import border
from muster.observability.trace import current_traceparent
from muster.security.jose import Jwk
from muster.security.packets import KeyUnknown
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event of an edge, ready for the broker. ``reader`` is the service that takes it."""

    event_id: str
    topic: str
    key: str
    reader: str
    sequence: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A message for a connector. Without a part nothing is left to know: the subject was erased."""

    headers: Headers
    clear: Clear
    part: Part | None


class UnknownSigner(Refusal):
    """Signed under a key that the service did not show; it may have a new one, so ask it again."""


def seal_event(
    spec: TopicSpec,
    clear: Clear,
    part: Part,
    *,
    key: str,
    place: str,
    sequence: int,
    signing: Jwk,
    reader: Jwk,
    event_id: str | None = None,
    now: datetime | None = None,
) -> Outgoing:
    """An event of an edge: ``place`` is the terminal's id or the department, ``signing`` its own
    private key, ``reader`` the public packet key of the service that takes it.

    Raises:
        ValueError: the topic is not this edge's to write, or the part is not the one it carries.
    """
    if not spec.from_edge or (spec.department is not None and spec.department != place):
        raise ValueError(f"{spec.name} is not written by this edge")
    [(service, wanted)] = spec.consumers.items()
    if type(part).__name__ != wanted:
        raise ValueError(f"{spec.name} carries {wanted}")
    event_id = event_id or new_id()
    context = seal_context(spec, service, event_id, key, clear.version)
    headers = write_headers(
        spec,
        event_id=event_id,
        place=place,
        time=now or datetime.now(UTC),
        subject=key,
        sequence=sequence,
        traceparent=current_traceparent(),
    )
    value = write_value(clear, {service: border.seal_part(part, signing, reader, context)})
    return Outgoing(event_id, spec.name, key, service, sequence, tuple(headers), value)


def open_for_edge(
    spec: TopicSpec,
    headers: Sequence[tuple[str, bytes]],
    key: str,
    value: bytes | None,
    *,
    own: Collection[Jwk],
    signers: Mapping[str, Jwk],
) -> Opened:
    """What a service wrote for this department's connector.

    ``own`` are the connector's private encryption keys, ``signers`` the public signing keys of
    the service that owns the topic, by key id.

    Raises:
        UnknownSigner: signed by a key that is not among `signers`.
        Refusal: no message of this topic, not signed by its owner, sealed to another, moved from
            another message, damaged, or not of the agreed shape. Holds nothing of the content.
    """
    if spec.edge_reader is None:
        raise ValueError(f"{spec.name} is read by no connector")
    try:
        found = read_headers(spec, headers, key)
        clear, sealed = read_value(value)
    except Unreadable as error:
        raise Refusal(
            Reason(
                "message",
                error.rule,
                f"消息无法读取（{error.rule}）。",
                f"The message cannot be read: {error.detail}.",
            )
        ) from None
    consumer = CONNECTOR + spec.edge_reader
    packet = sealed.get(consumer)
    if packet is None:
        return Opened(found, clear, None)
    context = seal_context(spec, consumer, found.event_id, key, clear.version)
    model = PARTS[spec.consumers[consumer]]
    try:
        opened = border.open_packet(packet, own, signers, context)
        part = model.model_validate_json(opened)
    except KeyUnknown as error:
        raise UnknownSigner(error.reason) from None
    except ValidationError as error:
        raise Refusal(declared.misshapen(model, error)) from None
    return Opened(found, clear, part)
