"""The tables of capture's first version."""

from alembic import op

from muster.persistence.ddl import SHARED_V1

revision = "0001"
down_revision = None

_CAPTURE_V1 = (
    """
    CREATE TABLE baseline_record (
        subject_id UUID NOT NULL,
        revision BIGINT NOT NULL,
        source TEXT NOT NULL,
        import_id UUID,
        row_number INTEGER,
        sealed TEXT NOT NULL,
        PRIMARY KEY (subject_id)
    )
    """,
    """
    CREATE TABLE evidence (
        subject_id UUID NOT NULL,
        digest TEXT NOT NULL,
        media_type TEXT NOT NULL,
        size INTEGER NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (subject_id, digest)
    )
    """,
    """
    CREATE TABLE import_job (
        import_id UUID NOT NULL,
        file_code TEXT NOT NULL,
        state TEXT NOT NULL,
        actor UUID NOT NULL,
        area TEXT NOT NULL,
        rows_done INTEGER NOT NULL,
        added INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        unchanged INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        warned INTEGER NOT NULL,
        reasons JSONB NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        sealed_headers TEXT NOT NULL,
        PRIMARY KEY (import_id),
        UNIQUE (file_code)
    )
    """,
    """
    CREATE TABLE ledger_entry (
        subject_id UUID NOT NULL,
        village TEXT NOT NULL,
        origin TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (subject_id, village)
    )
    """,
    """
    CREATE INDEX ledger_entry_village ON ledger_entry (village, state, subject_id)
    """,
    """
    CREATE TABLE record_version (
        subject_id UUID NOT NULL,
        version INTEGER NOT NULL,
        record_id UUID NOT NULL,
        corrects_version INTEGER,
        digest TEXT NOT NULL,
        form_version TEXT NOT NULL,
        evidence JSONB NOT NULL,
        terminal_id UUID NOT NULL,
        collector_id UUID NOT NULL,
        packet_id UUID NOT NULL,
        collected_at TIMESTAMP WITH TIME ZONE NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        attestation TEXT NOT NULL,
        review_state TEXT NOT NULL,
        reviewed_at TIMESTAMP WITH TIME ZONE,
        review_sealed TEXT,
        sealed TEXT NOT NULL,
        PRIMARY KEY (subject_id, version),
        UNIQUE (record_id)
    )
    """,
    """
    CREATE TABLE refused_row (
        row_id UUID NOT NULL,
        area TEXT NOT NULL,
        severity TEXT NOT NULL,
        import_id UUID,
        row_number INTEGER,
        packet_id UUID,
        record_id UUID,
        subject_id UUID,
        number_index TEXT,
        reasons JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        settled_at TIMESTAMP WITH TIME ZONE,
        settled_by TEXT,
        sealed TEXT,
        PRIMARY KEY (row_id),
        CONSTRAINT refused_row_place UNIQUE (import_id, row_number)
    )
    """,
    """
    CREATE INDEX refused_row_number ON refused_row (number_index) WHERE settled_at IS NULL
    """,
    """
    CREATE INDEX refused_row_open ON refused_row (area, row_id) WHERE settled_at IS NULL
    """,
    """
    CREATE INDEX refused_row_record ON refused_row (record_id) WHERE settled_at IS NULL
    """,
    """
    CREATE INDEX refused_row_subject ON refused_row (subject_id) WHERE settled_at IS NULL
    """,
    """
    CREATE TABLE status_change (
        change_id UUID NOT NULL,
        subject_id UUID NOT NULL,
        ending TEXT NOT NULL,
        revision BIGINT NOT NULL,
        actor UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (change_id)
    )
    """,
    """
    CREATE INDEX status_change_subject ON status_change (subject_id)
    """,
    """
    CREATE TABLE subject (
        subject_id UUID NOT NULL,
        revision BIGINT NOT NULL,
        current_version INTEGER NOT NULL,
        merged_into UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (subject_id)
    )
    """,
    """
    CREATE TABLE subject_number (
        number_index TEXT NOT NULL,
        subject_id UUID NOT NULL,
        current BOOLEAN NOT NULL,
        PRIMARY KEY (number_index)
    )
    """,
    """
    CREATE INDEX subject_number_subject ON subject_number (subject_id)
    """,
    """
    CREATE TABLE terminal_uploads (
        terminal_id UUID NOT NULL,
        uploads BIGINT NOT NULL,
        PRIMARY KEY (terminal_id)
    )
    """,
    """
    CREATE TABLE upload (
        packet_id UUID NOT NULL,
        terminal_id UUID NOT NULL,
        collector_id UUID NOT NULL,
        area TEXT NOT NULL,
        number BIGINT NOT NULL,
        accepted INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        receipts JSONB NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (packet_id)
    )
    """,
)


def upgrade() -> None:
    """Create what every service has, and capture's own tables."""
    for statement in (*SHARED_V1, *_CAPTURE_V1):
        op.execute(statement)
