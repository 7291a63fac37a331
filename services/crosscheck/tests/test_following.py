"""Following a case: who named somebody, who a candidate turned out to be, what closed an order."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from muster.crosscheck.main import service
from muster.persistence.database import Database
from muster.persistence.migrations import upgrade_async
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, Role, SubjectState

from .conftest import (
    AF,
    COUNTY,
    EARLY,
    HERE,
    HR,
    OPEN,
    PS,
    THERE,
    Door,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    one_order,
    open_phase,
    published,
    revealed,
    rows,
    run_county,
    standing,
    subject,
    take,
    without,
)

WHO = new_id()
TRUTH = make_fields(1)
WRONG = {**TRUTH, "ethnicity": "04"}
LATER = EARLY + timedelta(days=7)
UNCHANGED = dict.fromkeys(
    (
        "record_version", "standing", "revision", "extract_id",
        "other_record_version", "other_standing", "other_revision", "account", "reason",
    )
)  # fmt: skip
LEADER = (Role.LEADER, COUNTY)
SAID = "'a', NULL, now(), now(), now(), NULL"


async def listed(door: Door, path: str, **query: Any) -> list[dict[str, Any]]:
    async with door.client(LEADER) as client:
        answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def closed_by(door: Door) -> dict[str, Any]:
    """What closed the only closed order, but for when."""
    [order] = await listed(door, "/discrepancies", state="closed")
    said: dict[str, Any] = order["closed_by"]
    assert said.pop("matched_at") == order["closed_at"]
    return said


def discovered(revision: int, state: SubjectState = OPEN) -> Any:
    return standing(revision, (HERE, Origin.DISCOVERED, state))


# -- what closed an order --------------------------------------------------------------------------


async def test_the_record_version_that_mended_it_is_named(context: Context, door: Door) -> None:
    """R76: not one that came between and left it as it was, and nothing while it is open."""
    await one_order(context, WHO, WRONG, PS, TRUTH)
    await take(context, subject(WHO, here(1), {**WRONG, "sex": "2"}, version=2))
    await match_touched(context)
    await take(context, subject(WHO, here(1), {**WRONG, "sex": "1"}, version=3))
    await match_touched(context)
    [still] = await listed(door, "/discrepancies")
    assert (still["field"], still["closed_by"]) == ("ethnicity", None)
    await take(context, subject(WHO, here(1), TRUTH, version=4))
    await match_touched(context)
    orders = await listed(door, "/discrepancies", state="closed")
    mended = next(one for one in orders if one["field"] == "ethnicity")
    assert mended["closed_by"] == {
        **UNCHANGED, "record_version": 4, "matched_at": mended["closed_at"],
    }  # fmt: skip


async def test_the_departments_extract_that_mended_it_is_named(
    context: Context, door: Door
) -> None:
    """R76: a new extract that says the same closes nothing, and is not what closed it."""
    await one_order(context, WHO, WRONG, PS, TRUTH)
    await take(context, *data(PS, make_row(PS, TRUTH), made_at=LATER))
    await run_county(context)
    mending = data(PS, make_row(PS, WRONG), made_at=LATER + timedelta(days=1))
    await take(context, *mending)
    await match_touched(context)
    assert await closed_by(door) == {**UNCHANGED, "extract_id": mending[0].key}


async def test_a_new_extract_that_changed_nothing_is_not_what_closed_it(
    context: Context, door: Door
) -> None:
    await one_order(context, WHO, WRONG, PS, TRUTH)
    await take(context, *data(PS, make_row(PS, TRUTH), made_at=LATER))
    await match_touched(context)
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    assert await closed_by(door) == {**UNCHANGED, "record_version": 2}


@pytest.mark.parametrize("state", ["declined", "moved_out"])
async def test_a_standing_that_ended_it_is_named(context: Context, door: Door, state: str) -> None:
    """R76, R106: who moved out of the campaign's area stands nowhere, and that is what ended it."""
    await one_order(context, WHO, WRONG, PS, TRUTH)
    await take(context, subject(WHO, here(2, SubjectState(state)), WRONG, version=1))
    await match_touched(context)
    assert await closed_by(door) == {**UNCHANGED, "standing": state, "revision": 2}


async def test_of_a_duplicate_only_the_entry_that_nobody_knows_closes_it(
    context: Context, door: Door
) -> None:
    """R106: merging the right entry into the wrong one mends nothing, because the person then
    stands under a number that no register has; undone and merged the right way round, it does."""
    other = new_id()
    double = {**TRUTH, "resident_number": resident_number.make(COUNTY, EARLY.date(), 9)}
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        subject(other, here(1), double),
        *data(PS, make_row(PS, TRUTH)),
    )
    await open_phase(context)
    [order] = await listed(door, "/discrepancies", kind="duplicate")
    assert (order["subject_id"], order["other"]) == (other, WHO)
    await take(context, subject(WHO, here(2, SubjectState.MERGED), TRUTH, version=1))
    await match_touched(context)
    [still] = await listed(door, "/discrepancies", kind="duplicate")
    assert (still["revision"], still["comparable"]) == (order["revision"], True)
    await take(
        context,
        subject(WHO, here(3), TRUTH),
        subject(other, here(2, SubjectState.MERGED), double, version=1),
    )
    await match_touched(context)
    assert await closed_by(door) == {
        **UNCHANGED, "standing": "merged", "revision": 2,
        "other_standing": "collected", "other_revision": 3,
    }  # fmt: skip


