"""Work orders of the cross-check as reporting counts them, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.forms.profile import Profile
from muster.messaging.message import DONE, Message
from muster.reporting import handlers
from muster.reporting.domain import problems
from muster.reporting.domain.problems import ProblemTally
from muster.reporting.main import service
from muster.reporting.store import reported
from muster.runtime.context import Context, build_context
from muster.vocabulary.ages import Age, AgeBounds
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Discrepancy, Role

from .conftest import COUNTY, Door, empty, make_settings, order, rows, take
from .test_handlers import rules

MISMATCH, MISSED = Discrepancy.FIELD_MISMATCH, Discrepancy.MISSED_SUBJECT
NOW = datetime(2018, 12, 20, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


async def tallies(context: Context, now: datetime = NOW) -> list[ProblemTally]:
    """Every work order that is held."""
    async with context.database.transaction() as conn:
        codes = [area.code for area in context.areas]
        return await reported.problem_tallies(conn, codes, AgeBounds.at(now))


# -- ages and areas --------------------------------------------------------------------------------

AGES = [
    (-DAY, Age.UNDER_7_DAYS),
    (timedelta(0), Age.UNDER_7_DAYS),
    (7 * DAY - SECOND, Age.UNDER_7_DAYS),
    (7 * DAY, Age.FROM_7_TO_30_DAYS),
    (30 * DAY, Age.FROM_7_TO_30_DAYS),
    (30 * DAY + SECOND, Age.OVER_30_DAYS),
]


@pytest.mark.parametrize(("open_for", "age"), AGES)
async def test_both_bounds_belong_to_the_middle_age(
    context: Context, villages: list[str], open_for: timedelta, age: Age
) -> None:
    """R75; what a clock that runs ahead opened has just been opened."""
    await take(context, order(new_id(), 1, villages[0], NOW - open_for))
    assert await tallies(context) == [ProblemTally(villages[0], MISMATCH, age, 1)]


def test_a_village_counts_for_every_area_above_it() -> None:
    """R75: by household registration, from the village up."""
    tree = Profile.load("tongren").area_tree()
    one, two = tree.villages(COUNTY)[0].code, tree.villages(COUNTY)[-1].code
    found = problems.by_area(
        [
            ProblemTally(one, MISMATCH, Age.OVER_30_DAYS, 2),
            ProblemTally(one, MISSED, None, 4),
            ProblemTally(two, MISSED, Age.UNDER_7_DAYS, 1),
        ],
        tree,
    )
    assert (found[one].open.total(), found[one].closed.total()) == (2, 4)
    assert found[one[:9]] == found[one]
    assert (found[COUNTY].open.total(), found[COUNTY].closed[MISSED]) == (3, 4)
    assert found[two].open == Counter({(MISSED, Age.UNDER_7_DAYS): 1})


# -- what is heard ---------------------------------------------------------------------------------


async def test_the_highest_version_of_an_order_is_what_counts(
    context: Context, villages: list[str]
) -> None:
    """R75, R76: opened, sent elsewhere, closed, opened again; each later word wins."""
    which, at = new_id(), NOW - DAY
    await take(context, order(which, 2, villages[1], at))
    await take(context, order(which, 1, villages[0], at))
    assert await tallies(context) == [ProblemTally(villages[1], MISMATCH, Age.UNDER_7_DAYS, 1)]
    await take(context, order(which, 3, villages[1], at, closed_at=NOW))
    await take(context, order(which, 2, villages[1], at))
    assert await tallies(context) == [ProblemTally(villages[1], MISMATCH, None, 1)]
    await take(context, order(which, 4, villages[1], NOW))
    assert await tallies(context) == [ProblemTally(villages[1], MISMATCH, Age.UNDER_7_DAYS, 1)]


async def test_an_order_that_was_closed_before_it_was_told_is_closed(
    context: Context, villages: list[str]
) -> None:
    """An event says how things stand when it is published, on whichever topic."""
    topic = "crosscheck-discrepancy-opened"
    await take(context, order(new_id(), 1, villages[0], NOW - DAY, closed_at=NOW, topic=topic))
    assert await tallies(context) == [ProblemTally(villages[0], MISMATCH, None, 1)]


async def test_whose_problem_it_is_is_not_kept(context: Context, villages: list[str]) -> None:
    """A kind in a village names a person; reporting holds no way from one to the other."""
    heard = order(new_id(), 1, villages[0], NOW)
    await take(context, heard)
    (held,) = await rows(context, "SELECT to_jsonb(problem)::text FROM problem")
    assert heard.clear.subject_id is not None
    assert heard.clear.subject_id not in held[0]


async def test_bad_orders_are_invalid_and_good_ones_of_the_batch_go_in(
    context: Context, villages: list[str]
) -> None:
    good = order(new_id(), 1, villages[0], NOW)
    batch = [
        order(new_id(), 1, "999999999999", NOW),
        replace(order(new_id(), 1, villages[0], NOW), key=new_id()),
        good,
    ]
    async with context.database.transaction() as conn:
        outcomes = await handlers.take_problems(context, conn, batch)
    assert rules(outcomes) == ["area-unknown", "discrepancy-differs", DONE]
    assert all(one.zh and one.en for one in outcomes[:2])
    (held,) = await rows(context, "SELECT discrepancy_id::text FROM problem")
    assert held[0] == good.key


# -- any history, any order, any number of times ---------------------------------------------------


class Order:
    """One work order's true history, as crosscheck would live it."""

    def __init__(self, number: int, kind: Discrepancy, village: str) -> None:
        self.id = f"00000000-0000-4000-8000-00000000000{number}"
        self.kind, self.village = kind, village
        self.version, self.closed_at = 0, None
        self.opened_at = NOW - 40 * DAY
        self.facts: list[Message] = []
        self.tell()

    closed_at: datetime | None

    def tell(self) -> None:
        self.version += 1
        self.facts.append(
            order(
                self.id,
                self.version,
                self.village,
                self.opened_at,
                kind=self.kind,
                closed_at=self.closed_at,
            )
        )

    def turn(self) -> None:
        """Close what is open; open again what is closed."""
        if self.closed_at is None:
            self.closed_at = self.opened_at + DAY
        else:
            self.opened_at, self.closed_at = self.closed_at + 10 * DAY, None
        self.tell()

    def send(self, village: str) -> None:
        """The person is registered elsewhere now."""
        if self.closed_at is None:
            self.village = village
            self.tell()

    @property
    def tally(self) -> tuple[str, Discrepancy, Age | None]:
        if self.closed_at:
            return self.village, self.kind, None
        days = (NOW - self.opened_at) / DAY
        young = Age.UNDER_7_DAYS if days < 7 else Age.FROM_7_TO_30_DAYS
        return self.village, self.kind, young if days <= 30 else Age.OVER_30_DAYS


