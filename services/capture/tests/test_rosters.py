"""Rosters of village committees: whom they name is entered, once; wrong rows come back."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from muster.capture.handlers import imports
from muster.messaging import failpoints
from muster.runtime import county
from muster.runtime.cli import app
from muster.runtime.client import Account, Services
from muster.runtime.home import Home, write_private
from muster.synth import build, write
from muster.vocabulary.states import Role

from .conftest import AREA, NEAR
from .importing import Book, Row, counts

Bench = Any
Command = Callable[..., Awaitable[Any]]
HEADINGS = ("村", "姓名", "公民身份号码")


def line(person: Any, **changes: str) -> list[str]:
    cells = {"村": person.village, "姓名": person.name, "公民身份号码": person.number, **changes}
    return [cells[heading] for heading in HEADINGS]


async def bring(bench: Bench, content: bytes, **form: Any) -> Any:
    return await bench.import_file(content, kind="roster", **form)


async def events(bench: Bench) -> list[tuple[str, str]]:
    """Origin and number of whom capture tells that they were entered, as crosscheck reads it."""
    found = await bench.events("capture-subject-status-changed")
    parts = [event.parts["crosscheck"] for _, event in found]
    return [(p.standing.entries[0].origin, p.record.fields["resident_number"]) for p in parts]


async def test_whom_a_roster_names_is_entered_and_wrong_rows_come_back(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R49, R69: name, number and village suffice; who is known already stays as they are; a wrong
    row stays out, with field, rule and reason; the same people again change nothing."""
    known, fresh, wrong = bench.person(), bench.person(), bench.person()
    await bench.import_file(make_workbook([make_row(known)]))
    rows = [
        line(fresh),
        line(known, 村=bench.villages[1]),
        line(wrong, 公民身份号码="123"),
        line(bench.person(), 村="无此村"),
        line(bench.person(), 姓名=""),
        line(fresh),
        line(bench.person(), 公民身份号码=""),
    ]
    content = make_workbook(rows, HEADINGS)
    answer = await bring(bench, content)
    assert counts(answer) == (1, 0, 1, 5, 0)
    path = f"/imports/{answer.json()['import_id']}/refusals"
    asking = bench.headers(Role.ADMINISTRATOR, AREA)
    found = (await bench.client.get(path, headers=asking)).json()["refusals"]
    assert [
        (row["row_number"], [(r["field"], r["rule"]) for r in row["reasons"]]) for row in found
    ] == [
        (5, [("resident_number", "number-length")]),
        (6, [("household_area", "unknown-area")]),
        (7, [("name", "required")]),
        (8, [("resident_number", "number-twice-in-file")]),
        (9, [("resident_number", "required")]),
    ]
    assert all(r["zh"] and r["en"] for row in found for r in row["reasons"])
    assert await events(bench) == [("roster", fresh.number)]

    assert (await bring(bench, content)).json() == answer.json()
    assert counts(await bring(bench, make_workbook(rows[:2], HEADINGS))) == (0, 0, 2, 0, 0)
    assert len(await events(bench)) == 1
    balance = await bench.rows(
        "SELECT village, origin, count(*) AS n FROM ledger_entry GROUP BY 1, 2 ORDER BY 2"
    )
    assert [tuple(row.values()) for row in balance] == [
        (known.village, "baseline", 1),
        (fresh.village, "roster", 1),
    ]
    [told] = await bench.rows(
        "SELECT subject_ids::text[], detail FROM audit WHERE action = 'import.batch' "
        "AND detail->>'import' = :job",
        job=answer.json()["import_id"],
    )
    assert len(told["subject_ids"]) == 2


async def test_a_roster_made_elsewhere_is_read(bench: Bench, make_workbook: Book) -> None:
    """R69: numbers made text in the ways of spreadsheets, a village by what people call it, with
    its township in a column of its own or not."""
    one, other, third = (bench.person() for _ in range(3))
    headings = ("户籍所在地", "\ufeff乡镇", "村：", "人员姓名", "公民身份证号码")
    rows = [
        ["同仁市隆务镇隆务村", "", "", f"\u200b{one.name}", f"'{one.number}"],
        ["/", "隆务镇", "隆务村民委员会", other.name, f"’{other.number}"],
        ["无", "隆务镇", "隆务街社区", third.name, f"\t{third.number}\u200b"],
    ]
    assert counts(await bring(bench, make_workbook(rows, headings))) == (3, 0, 0, 0, 0)
    balance = await bench.rows("SELECT village FROM ledger_entry ORDER BY 1")
    assert [row["village"] for row in balance] == [
        "632321100001",
        "632321100200",
        "632321100200",
    ]


