"""Routes of baselines and rosters: import, progress, refused rows to look at and to mend."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from muster.capture.api.import_models import (
    ColumnOut,
    ImportOut,
    ImportRowsOut,
    ImportsOut,
    RefusedRowOut,
)
from muster.capture.api.lists import refusal_out
from muster.capture.api.models import RefusalsOut
from muster.capture.domain.reasons import refusal
from muster.capture.handlers import common, imports, lists, mending
from muster.capture.handlers.import_batches import BATCHES
from muster.capture.settings import Settings
from muster.contracts.parts.base import Uuid
from muster.persistence.database import Transaction
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Caller, Composed
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, Role, Severity

router = APIRouter(tags=["imports"])

_PIECE = 1 << 16
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "kind": {"type": "string", "enum": ["baseline", "roster"]},
                        "import_id": {"type": "string", "format": "uuid"},
                        "area": {"type": "string"},
                    },
                }
            }
        },
    }
}


@router.post("/imports", openapi_extra=_FORM)
async def post_import(request: Request, caller: Asking, context: Composed) -> ImportOut:
    """Read a file of people (.xlsx, or .csv in UTF-8 or GB18030): good rows in, bad rows listed.

    `kind` is `baseline`, or `roster`: whom village committees named (R49), with name, resident
    number and village; who is known already stays as they are.
    Answers when the whole file has been read; `GET /imports/{id}` shows how far it is meanwhile.
    The same file sent again goes on where it was, or gives the finished import. Form fields:
    `file`; `kind`, by default baseline; `import_id`, made by the client; `area`, the granted area
    for which it is imported.
    """
    # Before anything is read: who administers nothing shall not fill the disk either.
    granted = _granted(caller)
    _require_length(request, context)
    async with request.form(max_files=1, max_fields=3) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise refusal("file-missing")
        import_id, area = form.get("import_id"), form.get("area")
        job = await imports.import_file(
            context,
            caller,
            _binary(file),
            origin=_origin(form.get("kind")),
            import_id=_import_id(import_id),
            area=_area(context, caller, area, granted),
        )
    return ImportOut.model_validate(job, from_attributes=True)


def _binary(file: UploadFile) -> BinaryIO:
    found: BinaryIO = file.file
    return found


def _require_length(request: Request, context: Context) -> None:
    """Refuse before reading: without a length a stream could fill the disk."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise refusal("length-required", status=411)
    settings = context.settings
    limit = settings.import_limit if isinstance(settings, Settings) else 0
    if int(length) > limit:
        raise refusal("file-too-large", status=413, kind="too-large")


def _origin(given: object) -> Origin:
    if given is None or given == "":
        return Origin.BASELINE
    found = next((origin for origin in BATCHES if origin == given), None)
    if found is None:
        raise refusal("import-kind")
    return found


def _import_id(given: object) -> str:
    if given is None or given == "":
        return new_id()
    if not isinstance(given, str) or not common.UUID.fullmatch(given):
        raise refusal("record-shape", field="import_id")
    return given


def _granted(caller: Caller) -> list[str]:
    """Areas that the caller administers, the largest first; there is one at least."""
    found = caller.granted_areas((Role.ADMINISTRATOR,))
    if not found:
        raise refusal("area-outside", status=403, kind="forbidden")
    return sorted(found, key=lambda code: (len(code), code))


def _area(context: Context, caller: Caller, given: object, granted: Sequence[str]) -> str:
    """The area to which rows without a readable village are put down."""
    if isinstance(given, str) and given:
        lists.require_area(context, caller, (Role.ADMINISTRATOR,), given)
        return given
    return granted[0]


@router.get("/imports")
async def get_imports(
    caller: Asking,
    context: Composed,
    conn: Transaction,
    after: Uuid | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ImportsOut:
    """Imports of the areas that the caller administers, the newest first; `after` is the id of the
    last one of the page before. Counts and nothing of any row, and so not audited."""
    found = await mending.jobs(context, caller, conn, after, limit)
    return ImportsOut(
        imports=[ImportOut.model_validate(job, from_attributes=True) for job in found],
        next=found[-1].import_id if len(found) == limit else None,
    )


@router.get("/imports/{import_id}")
async def get_import(
    import_id: Uuid, caller: Asking, context: Composed, conn: Transaction
) -> ImportOut:
    """Progress and counts of an import; nothing of its rows, and so not audited."""
    job = await mending.job_of(caller, conn, import_id)
    return ImportOut.model_validate(job, from_attributes=True)


@router.get("/imports/{import_id}/refusals")
async def get_refusals(
    import_id: Uuid,
    caller: Asking,
    context: Composed,
    conn: Transaction,
    after: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> RefusalsOut:
    """Rows that were refused or doubted, in the order of the file, with their reasons. Audited."""
    rows = await mending.rows_of(context, caller, conn, import_id, after, limit)
    return RefusalsOut(
        refusals=[refusal_out(row) for row in rows],
        next=str(rows[-1].row_number) if len(rows) == limit else None,
    )


@router.get("/imports/{import_id}/rows")
async def get_rows(
    import_id: Uuid,
    caller: Asking,
    context: Composed,
    conn: Transaction,
    severity: Severity = Severity.REFUSE,
    after: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> ImportRowsOut:
    """Rows that nobody has settled yet, as they came, with the columns of the file and the reasons:
    those refused (`severity` refuse), or taken in with a doubt (warn, without cells). Audited."""
    columns, rows = await mending.shown_rows(
        context, caller, conn, import_id, severity, after, limit
    )
    return ImportRowsOut(
        columns=[ColumnOut.model_validate(column, from_attributes=True) for column in columns],
        rows=[
            RefusedRowOut(
                row_id=row.listed.row_id,
                row_number=row.listed.row_number,
                cells=row.cells,
                reasons=row.listed.reasons,
            )
            for row in rows
        ],
        next=rows[-1].listed.row_number if len(rows) == limit else None,
    )


@router.get(
    "/imports/{import_id}/refusals.xlsx",
    response_class=StreamingResponse,
    responses={200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_refused_rows(
    import_id: Uuid, caller: Asking, context: Composed, conn: Transaction
) -> StreamingResponse:
    """The rows that are still refused, as they came, with the reasons beside them. Audited.

    Mended in place and imported again, a row takes its old one off the list.
    """
    file = await mending.refused_workbook(context, caller, conn, import_id)
    return StreamingResponse(
        _pieces(file),
        media_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="refused-{import_id}.xlsx"'},
    )


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
