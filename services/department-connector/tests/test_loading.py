"""Taking a department's file in: good rows in, bad ones told, never half a file (R69, R96)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from muster.department_connector.handlers import columns, loading
from muster.department_connector.store import people
from muster.forms import workbook
from muster.messaging import failpoints
from muster.vocabulary import resident_number
from muster.vocabulary.reasons import Refusal

from .conftest import Bench, Make, csv_of, number_of, person, soldier, xlsx_of


def rows_of(bench: Bench) -> list[dict[str, Any]]:
    """Everybody in the current data, by number."""
    loaded = people.current(bench.connector.spool)
    assert loaded is not None
    found = [p for page in people.pages(bench.connector.spool, loaded.load) for p in page]
    assert len(found) == loaded.rows
    return sorted((p.fields for p in found), key=lambda f: str(f.get("resident_number")))


def stored(bench: Bench) -> int:
    """Rows of whatever load that stand in the file."""
    return int(bench.connector.spool.rows("SELECT count(*) FROM person")[0][0])


def refused(bench: Bench, content: bytes, *without: str) -> list[tuple[str, str]]:
    """Field and rule of each reason for which a file is refused; nothing must have changed."""
    before = stored(bench)
    path = bench.home.parent / "refused"
    path.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        loading.load_file(bench.connector, path, without)
    assert stored(bench) == before
    assert all(why.zh and why.en for why in caught.value.reasons)
    return [(why.field, why.rule) for why in caught.value.reasons]


@pytest.mark.parametrize("name", ["data.csv", "data.xlsx"])
def test_a_good_file(bench: Bench, name: str) -> None:
    """Both kinds of file, harmless noise gone, codes in the place of words."""
    noisy = {
        **person(2),
        "name": "卓玛•春",
        "resident_number": f" {number_of(2)} ",
        "sex": "男",
        "birth_date": "1951年3月2日",
        "died_on": "2016-05-04",
        "moved_to": "长沙市",
    }
    report = loading.load_file(bench.connector, bench.file([person(1), noisy], name))
    assert (report.rows, report.refused, report.warned) == (2, 0, 0)
    first, second = sorted(rows_of(bench), key=lambda fields: "died_on" in fields)
    assert first == {**person(1), "household_area": bench.village}
    assert second == {
        **person(2),
        "name": "卓玛\u00b7春",
        "sex": "1",
        "birth_date": "1951-03-02",
        "household_area": bench.village,
        "died_on": "2016-05-04",
        "moved_to": "长沙市",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_a_csv(bench: Bench, encoding: str) -> None:
    path = bench.file([person(1)])
    path.write_bytes(csv_of(bench.table([person(1)]), encoding))
    assert loading.load_file(bench.connector, path).rows == 1
    assert rows_of(bench)[0]["name"] == person(1)["name"]


def test_headings_by_variant_order_and_below_a_title(bench: Bench) -> None:
    """A title above, other words, another order, columns of no use here."""
    table = bench.table([person(1)])
    table = [[*reversed(row)] for row in table]
    table[0][table[0].index("姓名")] = "采集对象姓名"
    table = [["某县公安局数据"], [], *(["备注", *row] for row in table)]
    path = bench.home.parent / "data.xlsx"
    path.write_bytes(xlsx_of(table))
    report = loading.load_file(bench.connector, path)
    assert (report.rows, report.unused_columns) == (1, ("A",))
    assert rows_of(bench) == [{**person(1), "household_area": bench.village}]


def test_what_a_department_does_not_answer_for_is_not_kept(blind: Bench) -> None:
    """R74: a column of another department's matter is of no use here."""
    table = blind.table([soldier(1)])
    table[0].append("家庭住址" if "家庭住址" not in table[0] else "户籍地址")
    table[0][-1] = blind.profile.fields["household_address"].zh
    table[1].append("某处1号")
    path = blind.home.parent / "data.csv"
    path.write_bytes(csv_of(table))
    assert len(loading.load_file(blind.connector, path).unused_columns) == 1
    assert "household_address" not in rows_of(blind)[0]


@pytest.mark.parametrize("kind", [csv_of, xlsx_of])
def test_wrong_columns_are_named(bench: Bench, kind: Any) -> None:
    """R69: each column that is missing or stands there twice, and nothing that the file says."""
    bench.load([person(1)])
    lacking = bench.table([person(2)], leave_out=("resident_number", "sex"))
    assert refused(bench, kind(lacking)) == [
        ("resident_number", "column-missing"),
        ("sex", "column-missing"),
    ]
    twice = bench.table([person(2)])
    twice[0][-1] = "采集对象姓名"
    assert refused(bench, kind(twice)) == [("name", "column-twice")]
    without_heading = bench.table([person(2)])[1:]
    found = refused(bench, kind(without_heading))
    assert {rule for _, rule in found} == {"column-missing"}
    assert len(found) == len(columns.needed(bench.profile, bench.connector.department, ()))
    assert rows_of(bench)[0]["name"] == person(1)["name"]


