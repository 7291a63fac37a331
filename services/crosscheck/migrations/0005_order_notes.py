"""What is asked, answered and passed on about a work order stays with it (R75, R76)."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    # Where an order is handled, if not in the village of the household.
    "ALTER TABLE discrepancy ADD COLUMN handled_in TEXT",
    """
    CREATE INDEX discrepancy_handled ON discrepancy (handled_in, opened_at, discrepancy_id)
        WHERE handled_in IS NOT NULL
    """,
    """
    CREATE TABLE order_note (
        note_id UUID PRIMARY KEY,
        discrepancy_id UUID NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('question', 'answer', 'transfer')),
        answers UUID UNIQUE,
        addressee TEXT,
        account TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL DEFAULT now(),
        sealed TEXT NOT NULL
    )
    """,
    "CREATE INDEX order_note_order ON order_note (discrepancy_id, at, note_id)",
)


def upgrade() -> None:
    """One table of what people say about orders."""
    for statement in STATEMENTS:
        op.execute(statement)
