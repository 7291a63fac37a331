"""Imports as pages show them: which there were, and refused rows as they came, with reasons."""

from __future__ import annotations

from typing import Any

from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import AREA, FAR, HEADINGS, NEAR
from .importing import Book, Row

Bench = Any


async def ask(bench: Bench, path: str, area: str = AREA, **query: Any) -> Any:
    headers = bench.headers(Role.ADMINISTRATOR, area)
    return await bench.client.get(path, params=query, headers=headers)


async def rows(bench: Bench, import_id: str, **query: Any) -> Any:
    answer = await ask(bench, f"/imports/{import_id}/rows", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_refused_rows_are_shown_as_they_came(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R69, R70: under the numbers and headings of the file, with the column each reason is about;
    page by page; that they were seen is audited."""
    wrong = [
        make_row(bench.person(), 公民身份号码="123"),
        make_row(bench.person(), 户籍所在地="无此村"),
        make_row(bench.person(), 对象类别="军队转业干部、退役士兵"),
    ]
    content = make_workbook([make_row(bench.person()), *wrong])
    job = (await bench.import_file(content)).json()
    first = await rows(bench, job["import_id"], limit=2)
    assert [column["header"] for column in first["columns"]] == list(HEADINGS)
    place = {column["field"]: at for at, column in enumerate(first["columns"])}
    seen = [*first["rows"], *(await rows(bench, job["import_id"], after=first["next"]))["rows"]]
    assert [row["row_number"] for row in seen] == [4, 5, 6]
    assert [row["cells"] for row in seen] == wrong
    pointed = [[row["cells"][place[r["field"]]] for r in row["reasons"]] for row in seen]
    assert pointed == [["123"], ["无此村"], ["军队转业干部、退役士兵"]]
    assert all(reason["zh"] and reason["en"] for row in seen for reason in row["reasons"])
    told = await bench.rows("SELECT detail FROM audit WHERE action = 'import.rows' ORDER BY seq")
    assert [row["detail"]["rows"] for row in told] == [2, 1]
    assert told[0]["detail"]["import"] == job["import_id"]


async def test_a_row_that_was_mended_is_shown_no_more(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R70: what stays is what is still refused."""
    one, two = bench.person(), bench.person()
    bad = [make_row(one, 公民身份号码="123"), make_row(two, 姓名="")]
    job = (await bench.import_file(make_workbook(bad))).json()
    await bench.import_file(make_workbook([make_row(two)]))
    left = (await rows(bench, job["import_id"]))["rows"]
    assert [row["cells"][1] for row in left] == ["123"]


async def test_a_village_that_is_told_by_its_name_is_pointed_at(
    bench: Bench, make_workbook: Book
) -> None:
    """R49, R69: where township and village stand in columns of their own, both are the field's;
    a column that is nobody's is shown all the same."""
    heads = ("乡镇", "村", "姓名", "公民身份号码", "自编")
    person = bench.person()
    line = ["隆务镇", "无此村", person.name, person.number, "甲"]
    job = (await bench.import_file(make_workbook([line], heads), kind="roster")).json()
    assert job["origin"] == "roster"
    shown = await rows(bench, job["import_id"])
    names = ["household_area", "household_area", "name", "resident_number", None]
    assert [column["field"] for column in shown["columns"]] == names
    [row] = shown["rows"]
    assert row["cells"] == line
    assert [reason["field"] for reason in row["reasons"]] == ["household_area"]


async def test_what_was_taken_in_with_a_doubt_has_reasons_and_no_cells(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R70: its content is the person's now, and is kept nowhere else."""
    person = bench.person()
    person.number = resident_number.shorten(person.number)
    job = (await bench.import_file(make_workbook([make_row(person)]))).json()
    assert (await rows(bench, job["import_id"]))["rows"] == []
    answer = await ask(bench, f"/imports/{job['import_id']}/rows", severity="warn")
    [row] = answer.json()["rows"]
    assert (row["row_number"], row["cells"]) == (3, None)
    assert row["reasons"][0]["severity"] == "warn"
    assert not any(value in answer.text for value in (person.name, person.number))
    [told] = await bench.rows(
        "SELECT subject_ids FROM audit WHERE action = 'import.rows' "
        "AND detail->>'severity' = 'warn'"
    )
    assert len(told["subject_ids"]) == 1


async def test_imports_are_listed_below_the_grant_the_newest_first(
    bench: Bench, make_workbook: Book, make_row: Row
) -> None:
    """R52: who administers a township sees its imports, and not the county's."""
    made = []
    for area, village in ((AREA, None), (NEAR, None), (FAR, bench.far_village), (AREA, None)):
        headers = bench.headers(Role.ADMINISTRATOR, area)
        person = bench.person(village) if village else bench.person()
        answer = await bench.import_file(make_workbook([make_row(person)]), headers=headers)
        made.insert(0, answer.json()["import_id"])
    whole = (await ask(bench, "/imports")).json()
    assert ([one["import_id"] for one in whole["imports"]], whole["next"]) == (made, None)
    assert {one["origin"] for one in whole["imports"]} == {"baseline"}
    first = (await ask(bench, "/imports", limit=3)).json()
    rest = (await ask(bench, "/imports", limit=3, after=first["next"])).json()
    assert [one["import_id"] for one in (*first["imports"], *rest["imports"])] == made
    mine = (await ask(bench, "/imports", area=NEAR)).json()["imports"]
    assert [(one["import_id"], one["area"]) for one in mine] == [(made[2], NEAR)]


async def test_nobody_else_sees_imports(bench: Bench) -> None:
    """R52, R100: and what is no id or no severity is refused with its reason."""
    for role in set(Role) - {Role.ADMINISTRATOR}:
        answer = await bench.client.get("/imports", headers=bench.headers(role, AREA))
        assert answer.status_code == 403, role
    assert (await bench.client.get("/imports")).status_code == 401
    for query in ({"after": "x"}, {"limit": 0}, {"limit": 101}):
        answer = await ask(bench, "/imports", **query)
        assert (answer.status_code, bool(answer.json()["reasons"][0]["zh"])) == (422, True)
    for query in ({"severity": "x"}, {"after": -1}, {"limit": 201}):
        assert (await ask(bench, f"/imports/{new_id()}/rows", **query)).status_code == 422
    assert (await ask(bench, f"/imports/{new_id()}/rows")).status_code == 404
