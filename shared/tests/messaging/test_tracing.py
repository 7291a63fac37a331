"""One trace goes from the request through the message into what it causes (design section 4)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import outbox
from muster.messaging.message import DONE, Message, NotNow, OutboxRow, Outcome
from muster.messaging.relay import Relay
from muster.observability import logging, trace

from .conftest import (
    SPEC,
    TOPIC,
    RawMessage,
    Side,
    load_facts,
    make_due,
    make_intake,
    make_relay,
    new_subject,
    raw,
    write_fact,
)


class _NoStack:
    kafka = "127.0.0.1:1"
    embedded_broker = False


async def _traces(side: Side, topic: str) -> dict[str, str]:
    """Trace id of each outbox row of a topic, by key."""
    async with side.database.transaction() as conn:
        rows = await conn.execute(
            text("SELECT key, traceparent FROM outbox WHERE topic = :t"), {"t": topic}
        )
        found = {row.key: trace.parse_traceparent(row.traceparent) for row in rows}
    return {key: one.trace_id for key, one in found.items() if one is not None}


async def _sent(side: Side) -> list[RawMessage]:
    """The outbox as the relay would send it."""
    relay: Relay = make_relay(side, _NoStack())
    async with side.database.transaction() as conn:
        found = await conn.execute(
            text(
                "SELECT event_id::text, topic, partition, key, version, county, ref, traceparent, "
                "occurred_at, id AS sequence FROM outbox WHERE topic = :t ORDER BY id"
            ),
            {"t": TOPIC},
        )
        rows = [OutboxRow(**row) for row in found.mappings()]
        events = await load_facts(None, conn, rows)
    return [
        RawMessage(TOPIC, p.row.partition, p.row.sequence, p.row.key, tuple(p.headers), p.value)
        for p in relay._seal(SPEC, rows, events)
    ]


async def answers(
    _context: Side, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """A handler that publishes one event for each message, and names no trace."""
    await outbox.add(
        conn,
        [
            outbox.OutboxItem("reporting-report-noted", message.key, message.version, {})
            for message in batch
        ],
    )
    return [DONE] * len(batch)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What this process logs, as it would stand in the log."""
    stream = io.StringIO()
    logging.configure("reporting", stream=stream)
    yield stream
    logging.configure("reporting")


@pytest.mark.parametrize("together", [True, False])
async def test_a_trace_goes_from_outbox_to_header_to_handler_to_the_next_outbox(
    source: Side, reader: Side, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a batch of many traces each event carries that of its own message."""
    monkeypatch.setattr(outbox, "service_topics", lambda: {"reporting-report-noted": SPEC})
    theirs = {}
    for _ in range(3):
        subject = new_subject()
        with trace.use(None) as request:
            theirs[subject] = request.trace_id
            with monkeypatch.context() as patched:
                patched.setattr(outbox, "service_topics", lambda: {TOPIC: SPEC})
                await write_fact(source, subject, 1)
    assert await _traces(source, TOPIC) == theirs

    sent = await _sent(source)
    assert {dict(m.headers)["traceparent"].decode().split("-")[1] for m in sent} == set(
        theirs.values()
    )
    intake = make_intake(reader, answers)
    for batch in [sent] if together else [[message] for message in sent]:
        await intake.take(TOPIC, batch)
    assert await _traces(reader, "reporting-report-noted") == theirs


async def test_a_message_that_waited_goes_on_in_its_own_trace(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch, lines: io.StringIO
) -> None:
    """And the line that says that it waits names the trace."""
    monkeypatch.setattr(outbox, "service_topics", lambda: {"reporting-report-noted": SPEC})
    here = trace.Trace.new()
    wait = True

    async def waits(
        context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        return [NotNow("not yet")] * len(batch) if wait else await answers(context, conn, batch)

    key = new_subject()
    intake = make_intake(reader, waits)
    await intake.take(TOPIC, [raw(source.keyring, key, 1, 1, traceparent=here.header())])
    wait = False
    await make_due(reader)
    await intake.retry_parked()
    assert await _traces(reader, "reporting-report-noted") == {key: here.trace_id}
    (line,) = _lines(lines, "a message waits")
    assert line["trace_id"] == here.trace_id


async def test_dead_letters_and_their_lines_carry_the_trace_of_the_message(
    source: Side, reader: Side, lines: io.StringIO
) -> None:
    """Also of a handler that failed; a damaged trace is no reason to fail once more."""
    here, there = trace.Trace.new(), trace.Trace.new()

    async def broken(
        _context: Side, _conn: AsyncConnection, _batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        raise KeyError("x")

    ring = source.keyring
    good = raw(ring, new_subject(), 1, 1, traceparent=here.header())
    bad = replace(raw(ring, new_subject(), 1, 2, traceparent=there.header()), value=b"{")
    odd = replace(raw(ring, new_subject(), 1, 3, traceparent="nonsense"), value=b"{")
    await make_intake(reader, broken).take(TOPIC, [good, bad, odd])
    carried = set((await _traces(reader, "reporting-dead-letter")).values())
    assert {here.trace_id, there.trace_id} < carried
    assert len(carried) == 3, "the third starts a trace of its own"
    named = {line.get("trace_id") for line in _lines(lines, "a message became a dead letter")}
    assert {here.trace_id, there.trace_id} <= named
    (failed,) = _lines(lines, "a message cannot be taken")
    assert failed["trace_id"] == here.trace_id


def _lines(stream: io.StringIO, event: str) -> list[dict[str, object]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]
