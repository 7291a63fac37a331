"""What reporting counts of what it hears, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from muster.messaging.message import DONE, Invalid, Message
from muster.reporting import handlers
from muster.reporting.domain import balance
from muster.reporting.main import service
from muster.reporting.store import counted, tables
from muster.runtime.context import Context, build_context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import AreaLevel, Origin, ReviewState, SubjectState

from .conftest import (
    COUNTY,
    baseline,
    empty,
    here,
    make_settings,
    record,
    review,
    rows,
    standing,
    status,
    take,
    upload,
)

OPEN, COLLECTED = SubjectState.OPEN, SubjectState.COLLECTED
VERIFIED, RETURNED = ReviewState.VERIFIED, ReviewState.RETURNED


async def reviews(context: Context, villages: Sequence[str]) -> dict[ReviewState | None, int]:
    """Collected people by review state."""
    async with context.database.transaction() as conn:
        found = await counted.tallies(conn, villages)
    return {t.review: t.count for t in found if t.state is COLLECTED}


async def test_collected_splits_by_the_newest_version(
    context: Context, villages: list[str]
) -> None:
    """Design section 5, rule 8; a changed record is a new version and starts again (rule 3)."""
    who, at = new_id(), here(2, villages[0], COLLECTED)
    await take(context, baseline(who, here(1, villages[0], OPEN)), record(who, 1, at))
    assert await reviews(context, villages) == {ReviewState.SUBMITTED: 1}
    await take(context, review(who, 1, villages[0], RETURNED))
    assert await reviews(context, villages) == {RETURNED: 1}
    await take(context, record(who, 2, here(3, villages[0], COLLECTED)))
    assert await reviews(context, villages) == {ReviewState.SUBMITTED: 1}
    await take(context, review(who, 2, villages[0], VERIFIED))
    await take(context, review(who, 1, villages[0], RETURNED))
    assert await reviews(context, villages) == {VERIFIED: 1}


async def test_a_person_stands_in_every_village_that_counted_them(
    context: Context, villages: list[str]
) -> None:
    who = new_id()
    moved = standing(
        3,
        (villages[0], Origin.BASELINE, SubjectState.MOVED_OUT),
        (villages[1], Origin.MOVED_IN, OPEN),
    )
    await take(context, status(who, moved), baseline(who, here(1, villages[0], OPEN)))
    found = await rows(context, "SELECT village, origin, state FROM counted_entry ORDER BY place")
    assert found == [
        (villages[0], "baseline", "moved_out"),
        (villages[1], "moved_in", "open"),
    ]


async def test_a_collected_person_of_whom_no_record_came_does_not_balance(
    context: Context, villages: list[str]
) -> None:
    """`collected` is never made up from what is missing."""
    await take(context, status(new_id(), here(2, villages[0], COLLECTED)))
    assert await reviews(context, villages) == {None: 1}


async def test_categories_are_sealed_and_counted_for_whom_they_concern(
    context: Context, villages: list[str]
) -> None:
    """A village plus a category names a person: the store shows none (design section 4)."""
    at = here(2, villages[0], COLLECTED)
    one, two, gone, ended = (new_id() for _ in range(4))
    both = ("discharged_soldier", "disabled_serviceman")
    await take(
        context,
        record(one, 1, at, both),
        record(two, 2, at, ("discharged_soldier",)),
        record(two, 1, at, ("red_army_veteran",)),
        record(gone, 1, at, ("martyr_survivor",)),
        record(ended, 1, at, ("active_duty_family",)),
        status(ended, here(3, villages[0], SubjectState.DEAD_AFTER)),
    )
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, gone)
    async with context.database.transaction() as conn:
        counted = await handlers.count_categories(context, conn, villages)
    assert counted == {villages[0]: {"discharged_soldier": 2, "disabled_serviceman": 1}}
    shown = str(
        await rows(context, "SELECT c::text, s::text FROM subject_category c, subject_state s")
    )
    assert "soldier" not in shown


async def test_counting_categories_reads_in_bounded_batches(
    context: Context, villages: list[str]
) -> None:
    people = [record(new_id(), 1, here(2, villages[0], COLLECTED)) for _ in range(5)]
    async with context.database.transaction() as conn:
        await handlers.take_records(context, conn, people)
        batches = [len(found) async for found in counted.categories(conn, villages, batch=2)]
    assert batches == [2, 2, 1]


async def test_an_upload_counts_once(context: Context, villages: list[str]) -> None:
    """R68."""
    at = datetime.now(UTC)
    sent = upload(villages[0][:9], at, accepted=3, refused=2)
    earlier = upload(villages[0][:9], at - timedelta(days=1), accepted=1)
    await take(context, sent, sent, earlier)
    async with context.database.transaction() as conn:
        found = await counted.uploads_by_area(conn, [villages[0][:9]])
    (uploads,) = found.values()
    assert (uploads.last, uploads.accepted, uploads.refused) == (at, 4, 2)


async def test_bad_messages_are_invalid_and_good_ones_of_the_batch_go_in(
    context: Context, villages: list[str]
) -> None:
    good = status(new_id(), here(1, villages[0], OPEN))
    batch = [
        status(new_id(), here(1, "999999999999", OPEN)),
        status(new_id(), standing(1)),
        replace(status(new_id(), here(1, villages[0], OPEN)), key=new_id()),
        good,
    ]
    async with context.database.transaction() as conn:
        outcomes = await handlers.take_standings(context, conn, batch)
    assert rules(outcomes) == ["area-unknown", "area-unknown", "subject-differs", DONE]
    assert len(await rows(context, "SELECT 1 FROM counted_entry")) == 1

    odd = review(new_id(), 1, villages[0], VERIFIED)
    never = replace(odd, part=odd.part.model_copy(update={"outcome": ReviewState.SUBMITTED}))
    assert rules(
        await take(
            context,
            never,
            review(new_id(), 1, "999999999999", VERIFIED),
            replace(odd, key=new_id()),
        )
    ) == ["outcome-unknown", "area-unknown", "subject-differs"]

    now = datetime.now(UTC)
    assert rules(
        await take(
            context,
            upload("999999", now),
            upload(villages[0], now, accepted=-1),
            replace(upload(villages[0], now), key=new_id()),
        )
    ) == ["area-unknown", "count-negative", "terminal-differs"]
    assert not await rows(context, "SELECT 1 FROM upload")


def rules(outcomes: Sequence[Any]) -> list[Any]:
    return [o.rule if isinstance(o, Invalid) else o for o in outcomes]


def test_migrations_build_the_tables_that_the_store_speaks_of(database_url: str) -> None:
    def columns(connection: Connection) -> dict[str, dict[str, bool]]:
        found = inspect(connection)
        return {
            table: {column["name"]: column["nullable"] for column in found.get_columns(table)}
            for table in tables.metadata.tables
        }

    async def read() -> dict[str, dict[str, bool]]:
        engine = create_async_engine(database_url, poolclass=NullPool)
        async with engine.connect() as conn:
            found = await conn.run_sync(columns)
        await engine.dispose()
        return found

    assert asyncio.run(read()) == {
        name: {column.name: bool(column.nullable) for column in table.c}
        for name, table in tables.metadata.tables.items()
    }


# -- any history, any order, any number of times ---------------------------------------------------

MOVES = [state for state in SubjectState if state is not COLLECTED]


class Person:
    """One person's true history, as capture and review would live it."""

    def __init__(self, subject_id: str, village: str, origin: Origin) -> None:
        self.id = subject_id
        self.revision = 1
        self.version = 0
        self.review: ReviewState | None = None
        self.entries = [(village, origin, OPEN)]
        self.facts: list[Message] = [baseline(subject_id, self.at())]

    def at(self) -> Any:
        return standing(self.revision, *self.entries)

    def stand(self, state: SubjectState) -> None:
        self.revision += 1
        village, origin, _ = self.entries[-1]
        self.entries[-1] = (village, origin, state)

    def change(self, state: SubjectState) -> None:
        self.stand(state)
        self.facts.append(status(self.id, self.at()))

    def move(self, village: str) -> None:
        if village in {entry[0] for entry in self.entries}:
            return
        state = self.entries[-1][2]
        self.stand(SubjectState.MOVED_OUT)
        self.entries.append((village, Origin.MOVED_IN, state))
        self.facts.append(status(self.id, self.at()))

    def submit(self) -> None:
        self.stand(COLLECTED)
        self.version += 1
        self.review = ReviewState.SUBMITTED
        self.facts.append(record(self.id, self.version, self.at()))

    def decide(self, outcome: ReviewState) -> None:
        if self.version and self.review is ReviewState.SUBMITTED:
            self.review = outcome
            self.facts.append(review(self.id, self.version, self.entries[-1][0], outcome))


