"""What access does when it starts: show its own keys, and make the first administrator."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access import passwords
from muster.access.domain import texts
from muster.access.handlers import authority
from muster.access.handlers.signin import public_token_keys
from muster.access.store import accounts, terminals
from muster.access.store.accounts import HeldGrant
from muster.messaging import outbox
from muster.messaging.outbox import OutboxItem
from muster.runtime.asked_area import known
from muster.runtime.context import Context
from muster.runtime.home import write_private
from muster.security.grants import Grant
from muster.security.keyring import Key
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

OWNER = "access"
FIRST_NAME = "admin"

_BEIJING = timezone(timedelta(hours=8))
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('access/start', 0))")


class BadAdminFile(ValueError):  # noqa: N818 - reads as what it says
    """The administrator's file is not ``{"account", "password"}``. Names no value."""


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """Whether the first administrator was made just now, and where the password stands."""

    created: bool
    admin_file: Path


async def publish_own_keys(context: Context, conn: AsyncConnection) -> bool:
    """Show the public keys that verify tokens, of all epochs, when they have changed."""
    await conn.execute(_LOCK)
    known = (await terminals.keys_of(conn, [OWNER])).get(OWNER, [])
    keys = {key["kid"]: key for key in public_token_keys(context)}
    if {row.kid: row.jwk for row in known} == keys:
        return False
    version = max((row.version for row in known), default=0) + 1
    created = {key.jwk()["kid"]: _created(key) for key in context.keyring.epochs("token/access")}
    await terminals.drop_keys(conn, OWNER)
    added = await terminals.put_keys(
        conn,
        [
            {
                "kid": kid,
                "owner_id": OWNER,
                "owner_kind": OWNER,
                "version": version,
                "area": None,
                "use": "sig",
                "jwk": jwk,
                "valid_from": created[kid],
                "revoked_at": None,
            }
            for kid, jwk in keys.items()
        ],
    )
    if not added:
        raise RuntimeError("a key that signs tokens is enrolled as somebody else's")
    await outbox.add(conn, [OutboxItem("access-key-changed", OWNER, version, {"owner_id": OWNER})])
    await context.audit.record(
        conn, actor=OWNER, action="keys-published", detail={"keys": len(keys), "version": version}
    )
    return True


async def bootstrap(context: Context, conn: AsyncConnection, admin_file: Path) -> Bootstrapped:
    """Make the first administrator, at the profile's area, when there is no account at all.

    Name and password come from `admin_file`; when it is not there it is written first (mode
    0600, random password), so that a process that dies in between leaves a password that will
    work. Raises BadAdminFile.
    """
    await conn.execute(_LOCK)
    if await accounts.any_account(conn):
        return Bootstrapped(False, admin_file)
    username, password = await asyncio.to_thread(_name_and_password, admin_file)
    now = datetime.now(UTC)
    begins = datetime.combine(context.profile.standard_time, time(), _BEIJING)
    account_id = new_id()
    grant = Grant(Role.ADMINISTRATOR, context.profile.area, min(begins, now))
    known(context.areas, grant.area)
    await accounts.add_account(
        conn,
        {
            "account_id": account_id,
            "username": username,
            "password_hash": await passwords.hash_password(password),
            "area": grant.area,
        },
    )
    await accounts.add_grants(conn, [(HeldGrant(new_id(), account_id, grant), None)])
    await authority.tell(conn, account_id, 1, active=True, grants=[grant])
    await context.audit.record(
        conn,
        actor=OWNER,
        action="first-administrator",
        detail={"account": account_id, "area": grant.area},
    )
    return Bootstrapped(True, admin_file)


def _created(key: Key) -> datetime:
    """When a key was made; one without a date holds from the beginning."""
    return datetime.fromisoformat(key.created) if key.created else datetime(2000, 1, 1, tzinfo=UTC)


def _name_and_password(path: Path) -> tuple[str, str]:
    if not path.exists():
        write_private(path, {"account": FIRST_NAME, "password": secrets.token_urlsafe(18)})
    return _read(path)


def _read(path: Path) -> tuple[str, str]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        username, password = document["account"], document["password"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadAdminFile(
            "the administrator's file is not readable as account, password"
        ) from None
    if (
        not isinstance(username, str)
        or not isinstance(password, str)
        or texts.check_username(username)
        or texts.check_password(password, username)
    ):
        raise BadAdminFile("the administrator's file names an account or password that cannot be")
    return username, password
