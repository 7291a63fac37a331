"""How areas stood, day by day: what is kept, and what is answered."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from muster.reporting import handlers
from muster.reporting.domain.days import Day, DayCounts, day_of, filled
from muster.reporting.store import days
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import ReviewState, Role, SubjectState

from .conftest import COUNTY, Door, baseline, here, order, record, review, rows, take
from .test_api import rule

LEADER = (Role.LEADER, COUNTY)
OPEN, COLLECTED = SubjectState.OPEN, SubjectState.COLLECTED


def test_a_day_is_that_of_the_campaign() -> None:
    assert day_of(datetime(2018, 11, 1, 15, 59, tzinfo=UTC)) == date(2018, 11, 1)
    assert day_of(datetime(2018, 11, 1, 16, 0, tzinfo=UTC)) == date(2018, 11, 2)


def test_a_quiet_day_stood_as_the_day_before() -> None:
    at = datetime(2018, 11, 1, tzinfo=UTC)
    one, two = DayCounts(expected=1, open=1), DayCounts(expected=1, verified=1)
    held = [Day(date(2018, 10, 30), at, one), Day(date(2018, 11, 3), at, two)]
    found = filled(held, date(2018, 11, 1), date(2018, 11, 4))
    assert [(d.day.day, d.counts) for d in found] == [(1, one), (2, one), (3, two), (4, two)]
    assert filled(held[1:], date(2018, 11, 1), date(2018, 11, 3))[0].day == date(2018, 11, 3)
    assert filled([], date(2018, 11, 1), date(2018, 11, 3)) == []


async def test_a_row_is_kept_only_where_something_changed(
    context: Context, villages: list[str]
) -> None:
    """Twice the same is one row; what changes within a day replaces it; at 15,000 villages of
    which ten changed, ten and their ancestors have a row."""
    a, b = villages[0], next(v for v in villages if v[:9] != villages[0][:9])
    await take(context, baseline(new_id(), here(1, a, OPEN)))
    await handlers.count_days(context)
    await handlers.count_days(context)
    kept = {row.area: row for row in await rows(context, "SELECT * FROM day_count")}
    assert {a, a[:9], COUNTY} <= set(kept)
    assert not [code for code in kept if code == b or code == b[:9]]
    assert (kept[COUNTY].expected, kept[COUNTY].open) == (1, 1)

    await take(context, baseline(new_id(), here(1, b, OPEN)), order(new_id(), 1, b, _ago(1)))
    await handlers.count_days(context)
    kept = {row.area: row for row in await rows(context, "SELECT * FROM day_count")}
    assert (kept[COUNTY].expected, kept[COUNTY].problems) == (2, 1)
    assert kept[a].expected == 1


async def test_what_went_to_nothing_is_kept_as_nothing(
    context: Context, villages: list[str]
) -> None:
    """A person who moved leaves no count standing in the village of before."""
    a, b = villages[0], next(v for v in villages if v[:9] != villages[0][:9])
    person = new_id()
    await take(context, baseline(person, here(1, a, OPEN)))
    await handlers.count_days(context)
    await _back(context, 3)
    await take(context, baseline(person, here(2, b, OPEN)))
    await handlers.count_days(context)
    async with context.database.transaction() as conn:
        newest = await days.newest(conn)
    assert newest[a] == DayCounts()
    assert newest[b].expected == 1
    assert newest[COUNTY].expected == 1


async def test_two_processes_count_a_day_once(context: Context, villages: list[str]) -> None:
    await take(context, baseline(new_id(), here(1, villages[0], OPEN)))
    await asyncio.gather(*(handlers.count_days(context) for _ in range(3)))
    found = await rows(context, "SELECT area, day, count(*) AS n FROM day_count GROUP BY 1, 2")
    assert {row.n for row in found} == {1}


async def test_a_count_that_is_killed_leaves_nothing_half(
    context: Context, villages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(context, baseline(new_id(), here(1, villages[0], OPEN)))
    put = days.put

    async def killed(*given: object) -> None:
        await put(*given)  # type: ignore[arg-type]
        raise OSError("killed")

    monkeypatch.setattr(days, "put", killed)
    with pytest.raises(OSError, match="killed"):
        await handlers.count_days(context)
    assert await rows(context, "SELECT * FROM day_count") == []
    monkeypatch.setattr(days, "put", put)
    await handlers.count_days(context)
    assert await rows(context, "SELECT * FROM day_count") != []


async def test_the_days_of_an_area_add_up(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R106. Then and now; expected is what it splits into on each day."""
    a, done, sent = villages[0], new_id(), new_id()
    await take(context, *(baseline(p, here(1, a, OPEN)) for p in (done, sent, new_id())))
    await handlers.count_days(context)
    await _back(context, 5)
    await take(
        context,
        record(done, 1, here(2, a, COLLECTED)),
        review(done, 1, a, ReviewState.VERIFIED),
        record(sent, 1, here(2, a, COLLECTED)),
    )
    await handlers.count_days(context)
    today = day_of(datetime.now(UTC))
    async with door.client(LEADER) as client:
        answer = (await client.get("/history")).json()
        part = {"from": str(today - timedelta(days=2)), "to": str(today - timedelta(days=1))}
        within = (await client.get("/history", params={"area": a, **part})).json()
    assert answer["first"] == str(today - timedelta(days=5))
    found = {day["day"]: day for day in answer["days"]}
    assert len(found) == 6
    then, now = found[str(today - timedelta(days=5))], found[str(today)]
    assert (then["open"], then["verified"], then["submitted"]) == (3, 0, 0)
    assert (now["open"], now["verified"], now["submitted"]) == (1, 1, 1)
    for day in answer["days"]:
        parts = (day[k] for k in ("submitted", "returned", "verified", "ended", "open"))
        assert day["expected"] == sum(parts)
    assert [day["open"] for day in within["days"]] == [3, 3]


async def test_a_span_that_is_none_is_refused(door: Door, villages: list[str]) -> None:
    today = day_of(datetime.now(UTC))
    async with door.client(LEADER) as client:
        for asked, wanted in (
            ({"from": str(today), "to": str(today - timedelta(days=1))}, "span-backwards"),
            ({"from": str(today - timedelta(days=366))}, "span-too-long"),
        ):
            assert rule(await client.get("/history", params=asked)) == (422, wanted)
        assert (await client.get("/history", params={"from": "yesterday"})).status_code == 422
        assert (await client.get("/history", params={"to": "9999-12-31"})).status_code == 200
        assert (await client.get("/history", params={"to": "0001-01-01"})).status_code == 200
    async with door.client((Role.TOWNSHIP_LEADER, villages[0][:9])) as client:
        assert rule(await client.get("/history")) == (403, "area-not-granted")


def _ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def _back(context: Context, by: int) -> None:
    """What was counted today was counted so many days ago."""
    async with context.database.transaction() as conn:
        await conn.execute(text("UPDATE day_count SET day = day - CAST(:by AS int)"), {"by": by})
