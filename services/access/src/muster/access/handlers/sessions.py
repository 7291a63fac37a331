"""A browser's session: a password on access's own page gives a code, the code a token (R102).

The token stays in a cookie that no script reads; the code is worth nothing without the verifier
that the page which asked for it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain import authorization
from muster.access.domain.authorization import Asked
from muster.access.handlers import refusals, signin
from muster.access.handlers.signin import Issued
from muster.access.store import accounts
from muster.access.store import tokens as store
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import tokens
from muster.vocabulary.reasons import Refusal


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and until when the token at hand holds."""

    username: str
    expires_at: datetime


async def authorize(
    context: Context,
    conn: AsyncConnection,
    asked: Asked,
    *,
    username: str,
    seen_hash: str | None,
    correct: bool,
) -> str | Refusal:
    """A code for whoever gave the password that was compared with `seen_hash`. A refusal is
    returned, as `signin.sign_in` does, so that the failure that was counted is committed."""
    admitted = await signin.admit(
        context, conn, username=username, seen_hash=seen_hash, correct=correct
    )
    if isinstance(admitted, Refusal):
        return admitted
    code = authorization.new_code()
    await store.add_code(
        conn,
        {
            "code_hash": authorization.code_hash(code),
            "account_id": admitted.row.account_id,
            "client_id": asked.client_id,
            "redirect_uri": asked.redirect_uri,
            "code_challenge": asked.code_challenge,
            "signed_in_at": admitted.signed_in_at,
            "expires_at": datetime.now(UTC) + authorization.CODE_HOLDS,
        },
    )
    await context.audit.record(
        conn,
        actor=admitted.row.account_id,
        action="signed-in",
        detail={"client": asked.client_id},
    )
    return code


async def open_session(
    context: Context,
    conn: AsyncConnection,
    *,
    code: str,
    code_verifier: str,
    client_id: str,
    redirect_uri: str,
    terminal_assertion: str | None,
) -> Issued | Refusal:
    """The token of a code, which serves once: also a wrong try uses it up. With a terminal's
    assertion the session is one at that terminal (R101); one that does not hold is refused before
    the code is looked at, which may then be shown again with another.

    A refusal is returned, so that this is committed. One who shows a used code with the right
    verifier has what only its page had, so the session that it opened is not renewed any more.
    """
    terminal_id = None
    if terminal_assertion is not None:
        assertion = await signin.check_assertion(conn, terminal_assertion)
        await signin.use_assertion(conn, assertion)
        terminal_id = assertion.terminal_id
    found = await store.take_code(conn, authorization.code_hash(code))
    if found is None:
        return _bad_code()
    fits = (found.client_id, found.redirect_uri) == (client_id, redirect_uri)
    fits = fits and authorization.meets(code_verifier, found.code_challenge)
    if fits and found.used_at is not None:
        await store.end_session(conn, found.account_id, found.signed_in_at)
        await context.audit.record(
            conn, actor=found.account_id, action="code-reused", detail={"client": client_id}
        )
    if not fits or found.used_at is not None or found.expires_at <= datetime.now(UTC):
        return _bad_code()
    made = await signin.go_on(context, conn, found.account_id, terminal_id, found.signed_in_at)
    if terminal_id is not None:
        await context.audit.record(
            conn,
            actor=found.account_id,
            action="session-at-terminal",
            detail={"client": client_id, "terminal": terminal_id},
        )
    return made


async def current(context: Context, conn: AsyncConnection, caller: Caller, token: str) -> Session:
    """The session of a token that the caller was let in with."""
    rows = await accounts.accounts_by_id(conn, [caller.account_id])
    claims = signin.claims_of(context, token)
    return Session(rows[caller.account_id].username, datetime.fromtimestamp(claims.exp, UTC))


async def end_session(context: Context, conn: AsyncConnection, token: str) -> None:
    """End the sign-in that a token comes from: none of its tokens is renewed. What does not hold
    any more needs no end."""
    try:
        claims = signin.claims_of(context, token)
    except tokens.BadToken:
        return
    known = await store.token_by_id(conn, claims.jti)
    if known is None:
        return
    await store.end_session(conn, known.account_id, known.signed_in_at)
    await context.audit.record(conn, actor=known.account_id, action="signed-out")


def _bad_code() -> Refusal:
    return refusals.unauthorised(
        "code",
        "code-refused",
        "登录未完成或已超时，请重新登录。",
        "The sign-in was not finished, or too late; please sign in again.",
    )
