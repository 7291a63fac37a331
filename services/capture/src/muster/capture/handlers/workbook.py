"""Baseline files as rows: .xlsx by calamine, .csv as a stream; neither is trusted.

A CSV is read line by line; of a workbook calamine holds the one sheet. Nothing else grows with
the file.
"""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

import python_calamine

from muster.capture.domain.reasons import reason, refusal
from muster.capture.handlers.common import NUMBER, VILLAGE
from muster.forms.profile import Profile
from muster.vocabulary.reasons import Reason, Refusal

CATEGORIES = "categories"
TOWNSHIP = "township"
COMMUNITY = "community"
ROW_ID = "muster_row_id"
"""Heading of the hidden column in a workbook of refused rows: a mended row names its old one."""

_PLACES = {
    TOWNSHIP: ("乡镇", "乡镇名称", "乡镇(街道)", "乡(镇)", "街道", "township"),
    COMMUNITY: ("村", "村名", "村(社区)", "村(居)", "社区", "行政村", "村民委员会", "village"),
    ROW_ID: (ROW_ID,),
}
_HEADING_ROWS = 10
"""A title and a note may stand above the heading row."""
_UNPACKED_LIMIT = 1 << 30
_ROWS_LIMIT = 2_000_000
_COLUMNS_LIMIT = 512
_CELLS_LIMIT = 60_000_000
"""calamine holds the whole rectangle from the first cell to the last, empty ones included."""
_LINES_PER_ROW = 50
"""A row of a CSV that runs over more lines is an unclosed quote that swallows what follows."""
_CELL_LIMIT = 32_768
"""Characters; Excel's own limit."""
_ZIP, _PROBE = b"PK\x03\x04", 1 << 16

Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data, by its number in the file, counted from 1 as a reader of the file does."""

    number: int
    cells: Cells


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what: fields of the profile, categories, places and the row id."""

    headers: tuple[str, ...]
    by_name: Mapping[str, int]

    def cell(self, row: Row, name: str) -> object:
        """The cell of that name; None when there is no such column or the row is shorter."""
        place = self.by_name.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else None

    def fields(self, row: Row) -> dict[str, object]:
        """Cells by field id. A village may also be given as township and village by name."""
        special = {CATEGORIES, *_PLACES}
        found = {name: self.cell(row, name) for name in self.by_name if name not in special}
        if _blank(found.get(VILLAGE)):
            names = (self.cell(row, TOWNSHIP), self.cell(row, COMMUNITY))
            found[VILLAGE] = "".join(str(name) for name in names if not _blank(name))
        return found


class Broken(Exception):  # noqa: N818 - reads as what it says
    """The rest of the file cannot be read."""

    def __init__(self, cause: Reason) -> None:
        super().__init__(cause.rule)
        self.reason = cause


class Sheet:
    """An opened file: its columns, and its rows of data in order."""

    def __init__(self, rows: Iterator[Row], profile: Profile) -> None:
        self._rows = rows
        self._broken: Broken | None = None
        self.columns = self._find_heading(profile)

    def _find_heading(self, profile: Profile) -> Columns:
        best: Columns | None = None
        seen: list[Row] = []
        try:
            for row in self._rows:
                seen.append(row)
                columns = read_heading(row.cells, profile)
                if missing_columns(columns, profile) == ():
                    return columns
                if best is None or len(columns.by_name) > len(best.by_name):
                    best = columns
                if len(seen) >= _HEADING_ROWS:
                    break
        except Broken as broken:
            raise Refusal(broken.reason) from None
        if best is None:
            raise refusal("file-empty")
        raise Refusal(
            [reason("columns-missing", field=name) for name in missing_columns(best, profile)]
        )

    def batch(self, size: int) -> list[Row]:
        """The next rows that hold anything; fewer than `size` only at the end.

        Raises Broken where the file cannot be read on, after the rows before it were given.
        """
        if self._broken is not None:
            raise self._broken
        found: list[Row] = []
        try:
            for row in self._rows:
                if not all(_blank(cell) for cell in row.cells):
                    found.append(row)
                if len(found) == size:
                    break
        except Broken as broken:
            if not found:
                raise
            self._broken = broken
        return found


