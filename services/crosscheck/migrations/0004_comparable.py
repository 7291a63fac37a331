"""An order that is neither found nor shown to be gone stays open, and says so."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """What is open now was found at the last match."""
    op.execute("ALTER TABLE discrepancy ADD COLUMN comparable BOOLEAN NOT NULL DEFAULT true")
