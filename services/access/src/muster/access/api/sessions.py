"""A browser's session: opened with a code, kept in a cookie that its scripts cannot read."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from muster.access.api.models import GrantAnswer, NewSession, SessionAnswer, problems
from muster.access.handlers import sessions, signin
from muster.access.handlers.signin import Issued
from muster.persistence.database import Transaction
from muster.runtime import session_cookie
from muster.runtime.auth import Authenticated, Composed, token_of
from muster.runtime.problems import problem
from muster.vocabulary.reasons import Refusal

router = APIRouter(tags=["sessions"], responses=problems(401, 403))


def _answer(request: Request, response: Response, issued: Issued) -> SessionAnswer:
    session_cookie.put(request, response, issued.token, signin.TOKEN_HOLDS)
    response.headers["Cache-Control"] = "no-store"
    return SessionAnswer(
        account_id=issued.claims.account_id,
        username=issued.username,
        terminal_id=issued.claims.terminal_id,
        grants=[GrantAnswer.of(grant) for grant in issued.claims.grants],
        expires_at=datetime.fromtimestamp(issued.claims.exp, UTC),
    )


@router.post("/session", response_model=SessionAnswer)
async def open_session(
    body: NewSession, request: Request, context: Composed, conn: Transaction, response: Response
) -> SessionAnswer | Response:
    """Give the code that the sign-in page gave, with its verifier, and at a terminal its assertion;
    get the session's cookie. A code serves once, within a minute; a wrong try uses it up, too, but
    not one that is refused for its assertion."""
    session_cookie.require_own_page(request)
    opened = await sessions.open_session(
        context,
        conn,
        code=body.code,
        code_verifier=body.code_verifier,
        client_id=body.client_id,
        redirect_uri=body.redirect_uri,
        terminal_assertion=body.terminal_assertion,
    )
    if isinstance(opened, Refusal):
        # Not raised: that the code is used up has to be committed.
        return problem(opened.status, opened.kind, opened.reasons)
    return _answer(request, response, opened)


@router.post("/session/renew")
async def renew_session(
    request: Request, context: Composed, conn: Transaction, response: Response
) -> SessionAnswer:
    """Put a new token, with today's grants, in the place of the cookie's, which still holds."""
    issued = await signin.renew(context, conn, session_cookie.required_in(request))
    return _answer(request, response, issued)


@router.get("/session")
async def read_session(
    request: Request,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    response: Response,
) -> SessionAnswer:
    """Who is signed in, what they hold, and until when the token at hand holds."""
    found = await sessions.current(context, conn, caller, token_of(request))
    response.headers["Cache-Control"] = "no-store"
    return SessionAnswer(
        account_id=caller.account_id,
        username=found.username,
        terminal_id=caller.terminal_id,
        grants=[GrantAnswer.of(grant) for grant in caller.principal.grants],
        expires_at=found.expires_at,
    )


@router.delete("/session", status_code=204)
async def close_session(
    request: Request, context: Composed, conn: Transaction, response: Response
) -> None:
    """Sign out: the cookie goes, and no token of this sign-in is renewed. Repeating it changes
    nothing."""
    token = session_cookie.token_in(request)
    if token is not None:
        await sessions.end_session(context, conn, token)
    session_cookie.clear(request, response)
