"""Packets across the border of the organisation: JWS (ES256) inside JWE (ECDH-ES, A256GCM).

A terminal or a department signs with its own key and seals to one recipient's key. The signed
part names that recipient, so that whoever opened a packet cannot pass it on as if it had been
meant for somebody else. Only enrolled keys are found, so only an authorised, dedicated computer
can upload (R101, R102). The same key signs a terminal's word that a sign-in happens at it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jwe
from joserfc.errors import JoseError

from muster.security import jose
from muster.security.jose import Jwk
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal

__all__ = [
    "ASSERTION_TYPE",
    "BadPacket",
    "Jwk",
    "KeyUnknown",
    "assertion",
    "generate_key",
    "open_and_verify",
    "public_jwk",
    "sign_and_seal",
]

TYPE = "muster-packet"
ASSERTION_TYPE = "muster-terminal"
"""`typ` of the JWS with which a terminal says that a sign-in happens at it."""
LIMIT = 16 * 1024 * 1024
"""Default for the longest packet text taken, in characters: a batch of records with photographs."""

_AGREE = "ECDH-ES"
_ENCRYPT = "A256GCM"
_JWE_HEADER = {"alg", "enc", "kid", "typ", "cty", "epk"}
_SKEW = timedelta(minutes=10)

_TEXTS = {
    "packet-too-large": ("上传包过大,请分批上传", "The packet is too large; upload in parts"),
    "packet-malformed": ("上传包格式不正确", "This is not an upload packet"),
    "packet-recipient": ("上传包不是发给本系统的", "The packet was sealed to another recipient"),
    "packet-damaged": ("上传包已损坏或被改动", "The packet is damaged or was changed"),
    "packet-key-unknown": (
        "上传包的签名密钥未登记,请使用已授权的专用电脑",
        "The packet's signing key is not enrolled; use an authorised terminal",
    ),
    "packet-signature": ("上传包的签名不正确", "The packet's signature does not hold"),
    "packet-context": (
        "该包属于其他消息，或内容与消息不符",
        "The packet belongs to another message, or its content is not this message's",
    ),
    "packet-expired": (
        "上传包已过期,或采集端时钟不准,请重新上传",
        "The packet is too old, or the terminal's clock is wrong; upload again",
    ),
}


class BadPacket(Refusal):
    """The packet is not taken. `reason` says why, without any of its content."""

    def __init__(self, rule: str) -> None:
        zh, en = _TEXTS[rule]
        self.reason = Reason("packet", rule, zh, en)
        large = rule == "packet-too-large"
        super().__init__(
            self.reason, status=413 if large else 422, kind="too-large" if large else "invalid"
        )


class KeyUnknown(BadPacket):
    """`kid`, under which the packet is signed, is none of the enrolled keys that were looked at."""

    def __init__(self, kid: str) -> None:
        super().__init__("packet-key-unknown")
        self.kid = kid


class _Registry(jwe.JWERegistry):
    """ECDH-ES and A256GCM and nothing else, no compression, up to a length."""

    def __init__(self, limit: int) -> None:
        super().__init__(algorithms=[_AGREE, _ENCRYPT])
        self.max_ciphertext_length = limit


def generate_key(use: str) -> Jwk:
    """A new private EC P-256 JWK for `sig` or `enc`; its kid is the RFC 7638 thumbprint."""
    return jose.generate(use)


def public_jwk(jwk: Jwk) -> Jwk:
    """The public half, to enrol or hand out."""
    return jose.public_jwk(jwk)


def assertion(terminal_id: str, signing_jwk: Jwk) -> str:
    """Compact JWS by which a terminal says that a sign-in happens at it, now; it serves once."""
    said = {"terminal_id": terminal_id, "iat": int(datetime.now(UTC).timestamp()), "jti": new_id()}
    return jose.sign(orjson.dumps(said), signing_jwk, ASSERTION_TYPE)


def sign_and_seal(
    payload: Mapping[str, object],
    signing_jwk: Jwk,
    recipient_jwk: Jwk,
    *,
    now: datetime | None = None,
) -> str:
    """Compact JWE of a compact JWS of ``{"to", "iat", "payload"}``.

    Raises ValueError when a key is no EC P-256 key, TypeError when the payload is no JSON.
    """
    issued = int((now or datetime.now(UTC)).timestamp())
    inner = orjson.dumps({"to": recipient_jwk["kid"], "iat": issued, "payload": payload})
    signed = jose.sign(inner, signing_jwk, TYPE)
    protected = {
        "alg": _AGREE,
        "enc": _ENCRYPT,
        "kid": recipient_jwk["kid"],
        "typ": TYPE,
        "cty": "JOSE",
    }
    key = jose.public_key(recipient_jwk)
    return jwe.encrypt_compact(protected, signed, key, registry=_Registry(len(signed) * 2))


def open_and_verify(
    text: str,
    recipient_private: Jwk | Sequence[Jwk],
    find_key: Callable[[str], Jwk | None],
    *,
    limit: int = LIMIT,
    max_age: timedelta | None = None,
    now: datetime | None = None,
) -> tuple[dict[str, Any], str]:
    """The payload and the kid of its signer.

    `recipient_private` is the recipient's key, or its keys of several epochs. `find_key` gives the
    public JWK of an enrolled signer and None for any other kid. With `max_age`, older packets and
    those from the future are refused; without, time is the caller's business, because a terminal
    may have been offline for long. Raises BadPacket; KeyUnknown where `find_key` gave None.
    """
    if len(text) > limit:
        raise BadPacket("packet-too-large")
    own = [recipient_private] if isinstance(recipient_private, dict) else recipient_private
    recipient, signed = _opened(text, {jwk["kid"]: jwk for jwk in own}, limit)
    inner, kid = _verified(signed, find_key, limit)
    if inner["to"] != recipient:
        raise BadPacket("packet-recipient")
    if max_age is not None:
        age = (now or datetime.now(UTC)).timestamp() - inner["iat"]
        if not -_SKEW.total_seconds() <= age <= max_age.total_seconds():
            raise BadPacket("packet-expired")
    return inner["payload"], kid


def _opened(text: str, own: Mapping[str, Jwk], limit: int) -> tuple[str, str]:
    try:
        header = jose.header(text, 5)
    except jose.Malformed:
        raise BadPacket("packet-malformed") from None
    wanted = {"alg": _AGREE, "enc": _ENCRYPT, "typ": TYPE, "cty": "JOSE"}
    if set(header) != _JWE_HEADER or any(header[name] != wanted[name] for name in wanted):
        raise BadPacket("packet-malformed")
    kid = header["kid"]
    if not isinstance(kid, str) or kid not in own:
        raise BadPacket("packet-recipient")
    key = jose.private_key(own[kid])
    try:
        plain = jwe.decrypt_compact(text, key, registry=_Registry(limit)).plaintext
        return kid, (plain or b"").decode("ascii")
    except (JoseError, ValueError, TypeError, LookupError, AttributeError):
        raise BadPacket("packet-damaged") from None


def _verified(
    signed: str, find_key: Callable[[str], Jwk | None], limit: int
) -> tuple[dict[str, Any], str]:
    try:
        kid = jose.signer(signed, TYPE)
    except jose.Malformed:
        raise BadPacket("packet-malformed") from None
    jwk = find_key(kid)
    if jwk is None:
        raise KeyUnknown(kid)
    payload = jose.verified(signed, jwk, limit)
    if payload is None:
        raise BadPacket("packet-signature")
    try:
        inner = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise BadPacket("packet-malformed") from None
    if (
        not isinstance(inner, dict)
        or set(inner) != {"to", "iat", "payload"}
        or type(inner["iat"]) is not int
        or type(inner["payload"]) is not dict
    ):
        raise BadPacket("packet-malformed")
    return inner, kid
