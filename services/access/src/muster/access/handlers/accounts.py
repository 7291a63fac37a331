"""Accounts and grants: who is created, what is given, what is taken (R52, R87)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain import texts
from muster.access.handlers import authority, refusals
from muster.access.store import accounts
from muster.access.store.accounts import HeldGrant
from muster.runtime.asked_area import known
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.audit import Entry
from muster.security.grants import Grant, Principal, delegable
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

MOST_GRANTS = 40
"""Per account: all of them stand in every token, and a token must fit into a header."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Seen = tuple[Row[Any], list[HeldGrant]]
"""An account and those of its grants that the reader may see."""


def new_grant(
    role: Role, area: str, valid_from: datetime | None, valid_until: datetime | None
) -> Grant:
    """A grant as somebody asks for it; without a beginning it begins now.

    Raises Refusal (422) when it ends before it begins, or reaches out of this century.
    """
    begins = valid_from or datetime.now(UTC)
    if any(not EARLIEST.year <= at.year < LATEST.year for at in (begins, valid_until or begins)):
        raise Refusal(
            Reason(
                "valid_until" if EARLIEST.year <= begins.year < LATEST.year else "valid_from",
                "grant-time-range",
                "授权时间须在2000年至2099年之间。",
                "A grant's time lies between the years 2000 and 2099.",
            )
        )
    if valid_until is not None and valid_until <= max(begins, datetime.now(UTC)):
        raise Refusal(
            Reason(
                "valid_until",
                "grant-ends-early",
                "授权的截止时间须晚于起始时间和当前时间。",
                "A grant ends after it begins, and not in the past.",
            )
        )
    return Grant(role, area, begins, valid_until)


def check_new_account(username: str, password: str, reason: str | None) -> None:
    """Refuse (422) a name, password or reason that cannot be; before any work is done."""
    refusals.invalid(
        [
            *texts.check_username(username),
            *texts.check_password(password, username),
            *texts.check_reason(reason),
        ]
    )


async def create(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    *,
    username: str,
    password_hash: str,
    area: str,
    grants: Sequence[Grant],
    reason: str | None,
) -> Seen:
    """A new account under an area of the caller's, with its first grants.

    Raises Refusal: area not granted, grants beyond what the caller holds, name taken.
    """
    known(context.areas, area)
    principal = await authority.principal_of(conn, caller, lock=True)
    if not principal.may(Role.ADMINISTRATOR, area, context.areas, datetime.now(UTC)):
        raise refusals.beyond_held("area")
    _check_delegable(context, principal, grants)
    account_id = new_id()
    added = await accounts.add_account(
        conn,
        {
            "account_id": account_id,
            "username": username,
            "password_hash": password_hash,
            "area": area,
            "created_by": caller.account_id,
        },
    )
    if not added:
        raise refusals.conflict(
            "username", "username-taken", "该账号名已被使用。", "This user name is taken."
        )
    held = [HeldGrant(new_id(), account_id, grant) for grant in dict.fromkeys(grants)]
    _check_count(held)
    await accounts.add_grants(conn, [(one, caller.account_id) for one in held])
    await authority.tell(conn, account_id, 1, active=True, grants=[one.grant for one in held])
    await context.audit.record_many(
        conn,
        [
            Entry(
                caller.account_id,
                "account-created",
                reason=reason,
                detail={"account": account_id, "area": area},
            ),
            *_entries(caller, "grant-given", held, reason),
        ],
    )
    row = (await accounts.accounts_by_id(conn, [account_id]))[account_id]
    return row, held


async def give(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    account_id: str,
    grants: Sequence[Grant],
    reason: str | None,
) -> Seen:
    """Give an account more grants; one that it holds already, to the second, is not given twice.

    Raises Refusal: no such account in sight, grants beyond what the caller holds, too many.
    """
    refusals.invalid(texts.check_reason(reason))
    seen = await authority.administer(context, conn, caller, account_id)
    _check_delegable(context, seen.caller, grants)
    there = {held.grant for held in seen.grants}
    fresh = [
        HeldGrant(new_id(), account_id, grant)
        for grant in dict.fromkeys(grants)
        if grant not in there
    ]
    held = [*seen.grants, *fresh]
    _check_count(held)
    if fresh:
        await accounts.add_grants(conn, [(one, caller.account_id) for one in fresh])
        await _announce(conn, seen, held, active=seen.row.active)
        await context.audit.record_many(conn, _entries(caller, "grant-given", fresh, reason))
    return await _shown(conn, seen, held)


async def revoke(
    context: Context, conn: AsyncConnection, caller: Caller, grant_id: str, reason: str | None
) -> Seen:
    """Take a grant away, from now on. Taking it away again changes nothing.

    Raises Refusal: no such grant in sight, beyond what the caller holds, one's own account.
    """
    refusals.invalid(texts.check_reason(reason))
    account_id = await accounts.account_of_grant(conn, grant_id)
    if account_id is None:
        raise refusals.not_found("grant_id")
    seen = await authority.administer(context, conn, caller, account_id)
    taken = [held for held in seen.grants if held.grant_id == grant_id]
    if not taken:
        return await _shown(conn, seen, seen.grants)
    if taken[0].grant.area not in seen.areas:
        raise refusals.not_found("grant_id")
    authority.require_power_over(context, seen, taken)
    left = [held for held in seen.grants if held.grant_id != grant_id]
    await accounts.revoke_grant(conn, grant_id, caller.account_id)
    await _announce(conn, seen, left, active=seen.row.active)
    await context.audit.record_many(conn, _entries(caller, "grant-revoked", taken, reason))
    return await _shown(conn, seen, left)


