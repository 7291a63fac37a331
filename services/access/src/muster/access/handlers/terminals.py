"""Terminals: dedicated computers, each enrolled for an area with its own key (R101, R102)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.domain import texts
from muster.access.domain.codes import new_code
from muster.access.handlers import authority, codes, refusals
from muster.access.handlers.accounts import beyond_administration
from muster.access.store import terminals
from muster.contracts.rights import Edges
from muster.messaging import border, outbox
from muster.messaging.outbox import OutboxItem
from muster.runtime.asked_area import known
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

CODE_HOLDS = timedelta(hours=24)
OWNER_KIND = "terminal"


@dataclass(frozen=True, slots=True)
class Opened:
    """An enrolment that waits for its terminal. The code is nowhere else."""

    enrolment_id: str
    code: str
    expires_at: datetime


async def open_enrolment(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    *,
    area: str,
    label: str,
    department: str | None = None,
) -> Opened:
    """A one-time code for one computer of one area, or for the connector of a department.

    Raises Refusal: an area or department that is none of the campaign's, or beyond what the
    caller administers.
    """
    refusals.invalid(texts.check_label(label))
    known(context.areas, area)
    if department is not None:
        codes.check_department(context, department, area)
    now = datetime.now(UTC)
    principal = await authority.principal_of(conn, caller)
    if not principal.may(Role.ADMINISTRATOR, area, context.areas, now):
        raise refusals.beyond_held("area")
    opened = Opened(new_id(), new_code(), now + CODE_HOLDS)
    [code_hash, *_] = codes.hashes(context, opened.code)
    await terminals.add_enrolment(
        conn,
        {
            "enrolment_id": opened.enrolment_id,
            "area": area,
            "label": label.strip(),
            "code_hash": code_hash,
            "opened_by": caller.account_id,
            "expires_at": opened.expires_at,
            "department": department,
        },
    )
    what = {"enrolment": opened.enrolment_id, "area": area}
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="enrolment-opened",
        detail=what if department is None else {**what, "department": department},
    )
    return opened


async def enrol(
    context: Context, conn: AsyncConnection, *, code: str, jwk: dict[str, str], proof: str
) -> tuple[Row[Any], bool]:
    """The terminal that a code and the proof of a key make, and whether it is new.

    The same key may ask again with the same code, because the first answer may have been lost;
    any other key may not. Raises Refusal.
    """
    key = codes.public_key(jwk, "sig", "jwk")
    codes.check_proof(code, key, proof)
    opened = await codes.opened(context, conn, code)
    if opened.department is not None:
        raise codes.other_kind()
    if opened.terminal_id is not None:
        return await _enrolled_before(conn, opened.terminal_id, key["kid"]), False
    codes.check_unexpired(opened)
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
        raise codes.key_known("jwk")
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


async def enrolled(conn: AsyncConnection) -> Edges:
    """Everybody who is enrolled now and so may sign in to Kafka: departments and terminals with a
    key that is not ended."""
    owners = await terminals.owners(conn)
    return Edges(
        departments=frozenset(owners.get(border.DEPARTMENT, ())),
        terminals=frozenset(owners.get(OWNER_KIND, ())),
    )


async def _enrolled_before(conn: AsyncConnection, terminal_id: str, kid: str) -> Row[Any]:
    row = await terminals.terminal_by_id(conn, terminal_id)
    keys = (await terminals.keys_of(conn, [terminal_id])).get(terminal_id, [])
    if row is None or row.revoked_at is not None or kid not in {key.kid for key in keys}:
        raise codes.bad_code()
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
                county=context.areas.county_or_none(area),
            )
        ],
    )
