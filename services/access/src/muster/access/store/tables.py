"""Access's own tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)
_NOW = text("now()")

account = Table(
    "account",
    metadata,
    Column("account_id", _UUID, primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("area", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("locked_until", _TIME),
    Column("sessions_from", _TIME, nullable=False, server_default=_NOW),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("created_by", _UUID),
)
"""``area`` is where the account was created; ``sessions_from``: older sign-ins are not renewed."""
Index("account_area", account.c.area)

account_grant = Table(
    "account_grant",
    metadata,
    Column("grant_id", _UUID, primary_key=True),
    Column("account_id", _UUID, ForeignKey("account.account_id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("valid_from", _TIME, nullable=False),
    Column("valid_until", _TIME),
    Column("granted_by", _UUID),
    Column("granted_at", _TIME, nullable=False, server_default=_NOW),
    Column("revoked_by", _UUID),
    Column("revoked_at", _TIME),
    CheckConstraint(
        "valid_until IS NULL OR valid_until > valid_from", name="account_grant_ends_after"
    ),
)
Index("account_grant_account", account_grant.c.account_id)
Index("account_grant_area", account_grant.c.area, postgresql_where=text("revoked_at IS NULL"))

terminal = Table(
    "terminal",
    metadata,
    Column("terminal_id", _UUID, primary_key=True),
    Column("area", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("enrolled_at", _TIME, nullable=False, server_default=_NOW),
    Column("revoked_at", _TIME),
    Column("revoked_by", _UUID),
)
Index("terminal_area", terminal.c.area)

department = Table(
    "department",
    metadata,
    Column("department", Text, primary_key=True),
    Column("area", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("enrolled_at", _TIME, nullable=False),
    Column("revoked_at", _TIME),
    Column("revoked_by", _UUID),
)
"""A department of the profile whose connector was enrolled; its keys stand in ``known_key``."""

enrolment = Table(
    "enrolment",
    metadata,
    Column("enrolment_id", _UUID, primary_key=True),
    Column("area", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("opened_by", _UUID, nullable=False),
    Column("opened_at", _TIME, nullable=False, server_default=_NOW),
    Column("expires_at", _TIME, nullable=False),
    Column("terminal_id", _UUID, ForeignKey("terminal.terminal_id")),
    Column("department", Text),
    Column("used_at", _TIME),
    CheckConstraint("department IS NULL OR terminal_id IS NULL", name="enrolment_of_one_kind"),
)
"""Of a terminal, or of the connector of a ``department``; used when ``terminal_id`` or ``used_at``
is there. ``code_hash`` is a keyed code (``<kid>:<hex>``) under index/access: without the key, no
guess at a code can be tried against a copy of the database."""

issued_token = Table(
    "issued_token",
    metadata,
    Column("token_id", _UUID, primary_key=True),
    Column("account_id", _UUID, nullable=False),
    Column("terminal_id", _UUID),
    Column("signed_in_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
)
Index("issued_token_expiry", issued_token.c.expires_at)
Index("issued_token_session", issued_token.c.account_id, issued_token.c.signed_in_at)

authorization_code = Table(
    "authorization_code",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("account_id", _UUID, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", Text, nullable=False),
    Column("signed_in_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("used_at", _TIME),
)
"""What a right password on the sign-in page gave, for a browser to open a session with, once."""
Index("authorization_code_expiry", authorization_code.c.expires_at)

used_assertion = Table(
    "used_assertion",
    metadata,
    Column("assertion_id", _UUID, primary_key=True),
    Column("expires_at", _TIME, nullable=False),
)
Index("used_assertion_expiry", used_assertion.c.expires_at)
