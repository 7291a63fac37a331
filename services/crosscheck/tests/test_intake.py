"""What crosscheck keeps of what it hears, and what it refuses, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from muster.contracts.parts.crosscheck import DepartmentData, Manifest
from muster.crosscheck.domain import extract as extract_rules
from muster.crosscheck.main import service
from muster.crosscheck.store.tables import metadata
from muster.messaging.message import DONE, Invalid, Message
from muster.persistence.tables import metadata as shared
from muster.runtime.context import Context
from muster.security import matching
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, SubjectState

from .conftest import (
    ADMIN,
    AF,
    EARLY,
    HERE,
    HR,
    OPEN,
    PROFILE,
    PS,
    Door,
    Extract,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    open_phase,
    orders,
    rows,
    standing,
    subject,
    take,
)

WHO = new_id()
TRUTH = make_fields(1)
LATER = EARLY + timedelta(days=7)


async def test_the_migration_builds_the_tables(context: Context) -> None:
    def compare(connection: Connection) -> list[Any]:
        migration = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(migration, [shared, metadata]))

    async with context.database.transaction() as conn:
        differences = await conn.run_sync(compare)
    assert [d for d in differences if getattr(d[-1], "name", "") != "alembic_version"] == []


def test_the_service_announces_what_it_is() -> None:
    assert service.name == "crosscheck"
    assert {line.topic for line in service.publications} == {
        "crosscheck-discrepancy-opened",
        "crosscheck-discrepancy-closed",
        "crosscheck-subject-missed",
        "crosscheck-touched",
        "crosscheck-reveal-requested-<department>",
    }
    assert set(service.workers) == {"matcher"}


# -- subjects --------------------------------------------------------------------------------------


async def test_the_newest_state_of_a_subject_stays_whatever_the_order(context: Context) -> None:
    first = subject(WHO, here(2, OPEN), TRUTH, topic="capture-baseline-imported")
    record = subject(WHO, here(3), TRUTH, version=1)
    corrected = subject(WHO, here(3), {**TRUTH, "sex": "2"}, version=2)
    for order in ((first, record, corrected), (corrected, record, first), (corrected, first)):
        await take(context, *order, *order)
        held = await rows(context, "SELECT revision, version, village, state FROM subject")
        assert held == [(3, 2, HERE, "collected")]


async def test_who_left_the_area_stands_nowhere(context: Context) -> None:
    gone = standing(4, (HERE, Origin.BASELINE, SubjectState.MOVED_OUT))
    await take(context, subject(WHO, gone, TRUTH))
    assert await rows(context, "SELECT village, state, places FROM subject") == [(None, None, [])]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda: subject(WHO, here(1), TRUTH, key=new_id()), "subject-differs"),
        (lambda: subject(WHO, here(1, village="110101000000"), TRUTH), "area-unknown"),
        (lambda: subject(WHO, standing(1), TRUTH), "area-unknown"),
        (lambda: subject(WHO, here(1), TRUTH, categories=("astronaut",)), "category-unknown"),
    ],
)
async def test_a_bad_subject_is_a_dead_letter_and_changes_nothing(
    context: Context, spoil: Callable[[], Message], rule: str
) -> None:
    [outcome] = await take(context, spoil())
    assert isinstance(outcome, Invalid)
    assert outcome.rule == rule
    assert await rows(context, "SELECT 1 FROM subject") == []


async def test_an_erased_subject_is_never_written_again(context: Context) -> None:
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, WHO)
    assert await take(context, subject(WHO, here(1), TRUTH)) == [DONE]
    assert await rows(context, "SELECT 1 FROM subject") == []
    assert await rows(context, "SELECT 1 FROM subject_blind") == []


async def test_blinds_of_a_holder_that_the_profile_does_not_know_are_not_kept(
    context: Context,
) -> None:
    message = subject(WHO, here(1), TRUTH)
    part = message.part
    strange = part.model_copy(update={"blinds": {**part.blinds, "circus": part.blinds[PS]}})
    await take(context, replace(message, part=strange))
    holders = {row.holder for row in await rows(context, "SELECT holder FROM subject_blind")}
    assert holders == {*PROFILE.departments, "campaign"}


# -- extracts --------------------------------------------------------------------------------------


def many(department: str, count: int, first: int = 100) -> list[Any]:
    return [make_row(department, make_fields(first + i)) for i in range(count)]


async def state_of(context: Context, extract: Extract) -> tuple[str, str | None]:
    [found] = await rows(
        context,
        "SELECT state, rule FROM extract WHERE extract_id = CAST(:id AS uuid)",
        id=extract.extract_id,
    )
    return found.state, found.rule


async def held_rows(context: Context, department: str) -> set[str]:
    found = await rows(
        context,
        "SELECT row_id::text FROM department_row WHERE department = :department",
        department=department,
    )
    return {row.row_id for row in found}


@pytest.mark.parametrize("order", ["sent", "backwards", "doubled"])
async def test_an_extract_takes_effect_when_all_of_it_is_here(context: Context, order: str) -> None:
    """R74: in any order, and each part any number of times."""
    extract = Extract(HR, many(HR, 7), size=3)
    messages = extract.messages()
    if order == "backwards":
        messages.reverse()
    elif order == "doubled":
        messages = [twice for message in messages for twice in (message, message)]
    last = messages.pop()
    if order == "doubled":
        last = messages.pop()
    assert set(await take(context, *messages)) == {DONE}
    assert await held_rows(context, HR) == set()
    assert (await state_of(context, extract))[0] == "arriving"
    await take(context, last)
    assert await held_rows(context, HR) == {row.row_id for row in extract.rows}
    assert await state_of(context, extract) == ("current", None)
    assert await rows(context, "SELECT 1 FROM extract_part") == []
    # What comes again later changes nothing.
    assert set(await take(context, *messages, last)) == {DONE}
    assert await state_of(context, extract) == ("current", None)


async def test_a_whole_extract_in_one_batch(context: Context) -> None:
    extract = Extract(AF, many(AF, 5), size=2)
    messages = extract.messages()
    take_data = next(s.take for s in service.subscriptions if "department-data" in s.topic)
    async with context.database.transaction() as conn:
        assert list(await take_data(context, conn, messages)) == [DONE] * len(messages)
    assert len(await held_rows(context, AF)) == 5


async def test_a_missing_part_may_come_late(context: Context) -> None:
    extract = Extract(HR, many(HR, 6), size=2)
    first, second, third, manifest = extract.messages()
    await take(context, first, third, manifest)
    assert await state_of(context, extract) == ("arriving", None)
    assert await held_rows(context, HR) == set()
    await take(context, second)
    assert await state_of(context, extract) == ("current", None)
    assert len(await held_rows(context, HR)) == 6


async def test_a_newer_extract_takes_the_place_of_the_former_as_a_whole(context: Context) -> None:
    old, new = Extract(HR, many(HR, 3)), Extract(HR, many(HR, 2), LATER)
    elsewhere = Extract(AF, many(AF, 1))
    await take(context, *old.messages(), *elsewhere.messages(), *new.messages())
    assert await held_rows(context, HR) == {row.row_id for row in new.rows}
    assert len(await held_rows(context, AF)) == 1
    assert (await state_of(context, old), await state_of(context, new)) == (
        ("replaced", None),
        ("current", None),
    )


async def test_an_older_extract_never_takes_the_place_of_a_newer(context: Context) -> None:
    old, new = Extract(HR, many(HR, 3)), Extract(HR, many(HR, 2), LATER)
    await take(context, *new.messages(), *old.messages())
    assert await held_rows(context, HR) == {row.row_id for row in new.rows}
    assert await state_of(context, old) == ("outdated", None)


async def test_a_clock_that_was_ahead_keeps_nothing_out(context: Context) -> None:
    """R74: within a day it is taken, and counts from when it came; so does one that was taken when
    nobody looked at its moment."""
    ahead = Extract(HR, many(HR, 3), datetime.now(UTC) + timedelta(hours=23))
    await take(context, *ahead.messages())
    assert await state_of(context, ahead) == ("current", None)
    right = Extract(HR, many(HR, 2), datetime.now(UTC))
    await take(context, *right.messages())
    assert await state_of(context, right) == ("current", None)
    await rows(context, "UPDATE extract SET made_at = made_at + interval '9 years' RETURNING 1")
    later = Extract(HR, many(HR, 1), datetime.now(UTC))
    await take(context, *later.messages())
    assert await held_rows(context, HR) == {later.rows[0].row_id}


async def test_a_department_that_has_nobody_any_more(context: Context) -> None:
    await take(context, *data(HR, *many(HR, 2)), *data(HR, made_at=LATER))
    assert await held_rows(context, HR) == set()


def _digest_differs(extract: Extract) -> list[Message]:
    parts = extract.parts
    manifest = extract.closed(extract.parts)  # other salts
    return [extract.message(part) for part in (*parts, manifest)]


def _rows_differ(extract: Extract) -> list[Message]:
    parts = extract.parts
    return [extract.message(p) for p in (*parts, extract.closed(parts, rows=99))]


def _part_unknown(extract: Extract) -> list[Message]:
    parts = extract.parts
    return [extract.message(p) for p in (*parts, extract.closed(parts[:-1]))]


def _part_twice(extract: Extract) -> list[Message]:
    parts = extract.parts
    again = extract.part(1, extract.rows[:1])
    return [extract.message(p) for p in (parts[0], again, *parts[1:], extract.closed(parts))]


def _two_manifests(extract: Extract) -> list[Message]:
    parts = extract.parts
    ends = (extract.closed(parts, rows=1), extract.closed(parts))
    return [extract.message(p) for p in (parts[0], *ends, *parts[1:])]


def _row_twice(extract: Extract) -> list[Message]:
    double = Extract(
        extract.department,
        [*extract.rows, extract.rows[0]],
        extract.made_at,
        size=2,
        extract_id=extract.extract_id,
    )
    return double.messages()


def _other_moment(extract: Extract) -> list[Message]:
    parts = extract.parts
    parts[1] = parts[1].model_copy(update={"made_at": LATER + timedelta(days=1)})
    return [extract.message(p) for p in (*parts, extract.closed(parts))]


def _made_ahead(extract: Extract) -> list[Message]:
    ahead = datetime.now(UTC) + extract_rules.AHEAD + timedelta(minutes=1)
    return replace(extract, made_at=ahead).messages()


def _spoilt(**change: Any) -> Callable[[Extract], list[Message]]:
    def spoil(extract: Extract) -> list[Message]:
        parts = extract.parts
        parts[0] = parts[0].model_copy(update=change)
        return [extract.message(p) for p in (*parts, extract.closed(extract.parts))]

    return spoil


def _row_change(**change: Any) -> Callable[[Extract], list[Message]]:
    def spoil(extract: Extract) -> list[Message]:
        parts = extract.parts
        row = parts[0].rows[0].model_copy(update=change)
        parts[0] = parts[0].model_copy(update={"rows": (row, *parts[0].rows[1:])})
        return [extract.message(p) for p in (*parts, extract.closed(parts))]

    return spoil


_CLEAR = make_row(HR, TRUTH).blinds
BAD_EXTRACTS = {
    "digest": (_digest_differs, "digest-differs"),
    "rows": (_rows_differ, "rows-differ"),
    "unlisted": (_part_unknown, "part-unknown"),
    "part twice": (_part_twice, "part-differs"),
    "two manifests": (_two_manifests, "part-differs"),
    "row twice": (_row_twice, "row-twice"),
    "moment": (_other_moment, "part-differs"),
    "future": (_made_ahead, "made-ahead"),
    "mode": (_spoilt(mode="blind"), "mode-differs"),
    "no salt": (_spoilt(salt=""), "part-shape"),
    "negative": (_spoilt(number=-1), "part-shape"),
    "endless": (_spoilt(number=2**40), "part-shape"),
    "two ends": (_spoilt(manifest=Manifest(rows=1, parts=())), "part-shape"),
    "no values": (_row_change(fields=None), "part-shape"),
    "no link": (_row_change(campaign=None), "part-shape"),
    "name in clear": (
        _row_change(blinds=_CLEAR.model_copy(update={"number": "才让 男"})),
        "part-shape",
    ),
    "field in clear": (
        _row_change(blinds=_CLEAR.model_copy(update={"fields": {"才让": ("a.b",)}})),
        "part-shape",
    ),
}


@pytest.mark.parametrize("case", BAD_EXTRACTS)
async def test_an_extract_that_does_not_add_up_is_refused_as_a_whole(
    context: Context, door: Door, case: str
) -> None:
    """The former one stays, nothing is half done, and the department reads why."""
    spoil, rule = BAD_EXTRACTS[case]
    former = Extract(HR, many(HR, 3))
    await take(context, *former.messages())
    bad = Extract(HR, many(HR, 5, 200), LATER, size=2)
    assert set(await take(context, *spoil(bad))) == {DONE}
    assert await state_of(context, bad) == ("refused", rule)
    assert await held_rows(context, HR) == {row.row_id for row in former.rows}
    assert await rows(context, "SELECT 1 FROM extract_part") == []
    async with door.client(ADMIN) as client:
        shown = (await client.get("/extracts")).json()["items"]
    assert [(one["state"], one["rule"]) for one in shown] == [("current", None), ("refused", rule)]
    assert shown[0]["rows"] == 3
    assert (shown[1]["zh"], shown[1]["en"]) == extract_rules.RULES[rule]
    # The same department's next one is taken.
    after = Extract(HR, many(HR, 1, 300), LATER + timedelta(days=1))
    await take(context, *after.messages())
    assert await held_rows(context, HR) == {after.rows[0].row_id}


async def test_a_blind_department_that_sends_values_is_refused(context: Context) -> None:
    """Its data stay home, also when its connector is wrong."""
    row = make_row(AF, TRUTH).model_copy(update={"fields": dict(TRUTH)})
    extract = Extract(AF, [row])
    await take(context, *extract.messages())
    assert await state_of(context, extract) == ("refused", "part-shape")
    assert await held_rows(context, AF) == set()


async def test_an_extract_of_another_key_or_department_is_a_dead_letter(context: Context) -> None:
    extract = Extract(HR, many(HR, 1))
    part, manifest = extract.messages()
    assert [o.rule for o in await take(context, replace(part, key=new_id()))] == ["extract-differs"]
    strange = replace(part, topic="crosscheck-department-data-circus")
    assert [o.rule for o in await take(context, strange)] == ["department-unknown"]
    await take(context, part)
    # Another department cannot add to it.
    stolen = replace(manifest, topic=f"crosscheck-department-data-{PS}")
    assert [o.rule for o in await take(context, stolen)] == ["department-unknown"]
    assert await state_of(context, extract) == ("arriving", None)


async def test_what_is_arriving_is_shown(context: Context, door: Door) -> None:
    extract = Extract(HR, many(HR, 6), size=2)
    first, _, _, manifest = extract.messages()
    await take(context, first, manifest)
    async with door.client(ADMIN) as client:
        [shown] = (await client.get("/extracts")).json()["items"]
    assert (shown["state"], shown["rows"], shown["rows_here"]) == ("arriving", 6, 2)
    assert (shown["parts"], shown["parts_here"]) == (3, 1)


async def test_a_new_extract_settles_whom_the_former_and_the_new_one_name(
    context: Context,
) -> None:
    """Old rows and new rows: whoever lost what contradicted them and whoever got it."""
    first, second = new_id(), new_id()
    one, two = make_fields(1), make_fields(2)
    await open_phase(context)
    await take(
        context,
        subject(first, here(1), one),
        subject(second, here(1), two),
        *data(PS, make_row(PS, {**one, "ethnicity": "04"}), make_row(PS, two)),
    )
    await match_touched(context)
    assert await orders(context) == {("field_mismatch", first, PS, "ethnicity")}
    await take(context, *data(PS, make_row(PS, {**two, "ethnicity": "04"}), made_at=LATER))
    await match_touched(context)
    found = await rows(context, "SELECT subject_id::text, comparable FROM discrepancy")
    assert {tuple(row) for row in found} == {(first, False), (second, True)}


async def test_areas_that_nobody_knows_do_no_harm(context: Context) -> None:
    """A row of another county is compared like any other (who moved away may still be listed)."""
    await open_phase(context)
    away = make_row(PS, {**TRUTH, "ethnicity": "04"}, area="110101")
    await take(context, subject(WHO, here(1), TRUTH), *data(PS, away))
    await match_touched(context)
    assert await orders(context) == {("field_mismatch", WHO, PS, "ethnicity")}


def test_a_part_survives_its_way_and_keeps_its_digest() -> None:
    """The connector and crosscheck digest the same: what was sent and what was read."""
    [part] = Extract(HR, many(HR, 2)).parts
    again = DepartmentData.model_validate_json(part.model_dump_json())
    assert matching.part_digest(again) == matching.part_digest(part)
    other = again.model_copy(update={"salt": "0" * 64})
    assert matching.part_digest(other) != matching.part_digest(part)
