"""Work orders of the cross-check, and how the devices of terminals are."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE problem (
        discrepancy_id UUID NOT NULL,
        version BIGINT NOT NULL,
        kind TEXT NOT NULL,
        village TEXT NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        closed_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (discrepancy_id)
    )
    """,
    """
    CREATE INDEX problem_village ON problem (village)
    """,
    """
    CREATE TABLE device_status (
        terminal_id UUID NOT NULL,
        version BIGINT NOT NULL,
        county TEXT,
        readers JSONB NOT NULL,
        waiting INTEGER NOT NULL,
        software TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        heard_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (terminal_id)
    )
    """,
    """
    CREATE INDEX upload_terminal ON upload (terminal_id, received_at)
    """,
)


def upgrade() -> None:
    """Two tables of what crosscheck and device gateways publish; no row of version 1 changes."""
    for statement in _TABLES:
        op.execute(statement)
