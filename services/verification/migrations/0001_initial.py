"""The first version of verification's database."""

from alembic import op

from muster.persistence.ddl import SHARED_V1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OWN = (
    """
    CREATE TABLE review_subject (
        subject_id UUID NOT NULL,
        revision BIGINT DEFAULT 0 NOT NULL,
        entries JSONB DEFAULT '[]' NOT NULL,
        village TEXT,
        version BIGINT DEFAULT 0 NOT NULL,
        PRIMARY KEY (subject_id)
    )
    """,
    """
    CREATE INDEX review_subject_village ON review_subject (village)
    """,
    """
    CREATE TABLE review_item (
        subject_id UUID NOT NULL,
        version BIGINT NOT NULL,
        digest TEXT NOT NULL,
        village TEXT NOT NULL,
        desk TEXT NOT NULL,
        state TEXT DEFAULT 'submitted' NOT NULL,
        collector_id UUID NOT NULL,
        sealed TEXT NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        reviewed_at TIMESTAMP WITH TIME ZONE,
        reviewer_id UUID,
        reason_codes JSONB DEFAULT '[]' NOT NULL,
        reasons_sealed TEXT,
        PRIMARY KEY (subject_id, version),
        CONSTRAINT review_item_state CHECK (state IN ('submitted', 'returned', 'verified')),
        CONSTRAINT review_item_reviewed CHECK (
            (state = 'submitted') = (reviewed_at IS NULL)
            AND (reviewed_at IS NULL) = (reviewer_id IS NULL)),
        CONSTRAINT review_item_own CHECK (reviewer_id <> collector_id)
    )
    """,
    """
    CREATE INDEX review_item_waiting ON review_item (received_at, subject_id)
        WHERE state = 'submitted'
    """,
    """
    CREATE TABLE baseline (
        subject_id UUID NOT NULL,
        version BIGINT NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (subject_id)
    )
    """,
)


def upgrade() -> None:
    """Shared tables, then verification's own."""
    for statement in (*SHARED_V1, *OWN):
        op.execute(statement)
