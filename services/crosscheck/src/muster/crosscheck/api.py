"""HTTP routes of crosscheck: translate, authorise, call a handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.base import Uuid
from muster.crosscheck import shapes
from muster.crosscheck.domain import closing
from muster.crosscheck.handlers import areas, asking, common, notes, opening, running
from muster.crosscheck.store import (
    candidates,
    comparison,
    discrepancies,
    extracts,
    subjects,
    touched,
)
from muster.crosscheck.store.notes import waiting as waiting_notes
from muster.persistence.database import Transaction
from muster.runtime import paging
from muster.runtime.asked_area import AreaQuery
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Caller, Composed
from muster.runtime.context import Context
from muster.vocabulary.ages import Age, AgeBounds
from muster.vocabulary.states import Discrepancy, Role

router = APIRouter(tags=["crosscheck"])

READERS = (*opening.OPENERS, Role.LEADER)
"""Who sees which work orders there are, in the areas that they are granted."""
EXTRACTS_SHOWN = 5
"""Extracts of each department that are shown: the current one and the newest others."""
OWN_SHOWN = 100
"""The same of a department that asks about its own."""

DiscrepancyPath = Annotated[Uuid, Path()]
CandidatePath = Annotated[Uuid, Path()]
Limit = Annotated[int, Query(ge=1, le=1000)]


# -- the phase and the county job ------------------------------------------------------------------


@router.post("/comparison")
async def open_comparison(
    _: shapes.OpenBody, caller: Asking, context: Composed, conn: Transaction
) -> shapes.OpenAnswer:
    """Open the comparison phase of the campaign and match everything once (R74, R75)."""
    caller.require(Role.ADMINISTRATOR, context.profile.area)
    done = await running.open_phase(context, conn, caller.account_id)
    phase = await _phase(conn)
    return shapes.OpenAnswer(**phase.model_dump(), run=shapes.RunAnswer(**asdict(done)))


@router.get("/comparison")
async def get_comparison(caller: Asking, conn: Transaction) -> shapes.ComparisonAnswer:
    """Whether the comparison phase is open, and how much is still to be matched."""
    _anywhere(caller, READERS)
    return await _phase(conn)


@router.post("/runs")
async def run_county(caller: Asking, context: Composed, conn: Transaction) -> shapes.RunAnswer:
    """Match everything now; the answer says what that changed."""
    caller.require(Role.ADMINISTRATOR, context.profile.area)
    done = await running.run_county(context, conn, caller.account_id)
    return shapes.RunAnswer(**asdict(done))


# -- work orders -----------------------------------------------------------------------------------


@router.get("/discrepancies")
async def get_discrepancies(
    caller: Asking,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    state: Literal["open", "closed", "all"] = "open",
    kind: Discrepancy | None = None,
    age: Annotated[
        Age | None, Query(description="未办结时长 / how long open, of open ones")
    ] = None,
    comparable: bool | None = None,
    subject_id: Uuid | None = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 100,
) -> shapes.DiscrepanciesAnswer:
    """Work orders of the caller's area, the oldest first, perhaps of one person, or only those that
    cannot be compared now; no personal values (R75). Audited when there are any: an id, a village
    and a kind say what is wrong with whom. ``age`` is by the bounds that reporting counts by (R76);
    closed ones have none."""
    common.only_open_ones_have(age, state)
    codes = areas.readable(caller, READERS, area)
    rows = await discrepancies.page(
        conn,
        codes,
        state=state,
        kind=None if kind is None else kind.value,
        age=age,
        bounds=AgeBounds.at(datetime.now(UTC)),
        comparable=comparable,
        subject_id=subject_id,
        after=paging.read(after),
        limit=limit,
    )
    await _listed(
        context,
        conn,
        caller,
        "discrepancy-list",
        area,
        rows,
        [one for row in rows for one in (row.subject_id, row.other) if one],
    )
    last = rows[-1] if len(rows) == limit else None
    return shapes.DiscrepanciesAnswer(
        items=tuple(await _items(context, conn, rows)),
        next=None if last is None else paging.write(last.opened_at, last.discrepancy_id),
    )


@router.post("/discrepancies/{discrepancy_id}/open")
async def open_discrepancy(
    discrepancy_id: DiscrepancyPath,
    body: shapes.ReasonBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> shapes.OpenedAnswer:
    """The values of both sides, to whoever mends them, with a reason; audited (R100)."""
    opened = await opening.open_order(context, conn, caller, discrepancy_id, body.reason)
    twin, reveal = opened.twin, opened.reveal
    [item] = await _items(context, conn, [opened.order])
    said = await notes.said_of(context, conn, discrepancy_id)
    return shapes.OpenedAnswer(
        **item.model_dump(),
        person=shapes.PersonAnswer(**asdict(opened.person)),
        record_value=opened.record_value,
        department_value=opened.department_value,
        twin=None if twin is None else shapes.PersonAnswer(**asdict(twin)),
        reveal=None if reveal is None else shapes.reveal_state(reveal),
        notes=tuple(map(shapes.note_answer, said)),
    )


@router.post("/discrepancies/{discrepancy_id}/reveal")
async def reveal_discrepancy(
    discrepancy_id: DiscrepancyPath,
    body: shapes.ReasonBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> shapes.AskedAnswer:
    """Ask a department in blind mode to open the row of a work order, with a reason; audited."""
    reveal_id = await opening.ask_for_order(context, conn, caller, discrepancy_id, body.reason)
    return shapes.AskedAnswer(reveal_id=reveal_id)


@router.post("/discrepancies/{discrepancy_id}/close")
async def close_discrepancy(
    discrepancy_id: DiscrepancyPath,
    body: shapes.ReasonBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> shapes.DiscrepancyItem:
    """Close a work order that cannot be compared now, as an administrator of its village, with a
    reason; audited. What is found again opens it again (R75)."""
    order = await opening.close_order(context, conn, caller, discrepancy_id, body.reason)
    [item] = await _items(context, conn, [order])
    return item


@router.post("/discrepancies/{discrepancy_id}/questions", status_code=204)
async def ask_about(
    discrepancy_id: DiscrepancyPath,
    body: shapes.AskBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> None:
    """Ask a department or an area about a work order; kept with it, audited (R75)."""
    said = {"note_id": body.note_id, "addressee": body.to, "words": body.text}
    await notes.ask(context, conn, caller, discrepancy_id, **said)


@router.post("/discrepancies/{discrepancy_id}/answers", status_code=204)
async def answer_about(
    discrepancy_id: DiscrepancyPath,
    body: shapes.AnswerBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> None:
    """Answer a question about a work order, once; kept with it, audited (R75)."""
    said = {"note_id": body.note_id, "question": body.question, "words": body.text}
    await notes.answer(context, conn, caller, discrepancy_id, **said)


@router.post("/discrepancies/{discrepancy_id}/transfer")
async def transfer_discrepancy(
    discrepancy_id: DiscrepancyPath,
    body: shapes.TransferBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> shapes.DiscrepancyItem:
    """Pass a work order on to another area of the campaign, with a reason; the village of the
    household, by which it is counted, stays (R75). Audited."""
    said = {"note_id": body.note_id, "words": body.reason}
    order = await notes.transfer(context, conn, caller, discrepancy_id, area=body.area, **said)
    [item] = await _items(context, conn, [order])
    return item


@router.get("/counts")
async def get_counts(
    caller: Asking, conn: Transaction, area: AreaQuery = None
) -> shapes.CountsAnswer:
    """Open work orders by kind and village."""
    counted = await discrepancies.count_open(conn, areas.readable(caller, READERS, area))
    villages: dict[str, dict[Discrepancy, int]] = {}
    total: dict[Discrepancy, int] = {}
    for village, counts in counted.items():
        for kind, count in counts.items():
            villages.setdefault(village, {})[Discrepancy(kind)] = count
            total[Discrepancy(kind)] = total.get(Discrepancy(kind), 0) + count
    return shapes.CountsAnswer(as_of=datetime.now(UTC), villages=villages, total=total)


# -- departments and candidates --------------------------------------------------------------------


@router.get("/extracts")
async def get_extracts(caller: Asking, conn: Transaction) -> shapes.ExtractsAnswer:
    """What departments supplied, and why an extract was refused (R74)."""
    _anywhere(caller, READERS)
    rows = await extracts.listed(conn, EXTRACTS_SHOWN)
    return shapes.ExtractsAnswer(items=tuple(map(shapes.extract_item, rows)))


@router.post("/extracts/own")
async def get_own_extracts(
    body: shapes.QuestionBody, context: Composed, conn: Transaction
) -> shapes.ExtractsAnswer:
    """What became of a department's own extracts, for its connector or its officer's browser, which
    signs the question with the key that it enrolled and seals it to this service (R74)."""
    department = await asking.department_of(context, conn, body.packet)
    rows = await extracts.listed(conn, OWN_SHOWN, department)
    return shapes.ExtractsAnswer(items=tuple(map(shapes.extract_item, rows)))


@router.get("/candidates")
async def get_candidates(
    caller: Asking,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    closed: bool = False,
    subject_id: Uuid | None = None,
    after: Uuid | None = None,
    limit: Limit = 100,
) -> shapes.CandidatesAnswer:
    """People whom a department knows and the campaign does not, without names (R76); with
    ``subject_id`` the closed ones that turned out to be that person.

    An administrator of the whole campaign who names no area also sees rows of areas outside it.
    Audited when there are any.
    """
    codes: list[str] | None = areas.readable(caller, READERS, area)
    if area is None and caller.may(Role.ADMINISTRATOR, context.profile.area):
        codes = None
    rows = await candidates.page(
        conn,
        codes,
        closed=closed or subject_id is not None,
        subject_id=subject_id,
        after=after,
        limit=limit,
    )
    known = [row.subject_id for row in rows if row.subject_id is not None]
    await _listed(context, conn, caller, "candidate-list", area, rows, known)
    return shapes.CandidatesAnswer(
        items=tuple(map(shapes.candidate_item, rows)),
        next=rows[-1].candidate_id if len(rows) == limit else None,
    )


@router.post("/candidates/{candidate_id}/reveal")
async def reveal_candidate(
    candidate_id: CandidatePath,
    body: shapes.ReasonBody,
    caller: Asking,
    context: Composed,
    conn: Transaction,
) -> shapes.AskedAnswer:
    """Ask again for a row that the department refused to open, with a reason; audited."""
    reveal_id = await opening.ask_for_candidate(context, conn, caller, candidate_id, body.reason)
    return shapes.AskedAnswer(reveal_id=reveal_id)


# -- helpers ---------------------------------------------------------------------------------------


def _anywhere(caller: Caller, roles: tuple[Role, ...]) -> None:
    """Refuse (403) who holds none of the roles in any area."""
    if not caller.granted_areas(roles):
        caller.require(roles, caller.areas.root.code)


async def _listed(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    action: str,
    area: str | None,
    rows: Sequence[Row[Any]],
    subject_ids: Sequence[str],
) -> None:
    """Leave in the audit trail who was shown on a list (R100)."""
    if rows:
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action=action,
            subject_ids=sorted(set(subject_ids)),
            detail={"rows": len(rows), **({} if area is None else {"area": area})},
        )


async def _phase(conn: AsyncConnection) -> shapes.ComparisonAnswer:
    phase = await comparison.opened(conn)
    return shapes.ComparisonAnswer(
        open=phase is not None,
        opened_at=None if phase is None else phase.opened_at,
        opened_by=None if phase is None else phase.opened_by,
        waiting=await touched.waiting(conn),
    )


async def _named(conn: AsyncConnection, orders: Sequence[Row[Any]]) -> dict[str, shapes.NamedBy]:
    """By subject how the missed ones among these work orders became known."""
    missed = {order.subject_id for order in orders if order.kind == Discrepancy.MISSED_SUBJECT}
    if not missed:
        return {}
    candidates_of: dict[str, list[shapes.CandidateName]] = {}
    for row in await candidates.naming(conn, missed):
        candidates_of.setdefault(row.subject_id, []).append(
            shapes.CandidateName(
                candidate_id=row.candidate_id,
                department=row.department,
                reveal_id=row.reveal_id,
                request=row.request,
            )
        )
    return {
        one.subject_id: shapes.NamedBy(
            origin=one.origin, candidates=tuple(candidates_of.get(one.subject_id, ()))
        )
        for one in (await subjects.read(conn, missed)).values()
    }


async def _items(
    context: Context, conn: AsyncConnection, orders: Sequence[Row[Any]]
) -> list[shapes.DiscrepancyItem]:
    """Work orders without any value, as they are answered."""
    named = await _named(conn, orders)
    asked = await waiting_notes(conn, [order.discrepancy_id for order in orders])
    return [
        shapes.DiscrepancyItem(
            **_order(context, order, named), questions=asked.get(order.discrepancy_id, 0)
        )
        for order in orders
    ]


def _order(context: Context, row: Row[Any], named: Mapping[str, shapes.NamedBy]) -> dict[str, Any]:
    until = row.closed_at or datetime.now(UTC)
    return {
        "discrepancy_id": row.discrepancy_id,
        "kind": row.kind,
        "subject_id": row.subject_id,
        "field": row.field or None,
        "department": row.said_by,
        "other": row.other or None,
        "village": row.village,
        "state": "open" if row.closed_at is None else "closed",
        "comparable": row.comparable,
        "revision": row.revision,
        "first_opened_at": row.first_opened_at,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "closed_by": _closed_by(context, row),
        "named_by": named.get(row.subject_id) if row.kind == Discrepancy.MISSED_SUBJECT else None,
        "handled_in": row.handled_in,
        "age_seconds": max(0, int((until - row.opened_at).total_seconds())),
    }


def _closed_by(context: Context, row: Row[Any]) -> shapes.ClosedBy | None:
    if row.closed_on is None:
        return None
    return shapes.ClosedBy(
        matched_at=row.closed_at,
        reason=opening.why_closed(context, row),
        **closing.changed(row.found_on or {}, row.closed_on),
    )