async def test_a_refused_row_of_a_roster_is_mended_and_leaves_the_list(
    bench: Bench, make_workbook: Book
) -> None:
    """R70: the workbook of refused rows, mended, goes in again as a roster."""
    person = bench.person()
    row = line(person, 公民身份号码="123")
    job = (await bring(bench, make_workbook([row], HEADINGS))).json()
    asking = bench.headers(Role.ADMINISTRATOR, AREA)
    back = await bench.client.get(f"/imports/{job['import_id']}/refusals.xlsx", headers=asking)
    book = openpyxl.load_workbook(io.BytesIO(back.content))
    book.worksheets[0]["C3"].value = person.number
    mended = io.BytesIO()
    book.save(mended)
    assert counts(await bring(bench, mended.getvalue())) == (1, 0, 0, 0, 0)
    assert await bench.scalar("SELECT count(*) FROM refused_row WHERE settled_at IS NULL") == 0


async def test_a_roster_sets_no_row_of_a_baseline_right(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R69, R70: what the baseline said of the person and was refused is still to be mended."""
    person = bench.person()
    job = await bench.import_file(make_workbook([make_row(person, 性别="不男不女")]))
    assert counts(job) == (0, 0, 0, 1, 0)
    assert counts(await bring(bench, make_workbook([line(person)], HEADINGS))) == (1, 0, 0, 0, 0)
    left = "SELECT count(*) FROM refused_row WHERE settled_at IS NULL"
    assert await bench.scalar(left) == 1
    assert counts(await bench.import_file(make_workbook([make_row(person)])))[:2] == (0, 1)
    assert await bench.scalar(left) == 0


async def test_a_roster_goes_on_after_a_kill(
    bench: Bench, make_workbook: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R49: nobody is entered twice and nobody is left out, wherever the process died."""
    monkeypatch.setattr(imports, "BATCH", 2)
    content = make_workbook([line(bench.person()) for _ in range(5)], HEADINGS)
    failpoints.configure("import.after-commit=raise@2")
    assert (await bring(bench, content)).status_code == 500
    failpoints.configure("")
    assert counts(await bring(bench, content)) == (5, 0, 0, 0, 0)
    assert len(await events(bench)) == await bench.scalar("SELECT count(*) FROM subject") == 5


async def test_a_number_that_was_corrected_away_is_looked_at(
    bench: Bench, make_workbook: Book
) -> None:
    """R49: it may be another person's, who must not be taken for the one who had it by mistake;
    entered at a desk they hold it, and the row leaves the list when it comes again."""
    terminal = await bench.terminal()
    person, other = await bench.collected(terminal), bench.person()
    other.number, person.number = person.number, bench.person().number
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)])
    assert counts(await bring(bench, make_workbook([line(other)], HEADINGS))) == (0, 0, 0, 1, 0)
    [row] = await bench.rows("SELECT reasons FROM refused_row WHERE settled_at IS NULL")
    assert [found["rule"] for found in row["reasons"]] == ["number-corrected-away"]
    body = {
        "subject_id": other.subject_id,
        "origin": "roster",
        "village": other.village,
        "name": other.name,
        "resident_number": other.number,
    }
    entered = await bench.client.post(
        "/subjects", json=body, headers=bench.headers(Role.COLLECTOR, NEAR)
    )
    assert entered.json()["created"]
    again = make_workbook([line(other, 姓名=f"{other.name} ")], HEADINGS)
    assert counts(await bring(bench, again)) == (0, 0, 1, 0, 0)
    assert await bench.scalar("SELECT count(*) FROM refused_row WHERE settled_at IS NULL") == 0


async def test_who_imports_which_roster(bench: Bench, make_workbook: Book) -> None:
    """R49, R52: area by area, by who administers it; a file of another kind is refused."""
    rows = [line(bench.person()), line(bench.person(bench.far_village))]
    content = make_workbook(rows, HEADINGS)
    township = bench.headers(Role.ADMINISTRATOR, NEAR)
    assert counts(await bring(bench, content, headers=township)) == (1, 0, 0, 1, 0)
    collector = bench.headers(Role.COLLECTOR, AREA)
    assert (await bring(bench, content, headers=collector)).status_code == 403
    for kind, rule in (("census", "import-kind"), ("baseline", "columns-missing")):
        answer = await bench.import_file(content, kind=kind)
        assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (422, rule)


async def test_the_rosters_of_a_synthetic_county_go_in(bench: Bench, tmp_path: Path) -> None:
    """R49: as `muster synth` writes them, every row of every desk's workbook."""
    county = build(bench.context.profile, 400, 3)
    write(county, tmp_path)
    added = 0
    for path in sorted((tmp_path / "rosters").glob("*.xlsx")):
        job = (await bring(bench, path.read_bytes())).json()
        assert job["refused"] == 0
        added += job["added"]
    assert added == sum(person.origin == "roster" for person in county.people) > 0


