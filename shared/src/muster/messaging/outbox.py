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
from muster.observability.trace import current_traceparent
from muster.persistence.bulk import insert_rows
from muster.persistence.tables import outbox
from muster.vocabulary.ids import new_id


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A fact to publish.

    ``ref`` names the rows of the store from which the relay will build the event; it holds
    identifiers only. The writer has locked the row of the key before, so that the order of the
    outbox is the order of versions. ``traceparent`` is found by the key when a message of the same
    key caused it, and otherwise that of the running request.
    """

    topic: str
    key: str
    version: int
    ref: dict[str, Any]
    county: str | None = None
    traceparent: str | None = None
    event_id: str = field(default_factory=new_id)


async def add(conn: AsyncConnection, items: Sequence[OutboxItem]) -> None:
    """Write items in their order, with one statement."""
    now = datetime.now(UTC)
    topics = service_topics()
    trace = current_traceparent()
    await insert_rows(
        conn,
        outbox,
        [
            {
                "event_id": item.event_id,
                "topic": item.topic,
                "partition": partition_of(item.key, topics[item.topic].partitions),
                "key": item.key,
                "version": item.version,
                "county": item.county,
                "ref": item.ref,
                "traceparent": item.traceparent or traceparent_for(item.key) or trace,
                "occurred_at": now,
            }
            for item in items
        ],
    )
