"""Where a record waits stands with it, so that a page of the queue is a piece of an index; and who
looks at which record now."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE review_item ADD COLUMN waits_in TEXT",
    """
    UPDATE review_item i SET waits_in = s.village
    FROM review_subject s
    WHERE s.subject_id = i.subject_id AND s.version = i.version AND i.state = 'submitted'
        AND (i.reviewed_at IS NULL OR i.answers IN ('cannot_tell', 'contradict'))
    """,
    "DROP INDEX review_item_waiting",
    # A desk's queue in its order: for who reviews most of it.
    """
    CREATE INDEX review_item_waits ON review_item (desk, received_at, subject_id)
        WHERE waits_in IS NOT NULL
    """,
    # One area's part of it: for who reviews or asks for little of it, and for counting.
    """
    CREATE INDEX review_item_waits_in ON review_item (waits_in, desk, received_at)
        WHERE waits_in IS NOT NULL
    """,
    """
    CREATE INDEX attestation_flagged ON attestation (subject_id, version)
        WHERE reading = 'flagged' OR signature = 'flagged'
    """,
    """
    CREATE TABLE review_claim (
        subject_id UUID NOT NULL,
        account_id UUID NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (subject_id),
        CONSTRAINT review_claim_ends CHECK (until > since)
    )
    """,
    "CREATE INDEX review_claim_account ON review_claim (account_id)",
)


def upgrade() -> None:
    """Note where each record waits now, and make room for claims."""
    for statement in STATEMENTS:
        op.execute(statement)