async def test_a_duplicate_found_at_a_merged_entry_is_gone_when_the_number_is_known(
    context: Context, door: Door
) -> None:
    """R106: the register learns of the number, or the record is corrected to one that it knows."""
    known = {**TRUTH, "resident_number": resident_number.make(COUNTY, EARLY.date(), 9)}
    other = new_id()
    await take(
        context,
        subject(WHO, here(2, SubjectState.MERGED), TRUTH, version=1),
        subject(other, here(1), known),
        *data(PS, make_row(PS, TRUTH)),
    )
    await open_phase(context)
    [order] = await listed(door, "/discrepancies")
    assert (order["kind"], order["subject_id"], order["other"]) == ("duplicate", other, WHO)
    mending = data(PS, make_row(PS, TRUTH), make_row(PS, known), made_at=LATER)
    await take(context, *mending)
    await match_touched(context)
    assert await closed_by(door) == {**UNCHANGED, "extract_id": mending[0].key}


async def test_what_comes_back_is_closed_by_nothing_until_it_closes_again(
    context: Context, door: Door
) -> None:
    await one_order(context, WHO, WRONG, PS, TRUTH)
    for version, fields in ((2, TRUTH), (3, WRONG)):
        await take(context, subject(WHO, here(1), fields, version=version))
        await match_touched(context)
    [back] = await listed(door, "/discrepancies")
    assert (back["state"], back["closed_by"]) == ("open", None)
    await take(context, subject(WHO, here(1), TRUTH, version=4))
    await match_touched(context)
    assert await closed_by(door) == {**UNCHANGED, "record_version": 4}


async def test_the_orders_of_one_person_are_found(context: Context, door: Door) -> None:
    """Also those in which they are the other entry; only where the caller may read."""
    other, double = new_id(), {**TRUTH, "ethnicity": "04"}
    double["resident_number"] = resident_number.make(COUNTY, EARLY.date(), 9)
    await take(
        context,
        subject(WHO, here(1, village=THERE), WRONG),
        subject(other, here(1), double),
        subject(new_id(), here(1, OPEN), make_fields(3)),
        *data(PS, make_row(PS, TRUTH)),
    )
    await open_phase(context)

    async def kinds(of: str, role: tuple[Role, str] = LEADER) -> list[str]:
        async with door.client(role) as client:
            answer = await client.get("/discrepancies", params={"subject_id": of})
        return sorted(item["kind"] for item in answer.json()["items"])

    assert await kinds(WHO) == ["duplicate", "field_mismatch"]
    assert await kinds(other) == ["duplicate"]
    assert await kinds(new_id()) == []
    assert await kinds(WHO, (Role.COLLECTOR, HERE)) == ["duplicate"]


# -- who named a missed person, and who a candidate turned out to be -------------------------------


@pytest.mark.parametrize("origin", [Origin.BASELINE, Origin.ROSTER])
async def test_a_missed_person_says_where_they_were_known_from(
    context: Context, door: Door, origin: Origin
) -> None:
    await take(context, subject(WHO, standing(1, (HERE, origin, OPEN)), TRUTH))
    await open_phase(context)
    [order] = await listed(door, "/discrepancies")
    assert order["named_by"] == {"origin": origin.value, "candidates": []}


async def test_from_order_to_candidate_to_reveal_and_back(context: Context, door: Door) -> None:
    """R75, R76: a person known to a blind department only, until they are collected."""
    await open_phase(context)
    await take(context, *data(AF, make_row(AF, TRUTH)))
    await match_touched(context)
    [candidate] = await listed(door, "/candidates")
    [(sent, event)] = await published(context, f"crosscheck-reveal-requested-{AF}")
    asked = event.parts[f"connector-{AF}"]
    assert (candidate["subject_id"], candidate["reveal_id"]) == (None, asked.reveal_id)
    assert candidate["request"] == sent.event_id
    await take(context, revealed(AF, asked.reveal_id, asked.row_id, TRUTH))
    await take(context, subject(WHO, discovered(1), TRUTH))
    await match_touched(context)
    assert await listed(door, "/candidates") == []
    [known] = await listed(door, "/candidates", subject_id=WHO)
    assert await listed(door, "/candidates", subject_id=new_id()) == []
    assert (known["state"], known["subject_id"]) == ("closed", WHO)
    assert known["candidate_id"] == candidate["candidate_id"]
    name = {
        "candidate_id": candidate["candidate_id"],
        "department": AF,
        "reveal_id": asked.reveal_id,
        "request": sent.event_id,
    }
    [order] = await listed(door, "/discrepancies", subject_id=WHO)
    assert (order["kind"], order["named_by"]) == (
        "missed_subject",
        {"origin": "discovered", "candidates": [name]},
    )
    async with door.client((Role.COLLECTOR, HERE)) as client:
        path = f"/discrepancies/{order['discrepancy_id']}/open"
        opened = (await client.post(path, json={"reason": "入户核实"})).json()
    assert opened["named_by"] == order["named_by"]
    await take(context, subject(WHO, discovered(2, SubjectState.COLLECTED), TRUTH))
    await match_touched(context)
    assert await closed_by(door) == {
        **UNCHANGED, "record_version": 1, "standing": "collected", "revision": 2,
    }  # fmt: skip


