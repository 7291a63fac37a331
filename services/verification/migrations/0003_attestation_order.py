"""Of two words about one record version the later counts by its place, not by a clock."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    # The places of what was kept before are not known; whatever comes next is later.
    "ALTER TABLE attestation ADD COLUMN sequence BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE attestation ALTER COLUMN sequence DROP DEFAULT",
    "ALTER TABLE attestation DROP COLUMN said_at",
)


def upgrade() -> None:
    """Exchange the time for the sequence."""
    for statement in STATEMENTS:
        op.execute(statement)
