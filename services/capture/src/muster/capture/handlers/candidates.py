"""What an administrator settles: persons whom a department knows and who could not be entered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import refusal
from muster.capture.handlers import common, missed
from muster.capture.handlers.common import NUMBER, VILLAGE
from muster.capture.handlers.lists import require_area
from muster.capture.store import candidates, refusals
from muster.capture.store.candidates import CandidateRow, Outcome
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.audit import check_reason, require_reason
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.states import Role

SETTLING = (Role.ADMINISTRATOR,)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A candidate on the list: who knows them, and why nobody could be entered. No values."""

    candidate_id: str
    department: str
    area: str
    reasons: list[dict[str, str]]
    since: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What the administrator found out; or, in plain words, why there is nobody to enter."""

    village: str | None
    number: str | None
    dismissed: str | None


async def waiting(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    *,
    area: str,
    after: str | None,
    limit: int,
) -> list[Waiting]:
    """Candidates of an area that wait, without what the department says of them. Audited."""
    require_area(context, caller, SETTLING, area)
    if after is not None and not common.UUID.fullmatch(after):
        raise refusal("not-found", field="after")
    below = [found.code for found in context.areas if context.areas.is_within(found.code, area)]
    rows = await candidates.waiting_in(conn, below, after, limit)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="candidate.list",
        detail={"area": area, "rows": len(rows)},
    )
    return [
        Waiting(row.row_id, row.department, row.area, row.reasons, row.created_at) for row in rows
    ]


async def open_candidate(
    context: Context, caller: Caller, conn: AsyncConnection, candidate_id: str, reason: str
) -> Mapping[str, Any]:
    """What the department says of one who waits, for a reason that is kept. Audited.

    Raises Refusal: no reason, or nobody of that id waits in the caller's area.
    """
    require_reason(reason)
    found, listed = await _listed(caller, conn, candidate_id)
    if found.outcome is not Outcome.WAITING:
        raise refusal("candidate-settled", status=409, kind="conflict")
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="candidate.open",
        reason=reason,
        detail={"candidate": candidate_id, "area": listed.area},
    )
    fields: Mapping[str, Any] = _heard(context, listed)["fields"]
    return fields


async def settle(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    candidate_id: str,
    decision: Decision,
) -> CandidateRow:
    """Enter a candidate with what was found out, or dismiss them with the reason. Audited.

    The same person twice gets the same answer. Raises Refusal when nobody of that id waits in the
    caller's area, or what was given does not suffice either.
    """
    found, listed = await _listed(caller, conn, candidate_id)
    if found.outcome is not Outcome.WAITING:
        if (found.outcome is Outcome.DISMISSED) is (decision.dismissed is not None):
            return found
        raise refusal("candidate-settled", status=409, kind="conflict")
    named = decision.village is not None or decision.number is not None
    if named is (decision.dismissed is not None):
        raise refusal("settlement")
    if decision.dismissed is None:
        await _enter(context, caller, conn, found, listed, decision)
    else:
        await _dismiss(conn, found)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="candidate.settle",
        reason=check_reason(decision.dismissed),
        detail={"candidate": candidate_id},
    )
    settled = await candidates.find(conn, candidate_id)
    assert settled is not None
    return settled


async def _listed(
    caller: Caller, conn: AsyncConnection, candidate_id: str
) -> tuple[CandidateRow, Any]:
    """A candidate, locked, and what is on the list of them; else as if there were none."""
    found = await candidates.find(conn, candidate_id)
    listed = await candidates.waiting_row(conn, candidate_id)
    if found is None or listed is None or not caller.may(SETTLING, listed.area):
        raise refusal("not-found", status=404, kind="not-found", field="candidate_id")
    return found, listed


def _heard(context: Context, listed: Any) -> dict[str, Any]:
    return common.open_own(context, "refused_row", listed.row_id, listed.sealed)


async def _enter(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    found: CandidateRow,
    listed: Any,
    decision: Decision,
) -> None:
    heard = _heard(context, listed)
    given = dict(heard["fields"])
    if decision.village is not None:
        if not common.is_village(context, decision.village):
            raise refusal("unknown-village")
        caller.require(SETTLING, decision.village)
        given[VILLAGE] = decision.village
    if decision.number is not None:
        given[NUMBER] = decision.number
    one = missed.look_at(context, found, heard["area"], given, common.today())
    await missed.place(context, conn, [one], actor=caller.account_id)
    settled = await candidates.find(conn, listed.row_id)
    if settled is None or settled.outcome is Outcome.WAITING:
        # The transaction ends here, and nothing of it stays.
        raise Refusal(one.reasons)


async def _dismiss(conn: AsyncConnection, found: CandidateRow) -> None:
    await candidates.save(conn, [replace(found, outcome=Outcome.DISMISSED)])
    await refusals.settle(conn, by="dismissed", at=common.now(), rows=[found.candidate_id])