async def test_the_newest_request_for_a_candidate_is_shown(context: Context, door: Door) -> None:
    await open_phase(context)
    await take(context, *data(AF, make_row(AF, TRUTH, area=HERE)))
    await match_touched(context)
    [(_, event)] = await published(context, f"crosscheck-reveal-requested-{AF}")
    first = event.parts[f"connector-{AF}"]
    await take(context, revealed(AF, first.reveal_id, first.row_id, refused="quota-exceeded"))
    [candidate] = await listed(door, "/candidates")
    assert candidate["reveal_id"] == first.reveal_id
    async with door.client((Role.COLLECTOR, HERE)) as client:
        path = f"/candidates/{candidate['candidate_id']}/reveal"
        again = (await client.post(path, json={"reason": "入户核实"})).json()
    [candidate] = await listed(door, "/candidates")
    assert candidate["reveal_id"] == again["reveal_id"] != first.reveal_id


async def test_who_is_known_by_name_is_named_and_a_row_that_is_gone_names_nobody(
    context: Context, door: Door
) -> None:
    await open_phase(context)
    gone = make_fields(2)
    damaged = without(TRUTH, "resident_number")
    row = make_row(HR, damaged)
    await take(context, *data(HR, row, make_row(HR, gone)))
    await match_touched(context)
    assert len(await listed(door, "/candidates")) == 2
    await take(context, *data(HR, row, made_at=LATER))
    await take(context, subject(WHO, discovered(1), TRUTH))
    await match_touched(context)
    closed = await listed(door, "/candidates", closed=True)
    assert sorted(str(one["subject_id"]) for one in closed) == sorted(["None", WHO])


async def test_a_candidate_that_comes_back_is_nobody_yet(context: Context, door: Door) -> None:
    """They were somebody by a number that a record has given up since."""
    await open_phase(context)
    await take(context, *data(HR, make_row(HR, TRUTH)))
    await match_touched(context)
    await take(context, subject(WHO, discovered(1), TRUTH))
    await match_touched(context)
    other = {**make_fields(2), "name": "华青多杰"}
    await take(context, subject(WHO, discovered(2), other))
    await match_touched(context)
    [candidate] = await listed(door, "/candidates")
    assert (candidate["state"], candidate["subject_id"]) == ("told", None)


# -- a database of the version before --------------------------------------------------------------


async def test_what_was_open_and_who_was_known_before_is_carried_over(
    new_database: Callable[[str | None], str], context: Context, tmp_path: Path
) -> None:
    """An order that was open is open on the data of now; a closed candidate finds its subject."""
    url = new_database(None)
    for name in ("0001_initial.py", "0002_reveals.py"):
        shutil.copy(service.migrations / name, tmp_path)
    await upgrade_async(url, tmp_path)
    await one_order(context, WHO, WRONG, PS, TRUTH)
    database, candidate = Database(url), new_id()
    async with database.transaction() as conn:
        for table, values in (
            ("subject", ":who, 3, 2, :at, 'collected', 'baseline', '[]', '[]'"),
            ("subject_blind", ":who, 'a', 'n', NULL, '{}'"),
            ("extract", ":one, 'a', 'sealed', now(), 'current', NULL, 1, 1, now(), now()"),
            ("department_row", "'a', :one, :at, 'n', NULL, NULL, '{}'"),
            ("discrepancy", f":one, 1, 'missing_field', :who, 'a', 'f', '', :at, {SAID}"),
            ("candidate", ":one, 1, 'a', :one, :at, 'closed', NULL, NULL, now(), NULL, now()"),
        ):
            given = {"who": WHO, "one": candidate, "at": HERE}
            used = {name: value for name, value in given.items() if f":{name}" in values}
            await conn.execute(text(f"INSERT INTO {table} VALUES ({values})"), used)
    await upgrade_async(url, service.migrations)
    async with database.transaction() as conn:
        found_on = (await conn.execute(text("SELECT found_on FROM discrepancy"))).scalar_one()
        known = (await conn.execute(text("SELECT subject_id FROM candidate"))).scalar_one()
    await database.close()
    held = (await rows(context, "SELECT found_on FROM discrepancy"))[0][0]
    assert found_on.keys() == held.keys()
    assert {name: value for name, value in found_on.items() if value is not None} == {
        "revision": 3, "version": 2, "state": "collected", "extract": candidate,
    }  # fmt: skip
    assert str(known) == WHO
