"""Who may speak to a program that listens on loopback for a page: a page of an allowed origin, on
this computer, with the program's token.

The Host header keeps out pages that had their own name resolve to 127.0.0.1 (DNS rebinding), the
Origin header those of other sites, the token everybody else who can open a local port.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, MutableMapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.runtime.problems import problem
from muster.vocabulary.reasons import Refusal

__all__ = ["LARGEST", "LOCAL", "Guard"]

LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
LARGEST = 1 << 20
"""Bytes of a request on paths for which nothing else is said."""
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type, traceparent",
    # Browsers of the years in which that was asked for at each preflight (Private Network Access).
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}


class Guard:
    """ASGI middleware before everything else.

    `refuse` gives the program's own refusal for a rule: ``host-not-local``, ``origin-not-allowed``,
    ``token-required``, ``body-too-large``. `larger` is for paths that take more than `LARGEST`
    bytes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        origins: Collection[str],
        refuse: Callable[[str], Refusal],
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._origins = frozenset(origins)
        self._refusal = refuse
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is spoken here")
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        origin = headers.get("origin", b"").decode("latin-1")
        allowed = origin in self._origins
        answer = _with_origin(send, origin) if allowed else send
        rule = self._rule(headers, origin, preflight=scope["method"] == "OPTIONS")
        if rule is not None:
            await self._refuse(rule, scope, receive, answer)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, answer)
        else:
            body = await _body(headers, receive, self._larger.get(scope["path"], LARGEST))
            if body is None:
                await self._refuse("body-too-large", scope, receive, answer)
            else:
                await self._app(scope, _replay(body, receive), answer)

    def _rule(
        self, headers: MutableMapping[str, bytes], origin: str, *, preflight: bool
    ) -> str | None:
        host = headers.get("host", b"").decode("latin-1").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in LOCAL:
            return "host-not-local"
        if origin and origin not in self._origins:
            return "origin-not-allowed"
        if preflight:
            return None
        given = headers.get("authorization", b"")
        if not hmac.compare_digest(given, b"Bearer " + self._token):
            return "token-required"
        return None

    async def _refuse(self, rule: str, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(rule)
        await problem(refused.status, refused.kind, refused.reasons)(scope, receive, send)


def _with_origin(send: Send, origin: str) -> Send:
    """Lets the page of that origin see the answer, a refusal as well."""
    added = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return sending


async def _body(
    headers: MutableMapping[str, bytes], receive: Receive, largest: int
) -> bytes | None:
    """The whole body; None when it is larger than is taken."""
    length = headers.get("content-length", b"0")
    if not length.isdigit() or int(length) > largest:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > largest:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, then what comes after it."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
