"""What every service's HTTP side has: problems, traces, health, readiness, metrics.

A refusal is ``application/problem+json`` (RFC 9457) with ``reasons``, each a field, a rule and a
sentence in Chinese and English. No answer ever repeats a value that was sent.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from muster.observability import metrics, trace
from muster.observability.logging import get_logger
from muster.persistence.errors import is_transient
from muster.vocabulary.reasons import Reason, Refusal

_log = get_logger("muster.http")

TITLES = {
    "invalid": ("内容有误", "The content is not right"),
    "not-found": ("没有找到", "Not found"),
    "conflict": ("与现有数据冲突", "In conflict with what is there"),
    "forbidden": ("没有权限", "Not permitted"),
    "unauthorised": ("未登录或登录已失效", "Not signed in, or no longer"),
    "too-large": ("内容过大", "Too large"),
    "unavailable": ("服务暂时不可用", "Not available just now"),
    "internal": ("服务器内部错误", "An internal error"),
}
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
    zh, en = TITLES.get(kind, TITLES["invalid"])
    current = trace.current()
    body: dict[str, Any] = {
        "type": f"urn:muster:problem:{kind}",
        "title": f"{zh} / {en}",
        "status": status,
        "reasons": [reason.as_dict() for reason in reasons],
        "trace_id": current.trace_id if current else None,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(
        body, status_code=status, headers=headers, media_type="application/problem+json"
    )


def install(app: FastAPI, service: str) -> None:
    """Add middleware, problem handlers and the operators' routes to an application."""
    install_problems(app)
    _add_operations(app, service)


def install_problems(app: FastAPI) -> None:
    """Traces, metrics and problem documents alone: what an edge's local API also has."""
    app.middleware("http")(_observe)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(SQLAlchemyError, _on_database)
    # A database that does not take connections at all is no error of SQLAlchemy's.
    app.add_exception_handler(OSError, _on_database)


async def _observe(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    started = time.perf_counter()
    with trace.use(request.headers.get("traceparent")) as current:
        try:
            response = await call_next(request)
        except Exception:  # noqa: BLE001 - the client still gets a problem document
            _log.exception("a request failed", method=request.method)
            response = problem(
                500,
                "internal",
                [
                    Reason(
                        "request",
                        "internal-error",
                        f"服务器内部错误，未保存任何内容。请把编号 {current.trace_id} 告诉管理员。",
                        "An internal error; nothing was saved. Tell the administrator the number "
                        f"{current.trace_id}.",
                    )
                ],
            )
        response.headers["traceresponse"] = current.header()
    route = request.scope.get("route")
    template = getattr(route, "path", "unmatched")
    metrics.http_requests_total.labels(request.method, template, str(response.status_code)).inc()
    metrics.http_request_duration_seconds.labels(request.method, template).observe(
        time.perf_counter() - started
    )
    return response


async def _on_refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return problem(error.status, error.kind, error.reasons)


async def _on_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    reasons = [
        Reason(
            ".".join(str(step) for step in item["loc"] if step not in ("body", "query", "path"))
            or "body",
            str(item["type"]).replace("_", "-"),
            "该字段缺失或格式不正确。",
            f"This field is missing or malformed: {item['type'].replace('_', ' ')}.",
        )
        for item in error.errors()
    ]
    return problem(422, "invalid", reasons)


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = _KINDS.get(error.status_code, "invalid")
    zh, en = TITLES[kind]
    reason = Reason("request", f"http-{error.status_code}", f"{zh}。", f"{en}.")
    return problem(error.status_code, kind, [reason])


async def _on_database(_: Request, error: Exception) -> JSONResponse:
    _log.error("the database did not answer", reason=type(error).__name__, exc_info=error)
    if is_transient(error):
        reason = Reason(
            "request",
            "store-away",
            "数据库暂时不可用，未保存任何内容，请稍后重试。",
            "The store is away for a moment; nothing was saved. Please try again.",
        )
        return problem(503, "unavailable", [reason])
    reason = Reason(
        "request",
        "internal-error",
        "服务器内部错误，未保存任何内容。",
        "An internal error; nothing was saved.",
    )
    return problem(500, "internal", [reason])


def _add_operations(app: FastAPI, service: str) -> None:
    @app.get("/health", tags=["operations"])
    async def health() -> dict[str, str]:
        """The process runs."""
        return {"service": service, "status": "alive"}

    @app.get("/ready", tags=["operations"])
    async def ready(request: Request) -> JSONResponse:
        """The service can work: store reachable, partitions assigned, nothing halted."""
        state = await _readiness(request)
        return JSONResponse(state, status_code=200 if not state["waiting_for"] else 503)

    @app.get("/metrics", tags=["operations"], include_in_schema=False)
    async def expose() -> Response:
        body, content_type = metrics.render()
        return Response(body, media_type=content_type)


async def _readiness(request: Request) -> dict[str, Any]:
    running = request.app.state.running
    waiting = []
    try:
        async with request.app.state.database.transaction() as conn:
            await conn.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        waiting.append("database")
    if not running.consumer.assigned.is_set():
        waiting.append("broker")
    if running.failed:
        waiting.append(running.failed)
    waiting += [f"halted: {topic}" for topic in running.intake.limits.halted()]
    return {"ready": not waiting, "waiting_for": waiting}
