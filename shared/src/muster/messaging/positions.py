"""How far each shard was received, and asking its source again for what never came.

``contiguous`` is the sequence up to which nothing is missing, ``highest`` the newest one of a
message that could be opened: the header of any other may say what it likes. A hole between them, or
an offset that the broker no longer has, makes a replay request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear
from muster.contracts.parts.operations import ReplayRequest
from muster.contracts.topics import service_topics
from muster.messaging import outbox
from muster.messaging.message import (
    DONE,
    Event,
    Message,
    OutboxRow,
    Outcome,
    Publication,
    Subscription,
)
from muster.observability import metrics
from muster.observability.logging import get_logger

_log = get_logger("muster.positions")

GRACE = timedelta(seconds=2)
ASK_AGAIN = timedelta(seconds=30)

# One step through the index for each message of the run, whatever lies beyond its end.
_RUN_ENDS = text(
    """
    WITH RECURSIVE run(topic, partition, sequence) AS (
        SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]),
                             CAST(:starts AS bigint[]))
        UNION ALL
        SELECT topic, partition, sequence + 1 FROM run
        WHERE EXISTS (
            SELECT FROM inbox
            WHERE inbox.topic = run.topic AND inbox.partition = run.partition
              AND inbox.sequence = run.sequence + 1)
    )
    SELECT topic, partition, max(sequence) AS reached FROM run GROUP BY topic, partition
    """
)
_KNOW = text(
    """
    INSERT INTO inbox_position (topic, partition)
    SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) ON CONFLICT DO NOTHING
    """
)
_LOCK = text(
    """
    SELECT p.* FROM inbox_position p
    JOIN unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS s(topic, partition)
        USING (topic, partition)
    ORDER BY topic, partition FOR UPDATE OF p
    """
)
_ADVANCE = text(
    """
    UPDATE inbox_position p
    SET contiguous = s.reached, highest = s.top, changed_at = now(),
        requested_at = CASE WHEN s.reached < s.top THEN p.requested_at END
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]),
                CAST(:reached AS bigint[]), CAST(:tops AS bigint[]))
        AS s(topic, partition, reached, top)
    WHERE p.topic = s.topic AND p.partition = s.partition
    """
)

Shard = tuple[str, int]


async def advance(
    conn: AsyncConnection,
    opened: Iterable[tuple[str, int, int]],
    others: Iterable[tuple[str, int, int]] = (),
) -> None:
    """Note the sequences (topic, partition, sequence) of messages now in the inbox.

    `others` could not be opened, hold nothing for this service, or came before: they stand in
    their places, so that nobody asks for them for ever, and say nothing of what lies between.
    """
    by_shard: dict[Shard, list[int]] = defaultdict(list)
    newest: dict[Shard, int] = defaultdict(int)
    for topic, partition, sequence in opened:
        if service_topics()[topic].replayed:
            by_shard[topic, partition].append(sequence)
            newest[topic, partition] = max(newest[topic, partition], sequence)
    for topic, partition, sequence in others:
        if service_topics()[topic].replayed:
            by_shard[topic, partition].append(sequence)
    if not by_shard:
        return
    shards = sorted(by_shard)
    columns = {"topics": [s[0] for s in shards], "partitions": [s[1] for s in shards]}
    places = await _locked(conn, columns)
    if len(places) < len(shards):
        await conn.execute(_KNOW, columns)
        places = await _locked(conn, columns)
    reached = {s: _run_from(places[s][0], sorted(by_shard[s])) for s in shards}
    # What joined the run may have closed a hole: only then what came earlier may go on from it.
    joined = [s for s in shards if places[s][0] < reached[s] < places[s][1]]
    reached.update(await _runs_in_inbox(conn, {s: reached[s] for s in joined}))
    tops = {s: max(places[s][1], reached[s], newest[s]) for s in shards}
    for topic, partition in shards:
        contiguous, highest = places[topic, partition]
        if reached[topic, partition] < tops[topic, partition] and contiguous == highest:
            metrics.sequence_gaps_total.labels(topic).inc()
            _log.warning("gap in a source's sequence", topic=topic, partition=partition)
    await conn.execute(
        _ADVANCE,
        {
            **columns,
            "reached": [reached[shard] for shard in shards],
            "tops": [tops[shard] for shard in shards],
        },
    )


async def _locked(
    conn: AsyncConnection, columns: Mapping[str, object]
) -> dict[Shard, tuple[int, int]]:
    """How far these shards are, ``(contiguous, highest)``, held until the transaction ends; those
    of which nothing came yet are absent."""
    rows = await conn.execute(_LOCK, columns)
    return {(row.topic, row.partition): (row.contiguous, row.highest) for row in rows}


async def _runs_in_inbox(conn: AsyncConnection, starts: dict[Shard, int]) -> dict[Shard, int]:
    """Of each shard the last sequence that the inbox holds without a hole after its start."""
    if not starts:
        return {}
    ends = await conn.execute(
        _RUN_ENDS,
        {
            "topics": [topic for topic, _ in starts],
            "partitions": [partition for _, partition in starts],
            "starts": list(starts.values()),
        },
    )
    return {(row.topic, row.partition): row.reached for row in ends}


def _run_from(start: int, ordered: Sequence[int]) -> int:
    for sequence in ordered:
        if sequence > start + 1:
            break
        start = max(start, sequence)
    return start


async def mark_out_of_range(conn: AsyncConnection, shards: Sequence[Shard]) -> None:
    """The broker no longer has what comes next: everything after ``contiguous`` may be missing."""
    shards = [shard for shard in shards if service_topics()[shard[0]].replayed]
    await conn.execute(
        text(
            "INSERT INTO inbox_position (topic, partition, out_of_range) "
            "SELECT *, true FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) "
            "ON CONFLICT (topic, partition) DO UPDATE SET out_of_range = true, requested_at = NULL"
        ),
        {"topics": [s[0] for s in shards], "partitions": [s[1] for s in shards]},
    )


async def request_missing(conn: AsyncConnection, service: str) -> int:
    """Ask sources for what is missing; gives how many requests were written."""
    rows = (
        await conn.execute(
            text(
                """
                UPDATE inbox_position SET requested_at = now(), out_of_range = false
                WHERE (out_of_range OR highest > contiguous)
                  AND (requested_at IS NULL OR requested_at < now() - CAST(:again AS interval))
                  AND (out_of_range OR changed_at < now() - CAST(:grace AS interval))
                RETURNING topic, partition, contiguous, highest
                """
            ),
            {"again": ASK_AGAIN, "grace": GRACE},
        )
    ).all()
    topics = service_topics()
    await outbox.add(
        conn,
        [
            outbox.OutboxItem(
                topic=f"{service}-replay-requested",
                key=topics[row.topic].owner,
                version=1,
                ref={
                    "source": topics[row.topic].owner,
                    "topic": row.topic,
                    "partition": row.partition,
                    "first_sequence": row.contiguous + 1,
                    # Without a hole the end is unknown: everything that follows is asked for.
                    "last_sequence": row.highest - 1 if row.highest > row.contiguous else None,
                },
            )
            for row in rows
        ],
    )
    return len(rows)


async def load_requests(
    _context: object, _conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """Loader of the replay-requested topic: the reference is all there is to say."""
    return {
        row.event_id: Event(
            Clear(version=row.version),
            {
                row.ref["source"]: ReplayRequest(
                    topic=row.ref["topic"],
                    partition=row.ref["partition"],
                    first_sequence=row.ref["first_sequence"],
                    last_sequence=row.ref["last_sequence"],
                )
            },
        )
        for row in rows
    }


async def take_requests(
    _context: object, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Publish again what a consumer missed: the relay takes every row that is not marked."""
    for message in batch:
        request: ReplayRequest = message.part
        result = await conn.execute(
            text(
                "UPDATE outbox SET published_at = NULL WHERE topic = :topic "
                "AND partition = :partition AND sequence >= :first "
                "AND (CAST(:last AS bigint) IS NULL OR sequence <= :last)"
            ),
            {
                "topic": request.topic,
                "partition": request.partition,
                "first": request.first_sequence,
                "last": request.last_sequence,
            },
        )
        metrics.republished_total.labels(request.topic, "asked").inc()
        _log.info("publishing again on request", topic=request.topic, events=result.rowcount)
    return [DONE] * len(batch)


def publication(service: str) -> Publication:
    """This service's own requests."""
    return Publication(f"{service}-replay-requested", load_requests)


def subscriptions(service: str) -> list[Subscription]:
    """The requests of all services, of which only those addressed to this one carry a part."""
    return [
        Subscription(spec.name, take_requests)
        for spec in service_topics().values()
        if spec.name.endswith("-replay-requested") and service in spec.consumers
    ]
