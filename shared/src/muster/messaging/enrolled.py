"""The keys of edges that are enrolled, from what a service heard on ``access-key-changed``."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.topics import TopicSpec
from muster.messaging.border import DEPARTMENT, Senders
from muster.persistence.bulk import in_texts, sent
from muster.persistence.tables import known_key
from muster.security.jose import Jwk

_NOW = text("now()")
_REVOKED = known_key.c.revoked_at.is_not(None) & (known_key.c.revoked_at <= _NOW)
_VALID = (known_key.c.valid_from <= _NOW) & ~_REVOKED
_SENDERS = select(known_key).where(
    in_texts(known_key.c.owner_id, "owners"), known_key.c.use == "sig", _VALID
)
_HELD = select(known_key.c.kid, known_key.c.owner_id, _REVOKED.label("revoked")).where(
    in_texts(known_key.c.kid, "kids")
)
_READER = (
    select(known_key)
    .where(
        known_key.c.owner_id == bindparam("department"),
        known_key.c.owner_kind == DEPARTMENT,
        known_key.c.use == "enc",
        _VALID,
    )
    .order_by(known_key.c.valid_from.desc())
    .limit(1)
)
_KINDS = {"device": "terminal", "connector": DEPARTMENT}


class UnknownReader(LookupError):  # noqa: N818 - reads as what it says
    """The department that reads a topic has enrolled no key yet."""


async def senders(conn: AsyncConnection, names: Collection[str]) -> Senders:
    """The signing keys of senders such as ``device/<terminal id>``, with one query."""
    owners = {name.partition("/")[2]: name for name in names}
    rows = await conn.execute(_SENDERS, {"owners": sent(owners)})
    found: Senders = {}
    for row in rows:
        name = owners[row.owner_id]
        if _KINDS.get(name.partition("/")[0]) == row.owner_kind:
            found.setdefault(name, {})[row.kid] = row.jwk
    return found


async def held(conn: AsyncConnection, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of (sender, kid) those whose key is another's, or the sender's no longer, with one query.

    Its own valid key is not "held": it may have come after `senders` looked.
    """
    if not pairs:
        return set()
    rows = await conn.execute(_HELD, {"kids": sent(kid for _, kid in pairs)})
    known = {row.kid: row for row in rows}
    return {
        (sender, kid)
        for sender, kid in pairs
        if kid in known and (known[kid].revoked or known[kid].owner_id != sender.partition("/")[2])
    }


async def reader(conn: AsyncConnection, spec: TopicSpec) -> Jwk | None:
    """The key to which a topic's parts are sealed; None for a topic between services.

    Raises:
        UnknownReader: the department has enrolled no key, or its keys were revoked.
    """
    department = spec.edge_reader
    if department is None:
        return None
    row = (await conn.execute(_READER, {"department": department})).first()
    if row is None:
        raise UnknownReader(department)
    jwk: Jwk = row.jwk
    return jwk
