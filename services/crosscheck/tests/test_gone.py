"""A work order that is found no more: gone, or only not to be compared now (R75, R76; design
section 5, rule 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, SubjectState

from .conftest import (
    ADMIN,
    AF,
    COUNTY,
    EARLY,
    HERE,
    HR,
    OPEN,
    OUTSIDE,
    PS,
    THERE,
    Door,
    Fields,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    one_order,
    open_phase,
    published,
    rows,
    rule,
    run_county,
    subject,
    take,
    without,
)

WHO = new_id()
TRUTH = make_fields(1)
WRONG = {**TRUTH, "ethnicity": "04"}
DEAD = {**TRUTH, "died_on": "2018-09-01"}
AWAY = {**TRUTH, "moved_to": OUTSIDE}
ALIVE_AFTER = {**TRUTH, "died_on": "2018-11-01"}
WHY = {"reason": "部门来函撤回该数据"}
MARKED, COMPARED, CLOSED = "marked", "compared", "closed"


def later(days: int) -> datetime:
    return EARLY + timedelta(days=days)


def supplied(days: int, *told: Fields, department: str = PS) -> list[Message]:
    """The department's extract of so many days later."""
    made = [make_row(department, one) for one in told]
    return data(department, *made, made_at=later(days))


def damaged(fields: Fields) -> Fields:
    return {**fields, "resident_number": str(fields["resident_number"])[:-2]}


async def stands(context: Context) -> str:
    """How the only work order that was ever made of them stands."""
    [order] = await rows(context, "SELECT closed_at, comparable FROM discrepancy")
    if order.closed_at is not None:
        return CLOSED
    return COMPARED if order.comparable else MARKED


async def comes(context: Context, path: str, *messages: Message) -> str:
    """Take messages and match by the matcher's path or by the county job's."""
    await take(context, *messages)
    if path == "matcher":
        await match_touched(context)
    else:
        await run_county(context)
    return await stands(context)


NOTHING_TO_COMPARE: dict[str, list[Message]] = {
    "the row is gone": supplied(1, make_fields(2)),
    "the cell is empty": supplied(1, without(TRUTH, "ethnicity")),
    "the row lost its number": supplied(1, damaged(TRUTH)),
    "two rows contradict each other": supplied(1, TRUTH, {**TRUTH, "ethnicity": "11"}),
    "the record has another number": [
        subject(WHO, here(1), {**make_fields(121), "ethnicity": "04"}, version=2)
    ],
    "the record lost its number": [subject(WHO, here(1), damaged(WRONG), version=2)],
    "the record lost the field": [subject(WHO, here(1), without(WRONG, "ethnicity"), version=2)],
    "the record does not count now": [subject(WHO, here(2, OPEN), TRUTH, version=1)],
}


@pytest.mark.parametrize("path", ["matcher", "county job"])
@pytest.mark.parametrize("case", NOTHING_TO_COMPARE)
async def test_what_cannot_be_compared_is_not_mended(
    context: Context, case: str, path: str
) -> None:
    """R76: it stays open, and is marked; nobody is told anything; it counts once it compares."""
    mismatch = "kind = 'field_mismatch'"
    await one_order(context, WHO, WRONG, PS, TRUTH)
    told = len(await published(context, "crosscheck-discrepancy-opened"))
    await take(context, *NOTHING_TO_COMPARE[case])
    await (match_touched(context) if path == "matcher" else run_county(context))
    query = f"SELECT closed_at, comparable, revision FROM discrepancy WHERE {mismatch}"
    [order] = await rows(context, query)
    assert tuple(order) == (None, False, 1)
    assert await published(context, "crosscheck-discrepancy-closed") == []
    # Once both sides can be compared, and still differ: found again, as the same order.
    await take(context, subject(WHO, here(3), WRONG), *supplied(2, TRUTH))
    await (match_touched(context) if path == "matcher" else run_county(context))
    [order] = await rows(context, query)
    assert tuple(order) == (None, True, 1)
    opened = await published(context, "crosscheck-discrepancy-opened")
    assert {row.key for row, _ in opened[told:]} <= {
        str(row[0])
        for row in await rows(
            context, f"SELECT discrepancy_id FROM discrepancy WHERE NOT {mismatch}"
        )
    }
    await take(context, subject(WHO, here(4), TRUTH))
    await (match_touched(context) if path == "matcher" else run_county(context))
    [order] = await rows(context, query)
    assert order.closed_at is not None


async def test_a_marked_order_closes_from_where_it_is(context: Context) -> None:
    """R76: the mending shows as soon as both sides are there, without being found in between."""
    await one_order(context, WHO, WRONG, PS, TRUTH)
    assert await comes(context, "matcher", *supplied(1)) == MARKED
    assert await comes(context, "matcher", subject(WHO, here(1), TRUTH, version=2)) == MARKED
    assert await comes(context, "matcher", *supplied(2, TRUTH)) == CLOSED
    [order] = await rows(context, "SELECT comparable FROM discrepancy")
    assert order.comparable


