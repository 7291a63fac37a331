"""The baseline: good rows in, bad rows back with reasons, the same end however often it is sent."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any

import openpyxl
import pytest
from starlette.requests import Request

from muster.capture.handlers import imports, mending
from muster.capture.store import refusals as refusals_store
from muster.messaging import failpoints
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import AREA
from .importing import Book, Row, counts, csv_of, refusals

Bench = Any


async def everything(bench: Bench) -> dict[str, Any]:
    """The end state of an import, without ids and times that chance made."""
    people = await bench.rows(
        "SELECT n.number_index, s.revision, e.village, e.origin, e.state, b.row_number "
        "FROM subject s JOIN subject_number n USING (subject_id) "
        "JOIN ledger_entry e USING (subject_id) JOIN baseline_record b USING (subject_id) "
        "ORDER BY n.number_index"
    )
    refused = await bench.rows(
        "SELECT row_number, reasons::text, severity FROM refused_row ORDER BY row_number"
    )
    job = await bench.rows(
        "SELECT state, rows_done, added, updated, unchanged, refused, warned FROM import_job"
    )
    events = await bench.scalar("SELECT count(*) FROM outbox")
    return {"people": people, "refused": refused, "job": job, "events": events}


async def test_good_rows_go_in_and_bad_rows_come_back(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R52, R69: the initial data goes in row by row; a problem row stays out, with its reason."""
    people = [bench.person() for _ in range(3)]
    wrong = bench.person()
    last = wrong.number[-1]
    rows = [
        *(make_row(person) for person in people),
        make_row(wrong, 公民身份号码=wrong.number[:-1] + ("0" if last != "0" else "1")),
        make_row(bench.person(), 户籍所在地="无此村"),
        make_row(bench.person(), 对象类别="军队转业干部、退役士兵"),
        make_row(people[0], 联系电话="0973-8722011"),
        make_row(bench.person(), 公民身份号码=""),
    ]
    answer = await bench.import_file(make_workbook(rows))
    assert counts(answer) == (3, 0, 0, 5, 0)
    found = await refusals(bench, answer.json()["import_id"])
    assert [(row["row_number"], row["reasons"][0]["rule"]) for row in found] == [
        (6, "number-check-digit"),
        (7, "unknown-area"),
        (8, "one-service-category"),
        (9, "number-twice-in-file"),
        (10, "required"),
    ]
    for row in found:
        assert row["reasons"][0]["zh"]
        assert row["reasons"][0]["en"]
    events = await bench.events("capture-baseline-imported")
    assert {
        event.parts["verification"].record.fields["resident_number"] for _, event in events
    } == {person.number for person in people}
    for _, event in events:
        [entry] = event.parts["reporting"].standing.entries
        assert (entry.origin, entry.state) == ("baseline", "open")


