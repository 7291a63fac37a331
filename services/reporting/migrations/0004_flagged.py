"""Whose newest record the terminals do not attest."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE subject_state ADD COLUMN attested_version BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE subject_state ADD COLUMN attested_sequence BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE subject_state ADD COLUMN flagged BOOLEAN DEFAULT false NOT NULL",
)


def upgrade() -> None:
    """Three columns. What capture told before reporting was among its readers is not known here
    until it tells it again."""
    for statement in STATEMENTS:
        op.execute(statement)
