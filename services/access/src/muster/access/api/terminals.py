"""Codes for enrolment, and terminals: a code from an administrator, a proof from the terminal."""

from __future__ import annotations

from fastapi import APIRouter, Response

from muster.access.api.models import (
    NOTHING_BEFORE,
    PAGE,
    After,
    Because,
    EnrolmentAnswer,
    Id,
    Limit,
    NewEnrolment,
    NewTerminal,
    TerminalAnswer,
    TerminalsAnswer,
    problems,
)
from muster.access.handlers import terminals
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed

router = APIRouter(tags=["terminals"], responses=problems(401, 403, 404, 409))


@router.post("/enrolments", status_code=201)
async def open_enrolment(
    body: NewEnrolment,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    response: Response,
) -> EnrolmentAnswer:
    """A code that enrols one computer for an area, or the connector of a department for the
    campaign's area, within a day. It is shown only here."""
    opened = await terminals.open_enrolment(
        context,
        conn,
        caller,
        area=body.area,
        label=body.label,
        department=body.department,
    )
    response.headers["Cache-Control"] = "no-store"
    return EnrolmentAnswer(
        enrolment_id=opened.enrolment_id,
        code=opened.code,
        area=body.area,
        label=body.label.strip(),
        department=body.department,
        expires_at=opened.expires_at,
    )


@router.post("/terminals", status_code=201)
async def enrol(
    body: NewTerminal, context: Composed, conn: Transaction, response: Response
) -> TerminalAnswer:
    """Enrol this computer. Repeating it with the same code and key gives the same terminal (200).

    ``proof`` is a compact JWS (ES256, typ ``muster-enrolment``, kid of ``jwk``) whose payload is
    the text of ``code``.
    """
    row, new = await terminals.enrol(context, conn, code=body.code, jwk=body.jwk, proof=body.proof)
    if not new:
        response.status_code = 200
    return TerminalAnswer.of(row)


@router.get("/terminals")
async def list_terminals(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    after: After = NOTHING_BEFORE,
    limit: Limit = PAGE,
) -> TerminalsAnswer:
    """Terminals of the areas that the caller administers."""
    rows = await terminals.visible(context, conn, caller, after=after, limit=limit)
    answers = [TerminalAnswer.of(row) for row in rows]
    full = len(answers) == limit
    return TerminalsAnswer(terminals=answers, next=answers[-1].terminal_id if full else None)


@router.post("/terminals/{terminal_id}/revoke")
async def revoke(
    terminal_id: Id, body: Because, caller: Authenticated, context: Composed, conn: Transaction
) -> TerminalAnswer:
    """End a terminal; its key signs nothing any more. Repeating it changes nothing."""
    row = await terminals.revoke(context, conn, caller, terminal_id, body.reason)
    return TerminalAnswer.of(row)
