"""What an operator must watch is measured while the service itself stands still (design 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from muster.messaging import watching
from muster.messaging.consumer import Consumer
from muster.messaging.deadletters import DeadLetters, Refused
from muster.messaging.message import Invalid
from muster.messaging.watching import Watch, groups_of
from muster.observability import metrics
from muster.persistence.database import Database
from muster.persistence.ddl import FUNCTIONS
from muster.runtime import lag
from muster.runtime.home import free_port
from muster.security.audit import Audit
from muster.vocabulary.ids import new_id

from .conftest import (
    TOPIC,
    Side,
    Waits,
    make_intake,
    make_relay,
    new_subject,
    raw,
    running,
    scalar,
    until,
    write_fact,
)


def watch(side: Side, kafka: str, database: Database | None = None) -> Watch:
    return Watch(
        service=side.name,
        database=database or side.database,
        bootstrap=kafka,
        consumed=(TOPIC,),
        published=(TOPIC, f"{side.name}-dead-letter"),
        audit=Audit(side.name),
    )


async def measured(measuring: Watch) -> lag.ServiceLag:
    """What one measurement tells."""
    try:
        await measuring.measure()
    finally:
        await measuring._let_go()
    return seen()


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The registry is one for the whole process."""
    yield
    for gauge in (metrics.consumer_lag, metrics.outbox_pending, metrics.dead_letters_standing):
        gauge.clear()


def seen() -> lag.ServiceLag:
    return lag.read(metrics.render()[0].decode())


async def test_what_waits_is_counted_by_topic_and_is_0_when_it_went(
    source: Side, reader: Side, stack: Any
) -> None:
    """Lag is what the group has not committed, though its consumer does not run."""
    for _ in range(3):
        await write_fact(source, new_subject(), 1)
    async with source.database.transaction() as conn:
        await conn.execute(text("UPDATE outbox SET occurred_at = now() - interval '1 hour'"))
    await until(lambda: _known(source, stack))
    told = seen()
    assert told.topics[TOPIC].outbox == 3
    assert told.topics[TOPIC].outbox_oldest >= 3600
    assert told.topics["capture-dead-letter"].outbox == 0

    async with running(make_relay(source, stack)):
        await until(lambda: _published(source))
    measuring = watch(reader, stack.kafka)
    await measuring.measure()
    assert seen().topics[TOPIC].groups["reporting"] == 3
    assert seen().topics[TOPIC].groups["reporting-pulse"] == 3

    intake = make_intake(reader, Waits())
    consumer = Consumer(
        service="reporting", database=reader.database, intake=intake, bootstrap=stack.kafka
    )

    async def all_wait() -> bool:
        await measuring.measure()
        at = seen().topics[TOPIC]
        return (at.groups["reporting"], at.parked_messages, at.parked_keys) == (0, 3, 3)

    async with running(consumer):
        await until(all_wait, 60)
    async with reader.database.transaction() as conn:
        await conn.execute(text("DELETE FROM parked"))
    await measuring.measure()
    at = seen().topics[TOPIC]
    assert (at.parked_messages, at.parked_keys, at.outbox) == (0, 0, 0)
    await measuring._let_go()


async def _known(side: Side, stack: Any) -> bool:
    """A broker that was just emptied takes a moment."""
    return (await measured(watch(side, stack.kafka))).known


async def _published(side: Side) -> bool:
    return bool(await scalar(side, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0)


async def test_letters_and_held_senders_are_counted_of_topics_that_nobody_reads_any_more_too(
    source: Side, reader: Side
) -> None:
    message = raw(source.keyring, new_subject(), 1, 1)
    async with reader.database.transaction() as conn:
        letters = DeadLetters(reader.name, reader.keyring)
        await letters.write(conn, [Refused(message, Invalid("no", "不", "no"), new_id())])
        await conn.execute(text("UPDATE dead_letter SET topic = 'of-old'"))
        await conn.execute(text(f"INSERT INTO quarantine VALUES ('{TOPIC}', 'x', 'y')"))
    measuring = watch(reader, f"127.0.0.1:{free_port()}")
    await measuring._measure_database()
    assert seen().topics["of-old"].dead_letters == 1
    assert seen().topics[TOPIC].dead_letters == 0
    assert metrics.quarantined_senders.labels(TOPIC)._value.get() == 1


async def test_what_does_not_answer_is_absent_and_said(reader: Side, stack: Any) -> None:
    """An old number would look like a quiet day."""
    await until(lambda: _known(reader, stack))
    assert TOPIC in seen().topics

    nowhere = Database(f"postgresql+asyncpg://x:y@127.0.0.1:{free_port()}/z")
    gone = watch(reader, f"127.0.0.1:{free_port()}", nowhere)
    told = await measured(gone)
    await nowhere.close()
    assert (told.answered, told.database, told.broker) == (True, False, False)
    assert not told.topics


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE audit SET actor = 'somebody else' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq > 1",
    ],
)
async def test_an_audit_chain_that_does_not_hold_is_seen(
    reader: Side, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    """R100: by whoever begins anew, and of what was cut off by whoever had checked it."""
    monkeypatch.setattr(watching, "CHAIN_STEP", 2)
    audit = Audit(reader.name)
    check = watching.ChainCheck(reader.name, audit)
    async with reader.database.transaction() as conn:
        for function in FUNCTIONS:
            await conn.exec_driver_sql(function)
        for _ in range(5):
            await audit.record(conn, actor="x", action="y")
        for checked in (2, 4, 5, 5):
            await check.step(conn)
            assert metrics.audit_rows_checked._value.get() == checked
        assert metrics.audit_chain_broken._value.get() == 0
        await conn.execute(text(harm))
        again = check if "> 1" in harm else watching.ChainCheck(reader.name, audit)
        await again.step(conn)
        assert metrics.audit_chain_broken._value.get() == 1
        await again.step(conn)
        assert metrics.audit_chain_broken._value.get() == 1


async def test_the_chain_is_checked_anew_after_a_day(
    reader: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CHAIN_ANEW", 0.0)
    audit = Audit(reader.name)
    check = watching.ChainCheck(reader.name, audit)
    async with reader.database.transaction() as conn:
        for function in FUNCTIONS:
            await conn.exec_driver_sql(function)
        for _ in range(3):
            await audit.record(conn, actor="x", action="y")
        await check.step(conn)
        await conn.execute(text("UPDATE audit SET actor = 'somebody else' WHERE seq = 2"))
        await check.step(conn)
    assert metrics.audit_chain_broken._value.get() == 1


def test_a_worker_of_a_service_is_a_group_of_its_own() -> None:
    assert set(groups_of("reporting", [TOPIC])) == {"reporting", "reporting-pulse"}
    assert set(groups_of("access", [])) == set()
