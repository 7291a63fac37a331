"""Password hashes: argon2id with the parameters of RFC 9106 for limited memory, off the event loop.

A check takes some 50 ms and 64 MiB, so few run at a time, and past a queue of them the caller is
asked to come back: otherwise a flood of sign-ins would take the machine's memory.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from muster.vocabulary.reasons import Reason, Refusal

AT_A_TIME = 2
LONGEST_QUEUE = 200

P = ParamSpec("P")
T = TypeVar("T")

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="argon2")
_waiting: set[object] = set()


@lru_cache(maxsize=1)
def _decoy() -> str:
    """A hash that no password meets: unknown names cost the same work as known ones."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def _check_now(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _decoy(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


async def _run(job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    if len(_waiting) >= LONGEST_QUEUE:
        raise Refusal(
            Reason(
                "request",
                "sign-in-busy",
                "登录人数过多，请稍后重试。",
                "Too many people are signing in; please try again in a moment.",
            ),
            status=503,
            kind="unavailable",
        )
    ticket = object()
    _waiting.add(ticket)
    try:
        return await asyncio.wrap_future(_pool.submit(job, *args, **kwargs))
    finally:
        _waiting.discard(ticket)


async def hash_password(password: str) -> str:
    """The hash to store. Raises Refusal (503) when too many wait."""
    return await _run(_HASHER.hash, password)


async def check(stored: str | None, password: str) -> bool:
    """Whether the password meets the stored hash; with None the work is done all the same.

    Raises Refusal (503) when too many wait.
    """
    return await _run(_check_now, stored, password)


async def prepare() -> None:
    """Compute what the first unknown name would otherwise wait for."""
    await _run(_decoy)
