"""Which message caused an event: its trace goes on in whatever a handler writes for it.

A batch holds messages of many traces and one task handles it, so that no single trace is right for
all of it. What a handler publishes because of a message nearly always has the message's own key:
by that key the outbox finds the trace. A handler whose event has another key names the message's
``traceparent`` in its ``OutboxItem``. A batch of one message runs in that message's trace, logs
included. A trace neither comes from a department nor goes to one (`muster.messaging.opening`,
`muster.messaging.outbox`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from types import MappingProxyType

from muster.messaging.message import Message
from muster.observability import trace

_NONE: Mapping[str, str] = MappingProxyType({})
_by_key: ContextVar[Mapping[str, str]] = ContextVar("muster_causes", default=_NONE)


@contextmanager
def caused_by(batch: Sequence[Message]) -> Iterator[None]:
    """What is written in this block is caused by these messages; of a key by its last one."""
    held = {m.key: m.traceparent for m in batch if m.traceparent is not None}
    token = _by_key.set(held)
    try:
        with trace.use(batch[0].traceparent) if len(batch) == 1 else nullcontext():
            yield
    finally:
        _by_key.reset(token)


def traceparent_for(key: str) -> str | None:
    """The header that goes on from the message of this key; None when no message caused it."""
    return going_on(_by_key.get().get(key))


def going_on(traceparent: str | None) -> str | None:
    """The same trace, a span further; None for a header that is absent or damaged."""
    found = trace.parse_traceparent(traceparent)
    return None if found is None else found.child().header()


def trace_id(traceparent: str | None) -> str | None:
    """The trace that a header names, for a line of the log."""
    found = trace.parse_traceparent(traceparent)
    return None if found is None else found.trace_id
