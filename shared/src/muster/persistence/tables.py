"""Tables that every service has in its own database, and the DDL that made them.

The DDL of a version is frozen once released: migrations call it, and a later change is a new
list of statements. A test compares what the migrations build with the tables below.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from muster.security.tables import audit_table, subject_key_table

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", _UUID, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("county", Text),
    Column("ref", JSONB, nullable=False),
    Column("traceparent", Text),
    Column("occurred_at", _TIME, nullable=False),
    Column("sequence", BigInteger),
    Column("published_at", _TIME),
    UniqueConstraint("topic", "partition", "sequence", name="outbox_place"),
)
Index("outbox_fresh", outbox.c.id, postgresql_where=text("sequence IS NULL"))
Index(
    "outbox_unpublished",
    outbox.c.topic,
    outbox.c.partition,
    outbox.c.sequence,
    postgresql_where=text("published_at IS NULL AND sequence IS NOT NULL"),
)

outbox_shard = Table(
    "outbox_shard",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", SmallInteger, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("cluster_id", Text),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", _UUID, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("received_at", _TIME, nullable=False, server_default=text("now()")),
)
Index("inbox_place", inbox.c.topic, inbox.c.partition, inbox.c.sequence)

inbox_position = Table(
    "inbox_position",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", SmallInteger, primary_key=True),
    Column("contiguous", BigInteger, nullable=False, server_default=text("0")),
    Column("highest", BigInteger, nullable=False, server_default=text("0")),
    Column("out_of_range", Boolean, nullable=False, server_default=text("false")),
    Column("changed_at", _TIME, nullable=False, server_default=text("now()")),
    Column("requested_at", _TIME),
)

parked = Table(
    "parked",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_try_at", _TIME),
    Column("parked_at", _TIME, nullable=False, server_default=text("now()")),
)
Index("parked_key", parked.c.topic, parked.c.key, parked.c.id)

quarantine = Table(
    "quarantine",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", _TIME, nullable=False, server_default=text("now()")),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("failed_at", _TIME, nullable=False, server_default=text("now()")),
)

known_grants = Table(
    "known_grants",
    metadata,
    Column("account_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("grants", JSONB, nullable=False),
)

known_key = Table(
    "known_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("area", Text),
    Column("use", Text, nullable=False),
    Column("jwk", JSONB, nullable=False),
    Column("valid_from", _TIME, nullable=False),
    Column("revoked_at", _TIME),
)
Index("known_key_owner", known_key.c.owner_id)

subject_key = subject_key_table(metadata)
audit = audit_table(metadata)