@st.composite
def histories(draw: Any, villages: list[str]) -> tuple[list[Person], list[Message], list[int]]:
    """People with their true histories, and their facts shuffled, some of them doubled."""
    people = []
    for number in range(draw(st.integers(1, 4))):
        person = Person(
            f"00000000-0000-4000-8000-00000000000{number}",
            draw(st.sampled_from(villages)),
            draw(st.sampled_from([o for o in Origin if o is not Origin.MOVED_IN])),
        )
        for step in draw(st.lists(st.sampled_from("scmvr"), max_size=7)):
            if step == "s":
                person.submit()
            elif step == "c":
                person.change(draw(st.sampled_from(MOVES)))
            elif step == "m":
                person.move(draw(st.sampled_from(villages)))
            else:
                person.decide(VERIFIED if step == "v" else RETURNED)
        people.append(person)
    facts = [fact for person in people for fact in person.facts]
    order = draw(st.permutations(facts))
    again = draw(st.lists(st.sampled_from(facts), max_size=5))
    return people, [*order, *again], draw(st.lists(st.integers(1, 4), min_size=50, max_size=50))


async def _play(
    context: Context, messages: Sequence[Message], sizes: Sequence[int]
) -> list[balance.Tally]:
    await empty(context)
    subscriptions = {s.topic: s.take for s in service.subscriptions}
    left, turns = list(messages), iter(sizes)
    while left:
        batch = [m for m in left[: next(turns, 1)] if m.topic == left[0].topic]
        for one in batch:
            left.remove(one)
        async with context.database.transaction() as conn:
            await subscriptions[batch[0].topic](context, conn, batch)
    async with context.database.transaction() as conn:
        codes = [area.code for area in context.areas]
        return await counted.tallies(conn, codes)


