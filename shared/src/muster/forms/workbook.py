"""Files of rows that people made: .xlsx by calamine, .csv as a stream; neither is trusted.

A CSV is read line by line; of a workbook calamine holds the one sheet. Nothing else grows with
the file. What a heading means is its reader's business, and so are the words of a refusal.
"""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO
from xml.parsers import expat

import python_calamine

_UNPACKED_LIMIT = 1 << 30
_ROWS_LIMIT = 2_000_000
COLUMNS_LIMIT = 512
_CELLS_LIMIT = 60_000_000
"""calamine holds the whole rectangle from the first cell to the last, empty ones included."""
_LINES_PER_ROW = 50
"""A row of a CSV that runs over more lines is an unclosed quote that swallows what follows."""
_CELL_LIMIT = 32_768
"""Characters; Excel's own limit."""
_ZIP, _PROBE = b"PK\x03\x04", 1 << 16
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""An .xls of old, or an .xlsx under a password."""
_LOST_DIGITS = 10**15
_YEAR_TENTH = re.compile(r"[0-9]{4}\.1")

Cells = Sequence[object]


class Unusable(Exception):  # noqa: N818 - reads as what it says
    """No file of rows. ``rule`` is one of file-empty, file-type, file-encoding, file-too-large."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class BrokenOff(Exception):  # noqa: N818 - reads as what it says
    """The rest of the file cannot be read: an open quote, a cell that is too long."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, by its number in the file, counted from 1 as a reader of the file does."""

    number: int
    cells: Cells


def open_rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of a file, headings included, by what it holds, whatever it is called.

    The iterator raises BrokenOff where the file cannot be read on.

    Raises:
        Unusable: it is no such file.
    """
    file.seek(0)
    start = file.read(8)
    if not start:
        raise Unusable("file-empty")
    if start == _OLD:
        raise Unusable("file-type")
    file.seek(0)
    return _xlsx_rows(file) if start.startswith(_ZIP) else _csv_rows(file)


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


def lost_digits(cell: object) -> bool:
    """Whether a resident number in this cell is a number: of one a workbook keeps 15 digits."""
    return isinstance(cell, int | float) and abs(cell) >= _LOST_DIGITS


def lost_zero(cell: object) -> bool:
    """Whether a year and month in this cell are a number that may have lost a zero: of 1969.10 a
    workbook keeps 1969.1, which is January as well as October."""
    return isinstance(cell, float) and _YEAR_TENTH.fullmatch(str(cell)) is not None


def _xlsx_rows(file: BinaryIO) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(file) as packed:
            _must_fit(sum(item.file_size for item in packed.infolist()) <= _UNPACKED_LIMIT)
            _check_extents(packed)
        file.seek(0)
        rows = (
            python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).iter_rows()
        )
    except _UNREADABLE:
        raise Unusable("file-type") from None
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
_CELL_PLACE = re.compile(r"([A-Za-z]{1,4})([0-9]{1,9})")
_OTHER_BOOKS = frozenset({"xl/workbook.bin", "content.xml"})
"""A workbook of another kind, which the reader would take if this one fails it."""
_SHEET = (b"sheetData", "sheetData".encode("utf-16-le"))


def _check_extents(packed: zipfile.ZipFile) -> None:
    """Refuse a workbook with a sheet that spans more than is held in memory. Raises Unusable.

    A sheet may lie in any part, whatever it is called: what holds cells is measured.
    """
    if _OTHER_BOOKS & set(packed.namelist()):
        raise Unusable("file-type")
    for item in packed.infolist():
        if _holds_cells(packed, item):
            _check_extent(packed, item)


def _holds_cells(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> bool:
    """Whether the one element is named in which a sheet has its cells."""
    tail = b""
    with packed.open(item) as content:
        while piece := content.read(_PROBE * 16):
            if any(name in tail + piece for name in _SHEET):
                return True
            tail = piece[-len(_SHEET[1]) :]
    return False


def _check_extent(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    extent = _Extent()
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.element
    parser.StartDoctypeDeclHandler = extent.doctype
    try:
        with packed.open(item) as sheet:
            while piece := sheet.read(_PROBE * 16):
                parser.Parse(piece, False)
                extent.check()
            parser.Parse(b"", True)
    except expat.ExpatError:
        raise Unusable("file-type") from None
    extent.check()


class _Extent:
    """How far the cells of a sheet reach.

    Read from rows and cells themselves: a declared size may lie, and one stray cell far off would
    have the whole rectangle allocated. What has no number of its own follows what is before it.
    """

    def __init__(self) -> None:
        self.height = self.width = 0
        self._row = self._column = 0

    def element(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._row, self._column = self._number(attributes.get("r")) or self._row + 1, 0
            self.height = max(self.height, self._row)
        elif kind == "c":
            place = attributes.get("r")
            if place is None:
                self._column += 1
            else:
                found = _CELL_PLACE.fullmatch(place)
                if found is None:
                    raise Unusable("file-type")
                self._column = _column(found[1])
                self.height = max(self.height, int(found[2]))
            self.width = max(self.width, self._column)

    def doctype(self, *_: object) -> None:
        """Entities could say what no attribute shows."""
        raise Unusable("file-type")

    def check(self) -> None:
        """Raises Unusable."""
        _must_fit(
            self.height <= _ROWS_LIMIT
            and self.width <= COLUMNS_LIMIT
            and self.height * self.width <= _CELLS_LIMIT
        )

    @staticmethod
    def _number(text: str | None) -> int | None:
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise Unusable("file-type")
        return int(text)


def _column(name: str) -> int:
    """A, B, ... Z, AA as 1, 2, ..."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _must_fit(fits: bool) -> None:
    if not fits:
        raise Unusable("file-too-large")


def _csv_rows(file: BinaryIO) -> Iterator[Row]:
    encoding = _encoding(file)
    file.seek(0)
    return _csv_read(file, encoding)


def _csv_read(file: BinaryIO, encoding: str) -> Iterator[Row]:
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, strict=True)
    number = 0
    try:
        for cells in reader:
            # Numbered by line, so that a cell with a line break does not shift what follows.
            before, number = number, max(number + 1, reader.line_num)
            if number - before > _LINES_PER_ROW:
                raise BrokenOff
            if any(len(cell) > _CELL_LIMIT for cell in cells):
                raise BrokenOff
            yield Row(number, cells[:COLUMNS_LIMIT])
    except (csv.Error, UnicodeDecodeError):
        raise BrokenOff from None
    finally:
        # The file belongs to the caller, who may have closed it by now.
        with suppress(ValueError):
            text.detach()


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
    raise Unusable("file-encoding")
