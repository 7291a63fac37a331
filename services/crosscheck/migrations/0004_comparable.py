"""An order that is neither found nor shown to be gone stays open, and says so."""

from alembic import op

revision = "0004"
down_revision = "0003"


STATEMENTS = (
    "ALTER TABLE discrepancy ADD COLUMN comparable BOOLEAN NOT NULL DEFAULT true",
    # A death of which nobody can read when it was is no death that is not told any more.
    """
    ALTER TABLE department_row DROP CONSTRAINT department_row_died,
        ADD CONSTRAINT department_row_died CHECK (died IN ('before', 'after', 'unreadable'))
    """,
)


def upgrade() -> None:
    """What is open now was found at the last match."""
    for statement in STATEMENTS:
        op.execute(statement)
