"""What a person with the right may do with a work order: open its values, ask for a blind row,
close what can be compared no more.

Nothing personal is read without a reason, and each reading leaves its row in the audit chain (R100,
design section 5, rules 10 and 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.base import FieldValue
from muster.contracts.parts.capture import Record
from muster.crosscheck.handlers import common, reveals, settling
from muster.crosscheck.store import candidates, comparison, discrepancies, extracts, subjects
from muster.crosscheck.store import reveals as asked
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import audit
from muster.security.vault import DataKeys
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.states import Role

OPENERS = (
    Role.COLLECTOR,
    Role.TOWNSHIP_LEADER,
    Role.CIVIL_AFFAIRS_REVIEWER,
    Role.HUMAN_RESOURCES_REVIEWER,
    Role.ADMINISTRATOR,
)
"""Who mends what is wrong, in the areas that they are granted."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is. Name and number are None where the record does not have them."""

    subject_id: str
    name: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """Both sides of a work order.

    ``department_value`` is None where the department keeps its data home; ``reveal`` then says how
    the newest request to open the row stands: asked, answered or refused, and by which rule. It is
    None again once the department's row says something else.
    ``twin`` is the other entry of a duplicate, if the caller may see it.
    """

    order: Row[Any]
    person: Person
    record_value: FieldValue | None
    department_value: FieldValue | None
    twin: Person | None
    reveal: Row[Any] | None


async def open_order(
    context: Context, conn: AsyncConnection, caller: Caller, discrepancy_id: str, reason: str
) -> Opened:
    """The values of both sides, to whoever mends them, for a reason that is kept.

    Raises:
        Refusal: no reason, no such work order, not granted there, closed, or the person's data are
            erased.
    """
    order = await read_order(conn, caller, discrepancy_id, reason)
    ids = [order.subject_id, *([order.other] if order.other else [])]
    held = await subjects.read(conn, ids)
    keys = await context.vault.keys_for(conn, ids)
    if order.subject_id not in held or order.subject_id not in keys:
        raise common.refusal(
            "record",
            "subject-erased",
            "该对象的数据已清除。",
            "The data of this person have been erased.",
            404,
        )
    fields = _fields(context, keys, held[order.subject_id])
    twin = held.get(order.other)
    seen = [order.subject_id]
    other = None
    if twin is not None and twin.subject_id in keys and caller.may(OPENERS, twin.village or ""):
        other = _person(twin.subject_id, _fields(context, keys, twin))
        seen.append(twin.subject_id)
    theirs, reveal = await _theirs(context, conn, order)
    field = common.field_of(order)
    opened = Opened(
        order=order,
        person=_person(order.subject_id, fields),
        record_value=fields.get(order.field),
        department_value=theirs.get(field),
        twin=other,
        reveal=reveal,
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="discrepancy-read",
        subject_ids=seen,
        reason=reason,
        detail={"discrepancy": discrepancy_id, "revision": order.revision},
    )
    return opened


async def ask_for_order(
    context: Context, conn: AsyncConnection, caller: Caller, discrepancy_id: str, reason: str
) -> str:
    """Ask a blind department to open the row of a work order; gives the request's id.

    One that is not answered yet is given again. Raises Refusal as `open_order`, and when the
    department's data are here.
    """
    order = await read_order(conn, caller, discrepancy_id, reason, lock=True)
    department = context.profile.departments.get(order.said_by or "")
    if department is None or department.mode != "blind" or order.row_id is None:
        raise common.refusal(
            "discrepancy",
            "not-blind",
            "该问题不涉及盲码方式的部门数据，无须申请揭示。",
            "No department in blind mode stands behind this; there is nothing to ask for.",
            409,
        )
    latest = await asked.latest_of(conn, discrepancy_id)
    if latest is not None and latest.state == "asked":
        return str(latest.reveal_id)
    [reveal_id] = await reveals.ask(
        context,
        conn,
        [
            {
                "department": department.id,
                "row_id": order.row_id,
                "discrepancy_id": discrepancy_id,
                "reason": reason,
                "asked_by": caller.account_id,
            }
        ],
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="reveal-asked",
        subject_ids=[order.subject_id],
        reason=reason,
        detail={"discrepancy": discrepancy_id, "reveal": reveal_id},
    )
    return reveal_id


