"""Sealing: authenticated encryption bound to where the ciphertext belongs.

Text form, final: ``<suite>.<kid>.<nonce>.<ciphertext and tag>``, the last two base64url without
padding; ASCII, and no dot inside a part. The additional authenticated data is the RFC 8785 JSON of
the context plus suite and kid, so that a box which is moved to another topic, consumer, event,
subject, version, table or row does not open (design, section 4).
"""

import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag

from muster.security import b64
from muster.security.digests import canonical
from muster.security.keyring import Key, KeySource, UnknownKey
from muster.security.suites import NONCE_BYTES, TAG_BYTES

__all__ = [
    "BadSeal",
    "Context",
    "UnknownKey",
    "open_box",
    "seal",
]

Context = Mapping[str, str | int]
"""What a box is bound to: flat, names to text or integers; `suite` and `kid` are added here."""

_PARTS = 4
_KID = re.compile(r"[a-z0-9/_-]{1,256}")


class BadSeal(ValueError):  # noqa: N818 - reads as what it says
    """Wrong key, wrong recipient, wrong context, or damaged. Says no more than that."""


def _bound(key: Key, context: Context) -> bytes:
    if "suite" in context or "kid" in context:
        raise ValueError("suite and kid belong to the box and not to its context")
    return canonical({**context, "suite": key.suite, "kid": key.kid})


def _seal(key: Key, plaintext: bytes, context: Context, nonce: bytes) -> str:
    sealed = key.aead.encrypt(nonce, plaintext, _bound(key, context))
    return f"{key.suite}.{key.kid}.{b64.encode(nonce)}.{b64.encode(sealed)}"


def seal(key: Key, plaintext: bytes, context: Context) -> str:
    """Encrypt under `key`, bound to `context`, with a random 96-bit nonce.

    Raises ValueError for a context that is not flat text and integers, and suites.UnknownSuite
    when the key is no cipher key.
    """
    return _seal(key, plaintext, context, os.urandom(NONCE_BYTES))


def _parts(text: str) -> list[str]:
    parts = text.split(".")
    if len(parts) != _PARTS or _KID.fullmatch(parts[1]) is None:
        raise BadSeal("not a sealed text")
    return parts


def open_box(text: str, keys: Key | KeySource, context: Context) -> bytes:
    """The plaintext of a box, when key, context and every bit of it are right.

    Raises UnknownKey when the key it names is not held here, BadSeal in every other case.
    """
    suite, kid, nonce_text, sealed_text = _parts(text)
    key = _key_for(kid, keys)
    if suite != key.suite:
        raise BadSeal("another suite than the key's")
    try:
        nonce, sealed = b64.decode(nonce_text), b64.decode(sealed_text)
    except ValueError:
        raise BadSeal("damaged") from None
    if len(nonce) != NONCE_BYTES or len(sealed) < TAG_BYTES:
        raise BadSeal("damaged")
    try:
        return key.aead.decrypt(nonce, sealed, _bound(key, context))
    except InvalidTag:
        raise BadSeal("wrong key, wrong context, or damaged") from None


def _key_for(kid: str, keys: Key | KeySource) -> Key:
    if isinstance(keys, Key):
        if keys.kid != kid:
            raise UnknownKey(kid)
        return keys
    key = keys.get(kid)
    if key is None:
        raise UnknownKey(kid)
    return key
