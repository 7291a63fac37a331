"""Tables that every service with personal data has in its own database."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    MetaData,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

AUDIT_HEAD = """
    CREATE OR REPLACE FUNCTION audit_head(lock_key BIGINT, OUT seq BIGINT, OUT hash TEXT)
    LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(lock_key);
        SELECT a.seq, a.hash INTO seq, hash FROM audit a ORDER BY a.seq DESC LIMIT 1;
    END $$
"""
"""The end of the chain, held until the transaction ends. A function, because each of its statements
sees what was committed before it began: one statement with both would look before it waits."""


def subject_key_table(metadata: MetaData) -> Table:
    """`subject_key`: one wrapped data key per subject.

    An erased subject keeps its row, without a key, so that a late message cannot make a new one.
    """
    return Table(
        "subject_key",
        metadata,
        Column("subject_id", UUID(as_uuid=False), primary_key=True),
        Column("wrapped", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("destroyed_at", DateTime(timezone=True)),
        CheckConstraint(
            "(destroyed_at IS NULL) = (wrapped <> '')", name="subject_key_destroyed_is_empty"
        ),
    )


def audit_table(metadata: MetaData) -> Table:
    """`audit`: the hash chain of who touched whose data, when and why (R100).

    `seq` counts from 1 without a gap; it is assigned under a lock and not by a sequence, which
    would leave holes after a rollback. `previous` is the `hash` of the row before.
    """
    return Table(
        "audit",
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("actor", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject_ids", ARRAY(UUID(as_uuid=False)), nullable=False),
        Column("reason", Text),
        Column("detail", JSONB, nullable=False),
        Column("salt", Text, nullable=False),
        Column("previous", Text, nullable=False),
        Column("hash", Text, nullable=False, unique=True),
        CheckConstraint("seq > 0", name="audit_seq_from_one"),
    )
