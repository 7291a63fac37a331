"""What every enrolment is checked by: its one-time code, the keys, the proof that they are held."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain.codes import normal_code
from muster.access.handlers import refusals
from muster.access.store import terminals
from muster.runtime.context import Context
from muster.security import jose
from muster.security.jose import Jwk
from muster.security.keyring import Key
from muster.vocabulary.reasons import Reason, Refusal

PROOF_TYPE = "muster-enrolment"
"""`typ` of the JWS with which a computer shows that it holds the key it enrols."""

_MEMBERS = {"kty", "crv", "x", "y", "kid", "use", "alg"}
_ALGORITHMS = {"sig": "ES256", "enc": "ECDH-ES"}
_USES = {
    "sig": (
        "密钥用途须为签名（use=sig，ES256）。",
        "The key must be for signatures (use sig, ES256).",
    ),
    "enc": (
        "密钥用途须为加密（use=enc，ECDH-ES）。",
        "The key must be for encryption (use enc, ECDH-ES).",
    ),
}


def hashes(context: Context, code: str) -> list[str]:
    """The keyed hashes under which a code may be kept, newest key first; none for what is no
    code."""
    normal = normal_code(code)
    keys = context.keyring.epochs("index/access")
    return [_hash(key, normal) for key in keys] if normal else []


def _hash(key: Key, code: str) -> str:
    return f"{key.kid}:{key.mac(b'muster/enrolment-code/' + code.encode()).hex()}"


async def opened(context: Context, conn: AsyncConnection, code: str) -> Row[Any]:
    """The enrolment of a code, locked, used or not. Raises Refusal."""
    found = await terminals.enrolment_of(conn, hashes(context, code))
    if found is None:
        raise bad_code()
    return found


def check_unexpired(enrolment: Row[Any]) -> None:
    """Refuse a code that was opened too long ago."""
    if enrolment.expires_at <= datetime.now(UTC):
        raise bad_code()


def check_department(context: Context, department: str, area: str) -> None:
    """Refuse a department that the profile has not, and any area but the campaign's own.

    A department serves the whole campaign: an administrator of one township must not put another
    connector in its place.
    """
    if department not in context.profile.departments:
        raise unknown_department()
    if area != context.profile.area:
        raise Refusal(
            Reason(
                "area",
                "department-area",
                "部门面向整个采集方案，行政区划须为采集方案所在的区域。",
                "A department serves the whole campaign; the area must be the campaign's own.",
            )
        )


def public_key(jwk: dict[str, str], use: str, field: str) -> Jwk:
    """The public key itself, for that use, and nothing beside it. Raises Refusal."""
    if "d" in jwk:
        raise _bad_key(
            field,
            "key-private",
            "请只提交公钥；该私钥已经外泄，请重新生成密钥。",
            "Send the public key only. This private key has left its computer; make a new one.",
        )
    if jwk.get("use") != use or jwk.get("alg", _ALGORITHMS[use]) != _ALGORITHMS[use]:
        raise _bad_key(field, "key-use", *_USES[use])
    if not set(jwk) <= _MEMBERS:
        raise _bad_key(
            field,
            "key-members",
            "密钥含有多余的成员。",
            "The key has members that do not belong there.",
        )
    try:
        key = jose.check_public(jwk)
        thumbprint = jose.thumbprint(key)
    except ValueError:
        raise _bad_key(
            field,
            "key-malformed",
            "公钥须为EC P-256的JWK，且坐标点位于曲线上。",
            "The public key must be an EC P-256 JWK whose point is on the curve.",
        ) from None
    if key["kid"] != thumbprint:
        raise _bad_key(
            field,
            "key-thumbprint",
            "密钥编号（kid）须为RFC 7638指纹。",
            "The key id (kid) must be the key's RFC 7638 thumbprint.",
        )
    return jose.public_jwk(key)


def check_proof(code: str, key: Jwk, proof: str) -> None:
    """Refuse a proof that is not the code itself, signed under that key."""
    try:
        holds = jose.signer(proof, PROOF_TYPE) == key["kid"]
    except jose.Malformed:
        holds = False
    if not holds or jose.verified(proof, key, 1024) != code.encode():
        raise Refusal(
            Reason(
                "proof",
                "proof-of-possession",
                "未能证明本机持有该密钥：须用该密钥对登记码签名。",
                "There is no proof that this computer holds the key: it must sign the code "
                "with it.",
            )
        )


def bad_code() -> Refusal:
    """Wrong, used, expired: all sound the same."""
    return Refusal(
        Reason(
            "code",
            "enrolment-code",
            "登记码不正确、已使用或已过期，请向管理员索取新的登记码。",
            "The code is wrong, used or expired; ask the administrator for a new one.",
        )
    )


def other_kind() -> Refusal:
    """Whoever holds a code may know what it is for."""
    return Refusal(
        Reason(
            "code",
            "enrolment-kind",
            "采集端的登记码不能登记部门，部门的登记码也不能登记采集端。",
            "A terminal's code enrols no department, and a department's code no terminal.",
        )
    )


def unknown_department() -> Refusal:
    """Not one of the profile's."""
    return Refusal(
        Reason(
            "department",
            "department-unknown",
            "本采集方案中没有这个部门。",
            "This campaign has no such department.",
        )
    )


def key_known(field: str) -> Refusal:
    """A key id that somebody holds, or held."""
    return refusals.conflict(
        field,
        "key-known",
        "该密钥已登记过，请生成新的密钥。",
        "This key was enrolled before; make a new one.",
    )


def _bad_key(field: str, rule: str, zh: str, en: str) -> Refusal:
    return Refusal(Reason(field, rule, zh, en))
