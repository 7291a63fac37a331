"""Sign-in, renewal, and the keys that verify tokens."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from muster.access import passwords
from muster.access.api.models import (
    GrantAnswer,
    JwksAnswer,
    MeAnswer,
    OwnPassword,
    SignIn,
    TokenAnswer,
    problems,
)
from muster.access.domain.texts import check_password
from muster.access.handlers import accounts, refusals, signin
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed
from muster.vocabulary.reasons import Reason, Refusal

router = APIRouter(tags=["tokens"], responses=problems(401, 403, 404, 409))


def _answer(issued: signin.Issued, response: Response) -> TokenAnswer:
    response.headers["Cache-Control"] = "no-store"
    claims = issued.claims
    return TokenAnswer(
        access_token=issued.token,
        expires_in=int(signin.TOKEN_HOLDS.total_seconds()),
        account_id=claims.account_id,
        terminal_id=claims.terminal_id,
        grants_version=claims.grants_version,
        grants=[GrantAnswer.of(grant) for grant in claims.grants],
    )


@router.post("/token")
async def sign_in(body: SignIn, context: Composed, response: Response) -> TokenAnswer:
    """Give user name and password, and at a terminal its assertion; get a token for 10 minutes.

    The password is compared between two units of work, so that no connection waits for it.
    """
    async with context.database.transaction() as conn:
        assertion = None
        if body.terminal_assertion is not None:
            assertion = await signin.check_assertion(conn, body.terminal_assertion)
        stored = await signin.stored_hash(conn, body.username)
    correct = await passwords.check(stored, body.password)
    async with context.database.transaction() as conn:
        outcome = await signin.sign_in(
            context,
            conn,
            username=body.username,
            seen_hash=stored,
            correct=correct,
            assertion=assertion,
        )
    if isinstance(outcome, Refusal):
        raise outcome
    return _answer(outcome, response)


@router.post("/token/renew")
async def renew(
    request: Request, context: Composed, conn: Transaction, response: Response
) -> TokenAnswer:
    """Give a token that still holds (Authorization header); get a new one with today's grants."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refusals.unauthorised("token", "token-missing", "请先登录。", "Sign in first.")
    return _answer(await signin.renew(context, conn, token), response)


@router.get("/.well-known/jwks.json")
async def jwks(context: Composed, response: Response) -> JwksAnswer:
    """The public keys of all tokens that may still hold (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return JwksAnswer(keys=signin.public_token_keys(context))


@router.get("/me")
async def me(caller: Authenticated) -> MeAnswer:
    """Who asks, and what they hold."""
    return MeAnswer(
        account_id=caller.account_id,
        terminal_id=caller.terminal_id,
        grants=[GrantAnswer.of(grant) for grant in caller.principal.grants],
    )


@router.post("/me/password", status_code=204)
async def change_password(body: OwnPassword, caller: Authenticated, context: Composed) -> None:
    """Replace one's own password. Every sign-in of the account ends, this one too."""
    async with context.database.transaction() as conn:
        username, stored = await accounts.own(conn, caller)
    refusals.invalid(check_password(body.new_password, username, "new_password"))
    if not await passwords.check(stored, body.current_password):
        raise Refusal(
            Reason(
                "current_password",
                "password-wrong",
                "当前密码不正确。",
                "The current password is wrong.",
            ),
            status=403,
            kind="forbidden",
        )
    password_hash = await passwords.hash_password(body.new_password)
    async with context.database.transaction() as conn:
        await accounts.change_own_password(
            context, conn, caller, seen_hash=stored, password_hash=password_hash
        )
