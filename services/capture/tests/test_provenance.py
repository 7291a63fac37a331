"""What a record says of where its fields come from is held against what is stored (design, section
5, rule 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store import records
from muster.vocabulary.states import Role

Bench = Any
Book = Callable[..., bytes]
Row = Callable[..., list[Any]]


@pytest.fixture
def known(bench: Bench, make_workbook: Book, make_row: Row) -> Callable[..., Any]:
    """Somebody whom a file names; `cells` are put into their row."""

    async def bring(kind: str = "baseline", **cells: str) -> Any:
        person = bench.person()
        content = make_workbook([make_row(person, **cells)])
        job = (await bench.import_file(content, kind=kind)).json()
        assert job["added"] == 1
        person.subject_id = await bench.scalar(
            "SELECT subject_id::text FROM baseline_record WHERE import_id = CAST(:job AS uuid)",
            job=job["import_id"],
        )
        return person

    return bring


async def signed(bench: Bench, terminal: Any, person: Any, **sources: str) -> dict[str, Any]:
    """A first record of somebody known, with these sources; the others were typed."""
    pieces = await bench.bring_evidence(terminal, person)
    record: dict[str, Any] = bench.record(person, pieces=pieces, origin=None)
    record["provenance"] |= sources
    return record


async def answers(
    bench: Bench, terminal: Any, *sent: dict[str, Any]
) -> list[list[tuple[str, str]]]:
    """Field and rule of what is said of each record."""
    answer = (await bench.upload(terminal, sent)).json()
    for receipt in answer["receipts"]:
        assert (receipt["status"] == "accepted") is (receipt["reasons"] == [])
        assert all(found["zh"] and found["en"] for found in receipt["reasons"])
    return [[(r["field"], r["rule"]) for r in one["reasons"]] for one in answer["receipts"]]


@pytest.mark.parametrize("source", ["department", "reviewer"])
async def test_a_desk_speaks_for_no_department_and_no_reviewer(bench: Bench, source: str) -> None:
    """R71: what the reviewer reads as a department's or a reviewer's word did not come from a
    desk."""
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    record["provenance"]["household_address"] = source
    assert await answers(bench, terminal, record) == [
        [("household_address", "provenance-not-a-desks")]
    ]
    assert await bench.scalar("SELECT count(*) FROM record_version") == 0


@pytest.mark.parametrize("kind", ["baseline", "roster"])
async def test_what_the_baseline_says_is_taken_as_its_word(
    bench: Bench, known: Callable[..., Any], kind: str
) -> None:
    """R53: values that the file gave and that nobody changed keep their source, in the second
    version as in the first."""
    terminal = await bench.terminal()
    person = await known(kind)
    sources = dict.fromkeys(("name", "resident_number", "household_area"), "baseline")
    record = await signed(bench, terminal, person, **sources)
    assert await answers(bench, terminal, record) == [[]]
    [(_, event)] = await bench.events("capture-record-submitted")
    told = event.parts["verification"].provenance
    assert {name for name, source in told.items() if source == "baseline"} == set(sources)
    pieces = [(piece["digest"], piece["kind"]) for piece in record["evidence"]]
    again = bench.record(person, 1, pieces=pieces)
    again["provenance"] |= sources
    assert await answers(bench, terminal, again) == [[]]


async def test_what_the_baseline_does_not_say_is_not_its_word(
    bench: Bench, known: Callable[..., Any]
) -> None:
    """R71: another value, one that the baseline leaves out, and one that only another person's
    baseline has, come back with their fields; said to be typed, under the same signature, the
    record goes in."""
    terminal = await bench.terminal()
    other = await known()
    person = await known(姓名="错名")
    person.name = other.name
    claims = {"name": "baseline", "household_address": "baseline", "household_area": "baseline"}
    record = await signed(bench, terminal, person, **claims)
    assert await answers(bench, terminal, record) == [
        [("household_address", "baseline-differs"), ("name", "baseline-differs")]
    ]
    [row] = await bench.rows("SELECT * FROM refused_row WHERE settled_at IS NULL")
    assert str(row["record_id"]) == record["record_id"]
    assert row["sealed"]
    record["provenance"] |= {"name": "typed", "household_address": "typed"}
    assert await answers(bench, terminal, record) == [[]]
    assert await bench.scalar("SELECT count(*) FROM refused_row WHERE settled_at IS NULL") == 0


async def test_a_value_is_the_baselines_however_it_was_written(
    bench: Bench, known: Callable[..., Any]
) -> None:
    """R53: full-width digits and spaces are noise, as in every comparison."""
    terminal = await bench.terminal()
    person = await known(姓名="测试甲3")
    person.name = "测试甲　３"
    record = await signed(bench, terminal, person, name="baseline")
    assert await answers(bench, terminal, record) == [[]]


async def test_a_new_person_has_no_baseline(bench: Bench) -> None:
    """R71: of whom nobody had heard, nothing comes from the baseline."""
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    record["provenance"]["name"] = "baseline"
    assert await answers(bench, terminal, record) == [[("name", "baseline-differs")]]


async def test_a_field_that_is_wrong_anyway_is_told_once(
    bench: Bench, known: Callable[..., Any]
) -> None:
    """R69: one reason for one mistake; a field that no form has is no field of the baseline."""
    terminal = await bench.terminal()
    person = await known()
    person.extra = {"ethnicity": "99", "surprise": "x"}
    record = await signed(bench, terminal, person, ethnicity="baseline", surprise="baseline")
    [told] = await answers(bench, terminal, record)
    assert sorted(rule for _, rule in told) == ["not-an-option", "unknown-field"]


async def test_a_packet_asks_for_all_its_baselines_at_once(
    bench: Bench, known: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R68: a week's packet is one question, and a record without such claims is not asked about."""
    terminal = await bench.terminal()
    people = [await known() for _ in range(3)]
    sent = [await signed(bench, terminal, person, name="baseline") for person in people[:2]]
    sent.append(await signed(bench, terminal, people[2]))
    asked, real = [], records.baselines

    async def counted(conn: AsyncConnection, subject_ids: Any) -> Any:
        asked.append(sorted(subject_ids))
        return await real(conn, asked[-1])

    monkeypatch.setattr(records, "baselines", counted)
    assert await answers(bench, terminal, *sent) == [[], [], []]
    assert asked == [sorted(person.subject_id for person in people[:2])]


async def test_what_a_look_up_shows_is_what_a_desk_may_claim(
    bench: Bench, known: Callable[..., Any]
) -> None:
    """R53, R55: a desk that gives everything that it was shown as the baseline's is right."""
    terminal = await bench.terminal()
    person = await known(联系电话="13900000000")
    found = await bench.client.post(
        "/subjects/lookup",
        json={"subject_id": person.subject_id},
        headers=bench.headers(Role.COLLECTOR, terminal.area, terminal),
    )
    shown = found.json()["baseline"]["fields"]
    person.extra = shown
    assert len(shown) > len(bench.context.profile.baseline_required)
    record = await signed(bench, terminal, person, **dict.fromkeys(shown, "baseline"))
    assert await answers(bench, terminal, record) == [[]]
