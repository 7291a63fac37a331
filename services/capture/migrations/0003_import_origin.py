"""Which kind of file an import read: a roster does not set a baseline's row right."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """What was imported before were baselines."""
    op.execute("ALTER TABLE import_job ADD COLUMN origin TEXT NOT NULL DEFAULT 'baseline'")
    op.execute("ALTER TABLE import_job ALTER COLUMN origin DROP DEFAULT")