def test_the_file_of_another_department_is_refused(bench: Bench, blind: Bench) -> None:
    found = refused(bench, csv_of(blind.table([soldier(1)])))
    assert ("sex", "column-missing") in found


def test_a_column_that_a_department_lacks_must_be_said(bench: Bench) -> None:
    lacking = csv_of(bench.table([person(1)], leave_out=("former_name", "active_duty_relation")))
    path = bench.home.parent / "data.csv"
    path.write_bytes(lacking)
    said = ("former_name", "active_duty_relation")
    assert loading.load_file(bench.connector, path, said).rows == 1
    assert refused(bench, lacking, "former_name") == [("active_duty_relation", "column-missing")]
    assert refused(bench, lacking, "name", "former_nam") == [
        ("name", "column-not-optional"),
        ("former_nam", "column-not-optional"),
    ]
    with pytest.raises(Refusal) as error:
        loading.load_file(bench.connector, path, ["name"])
    [why] = error.value.reasons
    assert "姓名" in why.zh
    assert "Name" in why.en


def test_a_department_may_not_know_where_people_are_registered(make: Make) -> None:
    """R74, R96: a list of houses has owners and no 户籍; its rows count for the campaign's area."""
    land = make("land")
    table = land.table([person(1)], leave_out=("household_area",))
    assert refused(land, csv_of(table)) == [("household_area", "column-missing")]
    path = land.home.parent / "data.csv"
    path.write_bytes(csv_of(table))
    assert loading.load_file(land.connector, path, ["household_area"]).rows == 1
    loaded = people.current(land.connector.spool)
    assert loaded is not None
    [[row]] = people.pages(land.connector.spool, loaded.load)
    assert (row.area, "household_area" in row.fields) == (land.profile.area, False)


