"""An operator lets a service publish again; whoever has it takes it as done (design section 4)."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from muster.messaging.republishing import publish_again
from muster.persistence.ddl import FUNCTIONS
from muster.security.audit import Audit

from .conftest import (
    TOPIC,
    Side,
    effects,
    make_relay,
    new_subject,
    running,
    scalar,
    until,
    write_fact,
)
from .test_kills import child, consumer_of, on_the_broker, once_each, points, published, write_facts

WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
TOLD = "SELECT count(*) FROM audit WHERE action = 'outbox.replay'"


@pytest.fixture(autouse=True)
async def _chain(source: Side) -> None:
    async with source.database.transaction() as conn:
        for function in FUNCTIONS:
            await conn.exec_driver_sql(function)


async def again(side: Side, since: datetime | None = None) -> dict[str, int]:
    return await publish_again(
        side.database, Audit(side.name), [TOPIC], since=since, actor="operator"
    )


async def _mark(side: Side) -> None:
    async with side.database.transaction() as conn:
        await conn.execute(text("UPDATE outbox SET published_at = now()"))


async def test_only_what_happened_since_then_goes_out_again(source: Side) -> None:
    """Of other topics and of what still waits nothing is counted; each call leaves its row."""
    for days in (3, 2, 1):
        await write_fact(source, new_subject(), days)
    await write_fact(source, new_subject(), 1, topic="capture-record-submitted")
    async with source.database.transaction() as conn:
        await conn.execute(
            text("UPDATE outbox SET occurred_at = now() - make_interval(days => version::int)")
        )
    await _mark(source)
    since = datetime.now(UTC) - timedelta(days=2, hours=1)
    assert await again(source, since) == {TOPIC: 2}
    assert await again(source, since) == {}
    assert await again(source) == {TOPIC: 1}
    assert await scalar(source, WAITING) == 3
    async with source.database.transaction() as conn:
        await Audit(source.name).verify(conn)
    assert await scalar(source, TOLD) == 3


async def test_what_is_asked_again_while_it_matters_is_left_out(source: Side) -> None:
    from muster.contracts.topics import service_topics

    [ephemeral] = [name for name, spec in service_topics().items() if spec.ephemeral][:1]
    await write_fact(source, new_subject(), 1, topic=ephemeral)
    await _mark(source)
    told = await publish_again(
        source.database, Audit(source.name), [ephemeral], since=None, actor="operator"
    )
    assert told == {}


@pytest.mark.parametrize("point", points("republish."))
async def test_a_kill_leaves_all_of_it_or_nothing_and_every_fact_has_one_effect(
    source: Side, reader: Side, rings: Path, module_stack: Any, point: str
) -> None:
    facts = await write_facts(source)
    async with running(make_relay(source, module_stack)):
        await until(partial(published, source), 60)
    before = await on_the_broker(module_stack)
    async with child("republish", source, rings, module_stack, f"{point}=kill@1") as process:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    assert await scalar(source, WAITING) == (len(facts) if "after" in point else 0)
    assert await scalar(source, TOLD) == (1 if "after" in point else 0)
    async with child("republish", source, rings, module_stack) as process:
        assert await asyncio.wait_for(process.wait(), 60) == 0

    async def out() -> bool:
        return await on_the_broker(module_stack) == before + len(facts)

    async with running(make_relay(source, module_stack), consumer_of(reader, module_stack)):
        await until(out, 60)
        await once_each(reader, facts, module_stack)
    assert len(await effects(reader)) == len(facts)
