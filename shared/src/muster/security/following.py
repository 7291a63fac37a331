"""How a service knows keys and grants without asking access: it follows two topics.

``Directory`` reads what was followed. It keeps an answer for a second, so that a revoked grant
counts within a second of its event, and a request costs no round trip of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.access import GrantsOfAccount, KeysOfOwner
from muster.messaging.message import DONE, Invalid, Message, Outcome, Subscription
from muster.persistence.bulk import in_texts, insert_rows, sent
from muster.persistence.database import Database
from muster.persistence.tables import known_grants, known_key
from muster.security.grants import Grant

KEPT_SECONDS = 1.0


async def take_grants(
    _context: object, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow ``access-grant-changed``: the highest version of an account wins."""
    newest: dict[str, Message] = {}
    for message in batch:
        held = newest.get(message.key)
        if held is None or message.version > held.version:
            newest[message.key] = message
    parts: list[tuple[Message, GrantsOfAccount]] = [(m, m.part) for m in newest.values()]
    await insert_rows(
        conn,
        known_grants,
        [
            {
                "account_id": part.account_id,
                "version": message.version,
                "active": part.active,
                "grants": [grant.model_dump(mode="json") for grant in part.grants],
            }
            for message, part in parts
        ],
        conflict="ON CONFLICT (account_id) DO UPDATE SET version = excluded.version, "
        "active = excluded.active, grants = excluded.grants "
        "WHERE known_grants.version < excluded.version",
    )
    return [DONE] * len(batch)


NO_KEYS = Invalid(
    "no-keys",
    "密钥变更消息中没有任何密钥：撤销的密钥也必须列出。",
    "A change of keys names no key: revoked ones are listed too.",
)
_VERSIONS = select(known_key.c.owner_id, known_key.c.version).where(
    in_texts(known_key.c.owner_id, "owners")
)
_REPLACED = delete(known_key).where(in_texts(known_key.c.owner_id, "owners"))


async def take_keys(
    _context: object, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow ``access-key-changed``: an event replaces all keys of its owner.

    One without keys is refused. Access never sends one, a revoked key stays in the set; and with
    the rows the version would go, so that an older event could bring revoked keys back.
    """
    newest: dict[str, Message] = {}
    for message in batch:
        if not _keys(message).keys:
            continue
        held = newest.get(message.key)
        if held is None or message.version > held.version:
            newest[message.key] = message
    known = {
        row.owner_id: row.version for row in await conn.execute(_VERSIONS, {"owners": sent(newest)})
    }
    fresh = [m for m in newest.values() if m.version > known.get(m.key, 0)]
    await conn.execute(_REPLACED, {"owners": sent(m.key for m in fresh)})
    await insert_rows(
        conn,
        known_key,
        [
            {
                "kid": key.kid,
                "owner_id": part.owner_id,
                "owner_kind": part.owner_kind,
                "version": message.version,
                "area": part.area,
                "use": key.use,
                "jwk": key.jwk,
                "valid_from": key.valid_from,
                "revoked_at": key.revoked_at,
            }
            for message in fresh
            for part in [_keys(message)]
            for key in part.keys
        ],
        conflict="ON CONFLICT (kid) DO NOTHING",
    )
    return [DONE if _keys(message).keys else NO_KEYS for message in batch]


def _keys(message: Message) -> KeysOfOwner:
    part: KeysOfOwner = message.part
    return part


SUBSCRIPTIONS = (
    Subscription("access-grant-changed", take_grants),
    Subscription("access-key-changed", take_keys),
)
"""What every service but access adds to its table of topics."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key that may be used now."""

    kid: str
    owner_id: str
    owner_kind: str
    area: str | None
    jwk: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KnownGrants:
    """The grants of an account as last heard."""

    version: int
    active: bool
    grants: tuple[Grant, ...]


def _now_held(by: ColumnElement[bool]) -> Select[Any]:
    """Public keys that may be used now."""
    return select(known_key).where(
        by,
        known_key.c.valid_from <= text("now()"),
        known_key.c.revoked_at.is_(None) | (known_key.c.revoked_at > text("now()")),
    )


_BY_KID = _now_held(known_key.c.kid == bindparam("wanted"))
_BY_OWNER = _now_held(known_key.c.owner_id == bindparam("wanted"))
_GRANTS = select(known_grants).where(known_grants.c.account_id == bindparam("account"))


class Directory:
    """Keys and grants as followed, with a short memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[str, tuple[float, KnownKey]] = {}
        self._owners: dict[str, tuple[float, KnownKey]] = {}
        self._grants: dict[str, tuple[float, KnownGrants | None]] = {}

    async def key(self, kid: str, *, owner_kind: str) -> KnownKey | None:
        """The public key with this id, when it belongs to that kind of holder and is not revoked.

        Ids that are not known are not remembered: they would let a stranger fill the memory.
        """
        return await self._key(self._keys, kid, _BY_KID, owner_kind)

    async def key_of(self, owner_id: str, *, owner_kind: str) -> KnownKey | None:
        """A public key of that holder, when they are of that kind and have one that holds now."""
        return await self._key(self._owners, owner_id, _BY_OWNER, owner_kind)

    async def _key(
        self, memory: dict[str, tuple[float, KnownKey]], wanted: str, by: Select[Any], kind: str
    ) -> KnownKey | None:
        found = memory.get(wanted)
        if found is None or found[0] < time.monotonic():
            key = await self._read_key(by, wanted)
            if key is None:
                memory.pop(wanted, None)
                return None
            found = (time.monotonic() + KEPT_SECONDS, key)
            memory[wanted] = found
        return found[1] if found[1].owner_kind == kind else None

    async def _read_key(self, by: Select[Any], wanted: str) -> KnownKey | None:
        row = await self._database.look(by, {"wanted": wanted})
        if row is None:
            return None
        return KnownKey(row.kid, row.owner_id, row.owner_kind, row.area, row.jwk)

    async def grants(self, account_id: str) -> KnownGrants | None:
        """Grants of an account; None while nothing was heard of it."""
        found = self._grants.get(account_id)
        if found is None or found[0] < time.monotonic():
            known = await self._read_grants(account_id)
            if known is None:
                self._grants.pop(account_id, None)
                return None
            found = (time.monotonic() + KEPT_SECONDS, known)
            self._grants[account_id] = found
        return found[1]

    async def _read_grants(self, account_id: str) -> KnownGrants | None:
        row = await self._database.look(_GRANTS, {"account": account_id})
        if row is None:
            return None
        return KnownGrants(row.version, row.active, tuple(map(Grant.from_dict, row.grants)))
