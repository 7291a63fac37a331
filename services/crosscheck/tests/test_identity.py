"""Who is the same person: entered twice, or known under a damaged number (R74, R106)."""

from __future__ import annotations

from datetime import date

import pytest

from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import SubjectState

from .conftest import (
    AF,
    COUNTY,
    EARLY,
    HR,
    PS,
    Fields,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    open_phase,
    orders,
    rows,
    subject,
    take,
)

TRUTH = make_fields(1)
WHO = new_id()
DAMAGED = {**TRUTH, "resident_number": str(TRUTH["resident_number"])[:-3]}

# -- one person entered twice ----------------------------------------------------------------------


def twin_of(fields: Fields, serial: int) -> Fields:
    """The same name and birth with another number."""
    born = date.fromisoformat(str(fields["birth_date"]))
    return {**fields, "resident_number": resident_number.make(COUNTY, born, serial)}


async def test_who_is_entered_twice_is_found_at_the_number_that_nobody_knows(
    context: Context,
) -> None:
    """R106: the registrar knows one of the two numbers: the other is the mistake."""
    wrong = new_id()
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        subject(wrong, here(1), twin_of(TRUTH, 77)),
        *data(PS, make_row(PS, TRUTH)),
    )
    await open_phase(context)
    assert await orders(context) == {("duplicate", wrong, PS, "")}
    [found] = await rows(context, "SELECT other FROM discrepancy")
    assert found.other == WHO
    await take(
        context,
        subject(wrong, here(2, SubjectState.MERGED), twin_of(TRUTH, 77), version=1),
    )
    await match_touched(context)
    assert await orders(context) == set()


async def test_two_people_of_one_name_are_two_people(context: Context) -> None:
    """The registrar knows both, or neither: nothing says that they are one."""
    second = new_id()
    twin = twin_of(TRUTH, 78)
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        subject(second, here(1), twin),
        *data(PS, make_row(PS, TRUTH), make_row(PS, twin)),
    )
    await open_phase(context)
    assert await orders(context) == set()
    await take(context, *data(PS, made_at=EARLY.replace(month=12)))
    await match_touched(context)
    assert await orders(context) == set()


async def test_a_department_that_keeps_no_register_makes_no_duplicates(context: Context) -> None:
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        subject(new_id(), here(1), twin_of(TRUTH, 77)),
        *data(HR, make_row(HR, TRUTH)),
    )
    await open_phase(context)
    assert await orders(context) == set()


async def test_a_number_of_fifteen_digits_is_the_same_number(context: Context) -> None:
    short = resident_number.shorten(str(TRUTH["resident_number"]))
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        *data(PS, make_row(PS, {**TRUTH, "resident_number": short, "ethnicity": "04"})),
    )
    await open_phase(context)
    assert await orders(context) == {("field_mismatch", WHO, PS, "ethnicity")}


# -- a damaged number ------------------------------------------------------------------------------


@pytest.mark.parametrize("damaged", ["row", "subject"])
async def test_a_damaged_number_is_found_by_name_and_birth(context: Context, damaged: str) -> None:
    row = {**(DAMAGED if damaged == "row" else TRUTH), "died_on": "2018-09-01"}
    record = DAMAGED if damaged == "subject" else TRUTH
    await take(context, subject(WHO, here(1), record), *data(PS, make_row(PS, row)))
    await open_phase(context)
    assert await orders(context) == {("dead", WHO, PS, "")}


async def test_a_damaged_record_lacks_nothing_that_it_has(context: Context) -> None:
    """Its fields have no codes, because those are bound to the number; they are there all the
    same."""
    await take(context, subject(WHO, here(1), DAMAGED), *data(AF, make_row(AF, TRUTH)))
    await open_phase(context)
    assert await orders(context) == set()


async def test_a_name_that_two_bear_finds_nobody(context: Context) -> None:
    row = {**DAMAGED, "died_on": "2018-09-01"}
    namesake = new_id()
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        subject(namesake, here(1), twin_of(TRUTH, 79)),
        *data(PS, make_row(PS, row)),
    )
    await open_phase(context)
    assert await orders(context) == set()
    # Who was merged into another is no second person.
    await take(
        context, subject(namesake, here(2, SubjectState.MERGED), twin_of(TRUTH, 79), version=1)
    )
    await match_touched(context)
    assert await orders(context) == {("dead", WHO, PS, "")}


async def test_a_name_that_stands_twice_in_a_department_finds_nobody(context: Context) -> None:
    row = {**DAMAGED, "died_on": "2018-09-01"}
    await take(
        context, subject(WHO, here(1), TRUTH), *data(PS, make_row(PS, row), make_row(PS, row))
    )
    await open_phase(context)
    assert await orders(context) == set()


async def test_two_whole_numbers_are_never_joined_by_name(context: Context) -> None:
    row = {**twin_of(TRUTH, 80), "died_on": "2018-09-01"}
    await take(context, subject(WHO, here(1), TRUTH), *data(PS, make_row(PS, row)))
    await open_phase(context)
    assert await orders(context) == set()
