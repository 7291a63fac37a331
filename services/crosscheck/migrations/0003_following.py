"""What closed a work order, and who a candidate turned out to be: a case can be followed."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    ALTER TABLE discrepancy ADD COLUMN found_on JSONB, ADD COLUMN closed_on JSONB
    """,
    # What is open now is true of the data as they are now.
    """
    UPDATE discrepancy d SET found_on = jsonb_build_object(
        'revision', s.revision, 'version', s.version, 'state', s.state,
        'other_revision', o.revision, 'other_version', o.version, 'other_state', o.state,
        'extract', e.extract_id)
    FROM discrepancy n
    LEFT JOIN subject s ON s.subject_id = n.subject_id
    LEFT JOIN subject o ON o.subject_id = CAST(nullif(n.other, '') AS uuid)
    LEFT JOIN extract e ON e.department = n.said_by AND e.state = 'current'
    WHERE d.discrepancy_id = n.discrepancy_id AND d.closed_at IS NULL
    """,
    "CREATE INDEX discrepancy_other ON discrepancy (other)",
    """
    ALTER TABLE candidate ADD COLUMN subject_id UUID,
        ADD CONSTRAINT candidate_known CHECK (subject_id IS NULL OR state = 'closed')
    """,
    # Of those that are known by now, as far as their rows are still here.
    """
    UPDATE candidate c SET subject_id = b.subject_id
    FROM department_row r
    JOIN subject_blind b ON b.holder = r.department AND b.number = r.number
    WHERE c.state = 'closed' AND r.department = c.department AND r.row_id = c.row_id
    """,
    "CREATE INDEX candidate_subject ON candidate (subject_id)",
)


def upgrade() -> None:
    """Keep on which data an order was found and closed, and whom a row turned out to be."""
    for statement in STATEMENTS:
        op.execute(statement)
