"""Sign-in and renewal: a password once, then short-lived tokens (R100, R102)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain import texts
from muster.access.domain.lockout import Attempts
from muster.access.handlers import refusals
from muster.access.store import accounts, terminals
from muster.access.store import tokens as issued
from muster.observability import metrics
from muster.runtime.context import Context
from muster.security import jose, tokens
from muster.security.grants import Grant
from muster.security.jose import Jwk
from muster.security.packets import ASSERTION_TYPE
from muster.vocabulary.reasons import Refusal

TOKEN_HOLDS = timedelta(minutes=10)
SESSION_HOLDS = timedelta(hours=12)
"""How long tokens may be renewed after a password was given."""
ASSERTION_FRESH = timedelta(minutes=2)

_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Assertion:
    """A terminal's word, checked: which terminal, and an id that serves once."""

    terminal_id: str
    assertion_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A token with what it says, and the user name of its account."""

    token: str
    claims: tokens.Claims
    username: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """An account whose password was given just now."""

    row: Row[Any]
    signed_in_at: datetime


async def check_assertion(conn: AsyncConnection, text: str) -> Assertion:
    """Check a terminal's assertion, before anything is said about an account.

    Raises Refusal (401): malformed, unknown or revoked terminal, wrong signature, stale.
    """
    try:
        kid = jose.signer(text, ASSERTION_TYPE)
    except jose.Malformed:
        kid = ""
    if _KID.fullmatch(kid) is None:
        raise _malformed()
    key = await terminals.terminal_key(conn, kid)
    payload = jose.verified(text, key.jwk, 1024) if key is not None else None
    if key is None or payload is None:
        raise _assertion(
            "terminal-unknown",
            "采集端未登记、已停用，或签名不正确。",
            "The terminal is not enrolled, was revoked, or its signature does not hold.",
        )
    terminal_id, issued_at, assertion_id = _read(payload)
    if terminal_id != key.owner_id:
        raise _malformed()
    age = datetime.now(UTC).timestamp() - issued_at
    if abs(age) > ASSERTION_FRESH.total_seconds():
        raise _assertion(
            "terminal-assertion-stale",
            "采集端的签名已过期，请检查采集端时钟后重试。",
            "The terminal's assertion is not fresh; check its clock and try again.",
        )
    return Assertion(
        terminal_id,
        assertion_id,
        datetime.fromtimestamp(issued_at, UTC) + 2 * ASSERTION_FRESH,
    )


async def use_assertion(conn: AsyncConnection, assertion: Assertion) -> None:
    """Take an assertion, which serves once. Raises Refusal (401): it has served."""
    if not await issued.use_assertion(conn, assertion.assertion_id, assertion.expires_at):
        raise _assertion(
            "terminal-assertion-used",
            "采集端的签名已使用过，请重新签名。",
            "The terminal's assertion was used before; sign a new one.",
        )


async def stored_hash(conn: AsyncConnection, username: str) -> str | None:
    """The hash to compare a password with; None for a name that no account has or could have."""
    row = await accounts.account_named(conn, _name(username))
    return None if row is None else str(row.password_hash)


async def sign_in(
    context: Context,
    conn: AsyncConnection,
    *,
    username: str,
    seen_hash: str | None,
    correct: bool,
    assertion: Assertion | None,
) -> Issued | Refusal:
    """Decide a sign-in whose password was compared with `seen_hash`.

    A refusal is returned and not raised, so that the failure that was counted is committed. An
    unknown name, a wrong password, a locked and an inactive account all get the same one.
    """
    if assertion is not None:
        await use_assertion(conn, assertion)
    admitted = await admit(context, conn, username=username, seen_hash=seen_hash, correct=correct)
    if isinstance(admitted, Refusal):
        return admitted
    terminal_id = assertion.terminal_id if assertion else None
    made = await _issue(context, conn, admitted.row, terminal_id, admitted.signed_in_at)
    await context.audit.record(
        conn,
        actor=admitted.row.account_id,
        action="signed-in",
        detail={"terminal": terminal_id} if terminal_id else {},
    )
    return made


async def admit(
    context: Context, conn: AsyncConnection, *, username: str, seen_hash: str | None, correct: bool
) -> Admitted | Refusal:
    """The account whose password was compared with `seen_hash`, or why nobody is let in, as
    `sign_in` gives it. The caller audits what comes of it."""
    row = await accounts.account_named(conn, _name(username), lock=True)
    now = datetime.now(UTC)
    if row is None:
        return _refused("unknown")
    before = Attempts(row.failures, row.locked_until)
    if before.locked(now):
        return _refused("locked")
    if not correct or row.password_hash != seen_hash:
        await _count(context, conn, row, before.after_failure(now))
        return _refused("password")
    if not row.active:
        return _refused("inactive")
    if before != Attempts():
        await accounts.change_account(conn, row.account_id, failures=0, locked_until=None)
    return Admitted(row, (await conn.execute(select(func.clock_timestamp()))).scalar_one())


async def renew(context: Context, conn: AsyncConnection, token: str) -> Issued:
    """A new token for one that still holds, with the grants that hold now.

    Raises Refusal (401): the token does not hold, the account is no longer active, its password
    was changed, the terminal was revoked, or the password was given too long ago.
    """
    known = await issued.token_by_id(conn, claims_of(context, token).jti)
    if known is None:
        raise _ended()
    return await go_on(context, conn, known.account_id, known.terminal_id, known.signed_in_at)


def claims_of(context: Context, token: str) -> tokens.Claims:
    """What a token of ours says. Raises BadToken when it does not hold."""
    keys = {key["kid"]: key for key in token_keys(context)}
    return tokens.verify(token, keys.get)


async def go_on(
    context: Context,
    conn: AsyncConnection,
    account_id: str,
    terminal_id: str | None,
    signed_in_at: datetime,
) -> Issued:
    """A token for whoever gave their password at that moment, as `renew` gives and refuses it."""
    row = (await accounts.accounts_by_id(conn, [account_id])).get(account_id)
    if (
        row is None
        or not row.active
        or signed_in_at < row.sessions_from
        or signed_in_at + SESSION_HOLDS <= datetime.now(UTC)
    ):
        raise _ended()
    if terminal_id is not None:
        terminal = await terminals.terminal_by_id(conn, terminal_id)
        if terminal is None or terminal.revoked_at is not None:
            raise _ended()
    return await _issue(context, conn, row, terminal_id, signed_in_at)


def token_keys(context: Context) -> Sequence[Jwk]:
    """The private keys that sign tokens, newest first."""
    return [key.jwk() for key in context.keyring.epochs("token/access")]


def public_token_keys(context: Context) -> list[Jwk]:
    """The public keys that verify tokens, all epochs, newest first (RFC 7517)."""
    return [{**jose.public_jwk(key), "alg": jose.SIGN} for key in token_keys(context)]


def _name(typed: str) -> str:
    """A name in its kept form; for what cannot be a name, one that nobody has."""
    name = texts.normal_username(typed)
    return "" if texts.check_username(name) else name


async def _issue(
    context: Context,
    conn: AsyncConnection,
    row: Row[Any],
    terminal_id: str | None,
    signed_in_at: datetime,
) -> Issued:
    held = (await accounts.held_grants(conn, [row.account_id]))[row.account_id]
    grants: tuple[Grant, ...] = tuple(one.grant for one in held)
    key = context.keyring.current("token/access").jwk()
    token = tokens.issue(
        tokens.Claims(row.account_id, grants, row.version, terminal_id), key, TOKEN_HOLDS
    )
    claims = tokens.verify(token, lambda _: key)
    await issued.add_token(
        conn,
        {
            "token_id": claims.jti,
            "account_id": row.account_id,
            "terminal_id": terminal_id,
            "signed_in_at": signed_in_at,
            "expires_at": datetime.fromtimestamp(claims.exp, UTC) + tokens.LEEWAY,
        },
    )
    return Issued(token, claims, row.username)


async def _count(context: Context, conn: AsyncConnection, row: Row[Any], after: Attempts) -> None:
    await accounts.change_account(
        conn, row.account_id, failures=after.failures, locked_until=after.locked_until
    )
    if after.locked_until is not None:
        await context.audit.record(
            conn,
            actor="access",
            action="account-locked",
            detail={"account": row.account_id, "failures": after.failures},
        )


def _read(payload: bytes) -> tuple[str, int, str]:
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise _malformed() from None
    if not isinstance(body, dict) or set(body) != {"terminal_id", "iat", "jti"}:
        raise _malformed()
    terminal_id, issued_at, assertion_id = body["terminal_id"], body["iat"], body["jti"]
    if (
        type(terminal_id) is not str
        or type(issued_at) is not int
        or type(assertion_id) is not str
        or _UUID.fullmatch(assertion_id) is None
    ):
        raise _malformed()
    return terminal_id, issued_at, assertion_id


def _assertion(rule: str, zh: str, en: str) -> Refusal:
    return refusals.unauthorised("terminal_assertion", rule, zh, en)


def _malformed() -> Refusal:
    return _assertion(
        "terminal-assertion-malformed",
        "采集端的签名格式不正确。",
        "The terminal's assertion is malformed.",
    )


def _refused(why: str) -> Refusal:
    """Whoever asks is told the same whatever it was; an operator sees how often it was what."""
    metrics.sign_ins_failed_total.labels(why).inc()
    return refusals.unauthorised(
        "username",
        "sign-in-refused",
        "账号或密码不正确；多次失败后账号会暂时锁定。",
        "The user name or password is wrong; after several failures an account is locked for a "
        "while.",
    )


def _ended() -> Refusal:
    return refusals.unauthorised(
        "token",
        "session-ended",
        "登录已失效，请重新输入密码登录。",
        "This sign-in has ended; sign in with your password again.",
    )