async def set_active(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    account_id: str,
    reason: str | None,
    *,
    active: bool,
) -> Seen:
    """Let an account in again, or no more; its sign-ins end and its lock is lifted."""
    refusals.invalid(texts.check_reason(reason))
    seen = await authority.administer(context, conn, caller, account_id)
    authority.require_power_over(context, seen, seen.grants)
    if seen.row.active is not active:
        await accounts.change_account(conn, account_id, **_FRESH)
        await _announce(conn, seen, seen.grants, active=active)
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="account-activated" if active else "account-deactivated",
            reason=reason,
            detail={"account": account_id},
        )
    return await _shown(conn, seen, seen.grants)


async def reset_password(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    account_id: str,
    *,
    password: str,
    password_hash: str,
    reason: str | None,
) -> Seen:
    """Give an account another password: its sign-ins end everywhere and its lock is lifted."""
    seen = await authority.administer(context, conn, caller, account_id)
    authority.require_power_over(context, seen, seen.grants)
    refusals.invalid(texts.check_password(password, seen.row.username))
    await accounts.change_account(conn, account_id, password_hash=password_hash, **_FRESH)
    await _announce(conn, seen, seen.grants, active=seen.row.active)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="password-reset",
        reason=reason,
        detail={"account": account_id},
    )
    return await _shown(conn, seen, seen.grants)


async def own(conn: AsyncConnection, caller: Caller) -> tuple[str, str]:
    """The caller's user name and password hash. Raises Refusal (404) when there is no account."""
    row = (await accounts.accounts_by_id(conn, [caller.account_id])).get(caller.account_id)
    if row is None:
        raise refusals.not_found("account_id")
    return row.username, row.password_hash


async def change_own_password(
    context: Context, conn: AsyncConnection, caller: Caller, *, seen_hash: str, password_hash: str
) -> None:
    """Replace the caller's password, whose old one was just checked; all sign-ins end."""
    rows = await accounts.accounts_by_id(conn, [caller.account_id], lock=True)
    row = rows[caller.account_id]
    if row.password_hash != seen_hash:
        raise refusals.conflict(
            "current_password",
            "password-changed-meanwhile",
            "密码刚刚已被更改，请重新登录。",
            "The password was changed just now; sign in again.",
        )
    await accounts.change_account(conn, caller.account_id, password_hash=password_hash, **_FRESH)
    held = (await accounts.held_grants(conn, [caller.account_id]))[caller.account_id]
    await authority.announce(conn, row, active=row.active, grants=[one.grant for one in held])
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="password-changed",
        detail={"account": caller.account_id},
    )


async def one(context: Context, conn: AsyncConnection, caller: Caller, account_id: str) -> Seen:
    """An account in the caller's areas, with its grants there. Raises Refusal (404)."""
    seen = await authority.administer(context, conn, caller, account_id)
    return await _shown(conn, seen, seen.grants)


async def visible(
    context: Context, conn: AsyncConnection, caller: Caller, *, after: str, limit: int
) -> list[Seen]:
    """Accounts in the caller's areas, each with its grants there, in order of id."""
    principal = await authority.principal_of(conn, caller)
    areas = authority.administered_areas(context, principal, datetime.now(UTC))
    if not areas:
        raise beyond_administration()
    rows = await accounts.visible_accounts(conn, areas, after=after, limit=limit)
    held = await accounts.held_grants(conn, [row.account_id for row in rows])
    inside = frozenset(areas)
    return [(row, [h for h in held[row.account_id] if h.grant.area in inside]) for row in rows]


def beyond_administration() -> Refusal:
    """The caller administers nothing."""
    return Refusal(
        Reason(
            "area",
            "not-an-administrator",
            "只有管理员可以办理此项业务。",
            "Only an administrator may do this.",
        ),
        status=403,
        kind="forbidden",
    )


_FRESH: dict[str, Any] = {
    "failures": 0,
    "locked_until": None,
    "sessions_from": func.clock_timestamp(),
}


def _check_delegable(context: Context, principal: Principal, grants: Sequence[Grant]) -> None:
    now = datetime.now(UTC)
    for grant in grants:
        known(context.areas, grant.area)
        if not delegable(principal, grant, context.areas, now):
            raise refusals.beyond_held()


def _check_count(held: Sequence[HeldGrant]) -> None:
    if len(held) > MOST_GRANTS:
        raise Refusal(
            Reason(
                "grants",
                "grants-too-many",
                f"一个账号最多持有{MOST_GRANTS}项有效授权。",
                f"An account holds at most {MOST_GRANTS} grants at a time.",
            )
        )


def _entries(
    caller: Caller, action: str, held: Sequence[HeldGrant], reason: str | None
) -> list[Entry]:
    return [
        Entry(
            caller.account_id,
            action,
            reason=reason,
            detail={
                "account": one.account_id,
                "grant": one.grant_id,
                "role": one.grant.role.value,
                "area": one.grant.area,
            },
        )
        for one in held
    ]


async def _announce(
    conn: AsyncConnection,
    seen: authority.Administered,
    held: Sequence[HeldGrant],
    *,
    active: bool,
) -> None:
    await authority.announce(conn, seen.row, active=active, grants=[one.grant for one in held])


async def _shown(
    conn: AsyncConnection, seen: authority.Administered, held: Sequence[HeldGrant]
) -> Seen:
    """The account as it is now, with those grants that lie in the caller's areas."""
    account_id = seen.row.account_id
    row = (await accounts.accounts_by_id(conn, [account_id]))[account_id]
    return row, [one for one in held if one.grant.area in seen.areas]
