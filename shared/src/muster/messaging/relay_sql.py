"""What the relay says to its database; `muster.messaging.relay` says why."""

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

HOLD = text(
    """
    SELECT topic, partition FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]))
        AS shard(topic, partition)
    WHERE pg_try_advisory_lock(hashtextextended('outbox/' || topic || '/' || partition, 0))
    """
)
# Counted here: of all that a county ever published no row travels.
AGAIN = text(
    """
    WITH changed AS (
        UPDATE outbox_shard s SET cluster_id = :cluster
        FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS held(topic, partition)
        WHERE s.topic = held.topic AND s.partition = held.partition
          AND s.cluster_id IS DISTINCT FROM :cluster
        RETURNING s.topic, s.partition
    ), again AS (
        UPDATE outbox SET published_at = NULL FROM changed
        WHERE outbox.topic = changed.topic AND outbox.partition = changed.partition
          AND outbox.published_at IS NOT NULL
        RETURNING outbox.topic
    )
    SELECT topic, count(*) FROM again GROUP BY topic
    """
)
ASSIGN = text(
    """
    WITH fresh AS (
        SELECT id, topic, partition,
               row_number() OVER (PARTITION BY topic, partition ORDER BY id) AS place
        FROM (SELECT id, o.topic, o.partition FROM outbox o
              JOIN unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]))
                  AS held(topic, partition)
                  ON held.topic = o.topic AND held.partition = o.partition
              WHERE o.sequence IS NULL ORDER BY id LIMIT :batch) AS oldest
    ), placed AS (
        UPDATE outbox SET sequence = shard.last_sequence + fresh.place
        FROM fresh JOIN outbox_shard shard USING (topic, partition)
        WHERE outbox.id = fresh.id
        RETURNING outbox.topic, outbox.partition, outbox.sequence
    )
    UPDATE outbox_shard SET last_sequence = newest.sequence
    FROM (SELECT topic, partition, max(sequence) AS sequence FROM placed GROUP BY 1, 2) AS newest
    WHERE outbox_shard.topic = newest.topic AND outbox_shard.partition = newest.partition
    """
)
PENDING = text(
    """
    SELECT event_id::text, o.topic, o.partition, key, version, county, ref, traceparent,
           occurred_at, sequence
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS open(topic, partition)
    CROSS JOIN LATERAL (
        SELECT * FROM outbox
        WHERE outbox.topic = open.topic AND outbox.partition = open.partition
          AND published_at IS NULL AND sequence IS NOT NULL
        ORDER BY sequence LIMIT :per_shard) AS o
    ORDER BY o.topic, o.partition, sequence
    """
).columns(ref=JSONB)
MARK = text("UPDATE outbox SET published_at = now() WHERE event_id = ANY(CAST(:events AS uuid[]))")
FORGET = text(
    "DELETE FROM outbox WHERE topic = ANY(CAST(:topics AS text[])) "
    "AND published_at < now() - interval '1 day'"
)
# Said in two halves, each of which has an index that holds these rows only.
WAITING = text(
    """
    SELECT count(*) FROM (
        SELECT id FROM outbox WHERE sequence IS NULL
        UNION ALL
        SELECT id FROM outbox WHERE published_at IS NULL AND sequence IS NOT NULL
    ) AS waiting
    """
)
ANY_WAITING = text(
    """
    SELECT EXISTS (SELECT FROM outbox WHERE sequence IS NULL) OR EXISTS (
        SELECT FROM outbox WHERE published_at IS NULL AND sequence IS NOT NULL)
    """
)