def read_heading(cells: Cells, profile: Profile) -> Columns:
    """Columns of a heading row. Of two columns for one thing the first counts."""
    headers = tuple("" if cell is None else as_text(cell) for cell in cells[:_COLUMNS_LIMIT])
    by_name = {name: place for place, name in profile.columns(list(headers)).items()}
    taken = set(by_name.values())
    for place, header in enumerate(headers):
        plain = header.replace("（", "(").replace("）", ")").replace(" ", "").strip("*").lower()
        for name, words in _PLACES.items():
            if plain in words and name not in by_name and place not in taken:
                by_name[name] = place
    return Columns(headers, by_name)


def missing_columns(columns: Columns, profile: Profile) -> tuple[str, ...]:
    """Fields that a baseline must have and for which there is no column."""
    named = set(columns.by_name)
    if COMMUNITY in named:
        named.add(VILLAGE)
    wanted = [name for name in profile.fields if name in profile.baseline_required]
    return tuple(name for name in (*wanted, CATEGORIES) if name not in named)


def open_sheet(file: BinaryIO, profile: Profile) -> Sheet:
    """Open a file by what it holds, whatever it is called. Raises Refusal."""
    file.seek(0)
    start = file.read(8)
    if not start:
        raise refusal("file-empty")
    file.seek(0)
    rows = _xlsx_rows(file) if start.startswith(_ZIP) else _csv_rows(file)
    return Sheet(rows, profile)


def as_text(cell: object) -> str:
    """A cell as it would be typed."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def lost_digits(name: str, cell: object) -> bool:
    """A resident number in a cell of numbers: a workbook keeps 15 digits of it and no more."""
    return name == NUMBER and isinstance(cell, int | float) and abs(cell) >= 10**15


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _xlsx_rows(file: BinaryIO) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(item.file_size for item in packed.infolist()) > _UNPACKED_LIMIT:
                raise refusal("file-too-large", status=413, kind="too-large")
            for item in packed.infolist():
                if item.filename.startswith("xl/worksheets/"):
                    _check_extent(packed, item)
        file.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        rows = book.get_sheet_by_index(0).iter_rows()
    except _UNREADABLE:
        raise refusal("file-type") from None
    return (Row(number, cells) for number, cells in enumerate(rows, start=1))


_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    python_calamine.CalamineError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    IndexError,
)
_PLACE = re.compile(rb"""<(?:\w+:)?c\b[^<>]*?\sr=["']([A-Za-z]{1,4})([0-9]{1,9})["']""")
_OVERLAP = 1024
"""Bytes of a piece that are read again with the next, so that no cell is cut in two."""


def _check_extent(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    """Refuse a sheet whose cells span more than is held in memory.

    Where cells stand is read from the cells themselves: a declared size may lie, and one stray
    cell far off would have the whole rectangle allocated. Raises Refusal.
    """
    columns: set[bytes] = set()
    height = 0
    tail = b""
    with packed.open(item) as sheet:
        while piece := sheet.read(_PROBE * 16):
            found = _PLACE.findall(tail + piece)
            columns.update(column for column, _ in found)
            height = max(height, *(int(row) for _, row in found), 0)
            tail = piece[-_OVERLAP:]
    width = max((_column(name) for name in columns), default=0)
    if height > _ROWS_LIMIT or width > _COLUMNS_LIMIT or height * width > _CELLS_LIMIT:
        raise refusal("file-too-large", status=413, kind="too-large")


def _column(name: bytes) -> int:
    """A, B, ... Z, AA as 1, 2, ..."""
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number


def _csv_rows(file: BinaryIO) -> Iterator[Row]:
    encoding = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, strict=True)

    def rows() -> Iterator[Row]:
        number = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, UnicodeDecodeError):
                raise Broken(reason("file-line")) from None
            # Numbered by line, so that a cell with a line break does not shift what follows.
            before, number = number, max(number + 1, reader.line_num)
            if number - before > _LINES_PER_ROW:
                raise Broken(reason("file-line"))
            if any(len(cell) > _CELL_LIMIT for cell in cells):
                raise Broken(reason("file-line"))
            yield Row(number, cells[:_COLUMNS_LIMIT])

    return rows()


def _encoding(file: BinaryIO) -> str:
    """UTF-8 when all of it is, else GB18030, in which Chinese Excel writes CSV."""
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)("strict")
        file.seek(0)
        try:
            while piece := file.read(_PROBE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise refusal("file-encoding")