def test_what_is_no_file_of_rows_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """R69: with its reason; and the data that were there stay."""
    bench.load([person(1)])
    good = bench.table([person(2), person(3)])
    whole = xlsx_of(good)
    for content, rule in (
        (b"", "file-empty"),
        (b"PK\x03\x04 no workbook at all", "file-type"),
        (whole[: len(whole) // 2], "file-type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "file-type"),
        (b"\x00\xff\xfe\x00\xff", "file-encoding"),
        (csv_of(good[:1]), "file-empty"),
        (csv_of(good) + b'"' + b"x" * 200_000, "file-line"),
        (csv_of([good[0], *[[""] * 3] * 4]), "file-empty"),
        (csv_of([good[0], ["某人"]]), "rows-none"),
    ):
        assert refused(bench, content) == [("file", rule)], rule
    monkeypatch.setattr(workbook, "_UNPACKED_LIMIT", 1000)
    assert refused(bench, whole) == [("file", "file-too-large")]
    with pytest.raises(Refusal, match="file-missing"):
        loading.load_file(bench.connector, Path("nowhere.csv"))
    assert [fields["name"] for fields in rows_of(bench)] == [person(1)["name"]]


def test_bad_cells_and_bad_rows_are_told_by_row_field_and_rule(bench: Bench) -> None:
    """R69: whoever can be found goes in; what cannot be read is left out and named."""
    wrong_number = number_of(3)[:-1] + ("1" if number_of(3)[-1] != "1" else "2")
    report = bench.load(
        [
            person(1, sex="雌雄不分", birth_date="1951-02-30", died_on="某日"),
            person(2, household_area="不知何处"),
            person(3, resident_number=wrong_number),
            person(4, resident_number="123", birth_date=None),
            person(5, name=None, resident_number=None),
            person(6),
            person(6, name="另一人"),
        ]
    )
    assert (report.rows, report.refused, report.warned) == (5, 2, 4)
    assert [(row, why.field, why.rule, why.severity) for row, why in report.findings] == [
        (2, "birth_date", "format-partial-date", "warn"),
        (2, "sex", "not-an-option", "warn"),
        (2, "died_on", "died-on", "warn"),
        (3, "household_area", "area-unreadable", "warn"),
        (4, "resident_number", "number-check-digit", "warn"),
        (5, "resident_number", "number-length", "warn"),
        (5, "record", "row-nobody", "refuse"),
        (6, "record", "row-nobody", "refuse"),
        (8, "resident_number", "number-twice", "warn"),
    ]
    assert all(why.zh and why.en for _, why in report.findings)
    said = str(report.as_dict())
    for seed in range(1, 7):
        assert number_of(seed) not in said
    assert "雌雄不分" not in said
    assert "不知何处" not in said


def test_a_number_that_a_workbook_has_rounded_is_not_used(bench: Bench) -> None:
    table = bench.table([person(1)])
    place = table[0].index(bench.headings()["resident_number"])
    table[1][place] = float(number_of(1)[:17] + "0")
    path = bench.home.parent / "data.xlsx"
    path.write_bytes(xlsx_of(table))
    report = loading.load_file(bench.connector, path)
    assert [why.rule for _, why in report.findings] == ["number-lost-digits"]
    assert "resident_number" not in rows_of(bench)[0]


def test_an_area_by_another_code_or_name_is_that_place(bench: Bench) -> None:
    tree = bench.profile.area_tree()
    village = bench.village
    outside = "430102001001"
    report = bench.load(
        [
            person(1, household_area=tree.path_name(village)),
            person(2, household_area="\uff16" + village[1:]),
            person(3, household_area=outside),
            person(4, household_area=""),
            person(5, household_area=f"{village[:9]}000"),
        ]
    )
    assert report.warned == 0
    by_name = {fields["name"]: fields.get("household_area") for fields in rows_of(bench)}
    assert [by_name[person(seed)["name"]] for seed in (1, 2, 3, 4, 5)] == [
        village,
        village,
        outside,
        None,
        village[:9],
    ]


def test_a_load_replaces_the_former_data_as_a_whole(bench: Bench) -> None:
    """Nothing of the former data stays, and who stays keeps the row's id."""
    bench.load([person(seed) for seed in range(30)])
    before = {p: bench.row_id(person(p)) for p in range(30)}
    assert bench.load([person(7), person(99)]).rows == 2
    assert stored(bench) == 2
    ids = {row["row_id"] for row in bench.connector.spool.rows("SELECT row_id FROM person")}
    assert before[7] in ids
    assert not ids & {row_id for seed, row_id in before.items() if seed != 7}


def test_ids_differ_between_connectors_and_rows_of_one_number(make: Make) -> None:
    """A row's id says nothing to whoever has another connector's key."""
    one, other = make("public-security"), make("human-resources")
    assert one.row_id(person(1)) != other.row_id(person(1))
    one.load([person(1), person(1)])
    rows = one.connector.spool.rows("SELECT row_id FROM person")
    assert len({row["row_id"] for row in rows}) == 2
    short = resident_number.shorten(number_of(1))
    one.load([person(1, resident_number=short)])
    [row] = one.connector.spool.rows("SELECT row_id FROM person")
    assert row["row_id"] == one.row_id(person(1)), "15 digits are the same person"


@pytest.mark.parametrize("passage", [1, 2, 3])
def test_a_load_that_is_cut_off_changes_nothing(
    bench: Bench, passage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each commit; and the next load removes what was left behind."""
    monkeypatch.setattr(loading, "BATCH", 2)
    bench.load([person(1)])
    failpoints.configure(f"spool.before-commit=raise@{passage}")
    try:
        with pytest.raises(failpoints.FailPointError):
            bench.load([person(2), person(3), person(4)])
    finally:
        failpoints.configure("")
    assert rows_of(bench) == [{**person(1), "household_area": bench.village}]
    bench.load([person(5)])
    assert stored(bench) == 1


def test_two_loads_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that began later counts; the other says so and has no effect."""
    other = loading.Reader.read
    started: list[int] = []

    def read(self: Any, row: Any) -> Any:
        if not started:
            started.append(1)
            bench.load([person(2)])
        return other(self, row)

    monkeypatch.setattr(loading.Reader, "read", read)
    path = bench.home.parent / "first.csv"
    path.write_bytes(csv_of(bench.table([person(1)])))
    with pytest.raises(Refusal, match="load-overtaken"):
        loading.load_file(bench.connector, path)
    assert [fields["name"] for fields in rows_of(bench)] == [person(2)["name"]]
    left = bench.connector.spool.rows("SELECT count(*) FROM person")[0][0]
    assert left == 1, "rows of the overtaken load stay in the file"


def test_a_large_file_is_read_in_pieces(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most a batch of rows is in memory; findings are counted beyond those that are named."""
    held: list[int] = []
    stage = loading._stage

    def staged(connector: Any, load: int, checked: list[Any], report: Any) -> None:
        held.append(len(checked))
        stage(connector, load, checked, report)

    monkeypatch.setattr(loading, "_stage", staged)
    monkeypatch.setattr(loading, "SHOWN", 5)
    some = [person(seed, sex="雌雄不分") for seed in range(1300)]
    report = bench.load(some)
    numbers = len({number_of(seed) for seed in range(1300)})
    assert held == [500, 500, 300]
    assert report.rows == 1300
    assert report.by_rule == {"not-an-option": 1300, "number-twice": 1300 - numbers} or (
        numbers == 1300 and report.by_rule == {"not-an-option": 1300}
    )
    assert len(report.findings) == 5
    assert report.as_dict()["findings_not_shown"] == report.by_rule.total() - 5
