"""What terminals attest, and persons whom a department knows."""

from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = (
    """
    CREATE TABLE device_proof (
        kind TEXT NOT NULL,
        proof_id UUID NOT NULL,
        subject_id UUID,
        PRIMARY KEY (kind, proof_id)
    )
    """,
    """
    CREATE TABLE record_claim (
        subject_id UUID NOT NULL,
        version INTEGER NOT NULL,
        kind TEXT NOT NULL,
        proof_id UUID NOT NULL,
        terminal_id UUID NOT NULL,
        digest TEXT NOT NULL,
        trace TEXT,
        claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        PRIMARY KEY (subject_id, version, kind)
    )
    """,
    "CREATE INDEX record_claim_proof ON record_claim (proof_id)",
    "CREATE INDEX record_claim_awaiting ON record_claim (claimed_at) WHERE state = 'awaiting'",
    """
    CREATE TABLE terminal_chain (
        terminal_id UUID NOT NULL,
        PRIMARY KEY (terminal_id)
    )
    """,
    """
    CREATE TABLE terminal_event (
        event_id UUID NOT NULL,
        terminal_id UUID NOT NULL,
        sequence BIGINT NOT NULL,
        digest TEXT NOT NULL,
        previous TEXT,
        suspicion TEXT,
        heard_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (event_id),
        CONSTRAINT terminal_event_place UNIQUE (terminal_id, sequence, digest)
    )
    """,
    """
    CREATE TABLE card_reading (
        event_id UUID NOT NULL,
        reading_id UUID NOT NULL,
        card TEXT NOT NULL,
        reader_id TEXT NOT NULL,
        root TEXT NOT NULL,
        read_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (event_id)
    )
    """,
    "CREATE INDEX card_reading_id ON card_reading (reading_id)",
    """
    CREATE TABLE signature_event (
        event_id UUID NOT NULL,
        signature_id UUID NOT NULL,
        kind TEXT NOT NULL,
        record_digest TEXT NOT NULL,
        trace TEXT NOT NULL,
        captured_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (event_id)
    )
    """,
    "CREATE INDEX signature_event_id ON signature_event (signature_id)",
    """
    CREATE TABLE candidate (
        candidate_id UUID NOT NULL,
        version BIGINT NOT NULL,
        department TEXT NOT NULL,
        outcome TEXT NOT NULL,
        subject_id UUID,
        heard_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (candidate_id)
    )
    """,
)
_CLAIMS = (
    # A record of before could claim a chip and name no reading: no event will ever attest it, and
    # the grace flags it. Its own id stands for the reading that it does not name.
    """
    INSERT INTO record_claim (subject_id, version, kind, proof_id, terminal_id, digest,
        claimed_at, state)
    SELECT subject_id, version, 'reading', record_id, terminal_id, '', received_at, 'awaiting'
    FROM record_version WHERE attestation = 'awaiting'
    """,
    """
    INSERT INTO device_proof (kind, proof_id, subject_id)
    SELECT kind, proof_id, subject_id FROM record_claim
    """,
    "ALTER TABLE record_version DROP COLUMN attestation",
)


def upgrade() -> None:
    """Add the tables, and carry over which records await a reading's event."""
    for statement in (*_TABLES, *_CLAIMS):
        op.execute(statement)
