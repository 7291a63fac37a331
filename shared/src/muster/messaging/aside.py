"""Messages without readable headers, put aside while their sender, whoever that is, waits."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from muster.contracts.envelope import is_key
from muster.contracts.topics import TopicSpec
from muster.messaging.deadletters import RawMessage

UNREADABLE = "unreadable"
"""Stands for the sender of what has no readable headers."""
_ASIDE = f"{UNREADABLE}/"
_HASHED = f"{_ASIDE}sha256:"


def put(spec: TopicSpec, raw: RawMessage) -> RawMessage:
    """Under a key of its own: nobody's messages shall wait behind what could not be read.

    A key that is none may hold what no text of the database may, or more than its index takes:
    its digest stands for it, and it goes in front of the headers.
    """
    headers = tuple((name.replace("\0", "\ufffd"), value) for name, value in raw.headers)
    if is_key(spec, raw.key):
        return replace(raw, key=_ASIDE + raw.key, headers=headers)
    key = raw.key.encode()
    digest = hashlib.sha256(key).hexdigest()
    return replace(raw, key=_HASHED + digest, headers=(("key", key), *headers))


def take_back(raw: RawMessage) -> RawMessage:
    """What `put` was given."""
    if raw.key.startswith(_HASHED):
        (_, key), *headers = raw.headers
        return replace(raw, key=key.decode(), headers=tuple(headers))
    return replace(raw, key=raw.key.removeprefix(_ASIDE))
