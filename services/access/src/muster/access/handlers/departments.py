"""Departments: the connector of each, enrolled with the keys of its own computer (R74, R92).

A department signs its answers with one key and is sealed to under the other. Enrolling it again,
with another code, puts new keys in the place of the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain import texts
from muster.access.handlers import authority, codes, refusals
from muster.access.handlers.accounts import beyond_administration
from muster.access.store import departments, terminals
from muster.messaging import outbox
from muster.messaging.border import DEPARTMENT as OWNER_KIND
from muster.messaging.outbox import OutboxItem
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.jose import Jwk
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

USES = ("sig", "enc")
"""What a department's keys are for, in the order in which they are sent."""


async def enrol(
    context: Context,
    conn: AsyncConnection,
    *,
    code: str,
    keys: Sequence[dict[str, str]],
    proof: str,
) -> tuple[Row[Any], bool]:
    """The department that a code and its two keys enrol, and whether anything changed.

    The same keys may ask again with the same code, because the first answer may have been lost.
    Raises Refusal.
    """
    public = _public_keys(keys)
    codes.check_proof(code, public[0], proof)
    opened = await codes.opened(context, conn, code)
    if opened.department is None:
        raise codes.other_kind()
    department: str = opened.department
    if department not in context.profile.departments:
        raise codes.unknown_department()
    if opened.used_at is None:
        codes.check_unexpired(opened)
    row = await departments.lock(conn, department, area=opened.area, label=opened.label)
    held = (await terminals.keys_of(conn, [department])).get(department, [])
    if {key.kid for key in held if key.revoked_at is None} == {key["kid"] for key in public}:
        await departments.use_enrolment(conn, opened.enrolment_id)
        return row, False
    if opened.used_at is not None:
        raise codes.bad_code()
    await departments.use_enrolment(conn, opened.enrolment_id)
    return await _put(context, conn, row, opened, public), True


async def _put(
    context: Context,
    conn: AsyncConnection,
    row: Row[Any],
    opened: Row[Any],
    public: Sequence[Jwk],
) -> Row[Any]:
    """Put these keys in the place of those that the department had."""
    now, version = datetime.now(UTC), int(row.version) + 1
    await departments.revoke_keys(conn, row.department, version=version, at=now)
    added = await terminals.put_keys(
        conn,
        [
            {
                "kid": key["kid"],
                "owner_id": row.department,
                "owner_kind": OWNER_KIND,
                "version": version,
                "area": opened.area,
                "use": key["use"],
                "jwk": key,
                "valid_from": now,
                "revoked_at": None,
            }
            for key in public
        ],
    )
    if not added:
        raise codes.key_known("keys")
    await departments.change(
        conn,
        row.department,
        area=opened.area,
        label=opened.label,
        version=version,
        enrolled_at=now,
        revoked_at=None,
        revoked_by=None,
    )
    await _tell(context, conn, row.department, opened.area, version)
    await context.audit.record(
        conn,
        actor=f"department:{row.department}",
        action="department-enrolled",
        detail={
            "enrolment": opened.enrolment_id,
            "department": row.department,
            "area": opened.area,
            "version": version,
        },
    )
    return await _again(conn, row.department)


async def revoke(
    context: Context, conn: AsyncConnection, caller: Caller, department: str, reason: str | None
) -> Row[Any]:
    """End a department's keys: nothing it signs is taken, nothing is sealed to it. Ending it again
    changes nothing."""
    refusals.invalid(texts.check_reason(reason))
    principal = await authority.principal_of(conn, caller)
    row = await departments.by_id(conn, department, lock=True)
    now = datetime.now(UTC)
    if row is None or not principal.may(Role.ADMINISTRATOR, row.area, context.areas, now):
        raise refusals.not_found("department")
    if row.revoked_at is not None:
        return row
    version = int(row.version) + 1
    await departments.revoke_keys(conn, department, version=version, at=now)
    await departments.change(
        conn, department, version=version, revoked_at=now, revoked_by=caller.account_id
    )
    await _tell(context, conn, department, row.area, version)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="department-revoked",
        reason=reason,
        detail={"department": department, "area": row.area},
    )
    return await _again(conn, department)


async def visible(context: Context, conn: AsyncConnection, caller: Caller) -> list[Row[Any]]:
    """Departments of the campaigns that the caller administers, revoked ones included."""
    principal = await authority.principal_of(conn, caller)
    areas = authority.administered_areas(context, principal, datetime.now(UTC))
    if not areas:
        raise beyond_administration()
    return await departments.in_areas(conn, areas)


def _public_keys(keys: Sequence[dict[str, str]]) -> list[Jwk]:
    if len(keys) != len(USES):
        raise Refusal(
            Reason(
                "keys",
                "keys-two",
                "须依次提交两个公钥：签名（sig）和加密（enc）。",
                "Two public keys are needed, in this order: for signatures and for encryption.",
            )
        )
    public = [codes.public_key(key, use, "keys") for key, use in zip(keys, USES, strict=True)]
    if public[0]["kid"] == public[1]["kid"]:
        raise Refusal(
            Reason(
                "keys",
                "key-reused",
                "签名和加密须使用两个不同的密钥。",
                "One key must not serve both for signatures and for encryption.",
            )
        )
    return public


async def _again(conn: AsyncConnection, department: str) -> Row[Any]:
    row = await departments.by_id(conn, department)
    assert row is not None
    return row


async def _tell(
    context: Context, conn: AsyncConnection, department: str, area: str, version: int
) -> None:
    await outbox.add(
        conn,
        [
            OutboxItem(
                "access-key-changed",
                department,
                version,
                {"owner_id": department},
                county=context.areas.county_or_none(area),
            )
        ],
    )
