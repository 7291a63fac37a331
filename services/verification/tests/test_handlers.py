"""What verification keeps of what it hears, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from muster.contracts.parts.capture import Standing
from muster.messaging.message import DONE, Invalid, Message, NotNow
from muster.runtime.context import Context, build_context
from muster.verification.main import service
from muster.verification.store import items, waiting
from muster.verification.store.tables import metadata
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, SubjectState

from .conftest import (
    NAME,
    baseline,
    collected,
    empty,
    make_settings,
    record,
    rows,
    standing,
    status,
    take,
)

ITEMS = "SELECT version, state, desk, village FROM review_item ORDER BY version"


async def test_a_record_waits_at_the_desk_of_its_categories(
    context: Context, villages: list[str]
) -> None:
    """R71, R90: transferred officers wait for human resources, whatever else they are; everybody
    else waits for civil affairs."""
    here = villages[0]
    desks = {
        ("discharged_soldier",): "civil_affairs",
        ("martyr_survivor", "retired_cadre"): "civil_affairs",
        ("transferred_officer",): "human_resources",
        ("disabled_serviceman", "transferred_officer"): "human_resources",
        ("active_duty_family", "martyr_survivor", "transferred_officer"): "human_resources",
    }
    people = {new_id(): categories for categories in desks}
    await take(
        context,
        *(
            record(person, 1, collected(2, here), categories=categories)
            for person, categories in people.items()
        ),
    )
    found = await rows(context, "SELECT subject_id::text, desk, state FROM review_item")
    assert set(found) == {
        (person, desks[categories], "submitted") for person, categories in people.items()
    }


async def test_a_corrected_category_takes_the_record_to_the_other_desk(
    context: Context, villages: list[str]
) -> None:
    """R90: each version waits where its own categories belong."""
    person = new_id()
    await take(
        context,
        record(person, 1, collected(2, villages[0])),
        record(person, 2, collected(3, villages[0]), categories=("transferred_officer",)),
    )
    assert [(row.version, row.desk) for row in await rows(context, ITEMS)] == [
        (1, "civil_affairs"),
        (2, "human_resources"),
    ]


async def test_a_late_older_version_never_takes_the_place_of_a_newer(
    context: Context, villages: list[str]
) -> None:
    subject_id = new_id()
    await take(context, record(subject_id, 2, collected(5, villages[1])))
    await take(context, record(subject_id, 1, collected(3, villages[0])))
    held = await rows(context, "SELECT version, revision, village FROM review_subject")
    assert held == [(2, 5, villages[1])]
    assert [row.version for row in await rows(context, ITEMS)] == [1, 2]


async def test_a_replayed_version_keeps_its_review(context: Context, villages: list[str]) -> None:
    subject_id = new_id()
    sent = record(subject_id, 1, collected(2, villages[0]))
    await take(context, sent)
    async with context.database.transaction() as conn:
        await conn.execute(
            text(
                "UPDATE review_item SET state = 'verified', reviewed_at = now(), "
                f"reviewer_id = '{new_id()}'"
            )
        )
    await take(context, replace(sent, event_id=new_id()))
    assert [row.state for row in await rows(context, ITEMS)] == ["verified"]


async def test_nothing_that_names_a_person_is_readable_in_the_store(
    context: Context, villages: list[str]
) -> None:
    """R100: what a record says is sealed under the person's own key."""
    subject_id = new_id()
    await take(
        context,
        baseline(subject_id, 1, collected(1, villages[0])),
        record(subject_id, 1, collected(2, villages[0])),
    )
    shown = ""
    for table in ("review_item", "baseline", "review_subject", "subject_key"):
        shown += str(await rows(context, f"SELECT t::text FROM {table} t"))
    assert subject_id in shown
    assert NAME not in shown
    assert "unit 1" not in shown
    assert "discharged_soldier" not in shown


async def test_nothing_is_kept_of_an_erased_person(context: Context, villages: list[str]) -> None:
    subject_id = new_id()
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, subject_id)
    outcomes = await take(
        context,
        baseline(subject_id, 1, collected(1, villages[0])),
        record(subject_id, 1, collected(2, villages[0])),
    )
    assert outcomes == [DONE, DONE]
    assert not await rows(context, "SELECT 1 FROM review_item")
    assert not await rows(context, "SELECT 1 FROM baseline")


async def test_bad_messages_are_invalid_and_good_ones_of_the_batch_go_in(
    context: Context, villages: list[str]
) -> None:
    good = record(new_id(), 1, collected(2, villages[0]))
    moved = record(new_id(), 1, collected(2, villages[0]))
    batch = [
        record(new_id(), 1, collected(2, "999999999999")),
        record(new_id(), 1, standing(2)),
        record(new_id(), 1, collected(2, villages[0]), categories=("no_such",)),
        record(new_id(), 1, collected(2, villages[0]), categories=()),
        replace(moved, key=new_id()),
        good,
    ]
    take_records = {s.topic: s.take for s in service.subscriptions}["capture-record-submitted"]
    async with context.database.transaction() as conn:
        outcomes = await take_records(context, conn, batch)
    rules = [o.rule if isinstance(o, Invalid) else o for o in outcomes]
    assert rules == [
        "area-unknown",
        "area-unknown",
        "category-unknown",
        "category-unknown",
        "subject-differs",
        DONE,
    ]
    held = await rows(context, "SELECT subject_id::text FROM review_item")
    assert [row.subject_id for row in held] == [good.key]


async def test_a_desk_that_no_role_serves_waits_for_a_better_profile(
    context: Context, villages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(context.profile), "review_desk", lambda *_: "stables")
    outcomes = await take(context, record(new_id(), 1, collected(2, villages[0])))
    assert isinstance(outcomes[0], NotNow)
    assert not await rows(context, "SELECT 1 FROM review_item")


