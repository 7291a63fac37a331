"""The link by which the desk's page in a browser knows its computer's gateway (decision 15)."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["desk_link"]


def desk_link(origin: str, **told: str) -> str:
    """The desk's page at that origin, told these things after the ``#``, which no server is sent.
    The page keeps ``gateway`` (its URL) and ``token``."""
    said = "&".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
    return f"{origin}/desk/#{said}"
