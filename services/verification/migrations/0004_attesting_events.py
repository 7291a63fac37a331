"""Which reading and signature a version names, and by which events they are judged."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Of what was kept before they are not known, until capture tells of that version again.
STATEMENTS = (
    """
    ALTER TABLE attestation
        ADD COLUMN reading_id UUID,
        ADD COLUMN reading_event UUID,
        ADD COLUMN signature_id UUID,
        ADD COLUMN signature_event UUID
    """,
)


def upgrade() -> None:
    """Add the ids."""
    for statement in STATEMENTS:
        op.execute(statement)
