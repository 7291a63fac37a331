"""Accounts and grants: every statement on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Text, any_, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.store.tables import (
    account,
    account_grant,
)
from muster.persistence.bulk import in_ids, insert_rows, sent
from muster.persistence.tables import known_grants
from muster.security.grants import Grant
from muster.vocabulary.states import Role


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant of an account that was not revoked and has not ended."""

    grant_id: str
    account_id: str
    grant: Grant


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


_BY_ID = select(account).where(in_ids(account.c.account_id, "ids")).order_by(account.c.account_id)
_BY_ID_LOCKED = _BY_ID.with_for_update()


async def accounts_by_id(
    conn: AsyncConnection, account_ids: Collection[str], *, lock: bool = False
) -> dict[str, Row[Any]]:
    """Accounts by id, locked in order of id when asked."""
    query = _BY_ID_LOCKED if lock else _BY_ID
    rows = await conn.execute(query, {"ids": sent(account_ids)})
    return {row.account_id: row for row in rows}


async def change_account(conn: AsyncConnection, account_id: str, **values: object) -> None:
    """Write columns of one account."""
    await conn.execute(update(account).where(account.c.account_id == account_id).values(**values))


async def visible_accounts(
    conn: AsyncConnection, areas: Sequence[str], *, after: str, limit: int
) -> list[Row[Any]]:
    """Accounts that were created in one of the areas or hold a grant there, in order of id."""
    wanted = any_(cast(list(areas), ARRAY(Text)))
    here = (
        select(account_grant.c.account_id)
        .where(account_grant.c.area == wanted, account_grant.c.revoked_at.is_(None))
        .where(account_grant.c.valid_until.is_(None) | (account_grant.c.valid_until > func.now()))
    )
    query = (
        select(account)
        .where((account.c.area == wanted) | account.c.account_id.in_(here))
        .where(account.c.account_id > after)
        .order_by(account.c.account_id)
        .limit(limit)
    )
    return list(await conn.execute(query))


_HELD = (
    select(account_grant)
    .where(in_ids(account_grant.c.account_id, "ids"))
    .where(account_grant.c.revoked_at.is_(None))
    .where(account_grant.c.valid_until.is_(None) | (account_grant.c.valid_until > func.now()))
    .order_by(account_grant.c.granted_at, account_grant.c.grant_id)
)


async def held_grants(
    conn: AsyncConnection, account_ids: Collection[str]
) -> dict[str, list[HeldGrant]]:
    """Grants by account that are neither revoked nor over; those to come included."""
    rows = await conn.execute(_HELD, {"ids": sent(account_ids)})
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


async def add_grants(conn: AsyncConnection, rows: Sequence[tuple[HeldGrant, str | None]]) -> None:
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


_KNOWN = select(known_grants).where(in_ids(known_grants.c.account_id, "ids"))


async def known_grants_of(
    conn: AsyncConnection, account_ids: Collection[str]
) -> dict[str, Row[Any]]:
    """Rows of ``known_grants`` by account."""
    rows = await conn.execute(_KNOWN, {"ids": sent(account_ids)})
    return {row.account_id: row for row in rows}
