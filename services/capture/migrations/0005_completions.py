"""A reviewer completes a record: a version of it that no packet brought."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Whose completion a version is; it has no packet."""
    op.execute("ALTER TABLE record_version ALTER COLUMN packet_id DROP NOT NULL")
    op.execute("ALTER TABLE record_version ADD COLUMN completed_by uuid")
