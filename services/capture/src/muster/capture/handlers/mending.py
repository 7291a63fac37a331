"""Refused rows of an import, to look at and to mend (R69, R70)."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import xlsxwriter
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import refusal
from muster.capture.handlers import common
from muster.capture.handlers.workbook import ROW_ID, field_of, read_heading
from muster.capture.store import imports, refusals
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.states import Role, Severity

REASON_HEADERS = ("退回原因", "Reasons")
_HEADING = 1
"""The heading's row; the notice stands in the one above it, which an import passes over."""


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the file: its heading, and the field that it holds, if it holds one."""

    header: str
    field: str | None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as it came, by the columns. What was taken in is not kept beside the person's own
    data, and so has no cells here."""

    listed: Row[Any]
    cells: list[str] | None


async def jobs(
    context: Context, caller: Caller, conn: AsyncConnection, after: str | None, limit: int
) -> list[Row[Any]]:
    """Imports of the areas that the caller administers, the newest first. Raises Refusal (403) for
    who administers nothing."""
    granted = caller.granted_areas((Role.ADMINISTRATOR,))
    if not granted:
        raise refusal("area-outside", status=403, kind="forbidden")
    tree = context.areas
    areas = [area.code for area in tree if any(tree.is_within(area.code, one) for one in granted)]
    return await imports.newest(conn, areas, after, limit)


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


async def shown_rows(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    import_id: str,
    severity: Severity,
    after: int,
    limit: int,
) -> tuple[list[ShownColumn], list[ShownRow]]:
    """The file's columns, and rows that nobody has settled, as they came (R69, R70). Audited."""
    job = await job_of(caller, conn, import_id)
    headers = _headers(context, job)
    kept = _kept(headers)
    names = field_of(read_heading(headers, context.profile))
    rows = await refusals.open_of_import(conn, import_id, severity.value, after, limit)
    shown = await asyncio.to_thread(
        lambda: [ShownRow(row, _cells(context, row, kept) if row.sealed else None) for row in rows]
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="import.rows",
        subject_ids=sorted({row.subject_id for row in rows if row.subject_id is not None}),
        detail={"import": import_id, "severity": severity.value, "rows": len(rows)},
    )
    return [ShownColumn(headers[place], names.get(place)) for place in kept], shown


async def refused_workbook(
    context: Context, caller: Caller, conn: AsyncConnection, import_id: str
) -> BinaryIO:
    """A workbook of the rows that are still refused, in a file that has no name on the disk.

    Above all what it must not be used for (R77); then columns as they came, the reasons, and,
    hidden, the row's id.
    """
    job = await job_of(caller, conn, import_id)
    headers = _headers(context, job)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        # Cells are written as text: what begins with = must not run on the reader's computer.
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False})
        sheet = book.add_worksheet("退回")
        kept = _kept(headers)
        notice = context.profile.benefits_notice
        sheet.write_string(0, 0, f"{notice.zh}。{notice.en}.")
        _write_headers(sheet, [headers[place] for place in kept])
        number = 0

        def write(rows: Sequence[Row[Any]]) -> None:
            for place, row in enumerate(rows, start=_HEADING + number + 1):
                _write_row(sheet, place, _cells(context, row, kept), row)

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


def _headers(context: Context, job: Row[Any]) -> list[str]:
    found: list[str] = common.open_own(context, "import_job", job.file_code, job.sealed_headers)[
        "headers"
    ]
    return found


def _kept(headers: Sequence[str]) -> list[int]:
    """Columns that are the file's own: a mended file that is refused again brings reasons and ids
    of the time before."""
    return [p for p, header in enumerate(headers) if header not in (*REASON_HEADERS, ROW_ID)]


def _cells(context: Context, row: Row[Any], kept: Sequence[int]) -> list[str]:
    """A refused row's cells in these columns."""
    cells = common.open_own(context, "refused_row", row.row_id, row.sealed)["cells"]
    return [cells[place] if place < len(cells) else "" for place in kept]


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
