"""Departments: whose connector is enrolled, and codes that enrol one."""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    """
    CREATE TABLE department (
        department TEXT NOT NULL,
        area TEXT NOT NULL,
        label TEXT NOT NULL,
        version BIGINT NOT NULL,
        enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        revoked_by UUID,
        PRIMARY KEY (department)
    )
    """,
    """
    ALTER TABLE enrolment
        ADD COLUMN department TEXT,
        ADD COLUMN used_at TIMESTAMP WITH TIME ZONE,
        ADD CONSTRAINT enrolment_of_one_kind CHECK (department IS NULL OR terminal_id IS NULL)
    """,
)


def upgrade() -> None:
    """Add what departments need."""
    for statement in _STATEMENTS:
        op.execute(statement)
