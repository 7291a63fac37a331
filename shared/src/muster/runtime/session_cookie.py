"""The session cookie: a browser's token, out of reach of its scripts (decision 14).

It holds the same token that other clients send as ``Authorization: Bearer``. A token of many grants
is longer than one cookie may be, so it goes on in ``muster_session_2`` and so forth.

Browsers send cookies by themselves, also with what another site's page asks. Whatever changes
something must therefore carry the header ``X-Muster-Client``, which no form can set and no other
origin's script may, as no answer here allows it; and where the browser says whose page asks
(``Sec-Fetch-Site``), it must be our own.
"""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response

from muster.vocabulary.reasons import Reason, Refusal

__all__ = [
    "CLIENT_HEADER",
    "COOKIE",
    "SIGN_IN",
    "clear",
    "put",
    "require_own_page",
    "required_in",
    "token_in",
]

SIGN_IN = Reason("token", "token-missing", "请先登录。", "Sign in first.")

COOKIE = "muster_session"
PATH = "/api"
CLIENT_HEADER = "X-Muster-Client"
CLIENTS = frozenset({"console", "desk"})

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Browsers keep 4,096 bytes of a cookie, name and attributes included. An account holds 40 grants at
# most, which make a token of some 10,000 characters.
_PIECE = 3800
_MOST_PIECES = 5


def token_in(request: Request) -> str | None:
    """The token in the request's cookies; None when there is none.

    Raises Refusal (403) when the request would change something and is not shown to come from a
    page of ours.
    """
    held = request.cookies
    if not held.get(COOKIE):
        return None
    if request.method not in _READING:
        require_own_page(request)
        if request.headers.get(CLIENT_HEADER) not in CLIENTS:
            raise _not_ours()
    pieces = [held[COOKIE]]
    while len(pieces) < _MOST_PIECES and (more := held.get(_name(len(pieces) + 1))):
        pieces.append(more)
    return "".join(pieces)


def required_in(request: Request) -> str:
    """The token in the request's cookies. Raises Refusal: 401 without one, 403 as `token_in`."""
    token = token_in(request)
    if token is None:
        raise Refusal(SIGN_IN, status=401, kind="unauthorised")
    return token


def require_own_page(request: Request) -> None:
    """Refuse (403) what the browser says a page of another origin asked for."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise _not_ours()


def put(request: Request, response: Response, token: str, holds: timedelta) -> None:
    """Give the browser a token to send from now on, in the place of the one that it has."""
    pieces = [token[at : at + _PIECE] for at in range(0, len(token), _PIECE)]
    for place, piece in enumerate(pieces, start=1):
        response.set_cookie(
            _name(place),
            piece,
            max_age=int(holds.total_seconds()),
            path=PATH,
            secure=_is_https(request),
            httponly=True,
            samesite="strict",
        )
    _drop(request, response, after=len(pieces))


def clear(request: Request, response: Response) -> None:
    """Take the token from the browser."""
    _drop(request, response, after=0)


def _drop(request: Request, response: Response, *, after: int) -> None:
    for place in range(after + 1, _MOST_PIECES + 1):
        if place == 1 or _name(place) in request.cookies:
            response.delete_cookie(
                _name(place),
                path=PATH,
                secure=_is_https(request),
                httponly=True,
                samesite="strict",
            )


def _name(place: int) -> str:
    return COOKIE if place == 1 else f"{COOKIE}_{place}"


def _is_https(request: Request) -> bool:
    """Whether the browser's own connection is TLS: uvicorn takes the scheme from a trusted proxy's
    ``X-Forwarded-Proto`` (`ServiceSettings.trusted_proxies`) and from nobody else."""
    return request.url.scheme == "https"


def _not_ours() -> Refusal:
    return Refusal(
        Reason(
            "request",
            "cross-site-request",
            "该请求不是从本系统的页面发出的，未予办理。",
            "This request did not come from a page of this system; nothing was done.",
        ),
        status=403,
        kind="forbidden",
    )
