"""Taking in the baseline that a higher level supplied (R52, R53): good rows in, bad rows back.

A file is one job, whoever sends it how often: it is known by a keyed code of its bytes. Each batch
of rows is one transaction that also says how far the job has come, so that a run after a kill
goes on where the last commit left it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO

from sqlalchemy import Row as Record
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import reason, refusal
from muster.capture.domain.standing import Entries, rebase
from muster.capture.handlers import common
from muster.capture.handlers.common import NUMBER, VILLAGE
from muster.capture.handlers.workbook import (
    CATEGORIES,
    ROW_ID,
    Broken,
    Columns,
    Row,
    Sheet,
    as_text,
    lost_digits,
    open_sheet,
)
from muster.capture.store import imports, records, refusals, subjects
from muster.messaging import failpoints, outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.b64 import encode
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, refused
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, Role, Severity, SubjectState

BATCH = 500
_PIECE = 1 << 20
_LOST_DIGITS = Reason(
    NUMBER,
    "number-lost-digits",
    "该单元格为数值格式，公民身份号码的末几位已丢失，请改为文本格式后重新填写",
    "the cell holds a number, which has lost the last digits; make it text and enter it again",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One row after everything that can be said without the store."""

    row: Row
    row_ref: str | None
    fields: Mapping[str, object]
    categories: tuple[str, ...]
    village: str | None
    number_index: str | None
    reasons: tuple[Reason, ...]

    @property
    def good(self) -> bool:
        """Whether it may go in."""
        return not refused(self.reasons) and None not in (self.village, self.number_index)

    def refuse(self, rule: str) -> "Checked":
        """The same row, refused."""
        return replace(self, reasons=(*self.reasons, reason(rule)))


async def import_baseline(
    context: Context, caller: Caller, file: BinaryIO, *, import_id: str, area: str
) -> Record[Any]:
    """Read a file to its end, batch by batch, each in a transaction of its own; gives the job.

    Raises Refusal when it is no file of ours at all, or the id belongs to another file.
    """
    sheet = await asyncio.to_thread(open_sheet, file, context.profile)
    job = await _begin(context, caller, file, sheet, import_id, area)
    if job.state == imports.FINISHED:
        return job
    state, reasons = imports.FINISHED, []
    file_rows = _Checker(context, caller, sheet.columns, common.today())
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
            await _Batch(context, caller, conn, job.import_id, checked).store()
            await failpoints.reach("import.before-commit")
        await failpoints.reach("import.after-commit")
    async with context.database.transaction() as conn:
        await imports.end(conn, job.import_id, state=state, reasons=reasons, at=common.now())
        return await imports.lock(conn, job.import_id)