@st.composite
def histories(draw: Any, villages: list[str]) -> tuple[list[Order], list[Message], list[int]]:
    """Orders with their true histories, and their facts shuffled, some of them doubled."""
    orders = []
    for number in range(draw(st.integers(1, 5))):
        made = Order(
            number, draw(st.sampled_from(list(Discrepancy))), draw(st.sampled_from(villages))
        )
        for step in draw(st.lists(st.sampled_from("tts"), max_size=6)):
            if step == "t":
                made.turn()
            else:
                made.send(draw(st.sampled_from(villages)))
        orders.append(made)
    facts = [fact for one in orders for fact in one.facts]
    shuffled = draw(st.permutations(facts))
    again = draw(st.lists(st.sampled_from(facts), max_size=5))
    return orders, [*shuffled, *again], draw(st.lists(st.integers(1, 4), min_size=50, max_size=50))


async def _play(
    context: Context, messages: Sequence[Message], sizes: Sequence[int]
) -> list[ProblemTally]:
    await empty(context)
    takes = {s.topic: s.take for s in service.subscriptions}
    left, turns = list(messages), iter(sizes)
    while left:
        batch = [m for m in left[: next(turns, 1)] if m.topic == left[0].topic]
        for one in batch:
            left.remove(one)
        async with context.database.transaction() as conn:
            assert rules(await takes[batch[0].topic](context, conn, batch)) == [DONE] * len(batch)
    return await tallies(context)


