"""Terminals: dedicated computers, each enrolled for an area with its own key (R101, R102)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain import texts
from muster.access.domain.codes import new_code, normal_code
from muster.access.handlers import authority, refusals
from muster.access.handlers.accounts import beyond_administration
from muster.access.store import terminals
from muster.messaging import outbox
from muster.messaging.outbox import OutboxItem
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import jose
from muster.security.jose import Jwk
from muster.security.keyring import Key
from muster.vocabulary.areas import UnknownArea
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

CODE_HOLDS = timedelta(hours=24)
PROOF_TYPE = "muster-enrolment"
"""`typ` of the JWS with which a terminal shows that it holds the key it enrols."""
OWNER_KIND = "terminal"

_MEMBERS = {"kty", "crv", "x", "y", "kid", "use"}


@dataclass(frozen=True, slots=True)
class Opened:
    """An enrolment that waits for its terminal. The code is nowhere else."""

    enrolment_id: str
    code: str
    expires_at: datetime


async def open_enrolment(
    context: Context, conn: AsyncConnection, caller: Caller, *, area: str, label: str
) -> Opened:
    """A one-time code for one computer of one area. Raises Refusal."""
    refusals.invalid(texts.check_label(label))
    refusals.check_area(context.areas, area)
    now = datetime.now(UTC)
    principal = await authority.principal_of(conn, caller)
    if not principal.may(Role.ADMINISTRATOR, area, context.areas, now):
        raise refusals.beyond_held("area")
    opened = Opened(new_id(), new_code(), now + CODE_HOLDS)
    code = normal_code(opened.code)
    assert code is not None
    await terminals.add_enrolment(
        conn,
        {
            "enrolment_id": opened.enrolment_id,
            "area": area,
            "label": label.strip(),
            "code_hash": _code_hash(context.keyring.current("index/access"), code),
            "opened_by": caller.account_id,
            "expires_at": opened.expires_at,
        },
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="enrolment-opened",
        detail={"enrolment": opened.enrolment_id, "area": area},
    )
    return opened


async def enrol(
    context: Context, conn: AsyncConnection, *, code: str, jwk: dict[str, str], proof: str
) -> tuple[Row[Any], bool]:
    """The terminal that a code and the proof of a key make, and whether it is new.

    The same key may ask again with the same code, because the first answer may have been lost;
    any other key may not. Raises Refusal.
    """
    key = _public_key(jwk)
    _check_proof(code, key, proof)
    normal = normal_code(code)
    hashes = (
        [_code_hash(k, normal) for k in context.keyring.epochs("index/access")] if normal else ()
    )
    opened = await terminals.enrolment_of(conn, list(hashes))
    if opened is None:
        raise _bad_code()
    if opened.terminal_id is not None:
        return await _enrolled_before(conn, opened.terminal_id, key["kid"]), False
    if opened.expires_at <= datetime.now(UTC):
        raise _bad_code()
    terminal_id = new_id()
    await terminals.add_terminal(conn, terminal_id, opened.area, opened.label)
    added = await terminals.put_keys(
        conn,
        [
            {
                "kid": key["kid"],
                "owner_id": terminal_id,
                "owner_kind": OWNER_KIND,
                "version": 1,
                "area": opened.area,
                "use": "sig",
                "jwk": key,
                "valid_from": datetime.now(UTC),
                "revoked_at": None,
            }
        ],
    )
    if not added:
        raise refusals.conflict(
            "jwk",
            "key-known",
            "该密钥已登记过，请为采集端生成新的密钥。",
            "This key was enrolled before; make a new one for the terminal.",
        )
    await terminals.use_enrolment(conn, opened.enrolment_id, terminal_id)
    await _tell(context, conn, terminal_id, opened.area, 1)
    await context.audit.record(
        conn,
        actor=f"terminal:{terminal_id}",
        action="terminal-enrolled",
        detail={"enrolment": opened.enrolment_id, "terminal": terminal_id, "area": opened.area},
    )
    row = await terminals.terminal_by_id(conn, terminal_id)
    assert row is not None
    return row, True


async def revoke(
    context: Context, conn: AsyncConnection, caller: Caller, terminal_id: str, reason: str | None
) -> Row[Any]:
    """End a terminal: its key signs nothing any more. Ending it again changes nothing."""
    refusals.invalid(texts.check_reason(reason))
    principal = await authority.principal_of(conn, caller)
    row = await terminals.terminal_by_id(conn, terminal_id, lock=True)
    now = datetime.now(UTC)
    if row is None or not principal.may(Role.ADMINISTRATOR, row.area, context.areas, now):
        raise refusals.not_found("terminal_id")
    if row.revoked_at is not None:
        return row
    version = int(row.version) + 1
    await terminals.revoke_terminal(
        conn, terminal_id, by=caller.account_id, version=version, at=now
    )
    await _tell(context, conn, terminal_id, row.area, version)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="terminal-revoked",
        reason=reason,
        detail={"terminal": terminal_id, "area": row.area},
    )
    changed = await terminals.terminal_by_id(conn, terminal_id)
    assert changed is not None
    return changed


async def visible(
    context: Context, conn: AsyncConnection, caller: Caller, *, after: str, limit: int
) -> list[Row[Any]]:
    """Terminals of the areas that the caller administers, revoked ones included."""
    principal = await authority.principal_of(conn, caller)
    areas = authority.administered_areas(context, principal, datetime.now(UTC))
    if not areas:
        raise beyond_administration()
    return await terminals.terminals_in(conn, areas, after=after, limit=limit)


def county_of(context: Context, area: str) -> str | None:
    """County that goes on topics; none for an area above the counties."""
    try:
        return context.areas.county_of(area)
    except UnknownArea:
        return None


def _code_hash(key: Key, code: str) -> str:
    return f"{key.kid}:{key.mac(b'muster/enrolment-code/' + code.encode()).hex()}"


def _public_key(jwk: dict[str, str]) -> Jwk:
    if "d" in jwk:
        raise _bad_key(
            "key-private",
            "请只提交公钥；该私钥已经外泄，请为采集端重新生成密钥。",
            "Send the public key only. This private key has left its computer; make a new one.",
        )
    if jwk.get("use") != "sig" or jwk.get("alg", "ES256") != "ES256":
        raise _bad_key(
            "key-use",
            "密钥用途须为签名（use=sig，ES256）。",
            "The key must be for signatures (use sig, ES256).",
        )
    if not set(jwk) <= {*_MEMBERS, "alg"}:
        raise _bad_key(
            "key-members", "密钥含有多余的成员。", "The key has members that do not belong there."
        )
    try:
        key = jose.check_public(jwk)
        thumbprint = jose.thumbprint(key)
    except ValueError:
        raise _bad_key(
            "key-malformed",
            "公钥须为EC P-256的JWK，且坐标点位于曲线上。",
            "The public key must be an EC P-256 JWK whose point is on the curve.",
        ) from None
    if key["kid"] != thumbprint:
        raise _bad_key(
            "key-thumbprint",
            "密钥编号（kid）须为RFC 7638指纹。",
            "The key id (kid) must be the key's RFC 7638 thumbprint.",
        )
    return jose.public_jwk(key)


def _check_proof(code: str, key: Jwk, proof: str) -> None:
    try:
        holds = jose.signer(proof, PROOF_TYPE) == key["kid"]
    except jose.Malformed:
        holds = False
    if not holds or jose.verified(proof, key, 1024) != code.encode():
        raise Refusal(
            Reason(
                "proof",
                "proof-of-possession",
                "未能证明采集端持有该密钥：须用该密钥对登记码签名。",
                "There is no proof that the terminal holds this key: it must sign the code "
                "with it.",
            )
        )


async def _enrolled_before(conn: AsyncConnection, terminal_id: str, kid: str) -> Row[Any]:
    row = await terminals.terminal_by_id(conn, terminal_id)
    keys = (await terminals.keys_of(conn, [terminal_id])).get(terminal_id, [])
    if row is None or row.revoked_at is not None or kid not in {key.kid for key in keys}:
        raise _bad_code()
    return row


async def _tell(
    context: Context, conn: AsyncConnection, terminal_id: str, area: str, version: int
) -> None:
    await outbox.add(
        conn,
        [
            OutboxItem(
                "access-key-changed",
                terminal_id,
                version,
                {"owner_id": terminal_id},
                county=county_of(context, area),
            )
        ],
    )


def _bad_code() -> Refusal:
    return Refusal(
        Reason(
            "code",
            "enrolment-code",
            "登记码不正确、已使用或已过期，请向管理员索取新的登记码。",
            "The code is wrong, used or expired; ask the administrator for a new one.",
        )
    )


def _bad_key(rule: str, zh: str, en: str) -> Refusal:
    return Refusal(Reason("jwk", rule, zh, en))
