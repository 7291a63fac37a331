"""Authorization codes: between a password on access's own page and a browser's session."""

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    """
    CREATE TABLE authorization_code (
        code_hash TEXT NOT NULL,
        account_id UUID NOT NULL,
        client_id TEXT NOT NULL,
        redirect_uri TEXT NOT NULL,
        code_challenge TEXT NOT NULL,
        signed_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (code_hash)
    )
    """,
    """
    CREATE INDEX authorization_code_expiry ON authorization_code (expires_at)
    """,
    """
    CREATE INDEX issued_token_session ON issued_token (account_id, signed_in_at)
    """,
)


def upgrade() -> None:
    """Add what signing in by a browser needs."""
    for statement in _STATEMENTS:
        op.execute(statement)
