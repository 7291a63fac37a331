"""What packets, tokens and audit heads share of JOSE: EC P-256 keys and strict headers.

Algorithms are pinned here and never taken from a header.
"""

from functools import lru_cache
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from muster.security import b64

Jwk = dict[str, str]
"""A JSON Web Key (RFC 7517) whose members are all text; here always EC P-256."""

SIGN = "ES256"
_PUBLIC = ("kty", "crv", "x", "y")
_CARRIED = (*_PUBLIC, "kid", "use", "alg")
_HEADER_LIMIT = 1024


class Malformed(ValueError):  # noqa: N818 - reads as what it says
    """Not a compact JOSE text with a header of ours."""


def generate(use: str) -> Jwk:
    """A new private EC P-256 JWK for `sig` or `enc`; its kid is the RFC 7638 thumbprint."""
    if use not in {"sig", "enc"}:
        raise ValueError("a key is for sig or for enc")
    made = ECKey.generate_key("P-256", private=True, auto_kid=False)
    raw = made.as_dict(private=True)
    jwk = {name: str(raw[name]) for name in (*_PUBLIC, "d")}
    return {**jwk, "use": use, "kid": thumbprint(jwk)}


def thumbprint(jwk: Jwk) -> str:
    """RFC 7638 SHA-256 thumbprint of an EC P-256 key."""
    return public_key(jwk).thumbprint()


def public_jwk(jwk: Jwk) -> Jwk:
    """The public half with kid, use and alg, and nothing else."""
    return {name: jwk[name] for name in _CARRIED if name in jwk}


def check_private(value: object) -> Jwk:
    """A private EC P-256 JWK, or ValueError."""
    jwk = check_public(value)
    if "d" not in jwk:
        raise ValueError("not a private key")
    private_key(jwk)
    return jwk


def check_public(value: object) -> Jwk:
    """An EC P-256 JWK whose point is on the curve, or ValueError."""
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and isinstance(member, str) for name, member in value.items()
    ):
        raise ValueError("not a JWK")
    if value.get("kty") != "EC" or value.get("crv") != "P-256":
        raise ValueError("not an EC P-256 key")
    if not {"x", "y", "kid"} <= set(value):
        raise ValueError("a key without x, y or kid")
    public_key(value)
    return value


def public_key(jwk: Jwk) -> ECKey:
    """The public half, ready for joserfc. Raises ValueError."""
    try:
        return _public(jwk["x"], jwk["y"])
    except KeyError:
        raise ValueError("not an EC P-256 key") from None


def private_key(jwk: Jwk) -> ECKey:
    """The private key, ready for joserfc. Raises ValueError."""
    try:
        return _private(jwk["x"], jwk["y"], jwk["d"])
    except KeyError:
        raise ValueError("not an EC P-256 private key") from None


@lru_cache(maxsize=64)
def _private(x: str, y: str, d: str) -> ECKey:
    """A holder has few private keys, and holds them in memory in any case."""
    try:
        return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d})
    except (JoseError, ValueError, TypeError):
        raise ValueError("not an EC P-256 private key") from None


@lru_cache(maxsize=4096)
def _public(x: str, y: str) -> ECKey:
    """Importing a point costs more than verifying with it is worth; public keys may be kept."""
    try:
        return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    except (JoseError, ValueError, TypeError):
        raise ValueError("not a point of P-256") from None


def header(text: str, parts: int) -> dict[str, Any]:
    """The protected header of a compact text of `parts` parts. Raises Malformed."""
    if not text.isascii() or text.count(".") != parts - 1:
        raise Malformed("not a compact text")
    encoded = text.partition(".")[0]
    if len(encoded) > _HEADER_LIMIT:
        raise Malformed("header too long")
    try:
        loaded = orjson.loads(b64.decode(encoded))
    except ValueError:
        raise Malformed("header is not JSON") from None
    if not isinstance(loaded, dict):
        raise Malformed("header is no object")
    return loaded


class Signatures(jws.JWSRegistry):
    """ES256 and nothing else, up to a length of payload that the caller sets."""

    def __init__(self, payload_limit: int) -> None:
        super().__init__(algorithms=[SIGN])
        self.max_payload_length = payload_limit * 4 // 3 + 4


def sign(payload: bytes, jwk: Jwk, typ: str) -> str:
    """Compact JWS with exactly alg, kid and typ in its header. Raises ValueError on a bad key."""
    protected = {"alg": SIGN, "kid": jwk["kid"], "typ": typ}
    registry = Signatures(len(payload))
    return jws.serialize_compact(protected, payload, private_key(jwk), registry=registry)


def signer(text: str, typ: str) -> str:
    """The kid that a compact JWS of this system names. Raises Malformed on any other header."""
    found = header(text, 3)
    kid = found.get("kid")
    if set(found) != {"alg", "kid", "typ"} or found["alg"] != SIGN or found["typ"] != typ:
        raise Malformed("another header than ours")
    # Ids of ours are plain; this one is asked of the database before anything is verified.
    if not isinstance(kid, str) or not kid or not (kid.isascii() and kid.isprintable()):
        raise Malformed("no key id")
    return kid


def verified(text: str, jwk: Jwk, payload_limit: int) -> bytes | None:
    """The payload of a compact JWS whose header `signer` has taken; None when it does not hold.

    Raises ValueError when `jwk` is no EC P-256 key.
    """
    key = public_key(jwk)
    try:
        return jws.deserialize_compact(text, key, registry=Signatures(payload_limit)).payload
    except (JoseError, ValueError, TypeError):
        return None
