"""Accounts and grants, for administrators."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from muster.access import passwords
from muster.access.api.models import (
    NOTHING_BEFORE,
    PAGE,
    AccountAnswer,
    AccountsAnswer,
    After,
    Because,
    GrantAsked,
    Id,
    Limit,
    MoreGrants,
    NewAccount,
    NewPassword,
    problems,
)
from muster.access.domain.texts import check_reason, normal_username
from muster.access.handlers import accounts, authority, refusals
from muster.persistence.database import Transaction
from muster.runtime.asked_area import known
from muster.runtime.auth import Authenticated, Composed
from muster.security.grants import Grant
from muster.vocabulary.states import Role

router = APIRouter(tags=["accounts"], responses=problems(401, 403, 404, 409))


def _grants(asked: Sequence[GrantAsked]) -> list[Grant]:
    return [accounts.new_grant(a.role, a.area, a.valid_from, a.valid_until) for a in asked]


@router.get("/accounts")
async def list_accounts(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    after: After = NOTHING_BEFORE,
    limit: Limit = PAGE,
) -> AccountsAnswer:
    """Accounts that were created in the caller's areas, or hold a grant there."""
    found = await accounts.visible(context, conn, caller, after=after, limit=limit)
    answers = [AccountAnswer.of(seen) for seen in found]
    full = len(answers) == limit
    return AccountsAnswer(accounts=answers, next=answers[-1].account_id if full else None)


@router.post("/accounts", status_code=201)
async def create_account(
    body: NewAccount, caller: Authenticated, context: Composed
) -> AccountAnswer:
    """Create an account under an area, with its first grants."""
    username = normal_username(body.username)
    accounts.check_new_account(username, body.password, body.reason)
    known(context.areas, body.area)
    caller.require(Role.ADMINISTRATOR, body.area)
    grants = _grants(body.grants)
    password_hash = await passwords.hash_password(body.password)
    async with context.database.transaction() as conn:
        seen = await accounts.create(
            context,
            conn,
            caller,
            username=username,
            password_hash=password_hash,
            area=body.area,
            grants=grants,
            reason=body.reason,
        )
    return AccountAnswer.of(seen)


@router.get("/accounts/{account_id}")
async def read_account(
    account_id: Id, caller: Authenticated, context: Composed, conn: Transaction
) -> AccountAnswer:
    """One account in the caller's areas."""
    return AccountAnswer.of(await accounts.one(context, conn, caller, account_id))


@router.post("/accounts/{account_id}/grants", status_code=201)
async def give_grants(
    account_id: Id,
    body: MoreGrants,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> AccountAnswer:
    """Give grants: only by an administrator, within one grant of theirs in area and time."""
    seen = await accounts.give(context, conn, caller, account_id, _grants(body.grants), body.reason)
    return AccountAnswer.of(seen)


@router.post("/grants/{grant_id}/revoke")
async def revoke_grant(
    grant_id: Id, body: Because, caller: Authenticated, context: Composed, conn: Transaction
) -> AccountAnswer:
    """Take a grant away; repeating it changes nothing."""
    return AccountAnswer.of(await accounts.revoke(context, conn, caller, grant_id, body.reason))


@router.post("/accounts/{account_id}/deactivate")
async def deactivate(
    account_id: Id, body: Because, caller: Authenticated, context: Composed, conn: Transaction
) -> AccountAnswer:
    """Let an account in no more; its tokens end everywhere."""
    seen = await accounts.set_active(context, conn, caller, account_id, body.reason, active=False)
    return AccountAnswer.of(seen)


@router.post("/accounts/{account_id}/activate")
async def activate(
    account_id: Id, body: Because, caller: Authenticated, context: Composed, conn: Transaction
) -> AccountAnswer:
    """Let an account in again."""
    seen = await accounts.set_active(context, conn, caller, account_id, body.reason, active=True)
    return AccountAnswer.of(seen)


@router.post("/accounts/{account_id}/password")
async def reset_password(
    account_id: Id, body: NewPassword, caller: Authenticated, context: Composed
) -> AccountAnswer:
    """Give an account another password, and lift its lock."""
    refusals.invalid(check_reason(body.reason))
    async with context.database.transaction() as conn:
        seen = await authority.administer(context, conn, caller, account_id)
        authority.require_power_over(context, seen, seen.grants)
    password_hash = await passwords.hash_password(body.password)
    async with context.database.transaction() as conn:
        answer = await accounts.reset_password(
            context,
            conn,
            caller,
            account_id,
            password=body.password,
            password_hash=password_hash,
            reason=body.reason,
        )
    return AccountAnswer.of(answer)
