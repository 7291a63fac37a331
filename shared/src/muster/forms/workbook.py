"""Files of rows that people made: .xlsx by calamine, .csv as a stream; neither is trusted.

A CSV is read line by line; of a workbook calamine holds the one sheet. Nothing else grows with
the file. What a heading means is its reader's business, and so are the words of a refusal.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

import python_calamine

_UNPACKED_LIMIT = 1 << 30
_ROWS_LIMIT = 2_000_000
COLUMNS_LIMIT = 512
_CELL_LIMIT = 32_768
"""Characters; Excel's own limit."""
_ZIP, _PROBE = b"PK\x03\x04", 1 << 16
_LOST_DIGITS = 10**15

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


def _xlsx_rows(file: BinaryIO) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(file) as packed:
            _must_fit(sum(item.file_size for item in packed.infolist()) <= _UNPACKED_LIMIT)
        file.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        sheet = book.get_sheet_by_index(0)
        _must_fit(sheet.total_height <= _ROWS_LIMIT and sheet.total_width <= COLUMNS_LIMIT)
        rows = sheet.iter_rows()
    except (zipfile.BadZipFile, python_calamine.CalamineError, OSError, ValueError, IndexError):
        raise Unusable("file-type") from None
    return (Row(number, cells) for number, cells in enumerate(rows, start=1))


def _must_fit(fits: bool) -> None:
    if not fits:
        raise Unusable("file-too-large")


def _csv_rows(file: BinaryIO) -> Iterator[Row]:
    encoding = _encoding(file)
    file.seek(0)
    return _csv_read(file, encoding)


def _csv_read(file: BinaryIO, encoding: str) -> Iterator[Row]:
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text)
    number = 0
    try:
        for cells in reader:
            # Numbered by line, so that a cell with a line break does not shift what follows.
            number = max(number + 1, reader.line_num)
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