def test_every_history_ends_the_same_in_any_order(
    database_url: str, rings: Path, villages: list[str]
) -> None:
    """R75, R76; design section 4: a late, doubled or replayed fact is harmless."""
    chosen = [villages[0], villages[1], villages[-1]]
    with asyncio.Runner() as runner:
        context = build_context("reporting", make_settings(database_url, rings))

        @settings(max_examples=40)
        @given(histories(chosen))
        def check(drawn: tuple[list[Order], list[Message], list[int]]) -> None:
            orders, facts, sizes = drawn
            found = runner.run(_play(context, facts, sizes))
            truth = Counter(one.tally for one in orders)
            assert {(t.village, t.kind, t.age): t.count for t in found} == truth

        check()
        runner.run(context.database.close())


# -- the door --------------------------------------------------------------------------------------


async def a_county(context: Context, villages: list[str]) -> tuple[str, str]:
    """Two villages of two townships: three open and one closed, one open."""
    a = villages[0]
    b = next(v for v in villages if v[:9] != a[:9])
    now = datetime.now(UTC)
    await take(
        context,
        order(new_id(), 1, a, now - 40 * DAY),
        order(new_id(), 1, a, now - 10 * DAY),
        order(new_id(), 1, a, now, kind=MISSED),
        order(new_id(), 2, a, now - 50 * DAY, closed_at=now),
        order(new_id(), 1, b, now - DAY, kind=Discrepancy.DEAD),
    )
    return a, b


async def test_problems_by_kind_age_and_area_down_to_the_village(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R2, R75, R76."""
    a, b = await a_county(context, villages)
    async with door.client((Role.LEADER, COUNTY)) as client:
        county = (await client.get("/problems")).json()
        township = (await client.get("/problems", params={"area": a[:9]})).json()
        village = (await client.get("/problems", params={"area": a})).json()
        progress = (await client.get("/progress")).json()
    assert county["code"] == COUNTY
    whole, first = county["area"], county["areas"][a[:9]]
    assert (whole["open"], whole["closed"]) == (4, 1)
    assert whole["ages"] == {"under_7_days": 2, "from_7_to_30_days": 1, "over_30_days": 1}
    assert set(whole["kinds"]) == set(Discrepancy)
    assert (first["open"], first["closed"], first["level"]) == (3, 1, "township")
    assert first["kinds"]["field_mismatch"] == {
        "open": 2,
        "closed": 1,
        "ages": {"under_7_days": 0, "from_7_to_30_days": 1, "over_30_days": 1},
    }
    assert first["kinds"]["missed_subject"]["ages"]["under_7_days"] == 1
    assert first["kinds"]["dead"]["open"] == 0
    assert county["areas"][b[:9]]["kinds"]["dead"]["open"] == 1
    nothing = [code for code, one in county["areas"].items() if not one["open"]]
    assert len(nothing) == len(county["areas"]) - 2
    assert township["area"] == first
    assert township["areas"][a]["open"] == 3
    assert village["area"] == township["areas"][a]
    assert village["areas"] == {}
    assert county["ages"]["zh"]
    assert county["ages"]["en"]
    assert progress["area"]["problems_open"] == 4
    assert progress["areas"][a[:9]]["problems_open"] == 3


async def test_problems_end_at_the_area_of_the_grant(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 10."""
    a, b = await a_county(context, villages)
    async with door.client((Role.TOWNSHIP_LEADER, b[:9])) as client:
        mine = (await client.get("/problems", params={"area": b[:9]})).json()
        assert (await client.get("/problems", params={"area": a})).status_code == 403
    assert (mine["area"]["open"], mine["area"]["closed"]) == (1, 0)
    assert all(code.startswith(b[:9]) for code in mine["areas"])
    async with door.client((Role.DEPARTMENT_OFFICER, COUNTY), (Role.COLLECTOR, a)) as client:
        assert (await client.get("/problems", params={"area": a})).status_code == 403
