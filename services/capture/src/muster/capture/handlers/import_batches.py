"""One batch of rows of an imported file, in one transaction: who is new, who is known, what is
refused."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row as Record
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.admission import Holder
from muster.capture.domain.standing import Entries, rebase
from muster.capture.handlers import common
from muster.capture.handlers.import_rows import Checked
from muster.capture.handlers.workbook import as_text
from muster.capture.store import imports, records, refusals, subjects
from muster.messaging import outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.vault import DataKey
from muster.vocabulary.ids import new_id
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, Role, Severity, SubjectState

__all__ = ["BATCHES"]


class _Batch(ABC):
    """What batches of either kind have in common."""

    origin: Origin
    topic: str
    """Where it is told that somebody is new or has changed."""
    settles: tuple[Origin, ...]
    """Files whose refused rows of the same number a good row of this kind sets right."""

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
        held = await subjects.holders(conn, good)
        locked = await subjects.lock(conn, [holder.subject_id for holder in held.values()])
        entries = await subjects.entries(conn, locked)
        stored = await records.baselines(conn, locked)
        keys = await self._context.vault.keys_for(conn, locked, create=True)
        for number, checked in good.items():
            subject_id = held[number].subject_id
            before = stored.get(subject_id)
            rule = self._objection(checked, held[number], before)
            if subject_id in keys.erased:
                rule = "subject-erased"
            if rule is not None:
                self._answered.append((checked.refuse(rule), None))
                continue
            self._answered.append((checked, subject_id))
            self._put(checked, locked[subject_id], entries[subject_id], before, keys[subject_id])

    def _objection(self, checked: Checked, _: Holder, before: Record[Any] | None) -> str | None:
        """Why the holder of the row's number cannot be the person of the row."""
        same_file = before is not None and before.import_id == self._import_id
        if before is not None and same_file and before.row_number != checked.row.number:
            # An earlier batch of this very file has already brought this number.
            return "number-twice-in-file"
        return None

    @abstractmethod
    def _put(
        self,
        checked: Checked,
        subject: subjects.Row,
        entries: Entries,
        before: Record[Any] | None,
        key: DataKey,
    ) -> None:
        """Put down what a good row says of a person who is locked. Without entries they are new."""

    def _keep(self, checked: Checked, subject_id: str, revision: int, sealed: str) -> None:
        """The row as what was known of the person before collection."""
        self._baselines.append(
            {
                "subject_id": subject_id,
                "revision": revision,
                "source": self.origin.value,
                "import_id": self._import_id,
                "row_number": checked.row.number,
                "sealed": sealed,
            }
        )

    def _seal(self, checked: Checked, subject_id: str, revision: int, key: DataKey) -> str:
        return self._context.vault.encrypt(
            key, _content(checked), table="baseline_record", row=subject_id, version=revision
        )

    def _change(self, subject: subjects.Row, revision: int, after: Entries) -> None:
        """The person stands there now, and is told of."""
        self._saved.append(replace(subject, revision=revision))
        self._changed[subject.subject_id] = after
        self._events.append(
            common.subject_event(self._context, self.topic, subject.subject_id, revision, after)
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
        allowed = self._granted(mine)
        taken = [c for c, s in self._answered if s is not None]
        again = [c for c, s in self._answered if s is None]
        same = await refusals.of_numbers(
            self._conn, [c.number_index for c in taken if c.number_index], self.settles
        )
        await refusals.settle(
            self._conn,
            by=f"import:{self._import_id}",
            at=common.now(),
            imported_only=True,
            rows={c.row_ref for c in taken if c.row_ref in allowed and c.row_ref}
            | self._granted(same),
        )
        await refusals.settle(
            self._conn,
            by="replaced",
            at=common.now(),
            imported_only=True,
            rows=[c.row_ref for c in again if c.row_ref in allowed and c.row_ref],
        )

    def _granted(self, areas: Mapping[str, str]) -> set[str]:
        """Rows, by their areas, that the caller may settle."""
        return {row for row, area in areas.items() if self._caller.may(Role.ADMINISTRATOR, area)}

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


class _BaselineBatch(_Batch):
    """A newer baseline renews what was known before; it moves nobody who was worked on already."""

    origin = Origin.BASELINE
    topic = common.BASELINE_IMPORTED
    settles = (Origin.BASELINE, Origin.ROSTER)

    def _put(
        self,
        checked: Checked,
        subject: subjects.Row,
        entries: Entries,
        before: Record[Any] | None,
        key: DataKey,
    ) -> None:
        after = rebase(entries, checked.place) if entries else _open(checked, self.origin)
        if before is not None and after == entries and self._says_the_same(checked, before, key):
            self._counts["unchanged"] += 1
            self._keep(checked, subject.subject_id, before.revision, before.sealed)
            return
        revision = subject.revision + 1
        self._counts["updated" if entries else "added"] += 1
        sealed = self._seal(checked, subject.subject_id, revision, key)
        self._keep(checked, subject.subject_id, revision, sealed)
        self._change(subject, revision, after)

    def _says_the_same(self, checked: Checked, before: Record[Any], key: DataKey) -> bool:
        known = before.source == Origin.BASELINE.value
        return known and common.open_baseline(self._context, key, before) == _content(checked)


class _RosterBatch(_Batch):
    """A roster adds whom nobody knew (R49). Of a person who is known it says nothing that the
    baseline, a department or a desk does not say better."""

    origin = Origin.ROSTER
    topic = common.STATUS_CHANGED
    settles = (Origin.ROSTER,)

    def _objection(
        self, checked: Checked, holder: Holder, before: Record[Any] | None
    ) -> str | None:
        # A number that was corrected away from somebody may really be another person's.
        if not holder.current:
            return "number-corrected-away"
        return super()._objection(checked, holder, before)

    def _put(
        self,
        checked: Checked,
        subject: subjects.Row,
        entries: Entries,
        _: Record[Any] | None,
        key: DataKey,
    ) -> None:
        if entries:
            self._counts["unchanged"] += 1
            return
        revision = subject.revision + 1
        self._counts["added"] += 1
        sealed = self._seal(checked, subject.subject_id, revision, key)
        self._keep(checked, subject.subject_id, revision, sealed)
        self._change(subject, revision, _open(checked, self.origin))


def _content(checked: Checked) -> dict[str, Any]:
    return {"categories": list(checked.categories), "fields": dict(checked.fields)}


def _open(checked: Checked, origin: Origin) -> Entries:
    return (Entry(checked.place, origin, SubjectState.OPEN),)


BATCHES: Mapping[Origin, type[_Batch]] = {
    batch.origin: batch for batch in (_BaselineBatch, _RosterBatch)
}
"""By the kind of file; kinds that are not here are no files."""
