"""Desks ask again and again what came back: few versions of all that are there."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """An index of those alone."""
    op.execute(
        "CREATE INDEX record_version_returned ON record_version (subject_id, version) "
        "WHERE review_state = 'returned'"
    )
