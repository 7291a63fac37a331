"""Taking in files of people (R49, R52, R53): good rows in, bad rows back.

A file is a baseline that a higher level supplied, or a roster of village committees; the origin of
those whom only it knows says which. It is one job, whoever sends it how often: it is known by a
keyed code of its bytes. Each batch of rows is one transaction that also says how far the job has
come, so that a run after a kill goes on where the last commit left it.
"""

import asyncio
import hashlib
from typing import Any, BinaryIO

from sqlalchemy import Row as Record

from muster.capture.domain.reasons import refusal
from muster.capture.handlers import common
from muster.capture.handlers.import_batches import BATCHES
from muster.capture.handlers.import_rows import Checker
from muster.capture.handlers.workbook import Broken, Sheet, open_sheet
from muster.capture.store import imports
from muster.messaging import failpoints
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.b64 import encode
from muster.vocabulary.states import Origin, Role

BATCH = 500
_PIECE = 1 << 20
# What a code is made of is kept for ever: a file sent again must find its job.
_CODED = {Origin.BASELINE: "muster/import-file/1", Origin.ROSTER: "muster/import-roster/1"}


async def import_file(
    context: Context, caller: Caller, file: BinaryIO, *, origin: Origin, import_id: str, area: str
) -> Record[Any]:
    """Read a file to its end, batch by batch, each in a transaction of its own; gives the job.

    Raises Refusal when it is no file of ours at all, or the id belongs to another file.
    """
    sheet = await asyncio.to_thread(open_sheet, file, context.profile, origin)
    code = await _code(context, caller, file, origin, area)
    job = await _begin(context, caller, code, sheet, origin, import_id, area)
    if job.state == imports.FINISHED:
        return job
    state, reasons = imports.FINISHED, []
    file_rows = Checker(context, caller, origin, sheet.columns, common.today())
    while True:
        try:
            rows = await asyncio.to_thread(sheet.batch, BATCH)
        except Broken as broken:
            state, reasons = imports.STOPPED, [broken.reason.as_dict()]
            break
        if not rows:
            break
        if rows[-1].number <= job.rows_done:
            continue
        checked = await asyncio.to_thread(file_rows.check, rows)
        async with context.database.transaction() as conn:
            await BATCHES[origin](context, caller, conn, job.import_id, checked).store()
            await failpoints.reach("import.before-commit")
        await failpoints.reach("import.after-commit")
    async with context.database.transaction() as conn:
        await imports.end(conn, job.import_id, state=state, reasons=reasons, at=common.now())
        return await imports.lock(conn, job.import_id)


async def _code(context: Context, caller: Caller, file: BinaryIO, origin: Origin, area: str) -> str:
    # Whoever holds the same grants gets the same answer for the same file.
    grants = ",".join(sorted(caller.granted_areas((Role.ADMINISTRATOR,))))
    return await asyncio.to_thread(_file_code, context, file, origin, f"{grants}/{area}")


async def _begin(
    context: Context,
    caller: Caller,
    code: str,
    sheet: Sheet,
    origin: Origin,
    import_id: str,
    area: str,
) -> Record[Any]:
    async with context.database.transaction() as conn:
        found = await imports.begin(
            conn,
            import_id=import_id,
            file_code=code,
            origin=origin.value,
            actor=caller.account_id,
            area=area,
            at=common.now(),
            sealed_headers=common.seal_own(
                context, "import_job", code, {"headers": list(sheet.columns.headers)}
            ),
        )
    for job in found:
        if job.file_code == code:
            return job
    raise refusal("import-id-reused", status=409, kind="conflict")


def _file_code(context: Context, file: BinaryIO, origin: Origin, who: str) -> str:
    """Code of a file, of its kind, of the grants it is imported under and of the form it is held
    against.

    Keyed, so that nobody can try out whether a guessed file was imported. Reads beside the sheet:
    a CSV is read on from where it was.
    """
    place = file.tell()
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    file.seek(place)
    key = context.keyring.current("index/capture")
    message = f"{_CODED[origin]}|{digest.hexdigest()}|{who}|{context.profile.form_version}"
    return f"{key.kid}.{encode(key.mac(message.encode()))}"
