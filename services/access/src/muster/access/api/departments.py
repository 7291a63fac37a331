"""Enrolment of departments: a one-time code from an administrator, two keys from the connector."""

from __future__ import annotations

from fastapi import APIRouter, Response

from muster.access.api.models import (
    Because,
    DepartmentAnswer,
    DepartmentId,
    DepartmentsAnswer,
    NewDepartment,
    problems,
)
from muster.access.handlers import departments
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed

router = APIRouter(tags=["departments"], responses=problems(401, 403, 404, 409))


@router.post("/departments", status_code=201)
async def enrol(
    body: NewDepartment, context: Composed, conn: Transaction, response: Response
) -> DepartmentAnswer:
    """Enrol a department's connector. Repeating it with the same code and keys changes nothing
    (200); another code with other keys puts these in the place of the old ones.

    ``keys`` are a signing key and an encryption key, in this order. ``proof`` is a compact JWS
    (ES256, typ ``muster-enrolment``, kid of the signing key) whose payload is the text of
    ``code``.
    """
    row, changed = await departments.enrol(
        context, conn, code=body.code, keys=body.keys, proof=body.proof
    )
    if not changed:
        response.status_code = 200
    return DepartmentAnswer.of(row)


@router.get("/departments")
async def list_departments(
    caller: Authenticated, context: Composed, conn: Transaction
) -> DepartmentsAnswer:
    """Departments that were enrolled, for administrators of the campaign."""
    rows = await departments.visible(context, conn, caller)
    return DepartmentsAnswer(departments=[DepartmentAnswer.of(row) for row in rows])


@router.post("/departments/{department}/revoke")
async def revoke(
    department: DepartmentId,
    body: Because,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> DepartmentAnswer:
    """End a department's keys. Repeating it changes nothing."""
    row = await departments.revoke(context, conn, caller, department, body.reason)
    return DepartmentAnswer.of(row)
