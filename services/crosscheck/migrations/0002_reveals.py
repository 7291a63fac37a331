"""Which event asks for a row, so that it can be asked again."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "ALTER TABLE reveal ADD COLUMN event_id UUID UNIQUE",
    """
    UPDATE reveal SET event_id = outbox.event_id FROM outbox
    WHERE outbox.topic = 'crosscheck-reveal-requested-' || reveal.department
      AND outbox.ref ->> 'reveal_id' = reveal.reveal_id::text
    """,
    "ALTER TABLE reveal ALTER COLUMN event_id SET NOT NULL",
    "CREATE INDEX reveal_asked ON reveal (asked_at) WHERE state = 'asked'",
)


def upgrade() -> None:
    """Name the event in each request."""
    for statement in STATEMENTS:
        op.execute(statement)
