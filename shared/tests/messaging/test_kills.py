"""Killed at any line, and started again: each fact takes effect exactly once (design section 4)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from muster.messaging import failpoints, positions, relay_sql
from muster.messaging.broker import BrokerView
from muster.messaging.consumer import Consumer

from .conftest import (
    SPEC,
    TOPIC,
    Side,
    Waits,
    effects,
    make_due,
    make_intake,
    make_relay,
    new_subject,
    running,
    scalar,
    until,
    write_fact,
)

CHILD = Path(__file__).parent / "child.py"
REPUBLISH = "relay.before-republish"
SHARDS = [(TOPIC, number) for number in range(SPEC.partitions)]
UNPUBLISHED = f"SELECT count(*) FROM outbox WHERE topic = '{TOPIC}' AND published_at IS NULL"
PARKED = "SELECT count(*) FROM parked"
OTHER = "another-cluster"
LAST_AT = (
    f"SELECT count(*) FROM outbox_shard WHERE topic = '{TOPIC}' AND cluster_id IS NOT DISTINCT FROM"
)
"""Shards that were last published to the cluster that follows."""


def points(start: str) -> list[str]:
    return sorted(point for point in failpoints.POINTS if point.startswith(start))


@asynccontextmanager
async def child(
    role: str, side: Side, rings: Path, stack: Any, fails: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A part in its own process; ended with the block if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CHILD), role),
        side.database.engine.url.render_as_string(hide_password=False),
        str(rings / f"{side.name}.json"),
        stack.kafka,
        str(stack.embedded_broker).lower(),
        env={**os.environ, failpoints.VARIABLE: fails},
    )
    try:
        yield process
    finally:
        # Ended in order, so that its group does not wait for it as for the one that was killed.
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()


async def dies_at(point: str, role: str, side: Side, rings: Path, stack: Any) -> None:
    """Run a part until the fail point kills it."""
    async with child(role, side, rings, stack, f"{point}=kill@1") as process:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL


async def write_facts(source: Side) -> list[tuple[str, int]]:
    """Two revisions of three subjects."""
    facts = [(subject, r) for subject in (new_subject() for _ in range(3)) for r in (1, 2)]
    for subject, revision in facts:
        await write_fact(source, subject, revision)
    return facts


async def published(source: Side) -> bool:
    """Whether all of the outbox went out."""
    return bool(await scalar(source, UNPUBLISHED) == 0)


async def on_the_broker(stack: Any) -> int:
    """How many messages of the topic the broker was ever given."""
    view = BrokerView(stack.kafka)
    await view.start()
    try:
        return sum(end for _, end in (await view.ends(SHARDS)).values())
    finally:
        await view.stop()


async def all_read(stack: Any) -> bool:
    """Whether the reader's group has committed all there is: what came twice, came before it."""
    view = BrokerView(stack.kafka)
    await view.start()
    try:
        committed = await view.committed("reporting", SHARDS)
        return all(committed[s] >= end for s, (_, end) in (await view.ends(SHARDS)).items())
    finally:
        await view.stop()


async def once_each(reader: Side, facts: Sequence[tuple[str, int]], stack: Any) -> None:
    """Wait for all effects and until everything was read, doubles too; then none is too many."""

    async def all_there() -> bool:
        return set(await effects(reader)) >= set(facts) and await all_read(stack)

    await until(all_there, 90)
    taken = await effects(reader)
    assert sorted(taken) == sorted(facts)
    for subject in {subject for subject, _ in facts}:
        assert [revision for s, revision in taken if s == subject] == [1, 2]


def consumer_of(side: Side, stack: Any) -> Consumer:
    return Consumer(
        service=side.name,
        database=side.database,
        intake=make_intake(side),
        bootstrap=stack.kafka,
    )


@pytest.mark.parametrize("point", [one for one in points("relay.") if one != REPUBLISH])
async def test_a_relay_killed_at_any_point_publishes_each_fact_with_one_effect(
    source: Side, reader: Side, rings: Path, module_stack: Any, point: str
) -> None:
    facts = await write_facts(source)
    await dies_at(point, "relay", source, rings, module_stack)
    async with (
        child("relay", source, rings, module_stack),
        running(consumer_of(reader, module_stack)),
    ):
        await until(partial(published, source), 60)
        await once_each(reader, facts, module_stack)