async def _begin(
    context: Context, caller: Caller, file: BinaryIO, sheet: Sheet, import_id: str, area: str
) -> Record[Any]:
    # Whoever holds the same grants gets the same answer for the same file.
    grants = ",".join(sorted(caller.granted_areas((Role.ADMINISTRATOR,))))
    code = await asyncio.to_thread(_file_code, context, file, f"{grants}/{area}")
    async with context.database.transaction() as conn:
        found = await imports.begin(
            conn,
            import_id=import_id,
            file_code=code,
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


def _file_code(context: Context, file: BinaryIO, who: str) -> str:
    """Code of a file, of the grants it is imported under and of the form it is held against.

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
    message = f"muster/import-file/1|{digest.hexdigest()}|{who}|{context.profile.form_version}"
    return f"{key.kid}.{encode(key.mac(message.encode()))}"


class _Checker:
    """Rows held against the profile and the caller's grant; runs outside the event loop."""

    def __init__(self, context: Context, caller: Caller, columns: Columns, today: date) -> None:
        self._context = context
        self._caller = caller
        self._columns = columns
        self._today = today
        self._granted: dict[str, bool] = {}

    def check(self, rows: Sequence[Row]) -> list[Checked]:
        """Each row with its values, or what is wrong with it."""
        return [self._one(row) for row in rows]

    def _one(self, row: Row) -> Checked:
        cells = self._columns.fields(row)
        chosen = as_text(self._columns.cell(row, CATEGORIES))
        fields, categories, reasons = self._context.profile.check_baseline(
            cells, chosen, self._today
        )
        if lost_digits(NUMBER, cells.get(NUMBER)):
            reasons = [*(r for r in reasons if r.field != NUMBER), _LOST_DIGITS]
        wrong = {found.field for found in reasons if found.severity is Severity.REFUSE}
        village = fields.get(VILLAGE)
        known = village if isinstance(village, str) and VILLAGE not in wrong else None
        if known is not None and not self._may(known):
            reasons = [*reasons, reason("area-not-granted")]
        number = None if NUMBER in wrong else fields.get(NUMBER)
        ref = as_text(self._columns.cell(row, ROW_ID)).strip().lower()
        return Checked(
            row=row,
            row_ref=ref if common.UUID.fullmatch(ref) else None,
            fields=fields,
            categories=tuple(categories),
            village=known,
            number_index=common.index_of(self._context, number),
            reasons=tuple(reasons),
        )

    def _may(self, village: str) -> bool:
        if village not in self._granted:
            self._granted[village] = self._caller.may(Role.ADMINISTRATOR, village)
        return self._granted[village]


class _Batch:
    """One batch of rows in one transaction."""

    def __init__(
        self,
        context: Context,
        caller: Caller,
        conn: AsyncConnection,
        import_id: str,
        rows: Sequence[Checked],
    ) -> None:
        self._context = context
        self._caller = caller
        self._conn = conn
        self._import_id = import_id
        self._rows = rows
        self._counts = dict.fromkeys(("added", "updated", "unchanged", "refused", "warned"), 0)
        self._answered: list[tuple[Checked, str | None]] = []
        self._events: list[outbox.OutboxItem] = []
        self._baselines: list[dict[str, Any]] = []
        self._changed: dict[str, Entries] = {}
        self._saved: list[subjects.Row] = []

    async def store(self) -> None:
        """Write what is good, list what is not, and move the job on."""
        job = await imports.lock(self._conn, self._import_id)
        # Two runs of one job take turns on this lock; who comes second finds the rows done.
        rows = [checked for checked in self._rows if checked.row.number > job.rows_done]
        if not rows:
            return
        good = self._first_of_each_number(rows)
        await self._take(good)
        await subjects.save(self._conn, self._saved)
        await subjects.save_entries(self._conn, self._changed)
        await records.save_baselines(self._conn, self._baselines)
        await self._list_refused(job)
        await imports.advance(self._conn, self._import_id, rows[-1].row.number, self._counts)
        await outbox.add(self._conn, self._events)
        await self._context.audit.record(
            self._conn,
            actor=self._caller.account_id,
            action="import.batch",
            subject_ids=sorted({s for _, s in self._answered if s is not None}),
            detail={"import": self._import_id, "last_row": rows[-1].row.number},
        )

    def _first_of_each_number(self, rows: Sequence[Checked]) -> dict[str, Checked]:
        good: dict[str, Checked] = {}
        for checked in rows:
            if not checked.good:
                self._answered.append((checked, None))
            elif checked.number_index in good:
                self._answered.append((checked.refuse("number-twice-in-file"), None))
            else:
                good[checked.number_index or ""] = checked
        return good

    async def _take(self, good: Mapping[str, Checked]) -> None:
        conn = self._conn
        proposed = {number: new_id() for number in good}
        claimed = await subjects.claim_numbers(conn, proposed)
        await subjects.add(conn, [proposed[number] for number in claimed])
        held = {n: h.subject_id for n, h in (await subjects.holders(conn, good)).items()}
        locked = await subjects.lock(conn, held.values())
        entries = await subjects.entries(conn, locked)
        stored = await records.baselines(conn, locked)
        keys = await self._context.vault.keys_for(conn, locked, create=True)
        for number, checked in good.items():
            subject_id = held[number]
            before = stored.get(subject_id)
            if subject_id in keys.erased:
                self._answered.append((checked.refuse("subject-erased"), None))
            elif before is not None and self._is_other_row(before, checked):
                self._answered.append((checked.refuse("number-twice-in-file"), None))
            else:
                self._answered.append((checked, subject_id))
                self._put(
                    checked, locked[subject_id], entries[subject_id], before, keys[subject_id]
                )

    def _is_other_row(self, before: Record[Any], checked: Checked) -> bool:
        """An earlier batch of this very file has already brought this number."""
        same_file: bool = before.import_id == self._import_id
        return same_file and before.row_number != checked.row.number

    def _put(
        self,
        checked: Checked,
        subject: subjects.Row,
        entries: Entries,
        before: Record[Any] | None,
        key: Any,
    ) -> None:
        village = checked.village or ""
        content = {"categories": list(checked.categories), "fields": dict(checked.fields)}
        after = (
            rebase(entries, village)
            if entries
            else (Entry(village, Origin.BASELINE, SubjectState.OPEN),)
        )
        known = before is not None and before.source == Origin.BASELINE.value
        same = (
            before is not None
            and known
            and after == entries
            and common.open_baseline(self._context, key, before) == content
        )
        revision = subject.revision if same else subject.revision + 1
        sealed = (
            before.sealed
            if same and before is not None
            else self._context.vault.encrypt(
                key, content, table="baseline_record", row=subject.subject_id, version=revision
            )
        )
        self._baselines.append(
            {
                "subject_id": subject.subject_id,
                "revision": before.revision if same and before is not None else revision,
                "source": Origin.BASELINE.value,
                "import_id": self._import_id,
                "row_number": checked.row.number,
                "sealed": sealed,
            }
        )
        self._counts["unchanged" if same else "updated" if entries else "added"] += 1
        if same:
            return
        self._saved.append(replace(subject, revision=revision))
        self._changed[subject.subject_id] = after
        self._events.append(
            common.subject_event(
                self._context, common.BASELINE_IMPORTED, subject.subject_id, revision, after
            )
        )

    async def _list_refused(self, job: Record[Any]) -> None:
        await self._settle()
        listed: list[dict[str, Any]] = []
        for checked, subject_id in self._answered:
            if subject_id is None:
                self._counts["refused"] += 1
            elif checked.reasons:
                self._counts["warned"] += 1
            else:
                continue
            listed.append(self._refused_row(job, checked, subject_id))
        await refusals.add(self._conn, listed)

    async def _settle(self) -> None:
        """A mended row takes its old one off the list; refused again, it stands in its place."""
        mine = await refusals.areas_of(
            self._conn, [c.row_ref for c, _ in self._answered if c.row_ref is not None]
        )
        allowed = {
            row_id for row_id, area in mine.items() if self._caller.may(Role.ADMINISTRATOR, area)
        }
        taken = [(c, s) for c, s in self._answered if s is not None]
        again = [c for c, s in self._answered if s is None]
        await refusals.settle(
            self._conn,
            by=f"import:{self._import_id}",
            at=common.now(),
            imported_only=True,
            rows=[c.row_ref for c, _ in taken if c.row_ref in allowed and c.row_ref],
            numbers=[c.number_index for c, _ in taken if c.number_index],
        )
        await refusals.settle(
            self._conn,
            by="replaced",
            at=common.now(),
            imported_only=True,
            rows=[c.row_ref for c in again if c.row_ref in allowed and c.row_ref],
        )

    def _refused_row(
        self, job: Record[Any], checked: Checked, subject_id: str | None
    ) -> dict[str, Any]:
        row_id = new_id()
        taken = subject_id is not None
        cells = {"cells": [as_text(cell) for cell in checked.row.cells]}
        return {
            "row_id": row_id,
            "area": checked.village or job.area,
            "severity": (Severity.WARN if taken else Severity.REFUSE).value,
            "import_id": self._import_id,
            "row_number": checked.row.number,
            "packet_id": None,
            "record_id": None,
            "subject_id": subject_id,
            "number_index": checked.number_index,
            "reasons": [found.as_dict() for found in checked.reasons],
            # What was taken stands in the baseline; only what was not must be kept here.
            "sealed": None
            if taken
            else common.seal_own(self._context, "refused_row", row_id, cells),
        }
