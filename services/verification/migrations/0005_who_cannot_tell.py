"""An answer that neither confirms nor contradicts: the department cannot tell."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The verdicts of what was answered before are sealed: those answers count as they did.
STATEMENTS = (
    """
    ALTER TABLE department_request
        ADD COLUMN cannot_tell BOOLEAN,
        DROP CONSTRAINT department_request_overruled
    """,
    """
    UPDATE department_request SET cannot_tell = false WHERE received_at IS NOT NULL
    """,
    """
    ALTER TABLE department_request
        ADD CONSTRAINT department_request_told CHECK (
            (received_at IS NULL) = (cannot_tell IS NULL)
            AND NOT (contradicts IS TRUE AND cannot_tell IS TRUE)),
        ADD CONSTRAINT department_request_overruled CHECK (
            (overruled_at IS NULL OR contradicts IS TRUE OR cannot_tell IS TRUE)
            AND (overruled_at IS NULL) = (overruled_by IS NULL)
            AND (overruled_at IS NULL) = (overruled_sealed IS NULL))
    """,
    """
    ALTER TABLE review_item
        DROP CONSTRAINT review_item_answers,
        ADD CONSTRAINT review_item_answers CHECK (
            answers IN ('waiting', 'agree', 'cannot_tell', 'contradict'))
    """,
    """
    DROP INDEX review_item_waiting
    """,
    """
    CREATE INDEX review_item_waiting ON review_item (received_at, subject_id)
        WHERE state = 'submitted'
            AND (reviewed_at IS NULL OR answers IN ('cannot_tell', 'contradict'))
    """,
)


def upgrade() -> None:
    """Keep which answers say nothing, and bring their records before a reviewer."""
    for statement in STATEMENTS:
        op.execute(statement)