async def test_a_relay_killed_while_it_turns_to_another_cluster_publishes_all_of_it_again(
    source: Side, reader: Side, rings: Path, module_stack: Any
) -> None:
    """The kill comes after everything was marked for the other cluster, and before the commit."""
    facts = await write_facts(source)
    async with running(make_relay(source, module_stack)):
        await until(partial(published, source), 60)
    async with source.database.transaction() as conn:
        await conn.execute(text(f"UPDATE outbox_shard SET cluster_id = '{OTHER}'"))
    before = await on_the_broker(module_stack)
    await dies_at(REPUBLISH, "relay", source, rings, module_stack)
    assert await published(source)
    assert await scalar(source, f"{LAST_AT} '{OTHER}'") == SPEC.partitions

    async def again() -> bool:
        return await on_the_broker(module_stack) == before + len(facts)

    async with (
        child("relay", source, rings, module_stack),
        running(consumer_of(reader, module_stack)),
    ):
        await until(again, 60)
        await once_each(reader, facts, module_stack)


async def know_the_cluster(source: Side, stack: Any) -> None:
    """Let the source meet the broker before it has anything to publish to it."""

    async def known() -> bool:
        here = await scalar(source, f"SELECT count(*) FROM outbox_shard WHERE topic = '{TOPIC}'")
        return bool(here and await scalar(source, f"{LAST_AT} NULL") == 0)

    async with running(make_relay(source, stack)):
        await until(known, 60)


@pytest.mark.parametrize("point", points("replay."))
async def test_a_reader_killed_while_it_asks_for_what_it_misses_asks_for_it_again(
    source: Side, reader: Side, rings: Path, module_stack: Any, point: str
) -> None:
    """No broker ever saw these facts: they come only because they are asked for."""
    await know_the_cluster(source, module_stack)
    facts = await write_facts(source)
    async with source.database.transaction() as conn:
        columns = {"topics": [s[0] for s in SHARDS], "partitions": [s[1] for s in SHARDS]}
        await conn.execute(relay_sql.ASSIGN, {"batch": len(facts), **columns})
        await conn.execute(text("UPDATE outbox SET published_at = now()"))
    async with reader.database.transaction() as conn:
        await positions.mark_out_of_range(conn, SHARDS)
    await dies_at(point, "consumer", reader, rings, module_stack)
    asked = "SELECT count(*) FROM outbox WHERE topic = 'reporting-replay-requested'"
    assert await scalar(reader, asked) == (SPEC.partitions if "after" in point else 0)
    assert await effects(reader) == []
    async with (
        child("consumer", reader, rings, module_stack),
        running(
            make_relay(reader, module_stack),
            make_relay(source, module_stack),
            consumer_of(source, module_stack),
        ),
    ):
        await once_each(reader, facts, module_stack)


@pytest.mark.parametrize("point", points("inbox."))
async def test_an_intake_killed_at_any_point_takes_each_fact_once(
    source: Side, reader: Side, rings: Path, module_stack: Any, point: str
) -> None:
    facts = await write_facts(source)
    async with running(make_relay(source, module_stack)):
        await until(partial(published, source), 60)
    await dies_at(point, "consumer", reader, rings, module_stack)
    async with child("consumer", reader, rings, module_stack):
        await once_each(reader, facts, module_stack)


@pytest.mark.parametrize("point", points("parked."))
async def test_parked_messages_are_taken_once_though_the_process_is_killed(
    source: Side, reader: Side, rings: Path, module_stack: Any, point: str
) -> None:
    facts = await write_facts(source)
    waits = Consumer(
        service=reader.name,
        database=reader.database,
        intake=make_intake(reader, Waits()),
        bootstrap=module_stack.kafka,
    )

    async def all_wait() -> bool:
        return bool(await scalar(reader, PARKED) == len(facts))

    async with running(make_relay(source, module_stack), waits):
        await until(all_wait, 60)
    await make_due(reader)
    await dies_at(point, "consumer", reader, rings, module_stack)
    await make_due(reader)
    async with child("consumer", reader, rings, module_stack):
        await once_each(reader, facts, module_stack)
    assert await scalar(reader, PARKED) == 0
