"""The matcher for real: its own process, a relay, a broker; killed and started again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from muster.contracts.envelope import Clear, Unreadable, write_headers, write_value
from muster.contracts.topics import service_topics
from muster.crosscheck import matcher
from muster.crosscheck.handlers import settling
from muster.crosscheck.handlers.common import TOUCHED
from muster.crosscheck.main import service
from muster.runtime.context import Context
from muster.runtime.service import build_running
from muster.vocabulary.ids import new_id

from .conftest import (
    OPEN,
    here,
    make_fields,
    open_phase,
    rows,
    subject,
    take,
)

WORKER = (
    "from muster.crosscheck.main import service\nservice.workers['matcher'](service.settings())\n"
)


def sample(subject_id: str, key: str | None = None) -> tuple[Any, bytes, bytes]:
    """Headers, key and value of one message."""
    headers = write_headers(
        service_topics()[TOUCHED],
        event_id=new_id(),
        place=0,
        time=datetime.now(UTC),
        subject=key or subject_id,
        sequence=1,
        traceparent=None,
    )
    value = write_value(Clear(version=1, subject_id=subject_id), {})
    return headers, (key or subject_id).encode(), value


def test_the_topic_is_read_by_the_matcher_alone() -> None:
    spec = service_topics()[TOUCHED]
    assert dict(spec.consumers) == {}
    assert spec.clear_readers == (matcher.APP_ID,)
    assert service.workers["matcher"] is matcher.run_matcher


def test_a_message_names_one_subject() -> None:
    who = new_id()
    assert matcher.read_subject(*sample(who)) == who


@pytest.mark.parametrize("harm", ["value", "headers", "key", "nobody", "another"])
def test_a_message_that_names_nobody_is_unreadable_and_no_error(harm: str) -> None:
    headers, key, value = sample(new_id())
    if harm == "value":
        value = b"\xff\x00"
    elif harm == "headers":
        headers = []
    elif harm == "key":
        key = b"\xff"
    elif harm == "nobody":
        value = write_value(Clear(version=1), {})
    else:
        headers, key, value = sample(new_id(), key=new_id())
    with pytest.raises(Unreadable):
        matcher.read_subject(headers, key, value)


async def test_a_batch_is_settled_once_however_often_it_comes(context: Context) -> None:
    """At least once, and idempotent: what is not on the list any more is left alone."""
    await open_phase(context)
    people = [new_id() for _ in range(3)]
    await take(context, *(subject(p, here(1, OPEN), make_fields(i)) for i, p in enumerate(people)))
    assert (await matcher.settle_batch(context, people[:2])).opened == 2
    assert (await matcher.settle_batch(context, people[:2])).opened == 0
    left = await rows(context, "SELECT DISTINCT subject_id::text FROM touched")
    assert [row[0] for row in left] == people[2:]


async def test_two_matchers_never_judge_the_same_moment_twice(context: Context) -> None:
    await open_phase(context)
    people = [new_id() for _ in range(40)]
    await take(context, *(subject(p, here(1, OPEN), make_fields(i)) for i, p in enumerate(people)))
    done = await asyncio.gather(*(matcher.settle_batch(context, people) for _ in range(4)))
    assert sorted(one.opened for one in done) == [0, 0, 0, 40]


async def test_what_fails_stays_on_the_list(context: Context) -> None:
    """Faust acknowledges what raised; the list in PostgreSQL does not."""
    await open_phase(context)
    who = new_id()
    await take(context, subject(who, here(1, OPEN), make_fields(1)))
    async with context.database.transaction() as conn:
        await conn.execute(text("ALTER TABLE discrepancy RENAME TO away"))
    try:
        with pytest.raises(SQLAlchemyError):
            await matcher.settle_batch(context, [who])
    finally:
        async with context.database.transaction() as conn:
            await conn.execute(text("ALTER TABLE away RENAME TO discrepancy"))
    await settling.settle_left(context)
    assert await rows(context, "SELECT 1 FROM discrepancy") == []
    async with context.database.transaction() as conn:
        await conn.execute(text("UPDATE touched SET at = at - interval '1 minute'"))
    await settling.settle_left(context)
    assert len(await rows(context, "SELECT 1 FROM discrepancy")) == 1


@pytest.fixture
async def running(context: Context, stack: Any) -> AsyncIterator[Context]:
    """The service's relay on the stack's broker; its jobs and its consumer do not run."""
    settings = context.settings.model_copy(
        update={"kafka": stack.kafka, "embedded_broker": stack.embedded_broker}
    )
    joined = replace(context, settings=settings)
    relay = build_running(service, joined).relay
    task = asyncio.create_task(relay.run())
    yield joined
    relay.stop()
    await asyncio.wait_for(task, 30)


@contextmanager
def worker(context: Context, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = context.settings
    told = {
        "DATABASE_URL": settings.database_url,
        "KAFKA": settings.kafka,
        "REDIS_URL": settings.redis_url,
        "KEYRING": str(settings.keyring),
        "PROFILE": settings.profile,
        "PORT": "1",
    }
    environment = {**os.environ, **{f"MUSTER_CROSSCHECK_{n}": v for n, v in told.items()}}
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment,
            cwd=log.parent,
            stdout=file,
            stderr=file,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def until(check: Callable[[], Awaitable[Any]], wanted: Any, seconds: float = 90) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while (seen := await check()) != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"{seen}, not {wanted}"
        await asyncio.sleep(0.2)


@asynccontextmanager
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=kafka)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def test_a_killed_matcher_goes_on_where_it_was(running: Context, tmp_path: Path) -> None:
    """Survives messages that nobody can read, and kill -9 while others wait."""
    log = tmp_path / "worker.log"
    people = [new_id() for _ in range(60)]

    async def opened() -> int:
        return len(await rows(running, "SELECT 1 FROM discrepancy WHERE closed_at IS NULL"))

    async def register(some: list[str], first: int) -> None:
        messages = [subject(p, here(1, OPEN), make_fields(first + i)) for i, p in enumerate(some)]
        await take(running, *messages)

    await open_phase(running)
    async with producer(running.settings.kafka) as strange:
        await strange.send_and_wait(TOUCHED, value=b"\xff\x00", key=b"?", partition=0)
    with worker(running, log):
        await register(people[:20], 0)
        await until(opened, 20)
    await register(people[20:40], 20)
    with worker(running, log) as process:
        await register(people[40:], 40)
        await until(opened, 60)
        process.terminate()
        assert await asyncio.to_thread(process.wait, 20) == 0
    assert await rows(running, "SELECT 1 FROM touched") == []
    lines = log.read_text(encoding="utf-8")
    assert "names no subject" in lines
    assert "Traceback" not in lines
    # It may be started where it must not write.
    assert left_in(tmp_path) == [log]
