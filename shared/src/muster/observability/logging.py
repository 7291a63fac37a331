"""Logs: one JSON object a line on standard output, redacted, with the trace id.

``configure("capture")`` once, in the process's entry. After it the standard library's loggers
(uvicorn, aiokafka, faust, alembic, warnings, unhandled exceptions) go the same way, so that no
library can write a line that was not redacted.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TextIO

import orjson

from muster.observability import trace
from muster.observability.optional import without
from muster.observability.redaction import mask_text, redact

with without("rich"):  # lines are JSON, and tracebacks show no values
    import structlog
    from structlog.typing import EventDict, Processor, WrappedLogger

__all__ = ["configure", "get_logger"]

# They would write raw request lines (a query may carry a name), or a line per poll.
_QUIETER = {
    "uvicorn.access": logging.CRITICAL,
    "aiokafka": logging.WARNING,
    # A producer or consumer that is cut off says so hundreds of times a second.
    "aiokafka.conn": logging.CRITICAL,
    "kafka": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
    "faker": logging.WARNING,
    "multipart": logging.WARNING,
    "python_multipart": logging.WARNING,
}


class _Service:
    """Adds the service's name and the trace id to a line."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", self._service)
        current = trace.current()
        if current is not None:
            event.setdefault("trace_id", current.trace_id)
        return event


# Our own, set by us: they hold no personal data and must stay readable (a time would else be
# scanned for numbers).
_OURS = ("timestamp", "level", "logger", "service", "trace_id")


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    kept = {key: event[key] for key in _OURS if key in event}
    rest = {key: value for key, value in event.items() if key not in kept}
    safe = redact(rest)
    assert isinstance(safe, dict)
    return {**kept, **safe}


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return orjson.dumps(event, default=lambda value: mask_text(str(value))).decode()


def _shared_processors(service: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _Service(service),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def _frames(exc_info: _ExcInfo) -> str:
    """Where an exception came from and its types, its causes included; never its text, which may
    repeat what somebody sent."""
    lines = []
    one: BaseException | None = exc_info[1]
    while one is not None:
        lines.append(type(one).__qualname__)
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(one.__traceback__)
        ]
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n".join(lines)


class _Unhandled:
    """Takes the place of the hooks that print an exception's text to standard error."""

    def __init__(self, service: str) -> None:
        self._log = logging.getLogger(f"muster.{service}")

    def process(
        self, kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self._log.critical("process ended by an error", exc_info=(kind, error, where))

    def thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            where = (args.exc_type, args.exc_value, args.exc_traceback)
            self._log.critical("thread ended by an error", exc_info=where)


def configure(service: str, *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Set up logging of this process; calling it again replaces the earlier set-up."""
    shared = _shared_processors(service)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.processors.StackInfoRenderer(),
            structlog.processors.ExceptionRenderer(_frames),
            _redact_event,
            _render,
        ],
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    for name, quieter in _QUIETER.items():
        logging.getLogger(name).setLevel(max(level, quieter))
    logging.captureWarnings(capture=True)
    unhandled = _Unhandled(service)
    sys.excepthook = unhandled.process
    threading.excepthook = unhandled.thread


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: ``log.info("records taken", count=3)``. Events are English and hold no values."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
