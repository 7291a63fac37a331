"""What departments are asked and answer, and what terminals attest."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE review_item
        ADD COLUMN answers TEXT DEFAULT 'agree' NOT NULL,
        ADD CONSTRAINT review_item_answers CHECK (answers IN ('waiting', 'agree', 'contradict')),
        DROP CONSTRAINT review_item_reviewed,
        ADD CONSTRAINT review_item_reviewed CHECK (
            (state = 'submitted' OR reviewed_at IS NOT NULL)
            AND (reviewed_at IS NULL) = (reviewer_id IS NULL))
    """,
    """
    DROP INDEX review_item_waiting
    """,
    """
    CREATE INDEX review_item_waiting ON review_item (received_at, subject_id)
        WHERE state = 'submitted' AND (reviewed_at IS NULL OR answers = 'contradict')
    """,
    """
    CREATE TABLE department_request (
        subject_id UUID NOT NULL,
        version BIGINT NOT NULL,
        department TEXT NOT NULL,
        event_id UUID NOT NULL,
        case_id UUID NOT NULL,
        mandatory BOOLEAN NOT NULL,
        sealed TEXT NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE,
        contradicts BOOLEAN,
        answer_sealed TEXT,
        overruled_at TIMESTAMP WITH TIME ZONE,
        overruled_by UUID,
        overruled_sealed TEXT,
        PRIMARY KEY (subject_id, version, department),
        UNIQUE (event_id),
        CONSTRAINT department_request_answered CHECK (
            (received_at IS NULL) = (contradicts IS NULL)
            AND (received_at IS NULL) = (answer_sealed IS NULL)),
        CONSTRAINT department_request_overruled CHECK (
            (overruled_at IS NULL OR contradicts IS TRUE)
            AND (overruled_at IS NULL) = (overruled_by IS NULL)
            AND (overruled_at IS NULL) = (overruled_sealed IS NULL))
    )
    """,
    """
    CREATE INDEX department_request_open ON department_request (asked_at)
        WHERE received_at IS NULL
    """,
    """
    CREATE TABLE attestation (
        subject_id UUID NOT NULL,
        version BIGINT NOT NULL,
        reading TEXT NOT NULL,
        signature TEXT NOT NULL,
        reasons JSONB NOT NULL,
        said_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (subject_id, version),
        CONSTRAINT attestation_states CHECK (
            reading IN ('none', 'awaiting', 'attested', 'flagged')
            AND signature IN ('none', 'awaiting', 'attested', 'flagged'))
    )
    """,
)


def upgrade() -> None:
    """Requests to departments, attestations, and who was passed before the answers came."""
    for statement in STATEMENTS:
        op.execute(statement)