async def test_an_extract_with_damaged_numbers_closes_nothing(context: Context) -> None:
    people = {new_id(): make_fields(serial) for serial in range(10, 16)}
    wrong = [subject(who, here(1), {**fields, "ethnicity": "04"}) for who, fields in people.items()]
    await take(context, *wrong, *supplied(0, *people.values()))
    await open_phase(context)
    await take(context, *supplied(1, *map(damaged, people.values())))
    assert (await run_county(context)).marked == len(people)
    [counted] = await rows(
        context,
        "SELECT count(*) FILTER (WHERE closed_at IS NULL AND NOT comparable) FROM discrepancy",
    )
    assert counted[0] == len(people)


@pytest.mark.parametrize(
    ("record", "row", "department", "happens", "expected"),
    [
        # What a record lacks is there, whatever the department says by then, or still is not.
        (without(TRUTH, "service_unit"), TRUTH, AF, supplied(1, department=AF), MARKED),
        (
            without(TRUTH, "service_unit"),
            TRUTH,
            AF,
            supplied(1, without(TRUTH, "service_unit"), department=AF),
            MARKED,
        ),
        (
            without(TRUTH, "service_unit"),
            TRUTH,
            AF,
            [*supplied(1, department=AF), subject(WHO, here(1), TRUTH, version=2)],
            CLOSED,
        ),
        (
            without(TRUTH, "service_unit"),
            TRUTH,
            AF,
            [subject(WHO, here(1), damaged(TRUTH), version=2)],
            CLOSED,
        ),
        # A department takes back what it said of a death or a move only of somebody whom it has.
        (TRUTH, DEAD, PS, supplied(1, TRUTH), CLOSED),
        (TRUTH, DEAD, PS, supplied(1, ALIVE_AFTER), CLOSED),
        (TRUTH, DEAD, PS, supplied(1), MARKED),
        (TRUTH, DEAD, PS, supplied(1, DEAD, ALIVE_AFTER), MARKED),
        (TRUTH, DEAD, PS, supplied(1, {**TRUTH, "died_on": "已故"}), MARKED),
        (TRUTH, DEAD, PS, supplied(1, {**TRUTH, "died_on": "无"}), CLOSED),
        (TRUTH, DEAD, PS, supplied(1, {**TRUTH, "died_on": "健在"}), CLOSED),
        (TRUTH, DEAD, PS, [subject(WHO, here(1), make_fields(121), version=2)], MARKED),
        (TRUTH, AWAY, PS, supplied(1, TRUTH), CLOSED),
        (TRUTH, AWAY, PS, supplied(1, {**TRUTH, "moved_to": HERE}), CLOSED),
        (TRUTH, AWAY, PS, supplied(1), MARKED),
        (TRUTH, AWAY, PS, supplied(1, AWAY, {**TRUTH, "moved_to": HERE}), MARKED),
        (TRUTH, AWAY, PS, supplied(1, {**TRUTH, "moved_to": "不详"}), MARKED),
        (TRUTH, AWAY, PS, supplied(1, AWAY, {**TRUTH, "moved_to": "不详"}), COMPARED),
        # The record follows, or the case is closed.
        (
            TRUTH,
            {**TRUTH, "moved_to": THERE},
            PS,
            [subject(WHO, here(2, village=THERE), TRUTH)],
            CLOSED,
        ),
        (
            TRUTH,
            AWAY,
            PS,
            [subject(WHO, here(2, SubjectState.MOVED_OUT), TRUTH, version=1)],
            CLOSED,
        ),
    ],
)
async def test_only_what_is_shown_to_be_gone_is_closed(
    context: Context,
    record: Fields,
    row: Fields,
    department: str,
    happens: list[Message],
    expected: str,
) -> None:
    """R75, R76: of each kind what shows it, and what leaves it open."""
    await one_order(context, WHO, record, department, row)
    assert await stands(context) == COMPARED
    assert await comes(context, "matcher", *happens) == expected


async def test_who_died_after_the_standard_time_is_a_problem_until_collected(
    context: Context,
) -> None:
    """C6, C13: collected, there is nothing wrong with it, though the department still says so."""
    await take(context, subject(WHO, here(1, OPEN), TRUTH), *supplied(0, ALIVE_AFTER))
    await open_phase(context)
    await take(context, subject(WHO, here(2), TRUTH))
    await match_touched(context)
    found = await rows(context, "SELECT kind FROM discrepancy WHERE closed_at IS NOT NULL")
    assert {row.kind for row in found} == {"dead", "missed_subject"}


async def test_a_death_that_another_department_reports_too_stays(context: Context) -> None:
    """The one that is named takes it back; the order goes over to the other."""
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        *supplied(0, DEAD),
        *supplied(0, DEAD, department=HR),
    )
    await open_phase(context)
    assert await comes(context, "matcher", *supplied(1, TRUTH, department=HR)) == COMPARED
    [order] = await rows(context, "SELECT said_by FROM discrepancy")
    assert order.said_by == PS


