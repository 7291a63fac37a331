"""The token by which the desk shows that it may use this gateway: a file in its home, 0600."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from muster.security.keyring import write_private

NAME = "token"
SHORTEST = 32


class TokenError(ValueError):
    """The file cannot be used; the text says why, never what it holds."""


def ensure(home: Path) -> str:
    """The token of a home folder, made when there is none.

    Raises:
        TokenError: others may read the file, or it holds no token.
    """
    path = home / NAME
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32).encode() + b"\n")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise TokenError(f"{NAME} is open to others than its owner; it must be 0600")
    token = path.read_text(encoding="utf-8").strip()
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable():
        raise TokenError(f"{NAME} holds no token; remove it, and a new one is made")
    return token
