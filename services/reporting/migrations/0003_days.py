"""How areas stood day by day, where figures changed just now, and how long records wait."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE subject_state ADD COLUMN collected_at TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE subject_state ADD COLUMN reviewed_at TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE subject_state ADD COLUMN ever_returned BOOLEAN DEFAULT false NOT NULL",
    # What is known of earlier returns: those that still stand.
    "UPDATE subject_state SET ever_returned = true WHERE outcome = 'returned'",
    """
    CREATE TABLE changed_area (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        area TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX changed_area_at ON changed_area (at)",
    """
    CREATE TABLE day_count (
        area TEXT NOT NULL,
        day DATE NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        expected INTEGER NOT NULL,
        submitted INTEGER NOT NULL,
        returned INTEGER NOT NULL,
        verified INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        open INTEGER NOT NULL,
        problems INTEGER NOT NULL,
        PRIMARY KEY (area, day)
    )
    """,
)


def upgrade() -> None:
    """Two tables and three columns. When what came before was collected and reviewed is not known
    here until it is published again, and counts as such."""
    for statement in _STATEMENTS:
        op.execute(statement)