async def test_a_duplicate_of_which_the_register_says_nothing_stays(context: Context) -> None:
    """R106: neither number is known now; then both, and they are two people."""
    double = {**TRUTH, "resident_number": make_fields(121)["resident_number"]}
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        subject(new_id(), here(1), double),
        *supplied(0, TRUTH),
    )
    await open_phase(context)
    assert await stands(context) == COMPARED
    assert await comes(context, "matcher", *supplied(1)) == MARKED
    assert await comes(context, "matcher", *supplied(2, TRUTH, double)) == CLOSED


async def twins(context: Context, other: str) -> None:
    """Two entries of one name and birth, of which the register knows one: the other's number."""
    double = {**TRUTH, "resident_number": make_fields(121)["resident_number"]}
    await take(
        context,
        subject(WHO, here(1), double),
        subject(other, here(1), TRUTH),
        *supplied(0, TRUTH),
    )
    await open_phase(context)
    assert await stands(context) == COMPARED


@pytest.mark.parametrize("path", ["matcher", "county job"])
@pytest.mark.parametrize("ended", [SubjectState.DEAD_BEFORE, SubjectState.DECLINED])
async def test_a_duplicate_is_gone_with_the_other_entry(
    context: Context, path: str, ended: SubjectState
) -> None:
    """R106: whose case is closed is entered once; a merger is another thing."""
    other = new_id()
    await twins(context, other)
    assert await comes(context, path, subject(other, here(2, ended), TRUTH)) == CLOSED


@pytest.mark.parametrize("path", ["matcher", "county job"])
async def test_a_duplicate_is_gone_when_the_two_are_other_people(
    context: Context, path: str
) -> None:
    """R106: the date of birth of one of them was wrong, and the register does not know them."""
    await twins(context, new_id())
    mended = {**make_fields(121), "name": TRUTH["name"]}
    assert await comes(context, path, subject(WHO, here(1), mended, version=2)) == CLOSED


# -- what closes a marked order by hand ------------------------------------------------------------


async def marked(context: Context) -> str:
    """An order whose department has the person no more."""
    order = await one_order(context, WHO, WRONG, PS, TRUTH)
    assert await comes(context, "matcher", *supplied(1)) == MARKED
    return order


async def test_an_administrator_closes_what_cannot_be_compared(
    context: Context, door: Door
) -> None:
    """R76, R100: with a reason, audited, shown; and nobody is bound by it when it is found anew."""
    order = await marked(context)
    account = new_id()
    async with door.client((Role.ADMINISTRATOR, HERE), account=account) as client:
        listed = await client.get("/discrepancies", params={"comparable": False})
        assert [one["comparable"] for one in listed.json()["items"]] == [False]
        compared = await client.get("/discrepancies", params={"comparable": True})
        assert compared.json()["items"] == []
        path = f"/discrepancies/{order}/close"
        assert rule(await client.post(path, json={"reason": " "})) == (422, "reason-missing")
        answer = await client.post(path, json=WHY)
        assert rule(await client.post(path, json=WHY)) == (409, "discrepancy-closed")
    assert answer.status_code == 200
    closed: dict[str, Any] = answer.json()
    assert (closed["state"], closed["comparable"], closed["revision"]) == ("closed", True, 2)
    assert (closed["closed_by"]["account"], closed["closed_by"]["reason"]) == (
        account,
        WHY["reason"],
    )
    [noted] = await rows(
        context, "SELECT actor, reason FROM audit WHERE action = 'discrepancy-closed'"
    )
    assert tuple(noted) == (account, WHY["reason"])
    [(row, event)] = await published(context, "crosscheck-discrepancy-closed")
    assert (row.key, row.version) == (order, 2)
    assert event.parts["reporting"].closed_at is not None
    # The reason is a person's words, and may name one: it is not kept in the clear.
    [kept] = await rows(context, "SELECT closed_on ->> 'reason' AS why FROM discrepancy")
    assert WHY["reason"] not in kept.why
    assert await comes(context, "matcher", *supplied(2)) == CLOSED
    assert await comes(context, "matcher", *supplied(3, TRUTH)) == COMPARED


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ((Role.ADMINISTRATOR, THERE), (403, "area-not-granted")),
        ((Role.TOWNSHIP_LEADER, HERE), (403, "area-not-granted")),
        ((Role.LEADER, COUNTY), (403, "area-not-granted")),
    ],
)
async def test_nobody_else_closes_it(
    context: Context, door: Door, grant: tuple[Role, str], expected: tuple[int, str]
) -> None:
    """R101: only an administrator of the village where it lies."""
    order = await marked(context)
    async with door.client(grant) as client:
        assert rule(await client.post(f"/discrepancies/{order}/close", json=WHY)) == expected
    assert await stands(context) == MARKED


async def test_what_can_be_compared_is_not_closed_by_hand(context: Context, door: Door) -> None:
    """Design section 5, rule 7."""
    order = await one_order(context, WHO, WRONG, PS, TRUTH)
    async with door.client(ADMIN) as client:
        path = f"/discrepancies/{order}/close"
        assert rule(await client.post(path, json=WHY)) == (409, "still-comparable")
        unknown = f"/discrepancies/{new_id()}/close"
        assert rule(await client.post(unknown, json=WHY)) == (404, "discrepancy-unknown")
    assert await stands(context) == COMPARED
