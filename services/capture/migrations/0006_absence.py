"""Why somebody could not be met yet, for the list of those not yet collected."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A table of its own: nobody has such a remark yet."""
    op.execute(
        "CREATE TABLE absence (absence_id UUID PRIMARY KEY, subject_id UUID NOT NULL, "
        "actor UUID NOT NULL, at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ, "
        "sealed TEXT NOT NULL)"
    )
    op.execute("CREATE INDEX absence_standing ON absence (subject_id) WHERE ended_at IS NULL")
