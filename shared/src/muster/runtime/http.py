"""What every service's HTTP side has beside problem documents: health, readiness, metrics."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.errors import is_transient
from muster.runtime.problems import install_problems, problem, store_away
from muster.vocabulary.reasons import Reason

_log = get_logger("muster.http")


def install(app: FastAPI, service: str) -> None:
    """Add middleware, problem handlers and the operators' routes to an application."""
    install_problems(app)
    app.add_exception_handler(SQLAlchemyError, _on_database)
    _add_operations(app, service)


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    if is_transient(error):
        return await store_away(request, error)
    _log.error("a statement failed", reason=type(error).__name__, exc_info=error)
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
    halted = running.intake.limits.halted()
    waiting += [f"halted: {halt.topic}" for halt in halted]
    return {
        "ready": not waiting,
        "waiting_for": waiting,
        "halted": [{"topic": one.topic, "zh": one.zh, "en": one.en} for one in halted],
    }
