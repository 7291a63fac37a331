"""Correlation across processes: W3C Trace Context, held in a context variable.

One request or one message belongs to one trace. The trace id is on every log line, in the
``traceparent`` header of every message that the request caused, and in the lines of whoever
handles that message. It is random and says nothing about a person.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace

__all__ = [
    "Trace",
    "bind",
    "current",
    "current_traceparent",
    "parse_traceparent",
    "reset",
    "use",
]

# version 00 exactly; later versions may append fields, which the standard says to ignore.
_FORM = re.compile(r"(?P<v>[0-9a-f]{2})-(?P<t>[0-9a-f]{32})-(?P<s>[0-9a-f]{16})-(?P<f>[0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Trace:
    """One position in a trace: 16-byte trace id and 8-byte span id, lower-case hexadecimal."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @classmethod
    def new(cls) -> Trace:
        """A trace that starts here."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    def child(self) -> Trace:
        """The same trace, a new span: what one sends on to the next process."""
        return replace(self, span_id=secrets.token_hex(8))

    def header(self) -> str:
        """The ``traceparent`` text."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[Trace | None] = ContextVar("muster_trace", default=None)


def parse_traceparent(text: str | None) -> Trace | None:
    """Read a ``traceparent`` header; None when it is absent or not of the standard's form.

    A caller decides nothing with it, so a damaged one is never an error: a new trace starts.
    """
    if not text or len(text) > 200:
        return None
    found = _FORM.match(text.strip().lower())
    if found is None or found["v"] == "ff":
        return None
    rest = text.strip()[found.end() :]
    if rest and (found["v"] == "00" or not rest.startswith("-")):
        return None
    if set(found["t"]) == {"0"} or set(found["s"]) == {"0"}:
        return None
    return Trace(found["t"], found["s"], found["f"])


def current() -> Trace | None:
    """The trace of the running task, if one was bound."""
    return _current.get()


def current_traceparent() -> str:
    """The header to send on: a child of the current trace, or a new trace when there is none."""
    trace = _current.get()
    return (trace.child() if trace else Trace.new()).header()


def bind(traceparent: str | None) -> Token[Trace | None]:
    """Take over the given trace (or start one) for the running task; undo with `reset`."""
    incoming = parse_traceparent(traceparent)
    return _current.set(incoming.child() if incoming else Trace.new())


def reset(token: Token[Trace | None]) -> None:
    """Undo one `bind`."""
    _current.reset(token)


@contextmanager
def use(traceparent: str | None) -> Iterator[Trace]:
    """``with use(header) as trace:`` binds for the length of a block."""
    token = bind(traceparent)
    trace = _current.get()
    assert trace is not None
    try:
        yield trace
    finally:
        _current.reset(token)
