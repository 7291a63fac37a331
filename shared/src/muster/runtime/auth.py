"""Who asks: the caller of a route, from a token that is verified without asking access.

The token comes in the header ``Authorization: Bearer`` or, from a browser, in the session cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from muster.runtime import session_cookie
from muster.runtime.context import Context
from muster.security import jose, tokens
from muster.security.grants import Principal
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

_OUTDATED = Reason(
    "token",
    "grants-changed",
    "您的授权已变更，请重新登录。",
    "Your grants have changed; sign in again.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """An account with the grants that hold for it now."""

    principal: Principal
    areas: AreaTree
    now: datetime

    @property
    def account_id(self) -> str:
        """Who acts, for the audit trail."""
        return self.principal.account_id

    @property
    def terminal_id(self) -> str | None:
        """The enrolled computer at which the caller signed in, if any."""
        return self.principal.terminal_id

    def may(self, roles: Role | tuple[Role, ...], area: str) -> bool:
        """Whether one of the roles is granted for the area."""
        wanted = (roles,) if isinstance(roles, Role) else roles
        return any(self.principal.may(role, area, self.areas, self.now) for role in wanted)

    def require(self, roles: Role | tuple[Role, ...], area: str) -> None:
        """Refuse (403) unless one of the roles is granted for the area (design section 5, 10)."""
        if not self.may(roles, area):
            raise Refusal(
                Reason(
                    "area",
                    "area-not-granted",
                    "您没有在该行政区划内办理此项业务的授权。",
                    "You hold no grant for this task in this area.",
                ),
                status=403,
                kind="forbidden",
            )

    def granted_areas(self, roles: tuple[Role, ...]) -> frozenset[str]:
        """Codes at and below which the caller acts in one of the roles."""
        return frozenset().union(*(self.principal.areas(role, self.now) for role in roles))


def token_of(request: Request) -> str:
    """The token that a request brings, not verified yet. Who sends the header means it: the cookie
    is looked at only without one.

    Raises Refusal: 401 when there is none, 403 for a cookie that another site's page may have sent.
    """
    given = request.headers.get("authorization")
    if given is None:
        return session_cookie.required_in(request)
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(session_cookie.SIGN_IN, status=401, kind="unauthorised")
    return token


async def authenticate(request: Request) -> Caller:
    """Who asks, by the token of the request as it holds now; what lasts asks again.

    Raises Refusal: 401 for a token that does not hold or is outdated.
    """
    context: Context = request.app.state.context
    token = token_of(request)
    try:
        kid = jose.signer(token, "JWT")
    except jose.Malformed:
        raise tokens.BadToken("token-malformed") from None
    key = await context.directory.key(kid, owner_kind="access")
    claims = tokens.verify(token, lambda _: key.jwk if key else None)
    known = await context.directory.grants(claims.account_id)
    grants = claims.grants
    if known is not None:
        if not known.active or known.version > claims.grants_version:
            raise Refusal(_OUTDATED, status=401, kind="unauthorised")
        if known.version == claims.grants_version:
            grants = known.grants
    return Caller(
        Principal(claims.account_id, grants, claims.terminal_id),
        context.areas,
        datetime.now(UTC),
    )


Authenticated = Annotated[Caller, Depends(authenticate)]
"""A route's caller. Access, which has the truth at hand, follows its own topics like others."""


async def context_of(request: Request) -> Context:
    """The composition of the running service. Asynchronous, though it waits for nothing: FastAPI
    calls any other dependency in a thread, which costs more than all that is done here."""
    context: Context = request.app.state.context
    return context


Composed = Annotated[Context, Depends(context_of)]
