"""Taking a department's own file in: good rows in the place of the former data, bad ones told.

Rows are staged in short transactions beside the data that are current; the last one exchanges
them, so that a load is there as a whole or not at all, whatever kills it, and answers go on
meanwhile. Nothing in memory grows with the file except calamine's one sheet of a workbook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from muster.department_connector.domain.reasons import reason, refusal
from muster.department_connector.domain.revealing import day_of
from muster.department_connector.domain.verdicts import knows_everybody
from muster.department_connector.handlers.columns import STATUS, find_heading, letters
from muster.department_connector.handlers.common import Connector
from muster.department_connector.handlers.reading import Checked, Reader
from muster.department_connector.store import people
from muster.department_connector.store.people import NewPerson, Overtaken
from muster.forms import workbook
from muster.forms.baseline import is_blank
from muster.forms.workbook import Row
from muster.observability.logging import get_logger
from muster.vocabulary.reasons import Reason, refused
from muster.vocabulary.states import Severity

_log = get_logger("muster.connector")

BATCH = 500
SHOWN = 1000
"""Findings that a report names one by one; of the others it has the number."""
_NO_LIVES = reason("lives-missing", severity=Severity.WARN)
_TWICE = reason("number-twice", severity=Severity.WARN)


@dataclass(slots=True)
class Report:
    """What a load came to. ``findings`` are row numbers with what was wrong, the first ones;
    ``remarks`` are about the whole file; unused columns are named as a spreadsheet does."""

    rows: int = 0
    refused: int = 0
    warned: int = 0
    unused_columns: tuple[str, ...] = ()
    by_rule: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[int, Reason]] = field(default_factory=list)
    remarks: list[Reason] = field(default_factory=list)

    def note(self, row: Checked) -> None:
        """Count a row and what was found."""
        if refused(row.reasons):
            self.refused += 1
        else:
            self.rows += 1
            self.warned += bool(row.reasons)
        for why in row.reasons:
            self.by_rule[why.rule] += 1
            if len(self.findings) < SHOWN:
                self.findings.append((row.number, why))

    def as_dict(self) -> dict[str, object]:
        """For people and programs; no value of anybody."""
        return {
            "rows": self.rows,
            "refused": self.refused,
            "warned": self.warned,
            "unused_columns": len(self.unused_columns),
            "unused": list(self.unused_columns),
            "remarks": [why.as_dict() for why in self.remarks],
            "by_rule": dict(sorted(self.by_rule.items())),
            "findings": [{"row": row, **why.as_dict()} for row, why in self.findings],
            "findings_not_shown": self.by_rule.total() - len(self.findings),
        }


def load_file(connector: Connector, path: Path, without: Collection[str] = ()) -> Report:
    """Put the rows of a .csv or .xlsx file in the place of the department's data.

    ``without`` are fields that the department answers for and for which the file has no column.

    Raises:
        Refusal: no such file, wrong columns, no row of use, or it breaks off; then nothing changed.
    """
    try:
        file = path.open("rb")
    except OSError:
        raise refusal("file-missing") from None
    with file:
        return _load(connector, file, without)


def _load(connector: Connector, file: BinaryIO, without: Collection[str]) -> Report:
    try:
        rows = workbook.open_rows(file)
    except workbook.Unusable as error:
        raise refusal(error.rule) from None
    columns = find_heading(rows, connector.profile, connector.department, without)
    reader = Reader(connector.profile, columns, connector.codes, day_of(datetime.now(UTC)))
    report = Report(unused_columns=tuple(map(letters, columns.unused)))
    if knows_everybody(connector.department.matters) and STATUS.keys().isdisjoint(columns.by_name):
        report.remarks.append(_NO_LIVES)
    load = people.begin(connector.spool)
    try:
        for batch in _batches(rows):
            _stage(connector, load, [reader.read(row) for row in batch], report)
        _must_have_rows(report)
        people.finish(
            connector.spool,
            load,
            rows=report.rows,
            refused=report.refused,
            warned=report.warned,
        )
    except BaseException as error:
        people.give_up(connector.spool, load)
        if isinstance(error, workbook.BrokenOff):
            raise refusal("file-line") from None
        if isinstance(error, Overtaken):
            raise refusal("load-overtaken") from None
        raise
    _log.info("data were loaded", rows=report.rows, refused=report.refused, warned=report.warned)
    return report


def _must_have_rows(report: Report) -> None:
    if not report.rows:
        raise refusal("rows-none" if report.refused else "file-empty")


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    filled = (row for row in rows if not all(map(is_blank, row.cells)))
    while batch := list(islice(filled, BATCH)):
        yield batch


def _stage(connector: Connector, load: int, checked: list[Checked], report: Report) -> None:
    """Store rows of a load; several of one identity get ids of their own."""
    codes = connector.codes
    with connector.spool.transaction() as work:
        identities = {row.identity for row in checked if row.identity is not None}
        seen = Counter(people.known(work, load, identities))
        fresh = []
        for row in checked:
            if row.identity is None:
                report.note(row)
                continue
            nth = seen[row.identity]
            seen[row.identity] += 1
            report.note(row.because(_TWICE) if nth and row.numbered else row)
            fresh.append(
                NewPerson(
                    row_id=codes.row_id(row.identity, nth),
                    identity=row.identity,
                    name_birth=row.name_birth,
                    numbered=row.numbered,
                    area=row.area,
                    fields=row.fields,
                )
            )
        people.add(work, connector.spool, load, fresh)