async def test_who_is_no_longer_collected_leaves_queue_and_ledger(
    context: Context, villages: list[str]
) -> None:
    subject_id = new_id()
    await take(context, record(subject_id, 1, collected(2, villages[0])))
    dead = standing(3, (villages[0], Origin.BASELINE, SubjectState.DEAD_AFTER))
    await take(context, status(subject_id, dead))
    async with context.database.transaction() as conn:
        assert await items.ledger(conn, villages) == []
        everywhere = waiting.Wanted({"civil_affairs": villages})
        first = (datetime.fromtimestamp(0, UTC), new_id())
        assert await waiting.queue(conn, everywhere, after=first, limit=10) == []


def test_migrations_build_the_tables_that_the_store_speaks_of(database_url: str) -> None:
    def columns(connection: Connection) -> dict[str, dict[str, bool]]:
        found = inspect(connection)
        return {
            table: {column["name"]: column["nullable"] for column in found.get_columns(table)}
            for table in metadata.tables
        }

    async def read() -> dict[str, dict[str, bool]]:
        engine = create_async_engine(database_url, poolclass=NullPool)
        async with engine.connect() as conn:
            found = await conn.run_sync(columns)
        await engine.dispose()
        return found

    assert asyncio.run(read()) == {
        name: {column.name: bool(column.nullable) for column in table.c}
        for name, table in metadata.tables.items()
    }


# -- any order, any number of times ----------------------------------------------------------------

STATES = [SubjectState.OPEN, SubjectState.COLLECTED, SubjectState.DECLINED, SubjectState.MERGED]


@st.composite
def histories(draw: Any, villages: list[str]) -> tuple[list[Message], list[int], list[int]]:
    """Facts about two people, an order in which they come, doubles included, and batch sizes."""
    facts: list[Message] = []
    for person in range(2):
        subject_id = f"00000000-0000-4000-8000-00000000000{person}"
        revisions = draw(st.integers(1, 5))
        standings = [
            standing(
                revision,
                (
                    draw(st.sampled_from(villages[:3])),
                    Origin.BASELINE,
                    draw(st.sampled_from(STATES)),
                ),
            )
            for revision in range(1, revisions + 1)
        ]
        facts.append(baseline(subject_id, 1, standings[0], name=f"first {person}"))
        facts += [status(subject_id, one) for one in standings]
        facts += [
            record(
                subject_id,
                version,
                draw(st.sampled_from(standings)),
                categories=draw(
                    st.sampled_from([["transferred_officer"], ["demobilised_soldier"]])
                ),
            )
            for version in range(1, draw(st.integers(0, 3)) + 1)
        ]
        if draw(st.booleans()):
            facts.append(baseline(subject_id, 2, standings[-1], name=f"second {person}"))
    order = draw(st.permutations(range(len(facts))))
    again = draw(st.lists(st.sampled_from(range(len(facts))), max_size=6))
    return facts, [*order, *again], draw(st.lists(st.integers(1, 5), min_size=40, max_size=40))


async def _state(context: Context) -> tuple[Any, ...]:
    async with context.database.transaction() as conn:
        subjects = list(
            await conn.execute(
                text(
                    "SELECT subject_id::text, revision, entries::text, village, version "
                    "FROM review_subject ORDER BY 1"
                )
            )
        )
        versions = list(
            await conn.execute(
                text(
                    "SELECT subject_id::text, version, digest, desk, state, collector_id::text "
                    "FROM review_item ORDER BY 1, 2"
                )
            )
        )
        keys = await context.vault.keys_for(conn, [row.subject_id for row in subjects])
        bases = [
            (
                row.subject_id,
                row.version,
                context.vault.decrypt_bytes(
                    keys[row.subject_id],
                    row.sealed,
                    table="baseline",
                    row=row.subject_id,
                    version=row.version,
                ),
            )
            for row in await conn.execute(
                text("SELECT subject_id::text, version, sealed FROM baseline ORDER BY 1")
            )
        ]
        return subjects, versions, bases


async def _play(context: Context, messages: Sequence[Message], sizes: Sequence[int]) -> Any:
    """Take messages in batches of one topic each, as a consumer would; gives the end state."""
    await empty(context)
    subscriptions = {s.topic: s.take for s in service.subscriptions}
    left, turns = list(messages), iter(sizes)
    while left:
        size = next(turns, 1)
        batch = [m for m in left[:size] if m.topic == left[0].topic]
        for one in batch:
            left.remove(one)
        async with context.database.transaction() as conn:
            await subscriptions[batch[0].topic](context, conn, batch)
    return await _state(context)


def test_any_order_and_number_of_deliveries_ends_the_same(
    database_url: str, rings: Path, villages: list[str]
) -> None:
    """Design section 4: events carry full state; the highest version wins."""
    with asyncio.Runner() as runner:
        context = build_context("verification", make_settings(database_url, rings))

        @settings(max_examples=25)
        @given(histories(villages))
        def check(drawn: tuple[list[Message], list[int], list[int]]) -> None:
            facts, order, sizes = drawn
            straight = runner.run(_play(context, facts, [1] * len(facts)))
            mixed = runner.run(_play(context, [facts[i] for i in order], sizes))
            assert mixed == straight
            newest: dict[str, Standing] = {}
            for fact in facts:
                held = newest.get(fact.key)
                if held is None or fact.part.standing.revision > held.revision:
                    newest[fact.key] = fact.part.standing
            assert {row.subject_id: row.revision for row in mixed[0]} == {
                key: one.revision for key, one in newest.items()
            }

        check()
        runner.run(context.database.close())
