"""Extracts: parts that add up, and nothing but codes from a blind department (R74, R91, R96)."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from muster.contracts.parts.crosscheck import DepartmentData
from muster.department_connector.handlers import supplying
from muster.messaging import failpoints
from muster.security import blinds, digests, matching
from muster.spool import store as spool_store
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Refusal

from .conftest import CAMPAIGN_KEY, Bench, number_of, person, soldier


def parts_of(bench: Bench) -> tuple[list[DepartmentData], Any]:
    """Parts in order, and the manifest, of the one extract in the spool."""
    events = bench.spooled("crosscheck-department-data-")
    parts = sorted((event.part for event in events), key=lambda part: part.number)
    assert len({event.key for event in events}) == 1
    assert {part.extract_id for part in parts} == {events[0].key}
    manifest = parts[0].manifest
    assert manifest is not None
    return parts[1:], manifest


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_parts_and_manifest_add_up(bench: Bench, count: int) -> None:
    """By the very function with which the cross-check adds them up."""
    people = {number_of(seed): person(seed) for seed in range(count + 20)}
    bench.load(list(people.values())[:count])
    done = supplying.supply(bench.connector)
    parts, manifest = parts_of(bench)
    assert (done.rows, done.parts, done.mode) == (count, len(parts), "sealed")
    assert manifest.rows == count == sum(len(part.rows) for part in parts)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    for part, listed in zip(parts, manifest.parts, strict=True):
        assert part.manifest is None
        assert matching.part_digest(part, digests.parse(listed)[0]) == listed
    assert len({part.salt for part in parts}) == len(parts)
    assert len({row.row_id for part in parts for row in part.rows}) == count


def test_a_sealed_row(bench: Bench) -> None:
    """Its values, codes under the department's key, and those by which departments are linked."""
    whole = person(1, died_on="2016-05-04", moved_to="长沙市")
    bench.load([whole])
    supplying.supply(bench.connector)
    [part], _ = parts_of(bench)
    [row] = part.rows
    assert row.fields == {**whole, "household_area": bench.village}
    assert row.area == bench.village
    assert row.row_id == bench.row_id(whole)
    own = bench.keys["blind/public-security"]
    assert row.blinds.number == blinds.number_blind(own, number_of(1))
    assert row.blinds.name_birth == blinds.name_birth_blind(own, whole["name"], whole["birth_date"])
    assert set(row.blinds.fields) == {
        "name",
        "sex",
        "ethnicity",
        "birth_date",
        "household_area",
        "household_address",
    }
    assert len(row.blinds.fields["birth_date"]) == 3
    assert row.campaign is not None
    assert row.campaign.number == blinds.number_blind(CAMPAIGN_KEY, number_of(1))
    assert row.campaign.fields == {}


def test_a_blind_department_sends_codes_and_the_area_and_nothing_else(blind: Bench) -> None:
    """R74, R91: no value of anybody is in what it sends, in whatever form."""
    some = [soldier(seed) for seed in range(40)]
    blind.load(some)
    assert supplying.supply(blind.connector).mode == "blind"
    parts, manifest = parts_of(blind)
    for row in (row for part in parts for row in part.rows):
        assert row.fields is None
        assert row.campaign is None
        assert row.area == blind.village
    plain = "".join(part.model_dump_json() for part in parts) + manifest.model_dump_json()
    for one in some:
        short = resident_number.shorten(one["resident_number"])
        for value in (*one.values(), short):
            assert f'"{value}"' not in plain
        assert one["resident_number"] not in plain
        assert one["name"] not in plain
        assert one["service_unit"] not in plain


def test_somebody_without_a_good_number(bench: Bench) -> None:
    """Linked by name and birth; fields are bound to the number, so none of them has a code."""
    bench.load([person(1, resident_number="123")])
    supplying.supply(bench.connector)
    [part], _ = parts_of(bench)
    [row] = part.rows
    assert row.blinds.number is None
    assert row.blinds.name_birth is not None
    assert row.blinds.fields == {}


def test_a_birth_that_only_the_number_tells(bench: Bench) -> None:
    """As capture has it: found by that birth, and no code of a field that nobody filled."""
    bench.load([person(1, birth_date=None)])
    supplying.supply(bench.connector)
    [part], _ = parts_of(bench)
    [row] = part.rows
    own = bench.keys["blind/public-security"]
    birth = person(1)["birth_date"]
    assert row.blinds.name_birth == blinds.name_birth_blind(own, person(1)["name"], birth)
    assert "birth_date" not in row.blinds.fields
    assert "birth_date" not in (row.fields or {})


def test_an_unknown_area_is_the_campaigns(bench: Bench) -> None:
    bench.load([person(1, household_area="")])
    supplying.supply(bench.connector)
    [part], _ = parts_of(bench)
    assert part.rows[0].area == bench.profile.area
    assert "household_area" not in (part.rows[0].fields or {})


def test_rows_keep_their_ids_in_the_next_extract(bench: Bench) -> None:
    bench.load([person(1), person(2)])
    supplying.supply(bench.connector)
    first = {row.row_id for part in parts_of(bench)[0] for row in part.rows}
    bench.load([person(2), person(3)])
    done = supplying.supply(bench.connector)
    events = bench.spooled("crosscheck-department-data-")
    second = {
        row.row_id for event in events if event.key == done.extract_id for row in event.part.rows
    }
    assert first & second == {bench.row_id(person(2))}


