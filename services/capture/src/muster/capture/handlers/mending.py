"""Refused rows of an import, to look at and to mend (R69, R70)."""

import asyncio
import tempfile
from collections.abc import Sequence
from typing import Any, BinaryIO

import xlsxwriter
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import refusal
from muster.capture.handlers import common
from muster.capture.handlers.workbook import ROW_ID
from muster.capture.store import imports, refusals
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.states import Role

REASON_HEADERS = ("退回原因", "Reasons")
_HEADING = 1
"""The heading's row; the notice stands in the one above it, which an import passes over."""


async def job_of(caller: Caller, conn: AsyncConnection, import_id: str) -> Row[Any]:
    """The job, when the caller administers its area; else as if there were none."""
    job = await imports.read(conn, import_id)
    if job is None or not caller.may(Role.ADMINISTRATOR, job.area):
        raise refusal("not-found", status=404, kind="not-found", field="import_id")
    return job


async def rows_of(
    context: Context, caller: Caller, conn: AsyncConnection, import_id: str, after: int, limit: int
) -> list[Row[Any]]:
    """Refused and doubted rows behind a row number: reasons, no content. Audited, because they say
    what is wrong with whom."""
    await job_of(caller, conn, import_id)
    rows = await refusals.of_import(conn, import_id, after, limit)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="import.refusals",
        subject_ids=sorted({row.subject_id for row in rows if row.subject_id is not None}),
        detail={"import": import_id, "rows": len(rows)},
    )
    return rows


async def refused_workbook(
    context: Context, caller: Caller, conn: AsyncConnection, import_id: str
) -> BinaryIO:
    """A workbook of the rows that are still refused, in a file that has no name on the disk.

    Above all what it must not be used for (R77); then columns as they came, the reasons, and,
    hidden, the row's id.
    """
    job = await job_of(caller, conn, import_id)
    headers = common.open_own(context, "import_job", job.file_code, job.sealed_headers)["headers"]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        # Cells are written as text: what begins with = must not run on the reader's computer.
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False})
        sheet = book.add_worksheet("退回")
        # A mended file that is refused again brings reasons and ids of the time before.
        kept = [p for p, header in enumerate(headers) if header not in (*REASON_HEADERS, ROW_ID)]
        notice = context.profile.benefits_notice
        sheet.write_string(0, 0, f"{notice.zh}。{notice.en}.")
        _write_headers(sheet, [headers[place] for place in kept])
        number = 0

        def write(rows: Sequence[Row[Any]]) -> None:
            for place, row in enumerate(rows, start=_HEADING + number + 1):
                cells = common.open_own(context, "refused_row", row.row_id, row.sealed)["cells"]
                shown = [cells[p] if p < len(cells) else "" for p in kept]
                _write_row(sheet, place, shown, row)

        async for rows in refusals.stream_of_import(conn, import_id):
            await asyncio.to_thread(write, rows)
            number += len(rows)
        await asyncio.to_thread(book.close)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="import.refused-workbook",
        detail={"import": import_id, "rows": number},
    )
    return file


def _write_headers(sheet: Any, headers: list[str]) -> None:
    width = len(headers)
    for place, header in enumerate((*headers, *REASON_HEADERS, ROW_ID)):
        sheet.write_string(_HEADING, place, header)
    sheet.set_column(width, width + 1, 60)
    sheet.set_column(width + 2, width + 2, None, None, {"hidden": True})


def _write_row(sheet: Any, number: int, cells: list[str], row: Row[Any]) -> None:
    width = len(cells)
    for place, cell in enumerate(cells):
        sheet.write_string(number, place, cell)
    sheet.write_string(number, width, "；".join(found["zh"] for found in row.reasons))
    sheet.write_string(number, width + 1, "; ".join(found["en"] for found in row.reasons))
    sheet.write_string(number, width + 2, row.row_id)
