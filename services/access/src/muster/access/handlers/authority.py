"""What an administrator may do to another account: see it, and change it.

Decisions use the grants in the store, read under a lock, and not those of the caller's token: a
grant that was taken away a moment ago gives nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain.areas import at_and_below
from muster.access.handlers import refusals
from muster.access.store import accounts
from muster.access.store.accounts import HeldGrant
from muster.messaging import outbox
from muster.messaging.outbox import OutboxItem
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.grants import Grant, Principal, delegable
from muster.vocabulary.states import Role


@dataclass(frozen=True, slots=True)
class Administered:
    """An account that the caller sees, both locked; and what each of them holds now."""

    caller: Principal
    row: Row[Any]
    grants: tuple[HeldGrant, ...]
    areas: frozenset[str]
    now: datetime


def administered_areas(context: Context, caller: Principal, now: datetime) -> list[str]:
    """Codes of all areas in which the caller is an administrator."""
    return at_and_below(context.areas, caller.areas(Role.ADMINISTRATOR, now))


async def principal_of(conn: AsyncConnection, caller: Caller, *, lock: bool = False) -> Principal:
    """The caller with what the store says that they hold now; nothing when not active."""
    rows = await accounts.accounts_by_id(conn, [caller.account_id], lock=lock)
    return await _principal(conn, caller, rows.get(caller.account_id))


async def _principal(conn: AsyncConnection, caller: Caller, row: Row[Any] | None) -> Principal:
    if row is None or not row.active:
        return Principal(caller.account_id, (), caller.terminal_id)
    held = (await accounts.held_grants(conn, [caller.account_id]))[caller.account_id]
    return Principal(caller.account_id, tuple(h.grant for h in held), caller.terminal_id)


async def administer(
    context: Context, conn: AsyncConnection, caller: Caller, account_id: str
) -> Administered:
    """Lock an account that the caller, an administrator, may see.

    Raises Refusal (404) for any other account, whether it exists or not.
    """
    rows = await accounts.accounts_by_id(conn, [account_id, caller.account_id], lock=True)
    principal = await _principal(conn, caller, rows.get(caller.account_id))
    row = rows.get(account_id)
    if row is None:
        raise refusals.not_found("account_id")
    grants = (await accounts.held_grants(conn, [account_id]))[account_id]
    now = datetime.now(UTC)
    areas = frozenset(administered_areas(context, principal, now))
    if row.area not in areas and not any(held.grant.area in areas for held in grants):
        raise refusals.not_found("account_id")
    return Administered(principal, row, tuple(grants), areas, now)


def require_power_over(context: Context, seen: Administered, grants: Sequence[HeldGrant]) -> None:
    """Refuse (403) unless the caller could have given all these grants, as far as they go on.

    Otherwise an administrator of a township could reset the password of one of the county who
    also holds a grant in that township, and then act as that person.
    """
    if seen.row.account_id == seen.caller.account_id:
        raise refusals.conflict(
            "account_id",
            "own-account",
            "不能对自己的账号办理此项操作，请由其他管理员办理。",
            "Nobody does this to their own account; ask another administrator.",
        )
    if not grants and seen.row.area not in seen.areas:
        raise refusals.beyond_held("account_id")
    for held in grants:
        coming = replace(held.grant, valid_from=max(held.grant.valid_from, seen.now))
        if not delegable(seen.caller, coming, context.areas, seen.now):
            raise refusals.beyond_held("account_id")


async def announce(
    conn: AsyncConnection, row: Row[Any], *, active: bool, grants: Sequence[Grant]
) -> int:
    """Give a locked account its next version, and tell everybody what holds from now on."""
    version = int(row.version) + 1
    await accounts.change_account(conn, row.account_id, version=version, active=active)
    await tell(conn, row.account_id, version, active=active, grants=grants)
    return version


async def tell(
    conn: AsyncConnection, account_id: str, version: int, *, active: bool, grants: Sequence[Grant]
) -> None:
    """Write what holds for an account where tokens are verified here, and to the outbox."""
    await accounts.put_known_grants(conn, account_id, version, active, grants)
    await outbox.add(
        conn,
        [OutboxItem("access-grant-changed", account_id, version, {"account_id": account_id})],
    )
