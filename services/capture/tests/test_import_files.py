"""Files that a clerk brings: of any encoding, damaged, hostile, too large, or no files at all."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import AREA, HEADINGS
from .importing import Book, Row, counts, csv_of

Bench = Any


def refused_for(answer: Any, rule: str, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert rule in [found["rule"] for found in answer.json()["reasons"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_csv_is_read_in_the_encodings_that_occur(
    bench: Bench, make_row: Row, encoding: str
) -> None:
    person = bench.person()
    assert counts(await bench.import_file(csv_of([make_row(person)], encoding))) == (1, 0, 0, 0, 0)
    [(_, event)] = await bench.events("capture-baseline-imported")
    assert event.parts["verification"].record.fields["name"] == person.name


async def test_what_is_no_baseline_file_is_refused(bench: Bench, make_workbook: Book) -> None:
    """R69: a file that cannot be read is refused as a whole, with a reason, and leaves nothing."""
    whole = make_workbook([])
    for content, rule in (
        (b"PK\x03\x04 no workbook at all", "file-type"),
        (whole[: len(whole) // 2], "file-type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 99, "file-type"),
        (b"\x00\xff\xfe\x00\xff", "file-encoding"),
        (b"", "file-empty"),
        (b"\n\n\n", "columns-missing"),
        ("姓名,年龄\n某,3\n".encode(), "columns-missing"),
        (make_workbook([["某", 3]], ("姓名", "年龄")), "columns-missing"),
        (b"a" * 200_000, "file-line"),
    ):
        refused_for(await bench.import_file(content), rule)
    missing = await bench.import_file("姓名,户籍所在地\n".encode())
    assert [found["field"] for found in missing.json()["reasons"]] == [
        "resident_number",
        "categories",
    ]
    assert await bench.scalar("SELECT count(*) FROM import_job") == 0


async def test_a_file_too_large_is_refused_before_it_is_read(bench: Bench) -> None:
    refused_for(await bench.import_file(b"x" * (5 * 1024 * 1024)), "file-too-large", 413)


async def test_a_workbook_that_unpacks_to_too_much_is_refused(
    bench: Bench, make_workbook: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muster.forms.workbook._UNPACKED_LIMIT", 1000)
    refused_for(await bench.import_file(make_workbook([])), "file-too-large", 413)


@pytest.mark.parametrize("place", [(1_048_575, 16_383), (100_000, 16_383), (1_048_575, 500)])
async def test_one_stray_cell_far_off_allocates_nothing(
    bench: Bench, make_row: Row, place: tuple[int, int]
) -> None:
    """A few kilobytes whose one stray cell would make a rectangle of hundreds of gigabytes."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, cells in enumerate([HEADINGS, make_row(bench.person())]):
        sheet.write_row(row, 0, cells)
    sheet.write(*place, "x")
    book.close()
    refused_for(await bench.import_file(packed.getvalue()), "file-too-large", 413)


async def test_a_zip_of_an_unknown_kind_is_refused(bench: Bench, make_workbook: Book) -> None:
    """One changed byte: the version that is needed to unpack it."""
    content = bytearray(make_workbook([]))
    for place in range(len(content) - 6):
        if content[place : place + 4] == b"PK\x01\x02":
            content[place + 6] = 0xFF
    refused_for(await bench.import_file(bytes(content)), "file-type")


async def test_an_unclosed_quote_does_not_swallow_what_follows(bench: Bench, make_row: Row) -> None:
    """The rows before it go in, and the clerk is told that the file was not read to its end."""
    lines = csv_of([make_row(bench.person()) for _ in range(80)]).splitlines(keepends=True)
    lines.insert(2, b'"')
    answer = await bench.import_file(b"".join(lines))
    assert answer.json()["state"] == "stopped"
    assert [found["rule"] for found in answer.json()["reasons"]] == ["file-line"]
    assert answer.json()["added"] == 1


async def test_a_form_without_a_file_is_refused(bench: Bench) -> None:
    asking = bench.headers(Role.ADMINISTRATOR, AREA)
    answer = await bench.client.post("/imports", data={"area": AREA}, headers=asking)
    refused_for(answer, "file-missing")
    answer = await bench.client.post("/imports", files={"file": "text"}, headers=asking)
    assert answer.status_code == 422
    broken = {**asking, "content-type": "multipart/form-data; boundary=x"}
    answer = await bench.client.post("/imports", content=b"--y\r\nnonsense", headers=broken)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_csv_that_breaks_in_the_middle_keeps_the_rows_before(
    bench: Bench, make_row: Row
) -> None:
    whole = csv_of([make_row(bench.person())])
    answer = await bench.import_file(whole + b'\r\n"' + b"x" * 200_000)
    assert answer.status_code == 200
    assert answer.json()["state"] == "stopped"
    assert [found["rule"] for found in answer.json()["reasons"]] == ["file-line"]
    assert answer.json()["added"] == 1


async def test_strange_cells_are_refused_row_by_row(bench: Bench, make_row: Row) -> None:
    rows = [
        make_row(bench.person(), 姓名="\x00"),
        make_row(bench.person(), 姓名="某" * 5000),
        make_row(bench.person(), 对象类别="\x00\x01"),
        make_row(bench.person())[:2],
        make_row(bench.person()),
    ]
    answer = await bench.import_file(csv_of(rows))
    assert counts(answer) == (1, 0, 0, 4, 0)
    workbook_of_rows = await bench.client.get(
        f"/imports/{answer.json()['import_id']}/refusals.xlsx",
        headers=bench.headers(Role.ADMINISTRATOR, AREA),
    )
    assert workbook_of_rows.status_code == 200


async def test_an_import_id_names_one_file(bench: Bench, make_row: Row) -> None:
    import_id = new_id()
    await bench.import_file(csv_of([make_row(bench.person())]), import_id=import_id)
    other = await bench.import_file(csv_of([make_row(bench.person())]), import_id=import_id)
    refused_for(other, "import-id-reused", 409)