def test_a_later_extract_is_later_whatever_the_clock_says(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    bench.load([person(1)])
    supplying.supply(bench.connector)

    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(UTC) - timedelta(days=3)

    monkeypatch.setattr(supplying, "datetime", Late)
    supplying.supply(bench.connector)
    made = [e.part.made_at for e in bench.spooled("crosscheck-department-data-") if e.part.manifest]
    assert made[0] < made[1]


@pytest.mark.parametrize("passage", [1, 2, 3, 4, 5])
def test_an_extract_is_in_the_spool_whole_or_not_at_all(bench: Bench, passage: int) -> None:
    """Cut off at each commit; supplied again, it is one extract."""
    bench.load([person(seed) for seed in range(250)])
    failpoints.configure(f"spool.before-commit=raise@{passage}")
    try:
        with pytest.raises(failpoints.FailPointError):
            supplying.supply(bench.connector)
    finally:
        failpoints.configure("")
    assert bench.spooled() == []
    supplying.supply(bench.connector)
    parts, manifest = parts_of(bench)
    assert len(manifest.parts) == len(parts)
    left = bench.connector.spool.rows("SELECT count(*) FROM extract_part")[0][0]
    assert left == 0


def test_data_that_were_replaced_meanwhile_are_not_supplied(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load([person(1)])
    made = supplying._part

    def part(*args: Any) -> Any:
        monkeypatch.setattr(supplying, "_part", made)
        bench.load([person(2)])
        return made(*args)

    monkeypatch.setattr(supplying, "_part", part)
    with pytest.raises(Refusal, match="data-replaced"):
        supplying.supply(bench.connector)
    assert bench.spooled() == []


def test_two_supplies_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two terminals: the one that began first is told so; no extract goes out that the log does
    not have."""
    bench.load([person(1)])
    begin = supplying.extracts.begin

    def twice(spool: Any, extract_id: str, load: int, made_at: str) -> None:
        begin(spool, extract_id, load, made_at)
        begin(spool, new_id(), load, made_at)

    monkeypatch.setattr(supplying.extracts, "begin", twice)
    with pytest.raises(Refusal, match="data-replaced"):
        supplying.supply(bench.connector)
    assert bench.spooled() == []
    monkeypatch.setattr(supplying.extracts, "begin", begin)
    done = supplying.supply(bench.connector)
    [noted] = supplying.extracts.newest(bench.connector.spool, 10)
    assert noted["extract_id"] == done.extract_id


def test_what_keeps_an_extract_back_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal, match="data-none"):
        supplying.supply(bench.connector)
    bench.load([person(1)])
    monkeypatch.setattr(spool_store, "LARGEST", 100)
    with pytest.raises(Refusal, match="extract-too-large"):
        supplying.supply(bench.connector)
    bench.connector.keys._known.pop("crosscheck")
    with pytest.raises(Refusal, match="keys-unknown"):
        supplying.supply(bench.connector)


def test_rows_with_much_in_them_make_smaller_parts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supplying, "PART_BYTES", 10_000)
    bench.load([person(seed) for seed in range(30)])
    supplying.supply(bench.connector)
    parts, _ = parts_of(bench)
    assert len(parts) > 3
    assert all(len(part.model_dump_json()) < 14_000 for part in parts)


# -- at rest ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("department", ["public-security", "armed-forces"])
async def test_nobody_can_be_read_in_the_files(make: Any, department: str) -> None:
    """Names, numbers and addresses stand in no file of the home folder, the -wal among them, in
    no encoding; while data are loaded, supplied, asked about, opened, and replaced."""
    bench: Bench = make(department)
    maker = person if department == "public-security" else soldier
    some = [maker(seed) for seed in range(60)]
    field = "sex" if department == "public-security" else "service_unit"
    waits = bench.request(some[5], [field])
    await bench.take(waits)
    bench.load(some)
    supplying.supply(bench.connector)
    await bench.take(bench.request(some[0], [field]), bench.reveal(bench.row_id(some[1])))
    damaged = bench.raw(
        waits.topic, waits.key, (), b'{"name": "' + some[2]["name"].encode() + b'"}'
    )
    await bench.take(damaged)
    before = time.monotonic()
    bench.load(some[:30])
    assert time.monotonic() - before < 60
    files = [path for path in bench.home.iterdir() if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in files if "service-keys" not in path.name
    )
    found = [
        (path.name, form)
        for path in files
        for one in some
        for form in forms_of(one)
        if form in path.read_bytes()
    ]
    assert found == []
    # The search would find it: the same rows in the clear.
    assert any(form in orjson.dumps(some) for form in forms_of(some[0]))


def forms_of(one: dict[str, Any]) -> list[bytes]:
    """How somebody's values could stand in a file."""
    import base64

    texts = [
        one["resident_number"],
        resident_number.shorten(one["resident_number"]),
        one["name"],
        str(one.get("household_address", one.get("service_unit"))),
    ]
    forms = []
    for text in texts:
        plain = text.encode()
        forms += [
            plain,
            text.encode("utf-16-le"),
            plain.hex().encode(),
            base64.b64encode(plain)[:-4] or plain,
            text.encode("ascii", "backslashreplace"),
        ]
    return forms