def test_the_balance_holds_for_every_history_in_any_order(
    database_url: str, rings: Path, villages: list[str]
) -> None:
    """Design section 5, rule 8, per village, per township and in total; section 4: a late,
    doubled or replayed fact is harmless."""
    chosen = [villages[0], villages[1], villages[-1]]
    with asyncio.Runner() as runner:
        context = build_context("reporting", make_settings(database_url, rings))

        @settings(max_examples=40)
        @given(histories(chosen))
        def check(drawn: tuple[list[Person], list[Message], list[int]]) -> None:
            people, facts, sizes = drawn
            tallies = runner.run(_play(context, facts, sizes))
            truth = Counter(
                (village, origin, state, person.review if state is COLLECTED else None)
                for person in people
                for village, origin, state in person.entries
            )
            assert {(t.village, t.origin, t.state, t.review): t.count for t in tallies} == truth
            for level in (AreaLevel.VILLAGE, AreaLevel.TOWNSHIP, AreaLevel.COUNTY):
                areas, total = balance.roll_up(tallies, context.areas, level, COUNTY)
                assert total.expected == len([e for p in people for e in p.entries])
                assert all(counts.balanced for counts in (*areas.values(), total))

        check()
        runner.run(context.database.close())


def test_the_topics_are_those_that_reporting_may_open() -> None:
    from muster.contracts.topics import service_topics

    mine = {s.topic for s in service.subscriptions}
    assert mine == {
        name
        for name, spec in service_topics().items()
        if "reporting" in spec.consumers
        and not name.endswith("-replay-requested")
        and spec.owner != "reporting"
    }
