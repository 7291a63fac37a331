"""What a sealed part is bound to, and that nothing opens elsewhere (design section 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from muster.contracts.envelope import Clear, read_value, seal_context, write_value
from muster.contracts.parts.capture import StandingForCount, StandingForReview
from muster.messaging.message import Event, OutboxRow
from muster.vocabulary.ids import new_id

from .conftest import (
    SPEC,
    TOPIC,
    RawMessage,
    Side,
    effects,
    make_intake,
    make_relay,
    new_subject,
    raw,
    scalar,
    standing,
)

EVENT = "11111111-1111-4111-8111-111111111111"
SUBJECT = "22222222-2222-4222-8222-222222222222"


def test_the_context_of_a_part_is_pinned() -> None:
    """Final: what is on a topic was sealed with exactly this, and opens with nothing else."""
    assert seal_context(SPEC, "reporting", EVENT, SUBJECT, 7) == {
        "topic": "capture-subject-status-changed",
        "consumer": "reporting",
        "event": EVENT,
        "type": "muster.capture.subject-status-changed.v1",
        "subject": SUBJECT,
        "version": 7,
    }


def _header(message: RawMessage, name: str, value: str) -> RawMessage:
    return replace(message, headers=tuple({**dict(message.headers), name: value.encode()}.items()))


def _version(message: RawMessage) -> RawMessage:
    clear, sealed = read_value(message.value)
    return replace(message, value=write_value(clear.model_copy(update={"version": 2}), sealed))


@pytest.mark.parametrize(
    "move",
    [
        pytest.param(lambda m: _header(m, "ce_id", new_id()), id="event"),
        pytest.param(_version, id="version"),
    ],
)
async def test_a_box_that_is_moved_does_not_open(
    source: Side, reader: Side, move: Callable[[RawMessage], RawMessage]
) -> None:
    """Another event id or another version around the same box."""
    await make_intake(reader).take(TOPIC, [move(raw(source.keyring, new_subject(), 1, 1))])
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "bad-seal"
    assert await effects(reader) == []


async def test_a_box_of_another_type_does_not_open(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version of the topic must not accept a part that was sealed for the old one."""
    message = raw(source.keyring, new_subject(), 1, 1)
    intake = make_intake(reader)
    newer = replace(SPEC, version=SPEC.version + 1)
    assert newer.type != SPEC.type
    monkeypatch.setitem(intake._specs, TOPIC, newer)  # type: ignore[misc]
    await intake.take(TOPIC, [_header(message, "ce_type", newer.type)])
    assert await scalar(reader, "SELECT rule FROM dead_letter") == "bad-seal"


class _NoStack:
    kafka = "127.0.0.1:1"
    embedded_broker = False


@pytest.mark.parametrize(
    ("consumer", "part"),
    [
        ("reporting", StandingForReview(standing=standing(1))),
        ("access", StandingForCount(standing=standing(1))),
    ],
    ids=["the part of another consumer", "a consumer that is none"],
)
def test_the_relay_seals_no_part_for_whom_it_is_not(
    source: Side, consumer: str, part: BaseModel
) -> None:
    """The topic file says who gets what; a loader's mistake must not say more (R100)."""
    relay = make_relay(source, _NoStack())
    row = OutboxRow(EVENT, TOPIC, 0, SUBJECT, 1, None, {}, None, datetime.now(UTC), 1)
    parts: Any = {consumer: part}
    with pytest.raises(ValueError, match=f"is not for {consumer}"):
        relay._seal(SPEC, [row], {EVENT: Event(Clear(version=1), parts)})


def test_a_row_without_content_is_published_without_parts(source: Side) -> None:
    """The shard's sequence has no hole where a subject was erased."""
    relay = make_relay(source, _NoStack())
    row = OutboxRow(EVENT, TOPIC, 0, SUBJECT, 3, "632321", {}, None, datetime.now(UTC), 1)
    (packed,) = relay._seal(SPEC, [row], {})
    assert orjson.loads(packed.value) == {
        "clear": {"version": 3, "county": "632321"},
        "sealed": {},
    }
