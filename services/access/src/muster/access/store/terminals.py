"""Keys, enrolments and terminals: every statement on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, any_, cast, delete, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.store.tables import (
    enrolment,
    terminal,
)
from muster.persistence.bulk import in_texts, insert_rows, sent
from muster.persistence.tables import known_key


async def put_keys(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert public keys; False when one of the key ids is known already."""
    written = await insert_rows(
        conn, known_key, rows, conflict="ON CONFLICT (kid) DO NOTHING", returning=["kid"]
    )
    return len(written) == len(rows)


async def drop_keys(conn: AsyncConnection, owner_id: str) -> None:
    """Forget all keys of one owner."""
    await conn.execute(delete(known_key).where(known_key.c.owner_id == owner_id))


_KEYS_OF = (
    select(known_key).where(in_texts(known_key.c.owner_id, "owners")).order_by(known_key.c.kid)
)


async def keys_of(conn: AsyncConnection, owner_ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """All keys by owner, revoked ones included, in order of key id."""
    found: dict[str, list[Row[Any]]] = {}
    for row in await conn.execute(_KEYS_OF, {"owners": sent(owner_ids)}):
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


async def owners(conn: AsyncConnection) -> dict[str, set[str]]:
    """Who holds a key that is not revoked, by kind of owner."""
    query = (
        select(known_key.c.owner_kind, known_key.c.owner_id)
        .where(known_key.c.revoked_at.is_(None))
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for row in await conn.execute(query):
        found.setdefault(row.owner_kind, set()).add(row.owner_id)
    return found


async def add_enrolment(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert an opened enrolment."""
    await conn.execute(insert(enrolment).values(**values))


_ENROLMENT_OF = select(enrolment).where(in_texts(enrolment.c.code_hash, "hashes")).with_for_update()


async def enrolment_of(conn: AsyncConnection, code_hashes: Sequence[str]) -> Row[Any] | None:
    """The enrolment with one of these code hashes, locked."""
    rows = await conn.execute(_ENROLMENT_OF, {"hashes": sent(code_hashes)})
    return rows.one_or_none()


async def use_enrolment(conn: AsyncConnection, enrolment_id: str, terminal_id: str) -> None:
    """Mark an enrolment as used."""
    await conn.execute(
        update(enrolment)
        .where(enrolment.c.enrolment_id == enrolment_id)
        .values(terminal_id=terminal_id)
    )


async def add_terminal(conn: AsyncConnection, terminal_id: str, area: str, label: str) -> None:
    """Insert a terminal."""
    await conn.execute(insert(terminal).values(terminal_id=terminal_id, area=area, label=label))


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
    wanted = any_(cast(list(areas), ARRAY(Text)))
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
