"""Several rows of one number in one department: what is found hangs on no order of rows (R73)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, SubjectState

from .conftest import (
    AF,
    COUNTY,
    HERE,
    HR,
    OPEN,
    OUTSIDE,
    PROFILE,
    PS,
    THERE,
    Fields,
    data,
    empty,
    here,
    make_fields,
    make_row,
    open_phase,
    orders,
    published,
    rows,
    standing,
    subject,
    take,
    without,
)

TRUTH = make_fields(1)
WHO = new_id()
LACKS = object()
"""In the place of a value: the row, or the record, does not have it."""


def _with(name: str, value: object) -> Fields:
    if value is LACKS:
        return without(TRUTH, name)
    assert isinstance(value, str)
    return {**TRUTH, name: value}


async def found(context: Context, department: str, told: Fields, held: tuple[Fields, ...]) -> Any:
    """What is found, with the value (as it is compared) of the row to which a finding points, in
    whichever order the rows come; it must be the same in all of them."""
    every = []
    for order in permutations(held):
        await empty(context)
        ids = sorted(new_id() for _ in order)
        made = [make_row(department, row, row_id=i) for i, row in zip(ids, order, strict=True)]
        await take(context, subject(WHO, here(1), told), *data(department, *made))
        await open_phase(context)
        by_id = dict(zip(ids, order, strict=True))
        open_now = await rows(
            context, "SELECT kind, field, row_id::text FROM discrepancy WHERE closed_at IS NULL"
        )
        every.append(
            {
                (r.kind, r.field, PROFILE.comparables(r.field, by_id[r.row_id].get(r.field))[0])
                for r in open_now
            }
        )
    assert all(one == every[0] for one in every)
    return every[0]


@pytest.mark.parametrize(
    ("department", "field", "record", "held", "says"),
    [
        # Rows that agree, some of them less precisely or with a gap, are one row.
        (PS, "ethnicity", "04", ("01", "01", LACKS), "01"),
        (PS, "ethnicity", "01", ("01", "01"), None),
        (PS, "name", "卓玛", ("才让·多杰", "才让•多杰"), "才让多杰"),
        (AF, "enlisted_on", "1970-12-01", ("1969", "1969-12", "1969-12-03"), "1969-12-03"),
        (AF, "enlisted_on", "1969-11", ("1969", "1969-12"), "1969-12"),
        (AF, "enlisted_on", "1969-12-03", ("1969", "1969-12"), None),
        (AF, "service_unit", LACKS, ("某部二连", LACKS), "某部二连"),
        # Rows that contradict each other say nothing, not even that the record lacks something.
        (PS, "ethnicity", "04", ("01", "02"), None),
        (PS, "ethnicity", "01", ("01", "02", "01"), None),
        (PS, "name", "卓玛", ("才让", "多杰"), None),
        (AF, "enlisted_on", "1972", ("1969", "1970-12"), None),
        (AF, "enlisted_on", "1972", ("1969", "1969-11", "1969-12-03"), None),
        (AF, "service_unit", LACKS, ("某部二连", "某部三连"), None),
    ],
)
async def test_rows_speak_where_they_agree(
    context: Context, department: str, field: str, record: object, held: Any, says: str | None
) -> None:
    told = _with(field, record)
    now = await found(context, department, told, tuple(_with(field, value) for value in held))
    kind = "missing_field" if record is LACKS else "field_mismatch"
    assert now == ({(kind, field, says)} if says else set())


async def test_a_row_that_contradicts_in_one_field_still_speaks_of_the_others(
    context: Context,
) -> None:
    told = {**TRUTH, "sex": "2", "ethnicity": "11"}
    held = ({**TRUTH, "ethnicity": "01"}, {**TRUTH, "ethnicity": "04"})
    assert await found(context, PS, told, held) == {("field_mismatch", "sex", TRUTH["sex"])}


@pytest.mark.parametrize(
    ("state", "held", "kinds"),
    [
        (SubjectState.COLLECTED, ({"died_on": "2018-09-01"}, {}), {"dead"}),
        (SubjectState.COLLECTED, ({"died_on": "2018-09-01"}, {"died_on": "2018-11-01"}), set()),
        (OPEN, ({"died_on": "2018-09-01"}, {"died_on": "2018-11-01"}), {"dead", "missed_subject"}),
        (SubjectState.COLLECTED, ({"moved_to": OUTSIDE}, {}), {"moved"}),
        (SubjectState.COLLECTED, ({"moved_to": OUTSIDE}, {"moved_to": THERE}), set()),
        (SubjectState.COLLECTED, ({"moved_to": OUTSIDE}, {"moved_to": HERE}), set()),
    ],
)
async def test_deaths_and_moves_count_where_rows_agree(
    context: Context, state: SubjectState, held: tuple[Fields, ...], kinds: set[str]
) -> None:
    """C6, C13: of two dates of death, only that somebody is dead is certain."""
    for order in permutations(held):
        await empty(context)
        ids = sorted(new_id() for _ in order)
        made = [make_row(PS, {**TRUTH, **row}, row_id=i) for i, row in zip(ids, order, strict=True)]
        at = standing(1, (HERE, Origin.BASELINE, state))
        await take(context, subject(WHO, at, TRUTH), *data(PS, *made))
        await open_phase(context)
        assert {kind for kind, *_ in await orders(context)} == kinds


async def test_two_rows_of_one_number_are_one_person_by_name_too(context: Context) -> None:
    """A damaged number in the record leads to them by name and birth, as it does to one row; rows
    of two numbers, or of none, may be two persons."""
    told = {**TRUTH, "resident_number": str(TRUTH["resident_number"])[:-2]}
    row = {**TRUTH, "died_on": "2018-09-01"}
    other = {**row, "resident_number": make_fields(121)["resident_number"]}
    damaged = {**row, "resident_number": told["resident_number"]}
    for held, kinds in (
        ((row, row), {"dead"}),
        ((row, other), set()),
        ((row, damaged), set()),
    ):
        await empty(context)
        made = [make_row(PS, one) for one in held]
        await take(context, subject(WHO, here(1), told), *data(PS, *made))
        await open_phase(context)
        assert {kind for kind, *_ in await orders(context)} == kinds


async def test_who_is_missed_is_told_of_alike_whichever_row_comes_first(context: Context) -> None:
    """R76: the same village is asked, under the same name."""
    held = (
        make_row(HR, {**TRUTH, "household_area": HERE}, area=HERE),
        make_row(HR, {**TRUTH, "household_area": THERE, "name": "卓玛"}, area=THERE),
    )
    told = []
    for order in permutations(held):
        await empty(context)
        ids = sorted(new_id() for _ in order)
        made = [row.model_copy(update={"row_id": i}) for i, row in zip(ids, order, strict=True)]
        await take(context, *data(HR, *made))
        await open_phase(context)
        [(_, event)] = await published(context, "crosscheck-subject-missed")
        assert event.clear.county == COUNTY
        told.append((event.parts["capture"].area, event.parts["capture"].fields))
    assert told[0] == told[1]
