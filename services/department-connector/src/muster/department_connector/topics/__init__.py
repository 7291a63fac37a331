"""What a connector consumes, as a table; each is one department's own topic."""

from __future__ import annotations

from muster.department_connector.handlers import answering

CONSUMES = tuple(answering.ANSWERED)
"""Prefixes of the topics that are read: requests signed by verification, reveal requests signed by
the cross-check."""


def consumed(department: str) -> tuple[str, ...]:
    """The topics that this department's connector reads."""
    return tuple(prefix + department for prefix in CONSUMES)


def group(department: str) -> str:
    """Consumer group of this department's connector; services wait for it with what is unread."""
    return f"connector-{department}"
