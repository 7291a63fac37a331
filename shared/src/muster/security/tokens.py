"""Short-lived bearer tokens: JWT, ES256 and nothing else, issued by access (R102).

A service verifies a token with the public keys that it follows from `access-key-changed`, without
asking access. `grants_version` lets it refuse a token that is older than a revocation it knows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from muster.security import jose
from muster.security.grants import Grant, Principal
from muster.security.jose import Jwk
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal

AUDIENCE = "muster"
ISSUER = "muster-access"
LEEWAY = timedelta(seconds=10)
_TYPE = "JWT"
_LIMIT = 64 * 1024
_CLAIMS = {"iss", "aud", "sub", "iat", "exp", "jti", "grants", "grants_version", "terminal_id"}

_TEXTS = {
    "token-malformed": ("登录凭证格式不正确,请重新登录", "This is not a token; sign in again"),
    "token-key-unknown": ("登录凭证的签发者未知", "The token names a signing key not known here"),
    "token-signature": ("登录凭证的签名不正确", "The token's signature does not hold"),
    "token-expired": ("登录已过期,请重新登录", "The token has expired; sign in again"),
    "token-early": ("登录凭证尚未生效,请检查时钟", "The token is from the future; check the clock"),
    "token-audience": ("登录凭证不适用于本系统", "The token was issued by or for someone else"),
}


class BadToken(Refusal):
    """The token does not let anybody in (401). `reason` says why, without any of its content."""

    def __init__(self, rule: str) -> None:
        zh, en = _TEXTS[rule]
        self.reason = Reason("token", rule, zh, en)
        super().__init__(self.reason, status=401, kind="unauthorised")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `exp` (seconds since 1970) and `jti` are set by `issue`."""

    account_id: str
    grants: tuple[Grant, ...]
    grants_version: int
    terminal_id: str | None = None
    exp: int = 0
    jti: str = ""

    def principal(self) -> Principal:
        return Principal(self.account_id, self.grants, self.terminal_id)


def issue(
    claims: Claims,
    private_jwk: Jwk,
    ttl: timedelta,
    *,
    audience: str = AUDIENCE,
    now: datetime | None = None,
) -> str:
    """A signed token that holds for `ttl` from `now` (default: the clock), with a new jti."""
    at = int((now or datetime.now(UTC)).timestamp())
    claims = replace(claims, exp=at + int(ttl.total_seconds()), jti=new_id())
    body = {
        "iss": ISSUER,
        "aud": audience,
        "sub": claims.account_id,
        "iat": at,
        "exp": claims.exp,
        "jti": claims.jti,
        "grants": [grant.as_dict() for grant in claims.grants],
        "grants_version": claims.grants_version,
        "terminal_id": claims.terminal_id,
    }
    return jose.sign(orjson.dumps(body), private_jwk, _TYPE)


def verify(
    token: str,
    find_key: Callable[[str], Jwk | None],
    audience: str = AUDIENCE,
    *,
    now: datetime | None = None,
) -> Claims:
    """The claims of a token that holds now. `find_key` gives access's public JWK by kid.

    Raises BadToken.
    """
    body = _signed(token, find_key)
    claims = _claims(body)
    if body["iss"] != ISSUER or body["aud"] != audience:
        raise BadToken("token-audience")
    at = (now or datetime.now(UTC)).timestamp()
    leeway = LEEWAY.total_seconds()
    if at >= claims.exp + leeway:
        raise BadToken("token-expired")
    if at < body["iat"] - leeway:
        raise BadToken("token-early")
    return claims


def _signed(token: str, find_key: Callable[[str], Jwk | None]) -> dict[str, Any]:
    if len(token) > _LIMIT:
        raise BadToken("token-malformed")
    try:
        kid = jose.signer(token, _TYPE)
    except jose.Malformed:
        raise BadToken("token-malformed") from None
    jwk = find_key(kid)
    if jwk is None:
        raise BadToken("token-key-unknown")
    payload = _payload(token, tuple(sorted(jwk.items())))
    if payload is None:
        raise BadToken("token-signature")
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise BadToken("token-malformed") from None
    if not isinstance(body, dict) or set(body) != _CLAIMS:
        raise BadToken("token-malformed")
    return body


@lru_cache(maxsize=512)
def _payload(token: str, jwk: tuple[tuple[str, str], ...]) -> bytes | None:
    """What a token says, or None when that key did not sign it. Remembered, for it comes with
    every request of a session; whether it still holds is asked each time."""
    return jose.verified(token, dict(jwk), _LIMIT)


def _claims(body: dict[str, Any]) -> Claims:
    texts, numbers = ("iss", "aud", "sub", "jti"), ("iat", "exp", "grants_version")
    terminal = body["terminal_id"]
    if (
        not all(type(body[name]) is str for name in texts)
        or not all(type(body[name]) is int for name in numbers)
        or not (terminal is None or type(terminal) is str)
        or type(body["grants"]) is not list
    ):
        raise BadToken("token-malformed")
    try:
        grants = tuple(Grant.from_dict(grant) for grant in body["grants"])
    except ValueError:
        raise BadToken("token-malformed") from None
    return Claims(body["sub"], grants, body["grants_version"], terminal, body["exp"], body["jti"])
