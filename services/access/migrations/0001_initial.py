"""The tables of access's first version."""

from alembic import op

from muster.persistence.ddl import SHARED_V1

revision = "0001"
down_revision = None

_ACCESS_V1 = (
    """
    CREATE TABLE account (
        account_id UUID NOT NULL,
        username TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        active BOOLEAN DEFAULT true NOT NULL,
        area TEXT NOT NULL,
        version BIGINT DEFAULT 1 NOT NULL,
        failures INTEGER DEFAULT 0 NOT NULL,
        locked_until TIMESTAMP WITH TIME ZONE,
        sessions_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by UUID,
        PRIMARY KEY (account_id),
        UNIQUE (username)
    )
    """,
    """
    CREATE INDEX account_area ON account (area)
    """,
    """
    CREATE TABLE account_grant (
        grant_id UUID NOT NULL,
        account_id UUID NOT NULL,
        role TEXT NOT NULL,
        area TEXT NOT NULL,
        valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
        valid_until TIMESTAMP WITH TIME ZONE,
        granted_by UUID,
        granted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        revoked_by UUID,
        revoked_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (grant_id),
        FOREIGN KEY (account_id) REFERENCES account (account_id),
        CONSTRAINT account_grant_ends_after CHECK (valid_until IS NULL OR valid_until > valid_from)
    )
    """,
    """
    CREATE INDEX account_grant_account ON account_grant (account_id)
    """,
    """
    CREATE INDEX account_grant_area ON account_grant (area) WHERE revoked_at IS NULL
    """,
    """
    CREATE TABLE terminal (
        terminal_id UUID NOT NULL,
        area TEXT NOT NULL,
        label TEXT NOT NULL,
        version BIGINT DEFAULT 1 NOT NULL,
        enrolled_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        revoked_by UUID,
        PRIMARY KEY (terminal_id)
    )
    """,
    """
    CREATE INDEX terminal_area ON terminal (area)
    """,
    """
    CREATE TABLE enrolment (
        enrolment_id UUID NOT NULL,
        area TEXT NOT NULL,
        label TEXT NOT NULL,
        code_hash TEXT NOT NULL,
        opened_by UUID NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        terminal_id UUID,
        PRIMARY KEY (enrolment_id),
        UNIQUE (code_hash),
        FOREIGN KEY (terminal_id) REFERENCES terminal (terminal_id)
    )
    """,
    """
    CREATE TABLE issued_token (
        token_id UUID NOT NULL,
        account_id UUID NOT NULL,
        terminal_id UUID,
        signed_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (token_id)
    )
    """,
    """
    CREATE INDEX issued_token_expiry ON issued_token (expires_at)
    """,
    """
    CREATE TABLE used_assertion (
        assertion_id UUID NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (assertion_id)
    )
    """,
    """
    CREATE INDEX used_assertion_expiry ON used_assertion (expires_at)
    """,
)


def upgrade() -> None:
    """Create what every service has, and access's own tables."""
    for statement in (*SHARED_V1, *_ACCESS_V1):
        op.execute(statement)
