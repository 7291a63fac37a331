"""The first version of reporting's database."""

from alembic import op

from muster.persistence.ddl import SHARED_V1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OWN = (
    """
    CREATE TABLE subject_state (
        subject_id UUID NOT NULL,
        revision BIGINT DEFAULT 0 NOT NULL,
        version BIGINT DEFAULT 0 NOT NULL,
        reviewed_version BIGINT DEFAULT 0 NOT NULL,
        outcome TEXT,
        first_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (subject_id),
        CONSTRAINT subject_state_outcome CHECK (outcome IN ('returned', 'verified'))
    )
    """,
    """
    CREATE TABLE counted_entry (
        subject_id UUID NOT NULL,
        place SMALLINT NOT NULL,
        village TEXT NOT NULL,
        origin TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (subject_id, place)
    )
    """,
    """
    CREATE INDEX counted_entry_village ON counted_entry (village, state)
    """,
    """
    CREATE TABLE subject_category (
        subject_id UUID NOT NULL,
        version BIGINT NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (subject_id)
    )
    """,
    """
    CREATE TABLE upload (
        event_id UUID NOT NULL,
        terminal_id UUID NOT NULL,
        area TEXT NOT NULL,
        accepted INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (event_id)
    )
    """,
    """
    CREATE INDEX upload_area ON upload (area, received_at)
    """,
)


def upgrade() -> None:
    """Shared tables, then reporting's own."""
    for statement in (*SHARED_V1, *OWN):
        op.execute(statement)
