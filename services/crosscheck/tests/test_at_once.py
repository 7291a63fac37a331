"""Two processes of the service at once: whoever commits first, both are matched together."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from muster.crosscheck.handlers import reveals
from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id

from .conftest import (
    AF,
    COUNTY,
    PS,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    open_phase,
    orders,
    rows,
    run_county,
    subject,
    take,
    taker,
)

TRUTH = make_fields(1)
BIRTH = date.fromisoformat(str(TRUTH["birth_date"]))
TWIN = {**TRUTH, "resident_number": resident_number.make(COUNTY, BIRTH, 77)}
FIRST, SECOND = new_id(), new_id()


async def side_by_side(context: Context, slow: list[Message], quick: list[Message]) -> None:
    """Take both in, each in a transaction of its own: the slow one commits only when the quick one
    has, or cannot. Each is matched as soon as it is there."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with context.database.transaction() as conn:
            await taker(slow[0].topic)(context, conn, slow)
            begun.set()
            await asyncio.wait([asyncio.ensure_future(over.wait())], timeout=0.5)
        await match_touched(context)

    async def second() -> None:
        await begun.wait()
        async with context.database.transaction() as conn:
            await taker(quick[0].topic)(context, conn, quick)
        await match_touched(context)
        over.set()

    await asyncio.gather(first(), second())


@pytest.mark.parametrize("slow", ["known", "twin", "rows"])
async def test_what_two_take_in_at_once_is_matched_together(context: Context, slow: str) -> None:
    """R75: neither sees the other's rows; together they are one person entered twice, whom the
    register knows under one number and with another ethnicity."""
    known = [subject(FIRST, here(1), TRUTH)]
    twin = [subject(SECOND, here(1), TWIN)]
    told = data(PS, make_row(PS, {**TRUTH, "ethnicity": "04"}))
    await open_phase(context)
    if slow == "rows":
        await take(context, *twin)
        await side_by_side(context, told, known)
    else:
        await take(context, *told)
        pair = (known, twin) if slow == "known" else (twin, known)
        await side_by_side(context, *pair)
    by_matcher = await orders(context)
    assert by_matcher == {
        ("duplicate", SECOND, PS, ""),
        ("field_mismatch", FIRST, PS, "ethnicity"),
    }
    await run_county(context)
    assert await orders(context) == by_matcher


async def test_two_who_ask_for_one_row_at_once_both_have_their_request(context: Context) -> None:
    """Two orders of one row, at two desks."""
    mine = {**TRUTH, "service_unit": "二连", "enlisted_on": "1999-12-01"}
    await take(context, subject(FIRST, here(1), mine), *data(AF, make_row(AF, TRUTH)))
    await open_phase(context)
    found = await rows(
        context,
        "SELECT discrepancy_id::text AS discrepancy_id, department, row_id::text AS row_id, "
        "'核对' AS reason, 'somebody' AS asked_by FROM discrepancy",
    )
    begun = asyncio.Event()

    async def first() -> None:
        async with context.database.transaction() as conn:
            await reveals.ask(context, conn, [found[0]._mapping])
            begun.set()
            await asyncio.sleep(0.3)

    async def second() -> None:
        await begun.wait()
        async with context.database.transaction() as conn:
            await reveals.ask(context, conn, [found[1]._mapping])

    await asyncio.gather(first(), second())
    asked = await rows(context, "SELECT number FROM reveal ORDER BY number")
    assert [row.number for row in asked] == [1, 2]
