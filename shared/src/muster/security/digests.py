"""Canonical JSON (RFC 8785) and salted digests that name their suite.

Every digest is salted (design, section 4): the digested object carries its own random 256-bit
salt, which no topic carries, so that a digest over few possible values cannot be guessed open.
What a person signs is a record digest (design, section 5, rule 2; R45, R68).
"""

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping

import orjson
import rfc8785

from muster.security import suites

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_INTEGER_LIMIT = 2**53
_DEPTH_LIMIT = 64
_SALT = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"([a-z0-9]{1,16}):([0-9a-f]{64})")


class NotCanonical(ValueError):  # noqa: N818 - reads as what it says
    """The value has no canonical form here. The message names the trouble, never the value."""


class Unsalted(ValueError):  # noqa: N818 - reads as what it says
    """The object to digest carries no salt of 256 bits."""


def canonical(value: object) -> bytes:
    """RFC 8785 JSON of strings, integers below 2**53, booleans, None, lists and dicts of these.

    Floats are refused, so that a digest has one form only (decimals travel as text), and so are
    lone surrogates, which no UTF-8 can carry. Raises NotCanonical.
    """
    try:
        if _ascii_keys(value, 0):
            # With ASCII keys, byte order (orjson) and UTF-16 order (RFC 8785) are the same.
            return orjson.dumps(value, option=_OPTIONS)
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except NotCanonical:
        raise
    except (TypeError, ValueError):
        raise NotCanonical("text holds a lone surrogate, which UTF-8 cannot carry") from None


def _ascii_keys(value: object, depth: int) -> bool:
    """Check every value; True when all keys of all objects are ASCII."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if isinstance(value, dict):
        return _ascii_object(value, depth)
    if isinstance(value, list | tuple):
        if depth >= _DEPTH_LIMIT:
            raise NotCanonical(f"nested deeper than {_DEPTH_LIMIT}")
        # A list, not a generator: every item is checked, also after the first non-ASCII key.
        return all([_ascii_keys(item, depth + 1) for item in value])  # noqa: C419
    if kind is int:
        if not -_INTEGER_LIMIT < value < _INTEGER_LIMIT:  # type: ignore[operator]
            raise NotCanonical("an integer at or beyond 2**53")
        return True
    if isinstance(value, str):  # a StrEnum, written as its value
        return True
    raise NotCanonical(f"canonical JSON takes no {kind.__name__}")


def _ascii_object(value: Mapping[object, object], depth: int) -> bool:
    if depth >= _DEPTH_LIMIT:
        raise NotCanonical(f"nested deeper than {_DEPTH_LIMIT}")
    plain = True
    for key, item in value.items():
        if type(key) is not str:
            raise NotCanonical("a key that is no plain text")
        plain &= key.isascii() & _ascii_keys(item, depth + 1)
    return plain


def new_salt() -> str:
    """256 random bits as 64 lower-case hex characters."""
    return secrets.token_hex(32)


def digest(value: Mapping[str, object], suite: str = suites.DEFAULT_DIGEST) -> str:
    """``<suite>:<64 hex>`` over the canonical JSON of an object with a `salt` member.

    Raises Unsalted, NotCanonical, or suites.UnknownSuite.
    """
    salt = value.get("salt")
    if not isinstance(salt, str) or _SALT.fullmatch(salt) is None:
        raise Unsalted("the digested object carries no 256-bit salt")
    return f"{suite}:{suites.digest(suite).hash(canonical(value)).hex()}"


def parse(text: str) -> tuple[str, str]:
    """The suite and the hex of a digest. Raises ValueError on any other text."""
    match = _DIGEST.fullmatch(text)
    if match is None:
        raise ValueError("not a digest that names its suite")
    suites.digest(match[1])
    return match[1], match[2]


def verify(value: Mapping[str, object], expected: str) -> bool:
    """True when `expected` is the digest of `value` under the suite that `expected` names.

    Raises ValueError when `expected` is no digest, and what `digest` raises.
    """
    suite, _ = parse(expected)
    return hmac.compare_digest(digest(value, suite), expected)


def content_digest(content: bytes, suite: str = suites.DEFAULT_DIGEST) -> str:
    """Plain digest of bytes. It goes inside a salted object and never travels alone."""
    return f"{suite}:{suites.digest(suite).hash(content).hex()}"


def evidence_digest(
    content: bytes, media_type: str, salt: str, suite: str = suites.DEFAULT_DIGEST
) -> str:
    """Digest of one piece of evidence: over its salt, its media type and its bytes."""
    return digest(
        {"salt": salt, "media_type": media_type, "content": content_digest(content, suite)}, suite
    )


def field_hash(field: str, value: str, salt: str, suite: str = suites.DEFAULT_DIGEST) -> str:
    """Hash of one field of a card reading; its salt goes to the desk and is on no topic."""
    return digest({"field": field, "value": value, "salt": salt}, suite)


def reading_root(
    reading_id: str,
    card: str,
    hashes: Mapping[str, str],
    salt: str,
    suite: str = suites.DEFAULT_DIGEST,
) -> str:
    """What a terminal commits to when it reads a card (design, section 4, commit then reveal).

    Over the hashes of all fields, so that a desk that edits one field and keeps its hash leaves
    the others attested.
    """
    for value in hashes.values():
        parse(value)
    return digest(
        {"reading_id": reading_id, "card": card, "hashes": dict(hashes), "salt": salt}, suite
    )


def trace_digest(trace: object, salt: str, suite: str = suites.DEFAULT_DIGEST) -> str:
    """Digest of a handwriting, by which a terminal's event names the one that the record carries.

    `trace` is JSON without fractions. Raises NotCanonical.
    """
    return digest({"trace": trace, "salt": salt}, suite)


def event_digest(event: Mapping[str, object], suite: str = suites.DEFAULT_DIGEST) -> str:
    """Digest of what a terminal published, by which its next event names it as `previous`.

    `event` is the part as JSON (`model_dump(mode="json")`), with the salt that it carries.
    """
    return digest(event, suite)


def record_digest(
    record: Mapping[str, object],
    evidence: Iterable[str],
    record_id: str,
    salt: str,
    suite: str = suites.DEFAULT_DIGEST,
) -> str:
    """Digest of what a person saw and signed: no server number and no server time in it.

    `record` has exactly the members form_version, categories and fields; `evidence` holds evidence
    digests. Both lists are sets and enter sorted. Raises ValueError on another shape.
    """
    if set(record) != {"form_version", "categories", "fields"}:
        raise ValueError("a record is form_version, categories and fields")
    categories, fields = record["categories"], record["fields"]
    if not (isinstance(categories, list | tuple) and isinstance(fields, dict)):
        raise NotCanonical("categories are a list and fields an object")
    pieces = sorted(evidence)
    for piece in pieces:
        parse(piece)
    if len(set(pieces)) != len(pieces) or len(set(categories)) != len(categories):
        raise ValueError("categories and evidence name each thing once")
    return digest(
        {
            "form_version": record["form_version"],
            "categories": sorted(categories),
            "fields": fields,
            "evidence": pieces,
            "record_id": record_id,
            "salt": salt,
        },
        suite,
    )
