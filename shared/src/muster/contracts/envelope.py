"""CloudEvents 1.0 in Kafka binary mode, with a value that shows only what may be seen.

The value of every topic is ``{"clear": {...}, "sealed": {consumer: box}}``. ``Clear`` lists all
fields that any topic may show (design section 4); there is no other way onto the wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from muster.contracts.parts.base import UUID_PATTERN, Digest, Instant, Uuid
from muster.contracts.topics import CONNECTOR, DEVICE, TopicSpec

COUNTY = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
SEQUENCE_DIGITS = 16
_DIGITS = re.compile(rf"[0-9]{{1,{SEQUENCE_DIGITS}}}")
"""``ce_sequence`` is zero padded, so that it also orders as text (CloudEvents sequence)."""
LARGEST_VERSION = 2**53 - 1
"""The largest integer that the context of a box may hold, as RFC 8785 has it."""
_UUID = re.compile(UUID_PATTERN)
_WORD = re.compile(r"[0-9a-z][0-9a-z_-]{0,99}")
_KEYED_BY_WORD = {"source", "owner_id", "county"}
"""Keys of topics that name a service, a department or an area; all others are ids."""


class Clear(BaseModel):
    """All that may be read on a topic without a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    subject_id: Uuid | None = None
    terminal_id: Uuid | None = None
    county: COUNTY | None = None
    occurred_at: Instant | None = None
    digest: Digest | None = None


class Unreadable(ValueError):  # noqa: N818 - reads as what it says
    """A message that is no Muster event. ``rule`` says what is wrong, never what it contained."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Headers:
    """The CloudEvents attributes of one message, and its place in its source's shard.

    ``sender`` is a service, or of an edge ``device/<terminal id>`` or ``connector/<department>``;
    an edge has no shards (-1) and counts one sequence of its own.
    """

    event_id: str
    type: str
    sender: str
    shard: int
    time: str
    subject: str
    sequence: int
    traceparent: str | None


def write_headers(
    spec: TopicSpec,
    *,
    event_id: str,
    place: int | str,
    time: datetime,
    subject: str,
    sequence: int,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """Headers of one message, in the order of the CloudEvents Kafka binding.

    ``place`` is a service's shard, or which edge writes (a terminal's id, a department).
    """
    kind = spec.owner.partition("-")[0] if spec.from_edge else spec.owner
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": spec.type,
        "ce_source": f"/muster/{kind}/{place}",
        "ce_time": time.isoformat(),
        "ce_subject": subject,
        "ce_sequence": f"{sequence:0{SEQUENCE_DIGITS}d}",
        "content-type": "application/json",
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return [(name, value.encode()) for name, value in headers.items()]


def read_headers(
    spec: TopicSpec, raw: Sequence[tuple[str, bytes]], key: str, partition: int | None = None
) -> Headers:
    """The headers of one message that came on that partition; None where no positions are kept.

    Everything that goes into the inbox is checked here: what the database would refuse must
    become a dead letter, and not stop the intake.

    Raises:
        Unreadable: an attribute is absent or damaged, the type is not this topic's, or the
            message was moved to another key or partition.
    """
    found = _texts(raw)
    try:
        _, namespace, kind, place = found["ce_source"].split("/")
        headers = Headers(
            event_id=found["ce_id"],
            type=found["ce_type"],
            sender=f"{kind}/{place}" if spec.from_edge else kind,
            shard=-1 if spec.from_edge else _number(place),
            time=found["ce_time"],
            subject=found["ce_subject"],
            sequence=_number(found["ce_sequence"]),
            traceparent=found.get("traceparent"),
        )
    except KeyError as error:
        raise Unreadable("header-missing", f"no header {error.args[0]}") from error
    except ValueError as error:
        raise Unreadable("header-damaged", "ce_source or ce_sequence") from error
    if not is_key(spec, key):
        raise Unreadable("key-damaged", f"the key is no {spec.key}")
    if _UUID.fullmatch(headers.event_id) is None or headers.sequence == 0:
        raise Unreadable("header-damaged", "ce_id or ce_sequence")
    if not spec.from_edge and partition not in (None, headers.shard):
        raise Unreadable("partition-differs", "the shard is not the partition it came on")
    if namespace != "muster" or not _writes(spec, kind, place, key):
        raise Unreadable("wrong-source", f"only {spec.owner} writes {spec.name}, of itself")
    if headers.type != spec.type:
        raise Unreadable("wrong-type", f"{spec.name} carries {spec.type}")
    if headers.subject != key:
        raise Unreadable("key-differs", "the key is not ce_subject")
    return headers


def _texts(raw: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    if not all(name.isascii() and name.isprintable() for name, _ in raw):
        raise Unreadable("header-not-text", "the name of a header is not ASCII")
    try:
        return {name: value.decode("ascii") for name, value in raw}
    except UnicodeDecodeError as error:
        raise Unreadable("header-not-text", "a header is not ASCII") from error


def is_key(spec: TopicSpec, key: str) -> bool:
    """Whether the key has the form that the topic's file names: an id, or a short word."""
    form = _WORD if spec.key in _KEYED_BY_WORD else _UUID
    return form.fullmatch(key) is not None


def _writes(spec: TopicSpec, kind: str, place: str, key: str) -> bool:
    """Whether that source may write it: a terminal under its own id only."""
    if spec.owner.startswith(CONNECTOR):
        return spec.owner == f"{kind}-{place}"
    return kind == spec.owner and (spec.owner != DEVICE or place == key)


def _number(text: str) -> int:
    if _DIGITS.fullmatch(text) is None:
        raise ValueError("no number")
    return int(text)


def write_value(clear: Clear, sealed: Mapping[str, str]) -> bytes:
    """The value of one message."""
    return orjson.dumps(
        {"clear": clear.model_dump(mode="json", exclude_none=True), "sealed": dict(sealed)}
    )


def read_value(raw: bytes | None) -> tuple[Clear, Mapping[str, str]]:
    """Clear fields and sealed parts of one message.

    Raises:
        Unreadable: no JSON, or a shape that no Muster topic has.
    """
    try:
        loaded = orjson.loads(raw or b"")
    except orjson.JSONDecodeError as error:
        raise Unreadable("value-not-json", "the value is not JSON") from error
    if not isinstance(loaded, dict) or set(loaded) != {"clear", "sealed"}:
        raise Unreadable("value-shape", "the value has clear and sealed, nothing else")
    sealed = loaded["sealed"]
    if not isinstance(sealed, dict) or not all(isinstance(box, str) for box in sealed.values()):
        raise Unreadable("value-shape", "sealed maps a consumer to a box")
    try:
        clear = Clear.model_validate(loaded["clear"])
    except ValidationError as error:
        raise Unreadable("clear-fields", "a clear field is unknown or malformed") from error
    if not 0 <= clear.version <= LARGEST_VERSION:
        raise Unreadable("clear-fields", "the version is out of range")
    return clear, sealed


def seal_context(
    spec: TopicSpec, consumer: str, event_id: str, subject: str, version: int
) -> dict[str, str | int]:
    """What a sealed part is bound to: it opens nowhere else (design section 4)."""
    return {
        "topic": spec.name,
        "consumer": consumer,
        "event": event_id,
        "type": spec.type,
        "subject": subject,
        "version": version,
    }


def seal_purpose(topic: str, consumer: str) -> str:
    """Purpose of the key under which one consumer's part of one topic is sealed."""
    return f"seal/{topic}/{consumer}"