async def test_the_same_file_again_changes_nothing(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    content = make_workbook([make_row(bench.person()), make_row(bench.person(), 姓名="")])
    first = (await bench.import_file(content)).json()
    before = await everything(bench)
    assert (await bench.import_file(content, import_id=new_id())).json() == first
    assert await everything(bench) == before


async def test_the_same_people_in_another_file(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R53: what is the same stays as it is; what changed becomes a new revision; noise is no
    change."""
    same, moved, renamed, noisy = (bench.person() for _ in range(4))
    people = [same, moved, renamed, noisy]
    assert counts(await bench.import_file(make_workbook(map(make_row, people)))) == (4, 0, 0, 0, 0)
    moved.village = bench.villages[1]
    renamed.name = "改名某"
    rows = [make_row(person) for person in people]
    rows[3][1] = f" {noisy.number.lower()}\u3000"
    assert counts(await bench.import_file(make_workbook(rows))) == (0, 2, 2, 0, 0)
    events = await bench.events("capture-baseline-imported")
    assert sorted(row.version for row, _ in events) == [1, 1, 1, 1, 2, 2]
    entries = await bench.rows("SELECT village, count(*) AS n FROM ledger_entry GROUP BY 1")
    assert {row["village"]: row["n"] for row in entries} == {
        bench.villages[0]: 3,
        bench.villages[1]: 1,
    }


async def test_a_number_twice_is_found_across_batches(
    bench: Bench, make_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    people = [bench.person() for _ in range(4)]
    rows = [make_row(person) for person in (*people, people[0])]
    answer = await bench.import_file(csv_of(rows))
    assert counts(answer) == (4, 0, 0, 1, 0)
    [row] = await refusals(bench, answer.json()["import_id"])
    assert (row["row_number"], row["reasons"][0]["rule"]) == (6, "number-twice-in-file")


@pytest.mark.parametrize("point", ["import.before-commit", "import.after-commit"])
async def test_an_import_that_died_goes_on_to_the_same_end(
    bench: Bench, make_row: Row, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Whatever batch it died in, sending the file again gives what one run would have given."""
    monkeypatch.setattr(imports, "BATCH", 3)
    rows = [make_row(bench.person()) for _ in range(7)]
    rows.insert(4, make_row(bench.person(), 对象类别=""))
    rows.append(rows[0])
    content = csv_of(rows)
    import_id = new_id()
    failpoints.configure(f"{point}=raise@2")
    assert (await bench.import_file(content, import_id=import_id)).status_code == 500
    died = await bench.client.get(
        f"/imports/{import_id}", headers=bench.headers(Role.ADMINISTRATOR, AREA)
    )
    assert died.json()["state"] == "running"
    assert died.json()["rows_done"] == (4 if point == "import.before-commit" else 7)
    answer = await bench.import_file(content, import_id=import_id)
    assert counts(answer) == (7, 0, 0, 2, 0)
    ended = await everything(bench)
    assert ended["events"] == 7
    assert [row["row_number"] for row in ended["refused"]] == [6, 10]


async def test_two_runs_of_one_file_at_once_end_as_one(
    bench: Bench, make_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    content = csv_of([make_row(bench.person()) for _ in range(9)])
    answers = await asyncio.gather(*(bench.import_file(content) for _ in range(3)))
    assert {counts(answer) for answer in answers} == {(9, 0, 0, 0, 0)}
    assert await bench.scalar("SELECT count(*) FROM outbox") == 9


async def test_refused_rows_come_back_as_a_workbook_to_mend(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R70, R77: a refused row stays on the list until it was mended and imported again; one that is
    mended wrongly is listed in its place. What goes out says that it is no basis for benefits."""
    one, two = bench.person(), bench.person()
    bad = [
        make_row(one, 公民身份号码="123", 姓名="=1+1"),
        make_row(two, 公民身份号码="456"),
    ]
    first = (await bench.import_file(make_workbook([make_row(bench.person()), *bad]))).json()
    asking = bench.headers(Role.ADMINISTRATOR, AREA)
    answer = await bench.client.get(f"/imports/{first['import_id']}/refusals.xlsx", headers=asking)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    notice = bench.context.profile.benefits_notice
    assert sheet["A1"].value == f"{notice.zh}。{notice.en}."
    head = [cell.value for cell in sheet[2]]
    assert head[-3:] == ["退回原因", "Reasons", "muster_row_id"]
    assert [row[1].value for row in sheet.iter_rows(min_row=3)] == ["123", "456"]
    assert sheet["A3"].data_type == "s"  # never a formula
    assert all(row[head.index("退回原因")].value for row in sheet.iter_rows(min_row=3))

    sheet["B3"].value = one.number
    sheet["B4"].value = "still wrong"
    mended = io.BytesIO()
    book.save(mended)
    second = await bench.import_file(mended.getvalue())
    assert counts(second) == (1, 0, 0, 1, 0)
    open_rows = await bench.rows("SELECT * FROM refused_row WHERE settled_at IS NULL")
    assert [str(row["import_id"]) for row in open_rows] == [second.json()["import_id"]]

    # The second refusal's workbook carries the new id and not the old one's.
    answer = await bench.client.get(
        f"/imports/{second.json()['import_id']}/refusals.xlsx", headers=asking
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet["A1"].value == f"{notice.zh}。{notice.en}."
    assert [cell.value for cell in sheet[2]] == head
    assert sheet.cell(3, len(head)).value == str(open_rows[0]["row_id"])


async def test_nobody_settles_a_row_of_another_area(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    await bench.import_file(make_workbook([make_row(bench.person(), 公民身份号码="123")]))
    row_id = str(await bench.scalar("SELECT row_id FROM refused_row"))
    stranger = bench.headers(Role.ADMINISTRATOR, "632321201")
    elsewhere = bench.person(bench.far_village)
    head = ("姓名", "公民身份号码", "户籍所在地", "对象类别", "muster_row_id")
    row = [elsewhere.name, elsewhere.number, elsewhere.village, "现役军人家属", row_id]
    assert counts(await bench.import_file(make_workbook([row], head), headers=stranger)) == (
        1,
        0,
        0,
        0,
        0,
    )
    assert await bench.scalar("SELECT count(*) FROM refused_row WHERE settled_at IS NULL") == 1


async def test_a_warning_lets_the_row_in_and_stays_on_the_list(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R70: what is doubtful gets in and must still be looked at."""
    person = bench.person()
    person.number = resident_number.shorten(person.number)
    assert counts(await bench.import_file(make_workbook([make_row(person)]))) == (1, 0, 0, 0, 1)
    [row] = await bench.rows("SELECT * FROM refused_row WHERE settled_at IS NULL")
    assert (row["severity"], row["sealed"]) == ("warn", None)


async def test_rows_outside_the_grant_are_refused(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R52: authorised area by area: who administers one township imports no other."""
    rows = [make_row(bench.person()), make_row(bench.person(bench.far_village))]
    answer = await bench.import_file(
        make_workbook(rows), headers=bench.headers(Role.ADMINISTRATOR, "632321100")
    )
    assert counts(answer) == (1, 0, 0, 1, 0)
    for role in (Role.COLLECTOR, Role.LEADER):
        denied = await bench.import_file(make_workbook(rows), headers=bench.headers(role, AREA))
        assert denied.status_code == 403


async def test_who_administers_nothing_is_refused_before_the_file_is_read(
    bench: Bench, make_workbook: Book, make_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes would be on the disk by then."""

    def read(*_: Any, **__: Any) -> None:
        raise AssertionError("the form is read")

    monkeypatch.setattr(Request, "form", read)
    sent = make_workbook([make_row(bench.person())])
    answer = await bench.import_file(sent, headers=bench.headers(Role.COLLECTOR, AREA))
    assert answer.status_code == 403, answer.text


async def test_a_workbook_of_refused_rows_holds_up_no_other_request(
    bench: Bench, make_workbook: Book, make_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R70: opened and written some at a time, beside the event loop."""
    monkeypatch.setattr(refusals_store, "_SOME", 2)
    wrote: list[threading.Thread] = []
    write = mending._write_row

    def note(*arguments: Any) -> None:
        wrote.append(threading.current_thread())
        write(*arguments)

    monkeypatch.setattr(mending, "_write_row", note)
    rows = [make_row(bench.person(), 户籍所在地="某处") for _ in range(5)]
    job = (await bench.import_file(make_workbook(rows))).json()
    assert job["refused"] == 5
    answer = await bench.client.get(
        f"/imports/{job['import_id']}/refusals.xlsx",
        headers=bench.headers(Role.ADMINISTRATOR, AREA),
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    shown = [list(row[:2]) for row in book.active.iter_rows(min_row=3, values_only=True)]
    assert shown == [row[:2] for row in rows]
    assert len(wrote) == 5
    assert threading.current_thread() not in wrote


async def test_villages_may_be_given_by_name(bench: Bench, make_workbook: Book) -> None:
    person = bench.person()
    areas = bench.context.areas
    village = areas.get(person.village)
    head = ("姓名", "身份证号", "乡镇", "村(社区)", "类别")
    row = [person.name, person.number, areas.get(village.parent).name, village.name, "12"]
    assert counts(await bench.import_file(make_workbook([row], head))) == (1, 0, 0, 0, 0)
    assert await bench.scalar("SELECT village FROM ledger_entry") == person.village


async def test_a_number_that_a_workbook_has_rounded_is_refused(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """A cell of numbers keeps 15 digits: what is left may even have a right check digit."""
    person = bench.person()
    rows = [make_row(person, 公民身份号码=int(person.number[:17] + "0"))]
    answer = await bench.import_file(make_workbook(rows))
    [row] = await refusals(bench, answer.json()["import_id"])
    assert [found["rule"] for found in row["reasons"]] == ["number-lost-digits"]


async def test_an_import_is_shown_to_who_administers_its_area(bench: Bench, make_row: Row) -> None:
    done = (await bench.import_file(csv_of([make_row(bench.person())]))).json()
    for role, area in ((Role.COLLECTOR, AREA), (Role.ADMINISTRATOR, "632321100")):
        for suffix in ("", "/refusals", "/rows", "/refusals.xlsx"):
            answer = await bench.client.get(
                f"/imports/{done['import_id']}{suffix}", headers=bench.headers(role, area)
            )
            assert answer.status_code == 404
    unknown = await bench.client.get(
        f"/imports/{new_id()}", headers=bench.headers(Role.ADMINISTRATOR, AREA)
    )
    assert unknown.status_code == 404


async def test_the_baseline_never_blocks_a_valid_record(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R53, R54: a known person's record goes in over a wrong baseline; the village that the
    baseline got wrong keeps its balance."""
    terminal = await bench.terminal()
    person = bench.person()
    wrong = make_row(person, 姓名="错名", 户籍所在地=bench.villages[1])
    await bench.import_file(make_workbook([wrong]))
    asking = bench.headers(Role.COLLECTOR, terminal.area)
    found = await bench.client.post(
        "/subjects/lookup", json={"resident_number": person.number}, headers=asking
    )
    assert found.json()["baseline"]["fields"]["name"] == "错名"
    person.subject_id = found.json()["subject_id"]
    await bench.collected(terminal, person)
    [(_, event)] = await bench.events("capture-record-submitted")
    entries = event.parts["verification"].standing.entries
    assert [(entry.origin, entry.state) for entry in entries] == [
        ("moved_in", "collected"),
        ("baseline", "moved_out"),
    ]
