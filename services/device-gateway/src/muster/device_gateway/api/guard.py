"""Who may speak to the gateway: a page of an allowed origin, on this computer, with the token.

The Host header keeps out pages that had their own name resolve to 127.0.0.1 (DNS rebinding), the
Origin header those of other sites, the token everybody else who can open a local port.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, MutableMapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.device_gateway.domain.reasons import RULES, reason
from muster.runtime.problems import problem

LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
LARGEST = 1 << 20
"""Bytes of a request; the largest is a signature."""
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type, traceparent",
    # A page from elsewhere that asks this computer is asked about (Private Network Access).
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}


class Guard:
    """ASGI middleware before everything else."""

    def __init__(self, app: ASGIApp, *, token: str, origins: Collection[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("the gateway speaks HTTP only")
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        origin = headers.get("origin", b"").decode("latin-1")
        allowed = origin in self._origins
        answer = _with_origin(send, origin) if allowed else send
        rule = self._rule(headers, origin, preflight=scope["method"] == "OPTIONS")
        if rule is not None:
            await _refuse(rule, scope, receive, answer)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, answer)
        else:
            body = await _body(headers, receive)
            if body is None:
                await _refuse("body-too-large", scope, receive, answer)
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


async def _refuse(rule: str, scope: Scope, receive: Receive, send: Send) -> None:
    status, kind = RULES[rule].answer
    await problem(status, kind, [reason(rule)])(scope, receive, send)


def _with_origin(send: Send, origin: str) -> Send:
    """Lets the page of that origin see the answer, a refusal as well."""
    added = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return sending


async def _body(headers: MutableMapping[str, bytes], receive: Receive) -> bytes | None:
    """The whole body; None when it is larger than any that we take."""
    length = headers.get("content-length", b"0")
    if not length.isdigit() or int(length) > LARGEST:
        return None
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += bytes(message.get("body", b""))
        if len(body) > LARGEST:
            return None
        if not message.get("more_body", False):
            return body


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