@pytest.fixture
async def command(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`muster import ... --kind roster` of an administrator."""
    loop = asyncio.get_running_loop()
    home = Home(tmp_path / "home")
    write_private(home.stack_file, {"services": {"capture": {"url": "http://capture"}}})
    token = bench.headers(Role.ADMINISTRATOR, AREA)["Authorization"].removeprefix("Bearer ")
    account = Account(Services(home, bench.client), "", "", token=token)
    monkeypatch.setattr(
        county,
        "signed_in",
        lambda _, work: asyncio.run_coroutine_threadsafe(work(account), loop).result(),
    )

    async def run(*arguments: object) -> Any:
        given = ["import", *map(str, arguments), "--kind", "roster"]
        return await asyncio.to_thread(CliRunner().invoke, app, given)

    return run


async def test_files_go_in_by_command(
    bench: Bench, make_workbook: Book, tmp_path: Path, command: Command
) -> None:
    """R49, R52, R69: `muster import` says of each refused row why, keeps it to be mended, and
    ends with 1; when the mended workbook went in, with 0."""
    good, wrong = bench.person(), bench.person()
    file, back = tmp_path / "roster.xlsx", tmp_path / "back"
    rows = [line(good), line(wrong, 公民身份号码="123")]
    file.write_bytes(make_workbook(rows, HEADINGS))
    said = await command(file, "--refused", back)
    assert said.exit_code == 1
    assert "roster.xlsx row 4: resident_number: number-length: " in said.output
    book = openpyxl.load_workbook(back / "roster-refused.xlsx")
    book.worksheets[0]["C3"].value = wrong.number
    book.save(back / "mended.xlsx")
    assert (await command(back / "mended.xlsx")).exit_code == 0
    assert sorted(await events(bench)) == sorted(
        ("roster", person.number) for person in (good, wrong)
    )


async def test_refused_rows_are_never_written_onto_a_file(
    bench: Bench, make_workbook: Book, tmp_path: Path, command: Command
) -> None:
    """R49: the file itself stays, also where its own folder is named; files with one name keep a
    workbook each; nobody else reads them."""
    first, second = tmp_path / "roster.xlsx", tmp_path / "other" / "roster.xlsx"
    second.parent.mkdir()
    people = [bench.person(), bench.person()]
    for file, person in zip((first, second), people, strict=True):
        file.write_bytes(make_workbook([line(person, 公民身份号码="123")], HEADINGS))
    (tmp_path / "roster-refused-2.xlsx").write_bytes(b"mine")
    before = first.read_bytes()
    assert (await command(first, second, "--refused", tmp_path)).exit_code == 1
    assert first.read_bytes() == before
    assert (tmp_path / "roster-refused-2.xlsx").read_bytes() == b"mine"
    kept = [tmp_path / "roster-refused.xlsx", tmp_path / "roster-refused-3.xlsx"]
    names = []
    for workbook in kept:
        assert workbook.stat().st_mode & 0o777 == 0o600
        sheet = openpyxl.load_workbook(workbook).worksheets[0]
        names += [cell.value for row in sheet for cell in row]
    assert all(person.name in names for person in people)


async def test_a_refused_file_does_not_keep_the_others_out(
    bench: Bench, make_workbook: Book, tmp_path: Path, command: Command
) -> None:
    """R49, R69: what became of each file is said as it ends, its refused rows are kept, and the end
    is 2 because one was refused; a folder is no file."""
    one, other, wrong = (bench.person() for _ in range(3))
    files = [tmp_path / f"{name}.xlsx" for name in ("first", "no-roster", "last")]
    rows = [line(one), line(wrong, 公民身份号码="123")]
    files[0].write_bytes(make_workbook(rows, HEADINGS))
    files[1].write_bytes(b"no workbook")
    files[2].write_bytes(make_workbook([line(other)], HEADINGS))
    back = tmp_path / "back"
    said = await command(*files, "--refused", back)
    assert said.exit_code == 2, said.output
    told = said.output.splitlines()
    assert "first.xlsx: finished: added 1, updated 0, unchanged 0, refused 1, warned 0" in told
    assert "last.xlsx: finished: added 1, updated 0, unchanged 0, refused 0, warned 0" in told
    why = "no-roster.xlsx: 表头缺少必需的列 the heading row lacks a column that is needed"
    assert [line for line in told if line.startswith("no-roster")] == [why] * len(HEADINGS)
    assert [path.name for path in back.iterdir()] == ["first-refused.xlsx"]
    assert sorted(await events(bench)) == sorted(("roster", who.number) for who in (one, other))
    folder = await command(tmp_path)
    assert (folder.exit_code, type(folder.exception)) == (2, SystemExit)


async def test_nothing_goes_in_when_refused_rows_cannot_be_kept(
    bench: Bench, make_workbook: Book, tmp_path: Path, command: Command
) -> None:
    """R49: where the folder for them is none, that is said first, in both languages."""
    file = tmp_path / "roster.xlsx"
    file.write_bytes(make_workbook([line(bench.person())], HEADINGS))
    said = await command(file, "--refused", file)
    assert said.exit_code == 2
    assert "无法写入" in said.output
    assert "cannot be written to" in said.output
    assert await events(bench) == []
