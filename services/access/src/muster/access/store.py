"""Access's own tables, and every statement on them.

Access owns the truth about grants and keys, so it does not follow its own topics: whoever changes
a grant or a key writes ``known_grants`` or ``known_key`` in the same transaction. These two tables
are what its own routes verify tokens with, and what the relay reads to build the events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.persistence.bulk import insert_rows
from muster.persistence.tables import known_grants, known_key
from muster.security.grants import Grant
from muster.vocabulary.states import Role
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
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.ext.asyncio import AsyncConnection

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
)
"""``code_hash`` is a keyed code (``<kid>:<hex>``) under index/access: without the key, no guess
at a code can be tried against a copy of the database."""

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

used_assertion = Table(
    "used_assertion",
    metadata,
    Column("assertion_id", _UUID, primary_key=True),
    Column("expires_at", _TIME, nullable=False),
)
Index("used_assertion_expiry", used_assertion.c.expires_at)


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant of an account that was not revoked and has not ended."""

    grant_id: str
    account_id: str
    grant: Grant


# -- accounts --------------------------------------------------------------------------------------


async def any_account(conn: AsyncConnection) -> bool:
    """Whether there is one at all."""
    return (await conn.execute(select(account.c.account_id).limit(1))).first() is not None


async def add_account(conn: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert an account; False when the user name is taken."""
    rows = await insert_rows(
        conn, account, [values], conflict="ON CONFLICT DO NOTHING", returning=["account_id"]
    )
    return bool(rows)


async def account_named(
    conn: AsyncConnection, username: str, *, lock: bool = False
) -> Row[Any] | None:
    """The account of a normalised user name."""
    query = select(account).where(account.c.username == username)
    return (await conn.execute(query.with_for_update() if lock else query)).one_or_none()


async def accounts_by_id(
    conn: AsyncConnection, account_ids: Collection[str], *, lock: bool = False
) -> dict[str, Row[Any]]:
    """Accounts by id, locked in order of id when asked."""
    query = (
        select(account)
        .where(account.c.account_id.in_(sorted(set(account_ids))))
        .order_by(account.c.account_id)
    )
    rows = await conn.execute(query.with_for_update() if lock else query)
    return {row.account_id: row for row in rows}


async def change_account(conn: AsyncConnection, account_id: str, **values: object) -> None:
    """Write columns of one account."""
    await conn.execute(update(account).where(account.c.account_id == account_id).values(**values))


async def visible_accounts(
    conn: AsyncConnection, areas: Sequence[str], *, after: str, limit: int
) -> list[Row[Any]]:
    """Accounts that were created in one of the areas or hold a grant there, in order of id."""
    wanted = func.any(text("CAST(:areas AS text[])").bindparams(areas=list(areas)))
    here = (
        select(account_grant.c.account_id)
        .where(account_grant.c.area == wanted, account_grant.c.revoked_at.is_(None))
        .where(account_grant.c.valid_until.is_(None) | (account_grant.c.valid_until > _NOW))
    )
    query = (
        select(account)
        .where((account.c.area == wanted) | account.c.account_id.in_(here))
        .where(account.c.account_id > after)
        .order_by(account.c.account_id)
        .limit(limit)
    )
    return list(await conn.execute(query))


# -- grants ----------------------------------------------------------------------------------------


async def held_grants(
    conn: AsyncConnection, account_ids: Collection[str]
) -> dict[str, list[HeldGrant]]:
    """Grants by account that are neither revoked nor over; those to come included."""
    rows = await conn.execute(
        select(account_grant)
        .where(account_grant.c.account_id.in_(sorted(set(account_ids))))
        .where(account_grant.c.revoked_at.is_(None))
        .where(account_grant.c.valid_until.is_(None) | (account_grant.c.valid_until > _NOW))
        .order_by(account_grant.c.granted_at, account_grant.c.grant_id)
    )
    found: dict[str, list[HeldGrant]] = {account_id: [] for account_id in account_ids}
    for row in rows:
        grant = Grant(Role(row.role), row.area, row.valid_from, row.valid_until)
        found[row.account_id].append(HeldGrant(row.grant_id, row.account_id, grant))
    return found


async def account_of_grant(conn: AsyncConnection, grant_id: str) -> str | None:
    """Whose grant it is."""
    query = select(account_grant.c.account_id).where(account_grant.c.grant_id == grant_id)
    found: str | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def add_grants(
    conn: AsyncConnection, rows: Sequence[tuple[HeldGrant, str | None]]
) -> None:
    """Insert grants, each with the account that gives it."""
    await insert_rows(
        conn,
        account_grant,
        [
            {
                "grant_id": held.grant_id,
                "account_id": held.account_id,
                "role": held.grant.role.value,
                "area": held.grant.area,
                "valid_from": held.grant.valid_from,
                "valid_until": held.grant.valid_until,
                "granted_by": by,
            }
            for held, by in rows
        ],
    )


async def revoke_grant(conn: AsyncConnection, grant_id: str, by: str) -> None:
    """Mark a grant as revoked now."""
    await conn.execute(
        update(account_grant)
        .where(account_grant.c.grant_id == grant_id)
        .values(revoked_by=by, revoked_at=func.now())
    )


async def put_known_grants(
    conn: AsyncConnection, account_id: str, version: int, active: bool, grants: Sequence[Grant]
) -> None:
    """What holds for an account from now on, for tokens here and for the event."""
    await insert_rows(
        conn,
        known_grants,
        [
            {
                "account_id": account_id,
                "version": version,
                "active": active,
                "grants": [grant.as_dict() for grant in grants],
            }
        ],
        conflict="ON CONFLICT (account_id) DO UPDATE SET version = excluded.version, "
        "active = excluded.active, grants = excluded.grants",
    )


async def known_grants_of(
    conn: AsyncConnection, account_ids: Collection[str]
) -> dict[str, Row[Any]]:
    """Rows of ``known_grants`` by account."""
    query = select(known_grants).where(known_grants.c.account_id.in_(sorted(set(account_ids))))
    return {row.account_id: row for row in await conn.execute(query)}


# -- keys and terminals ----------------------------------------------------------------------------


async def put_keys(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert public keys; False when one of the key ids is known already."""
    written = await insert_rows(
        conn, known_key, rows, conflict="ON CONFLICT (kid) DO NOTHING", returning=["kid"]
    )
    return len(written) == len(rows)


async def drop_keys(conn: AsyncConnection, owner_id: str) -> None:
    """Forget all keys of one owner."""
    await conn.execute(delete(known_key).where(known_key.c.owner_id == owner_id))


async def keys_of(
    conn: AsyncConnection, owner_ids: Collection[str]
) -> dict[str, list[Row[Any]]]:
    """All keys by owner, revoked ones included, in order of key id."""
    query = (
        select(known_key)
        .where(known_key.c.owner_id.in_(sorted(set(owner_ids))))
        .order_by(known_key.c.kid)
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in await conn.execute(query):
        found.setdefault(row.owner_id, []).append(row)
    return found


async def terminal_key(conn: AsyncConnection, kid: str) -> Row[Any] | None:
    """The key of an enrolled terminal that is not revoked."""
    query = select(known_key).where(
        known_key.c.kid == kid,
        known_key.c.owner_kind == "terminal",
        known_key.c.revoked_at.is_(None),
    )
    return (await conn.execute(query)).one_or_none()


async def add_enrolment(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert an opened enrolment."""
    await conn.execute(insert(enrolment).values(**values))


async def enrolment_of(conn: AsyncConnection, code_hashes: Sequence[str]) -> Row[Any] | None:
    """The enrolment with one of these code hashes, locked."""
    query = select(enrolment).where(enrolment.c.code_hash.in_(code_hashes)).with_for_update()
    return (await conn.execute(query)).one_or_none()


async def use_enrolment(conn: AsyncConnection, enrolment_id: str, terminal_id: str) -> None:
    """Mark an enrolment as used."""
    await conn.execute(
        update(enrolment)
        .where(enrolment.c.enrolment_id == enrolment_id)
        .values(terminal_id=terminal_id)
    )


async def add_terminal(conn: AsyncConnection, terminal_id: str, area: str, label: str) -> None:
    """Insert a terminal."""
    await conn.execute(
        insert(terminal).values(terminal_id=terminal_id, area=area, label=label)
    )


async def terminal_by_id(
    conn: AsyncConnection, terminal_id: str, *, lock: bool = False
) -> Row[Any] | None:
    """One terminal."""
    query = select(terminal).where(terminal.c.terminal_id == terminal_id)
    return (await conn.execute(query.with_for_update() if lock else query)).one_or_none()


async def terminals_in(
    conn: AsyncConnection, areas: Sequence[str], *, after: str, limit: int
) -> list[Row[Any]]:
    """Terminals of these areas in order of id."""
    wanted = func.any(text("CAST(:areas AS text[])").bindparams(areas=list(areas)))
    query = (
        select(terminal)
        .where(terminal.c.area == wanted, terminal.c.terminal_id > after)
        .order_by(terminal.c.terminal_id)
        .limit(limit)
    )
    return list(await conn.execute(query))


async def revoke_terminal(
    conn: AsyncConnection, terminal_id: str, *, by: str, version: int, at: datetime
) -> None:
    """Mark a terminal and its keys as revoked."""
    await conn.execute(
        update(terminal)
        .where(terminal.c.terminal_id == terminal_id)
        .values(revoked_at=at, revoked_by=by, version=version)
    )
    await conn.execute(
        update(known_key)
        .where(known_key.c.owner_id == terminal_id)
        .values(revoked_at=at, version=version)
    )


# -- tokens ----------------------------------------------------------------------------------------

_PURGE = {
    table.name: text(
        # Others may be at it too: take what nobody holds, a little at a time.
        f"DELETE FROM {table.name} WHERE {key} IN (SELECT {key} FROM {table.name} "  # noqa: S608
        "WHERE expires_at < now() ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)"
    )
    for table, key in ((issued_token, "token_id"), (used_assertion, "assertion_id"))
}


async def add_token(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Remember an issued token, so that it can be renewed; forget some that have expired."""
    await conn.execute(_PURGE[issued_token.name])
    await conn.execute(insert(issued_token).values(**values))


async def token_by_id(conn: AsyncConnection, token_id: str) -> Row[Any] | None:
    """An issued token."""
    query = select(issued_token).where(issued_token.c.token_id == token_id)
    return (await conn.execute(query)).one_or_none()


async def use_assertion(conn: AsyncConnection, assertion_id: str, expires_at: datetime) -> bool:
    """Take an assertion's id; False when it was taken before."""
    await conn.execute(_PURGE[used_assertion.name])
    rows = await insert_rows(
        conn,
        used_assertion,
        [{"assertion_id": assertion_id, "expires_at": expires_at}],
        conflict="ON CONFLICT DO NOTHING",
        returning=["assertion_id"],
    )
    return bool(rows)
