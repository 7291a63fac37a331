"""Issued tokens, authorization codes and used assertions: every statement on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.store.tables import (
    authorization_code,
    issued_token,
    used_assertion,
)
from muster.persistence.bulk import insert_rows

_PURGE = {
    table.name: text(
        # Others may be at it too: take what nobody holds, a little at a time.
        f"DELETE FROM {table.name} WHERE {key} IN (SELECT {key} FROM {table.name} "  # noqa: S608
        "WHERE expires_at < now() ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)"
    )
    for table, key in (
        (issued_token, "token_id"),
        (used_assertion, "assertion_id"),
        (authorization_code, "code_hash"),
    )
}


async def add_token(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Remember an issued token, so that it can be renewed; forget some that have expired."""
    await conn.execute(_PURGE[issued_token.name])
    await conn.execute(insert(issued_token).values(**values))


async def token_by_id(conn: AsyncConnection, token_id: str) -> Row[Any] | None:
    """An issued token."""
    query = select(issued_token).where(issued_token.c.token_id == token_id)
    return (await conn.execute(query)).one_or_none()


async def end_session(conn: AsyncConnection, account_id: str, signed_in_at: datetime) -> bool:
    """Forget every token of one sign-in, so that none is renewed; whether there was any."""
    gone = await conn.execute(
        delete(issued_token)
        .where(issued_token.c.account_id == account_id)
        .where(issued_token.c.signed_in_at == signed_in_at)
    )
    return bool(gone.rowcount)


async def add_code(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Remember an authorization code; forget some that have expired."""
    await conn.execute(_PURGE[authorization_code.name])
    await conn.execute(insert(authorization_code).values(**values))


async def take_code(conn: AsyncConnection, code_hash: str) -> Row[Any] | None:
    """An authorization code as it was found, locked; it is used from now on."""
    of_code = authorization_code.c.code_hash == code_hash
    query = select(authorization_code).where(of_code).with_for_update()
    found = (await conn.execute(query)).one_or_none()
    if found is not None and found.used_at is None:
        await conn.execute(update(authorization_code).where(of_code).values(used_at=func.now()))
    return found


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
