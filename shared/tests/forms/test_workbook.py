"""Workbooks that lie about how large they are: refused before anything is held in memory (R69)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
import xlsxwriter

from muster.forms import workbook
from muster.forms.workbook import Unusable, open_rows

_SHEET = "xl/worksheets/sheet1.xml"
_OPEN = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_CLOSE = "</sheetData></worksheet>"


def _book() -> bytes:
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "年龄"])
    sheet.write_row(1, 0, ["某", 3])
    book.close()
    return packed.getvalue()


def _with(changed: Mapping[str, bytes], moved: Mapping[str, str] | None = None) -> io.BytesIO:
    """The same workbook with other parts, or with its sheet in another place."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_book())) as old, zipfile.ZipFile(made, "w") as new:
        for item in old.infolist():
            if item.filename not in changed:
                content = old.read(item)
                for before, after in (moved or {}).items():
                    content = content.replace(before.encode(), after.encode())
                new.writestr(item.filename, content)
        for name, content in changed.items():
            new.writestr(name, content)
    return made


def _sheet(rows: str) -> bytes:
    return (_OPEN + rows + _CLOSE).encode()


def _rule(file: io.BytesIO) -> str:
    with pytest.raises(Unusable) as refused:
        list(open_rows(file))
    return refused.value.rule


def test_a_workbook_is_read_as_before() -> None:
    rows = [list(row.cells) for row in open_rows(io.BytesIO(_book()))]
    assert rows == [["姓名", "年龄"], ["某", 3.0]]
    numbered = _sheet(
        '<row r="1"><c><v>1</v></c><c><v>2</v></c></row><row><c r="A2"><v>3</v></c></row>'
    )
    rows = [list(row.cells) for row in open_rows(_with({_SHEET: numbered}))]
    assert rows[0] == [1.0, 2.0]


_FAR = '<c r="OK1"><v>1</v></c>'


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="1">{_FAR}</row><row r="1048576"><c><v>1</v></c></row>',
        '<row r="4294967295"><c><v>1</v></c></row>',
        '<row r="1"><c t="a>b" r="XFD1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"/><c r="A9999999"/></row>',
        '<row r="1">' + "<c><v>1</v></c>" * 600 + "</row>",
        f'<x:row xmlns:x="y" r="1">{_FAR}</x:row><x:row xmlns:x="y" r="1048576"/>',
    ],
    ids=["row", "huge-row", "angle", "cell", "unnumbered", "prefix"],
)
def test_what_reaches_too_far_is_refused_unread(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R69: a few kilobytes would have had gigabytes allocated, and killed the process."""

    def never(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(workbook.python_calamine.CalamineWorkbook, "from_filelike", never)
    assert _rule(_with({_SHEET: _sheet(rows)})) == "file-too-large"


@pytest.mark.parametrize("place", ["xl/hidden.xml", "xl/media/image1.png"])
def test_wherever_the_sheet_lies_it_is_looked_at(place: str) -> None:
    far = _sheet('<row r="4294967295"><c><v>1</v></c></row>')
    moved = {"worksheets/sheet1.xml": place.removeprefix("xl/")}
    assert _rule(_with({place: far}, moved)) == "file-too-large"
    assert _rule(_with({place: far.decode().encode("utf-16")}, moved)) == "file-too-large"


def test_what_a_workbook_carries_beside_its_sheets_is_no_sheet() -> None:
    """Pictures, settings of printers, documents inside: none of them is XML of a sheet."""
    drawn = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg/>'
    carried = {"xl/media/a.svg": drawn, "xl/embeddings/a.docx": _book(), "xl/a.bin": b"\xff\x00"}
    assert len(list(open_rows(_with(carried)))) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (_SHEET, b"<worksheet><sheetData><row r='1'>"),
        (_SHEET, b'<!DOCTYPE w [<!ENTITY a "b">]>' + _sheet('<row r="1"/>')),
        (_SHEET, _sheet('<row r="&#x661;"><c/></row>')),
        (_SHEET, _sheet('<row r="1"><c r="1A"/></row>')),
        ("xl/workbook.bin", b"\x00"),
        ("content.xml", b"<a/>"),
    ],
    ids=["cut-off", "doctype", "digits", "place", "binary", "other"],
)
def test_what_two_readers_could_read_differently_is_no_workbook(name: str, content: bytes) -> None:
    assert _rule(_with({name: content})) == "file-type"
