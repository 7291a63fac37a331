"""The outbox: facts to publish, written in the transaction that makes them true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.topics import service_topics
from muster.messaging.broker import partition_of
from muster.messaging.causes import traceparent_for
from muster.observability.trace import Trace, current_traceparent
from muster.persistence.bulk import insert_rows
from muster.persistence.tables import outbox
from muster.vocabulary.ids import new_id


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A fact to publish.

    ``ref`` names the rows of the store from which the relay will build the event; it holds
    identifiers only. The writer has locked the row of the key before, so that the order of the
    outbox is the order of versions. ``traceparent`` is found by the key when a message of the same
    key caused it, and otherwise that of the running request; what a department reads has one of its
    own.
    """

    topic: str
    key: str
    version: int
    ref: dict[str, Any]
    county: str | None = None
    traceparent: str | None = None
    event_id: str = field(default_factory=new_id)


async def add(conn: AsyncConnection, items: Sequence[OutboxItem]) -> None:
    """Write items in their order, with one statement.

    What a department reads must not show whose case it is: each such event has a trace of its own,
    and says when it was written only to the second, since all requests about one record are
    written at one moment.
    """
    now = datetime.now(UTC)
    topics = service_topics()
    trace = current_traceparent()
    rows = []
    for item in items:
        spec = topics[item.topic]
        if spec.edge_reader is not None:
            traced, occurred_at = Trace.new().header(), now.replace(microsecond=0)
        else:
            traced = item.traceparent or traceparent_for(item.key) or trace
            occurred_at = now
        rows.append(
            {
                "event_id": item.event_id,
                "topic": item.topic,
                "partition": partition_of(item.key, spec.partitions),
                "key": item.key,
                "version": item.version,
                "county": item.county,
                "ref": item.ref,
                "traceparent": traced,
                "occurred_at": occurred_at,
            }
        )
    await insert_rows(conn, outbox, rows)