async def close_order(
    context: Context, conn: AsyncConnection, caller: Caller, discrepancy_id: str, reason: str
) -> Row[Any]:
    """Close a work order that cannot be compared now: nothing that was mended can show it, and the
    department may have withdrawn what it said. Gives the order as it stands then.

    Raises Refusal as `open_order`, for whoever is no administrator there, and of an order that is
    compared: that closes when its rule passes, and not otherwise.
    """
    await comparison.settle_alone(conn)
    order = await read_order(conn, caller, discrepancy_id, reason, lock=True)
    caller.require(Role.ADMINISTRATOR, order.village)
    if order.comparable:
        raise common.refusal(
            "discrepancy",
            "still-comparable",
            "该问题仍可比对，更正后自动办结，不能人工办结。",
            "This can still be compared: it closes when it is mended, and not by hand.",
            409,
        )
    why = common.seal_own(context, "closing", discrepancy_id, {"reason": reason})
    change = await discrepancies.close(conn, discrepancy_id, caller.account_id, why, common.now())
    await settling.publish(context, conn, [change])
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="discrepancy-closed",
        subject_ids=[order.subject_id],
        reason=reason,
        detail={"discrepancy": discrepancy_id, "revision": change.revision},
    )
    return (await discrepancies.read(conn, [discrepancy_id]))[discrepancy_id]


def why_closed(context: Context, order: Row[Any]) -> str | None:
    """The reason for which somebody closed a work order; None for one that was mended."""
    sealed = (order.closed_on or {}).get("reason")
    if sealed is None:
        return None
    return str(common.open_fields(context, "closing", order.discrepancy_id, sealed)["reason"])


async def ask_for_candidate(
    context: Context, conn: AsyncConnection, caller: Caller, candidate_id: str, reason: str
) -> str:
    """Ask again for a candidate's row that the department refused to open.

    Raises Refusal: no reason, no such candidate, not granted there, or not refused.
    """
    audit.require_reason(reason)
    found = (await candidates.read(conn, [candidate_id], lock=True)).get(candidate_id)
    if found is None:
        raise _unknown("candidate", "候选人员", "candidate")
    caller.require(OPENERS, found.area)
    if found.state != "refused":
        raise common.refusal(
            "candidate",
            "not-refused",
            "只有被部门拒绝揭示的人员才能再次申请。",
            "Only a row that the department refused to open is asked for again.",
            409,
        )
    await candidates.move(conn, [{"candidate_id": candidate_id, "state": "asked"}], common.now())
    [reveal_id] = await reveals.ask(
        context,
        conn,
        [
            {
                "department": found.department,
                "row_id": found.row_id,
                "candidate_id": candidate_id,
                "reason": reason,
                "asked_by": caller.account_id,
            }
        ],
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="reveal-asked",
        reason=reason,
        detail={"candidate": candidate_id, "reveal": reveal_id},
    )
    return reveal_id


async def read_order(
    conn: AsyncConnection, caller: Caller, discrepancy_id: str, reason: str, *, lock: bool = False
) -> Row[Any]:
    """An open work order, to whoever mends it: in the village of the household, or where it is
    handled. Raises Refusal."""
    audit.require_reason(reason)
    order = (await discrepancies.read(conn, [discrepancy_id], lock=lock)).get(discrepancy_id)
    if order is None:
        raise _unknown("discrepancy", "问题", "discrepancy")
    if order.handled_in is None or not caller.may(OPENERS, order.handled_in):
        caller.require(OPENERS, order.village)
    if order.closed_at is not None:
        raise common.refusal(
            "discrepancy",
            "discrepancy-closed",
            "该问题已解决，不再提供内容。",
            "This has been mended; its values are not shown any more.",
            409,
        )
    return order


def _unknown(field: str, zh: str, en: str) -> Refusal:
    return common.refusal(
        field, f"{field}-unknown", f"没有该{zh}。", f"There is no such {en}.", 404
    )


def _fields(context: Context, keys: DataKeys, row: Row[Any]) -> Mapping[str, FieldValue]:
    if row.sealed is None:
        return {}
    plain = context.vault.decrypt_bytes(
        keys[row.subject_id],
        row.sealed,
        table="subject",
        row=row.subject_id,
        version=row.revision,
    )
    return Record.model_validate_json(plain).fields


def _person(subject_id: str, fields: Mapping[str, FieldValue]) -> Person:
    name, number = fields.get(common.NAME), fields.get(common.NUMBER)
    return Person(
        subject_id,
        name if isinstance(name, str) else None,
        number if isinstance(number, str) else None,
    )


async def _theirs(
    context: Context, conn: AsyncConnection, order: Row[Any]
) -> tuple[Mapping[str, FieldValue], Row[Any] | None]:
    """What the department's row says, if it is here or was revealed; and how a request stands."""
    latest = await asked.latest_of(conn, order.discrepancy_id)
    if latest is not None and latest.state == "answered" and latest.sealed is None:
        latest = None  # the department says something else by now
    if latest is not None and latest.sealed is not None:
        opened = common.open_fields(context, "reveal", latest.reveal_id, latest.sealed)
        return opened["fields"], latest
    if order.said_by is None or order.row_id is None:
        return {}, latest
    row = await extracts.row(conn, order.said_by, order.row_id)
    if row is None or row.sealed is None:
        return {}, latest
    place = f"{row.department}/{row.row_id}"
    return common.open_fields(context, "department_row", place, row.sealed)["fields"], latest
