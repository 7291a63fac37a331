"""Problem documents, traces and metrics of requests: what every HTTP API here has, edges' too.

A refusal is ``application/problem+json`` (RFC 9457) with ``reasons``, each a field, a rule and a
sentence in Chinese and English. No answer ever repeats a value that was sent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.contracts import declared
from muster.observability import metrics, trace
from muster.observability.logging import get_logger
from muster.runtime.problem_document import MEDIA_TYPE, TITLES, document
from muster.vocabulary.reasons import Reason, Refusal

_log = get_logger("muster.http")

_KINDS = {
    400: "invalid",
    401: "unauthorised",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    413: "too-large",
    503: "unavailable",
}


def problem(status: int, kind: str, reasons: Sequence[Reason]) -> JSONResponse:
    """One problem document."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(
        document(status, kind, reasons),
        status_code=status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def install_problems(app: FastAPI) -> None:
    """Traces, metrics and problem documents of an application."""
    app.add_middleware(Observed)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(OSError, store_away)


class Observed:
    """ASGI middleware around all routes: a trace, two metrics, and a problem for what escaped."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        with trace.use(_traceparent(scope)) as current:

            async def sending(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    told = (b"traceresponse", current.header().encode())
                    message = {**message, "headers": [*message.get("headers", ()), told]}
                await send(message)

            try:
                await self._app(scope, receive, sending)
            except Exception:
                _log.exception("a request failed", method=scope["method"])
                if status:
                    raise  # half an answer cannot be taken back; the connection is closed
                await _failed(current.trace_id)(scope, receive, sending)
        template = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"]
        metrics.http_requests_total.labels(method, template, str(status)).inc()
        metrics.http_request_duration_seconds.labels(method, template).observe(
            time.perf_counter() - started
        )


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return bytes(value).decode("latin-1")
    return None


def _failed(trace_id: str) -> JSONResponse:
    """The client still gets a problem document."""
    reason = Reason(
        "request",
        "internal-error",
        f"服务器内部错误，未保存任何内容。请把编号 {trace_id} 告诉管理员。",
        f"An internal error; nothing was saved. Tell the administrator the number {trace_id}.",
    )
    return problem(500, "internal", [reason])


async def _on_refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return problem(error.status, error.kind, error.reasons)


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    body = getattr(request.scope.get("route"), "body_field", None)
    kind = None if body is None else body.field_info.annotation
    reasons = [
        Reason(
            _place(item, kind),
            str(item["type"]).replace("_", "-"),
            "该字段缺失或格式不正确。",
            f"This field is missing or malformed: {item['type'].replace('_', ' ')}.",
        )
        for item in error.errors()
    ]
    return problem(422, "invalid", reasons)


_UNKNOWN_MEMBER = "extra_forbidden"


def _place(item: Mapping[str, Any], body: Any) -> str:
    """The field that an error is about: a parameter, or as far as the route's `body` declares it.
    A member that nobody knows is a value that was sent: it may be anybody's number."""
    part, *steps = item["loc"]
    if part == "body":
        return declared.declared(body, steps) or "body"
    if item["type"] == _UNKNOWN_MEMBER:
        steps.pop()
    return ".".join(map(str, steps)) or str(part)


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = _KINDS.get(error.status_code, "invalid")
    zh, en = TITLES[kind]
    reason = Reason("request", f"http-{error.status_code}", f"{zh}。", f"{en}.")
    return problem(error.status_code, kind, [reason])


async def store_away(_: Request, error: Exception) -> JSONResponse:
    """Answer 503: the store (a database that takes no connections, a full disk) is away."""
    _log.error("the store did not answer", reason=type(error).__name__, exc_info=error)
    reason = Reason(
        "request",
        "store-away",
        "数据库暂时不可用，未保存任何内容，请稍后重试。",
        "The store is away for a moment; nothing was saved. Please try again.",
    )
    return problem(503, "unavailable", [reason])
