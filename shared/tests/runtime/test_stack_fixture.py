"""Tests share servers, yet none sees what another left (tests/plugins, fixture ``stack``)."""

from __future__ import annotations

from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy.engine import make_url

TOPIC = "capture-record-submitted"


async def read_all(address: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=address, auto_offset_reset="earliest")
    async with consumer:
        found = await consumer.getmany(timeout_ms=500)
        return [record.value for records in found.values() for record in records]


async def send(address: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True) as producer:
        await producer.send_and_wait(TOPIC, value)


async def test_first_of_two(stack: Any) -> None:
    await send(stack.kafka, b"one")
    assert await read_all(stack.kafka) == [b"one"]


async def test_second_of_two_sees_nothing_of_the_first(stack: Any) -> None:
    assert await read_all(stack.kafka) == []
    await send(stack.kafka, b"two")
    assert await read_all(stack.kafka) == [b"two"]
    stack.replace_broker()
    assert await read_all(stack.kafka) == []


async def test_databases_are_fresh_and_apart(new_database: Any) -> None:
    urls = [make_url(new_database(None)).set(drivername="postgresql") for _ in range(2)]
    assert len({url.database for url in urls}) == 2
    for url in urls:
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        await connection.execute("CREATE TABLE t (a int)")
        await connection.close()


async def test_a_services_database_has_its_tables(new_database: Any) -> None:
    url = make_url(new_database("reporting")).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    assert {"alembic_version", "outbox"} <= {row[0] for row in tables}
    await connection.close()
