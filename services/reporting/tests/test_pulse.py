"""The Faust worker for real: its own process, a broker, Redis; killed and started again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from redis.asyncio import Redis

from muster.contracts.envelope import Clear, Unreadable, write_headers, write_value
from muster.contracts.topics import service_topics
from muster.messaging.broker import partition_of
from muster.reporting import pulse
from muster.reporting.domain.pulse import Beat
from muster.reporting.main import service
from muster.vocabulary.ids import new_id

from .conftest import COUNTY

TOPICS = ("capture-record-submitted", "verification-record-verified")
WORKER = "from muster.reporting.main import service\nservice.workers['pulse'](service.settings())\n"
Sample = tuple[list[tuple[str, bytes]], bytes, bytes]


def sample(topic: str, *, county: str | None = COUNTY, sequence: int = 1) -> Sample:
    """Headers, key and value of one fact; nobody's part is sealed in it."""
    key = new_id()
    headers = write_headers(
        service_topics()[topic],
        event_id=new_id(),
        place=partition_of(key, pulse.PARTITIONS),
        time=datetime.now(UTC),
        subject=key,
        sequence=sequence,
        traceparent=None,
    )
    return headers, key.encode(), write_value(Clear(version=1, subject_id=key, county=county), {})


def test_the_pulse_reads_the_topics_that_let_it() -> None:
    assert set(pulse.source_topics()) == {
        "capture-record-submitted",
        "capture-subject-status-changed",
        "verification-record-verified",
        "verification-record-returned",
    }
    for spec in pulse.source_topics().values():
        assert spec.partitions == pulse.PARTITIONS
    changelog = service_topics()[f"{pulse.APP_ID}-{pulse.TABLE}-changelog"]
    assert changelog.partitions == pulse.PARTITIONS
    assert service.workers["pulse"] is pulse.run_pulse


def test_a_beat_is_read_from_what_is_clear() -> None:
    spec = service_topics()[TOPICS[0]]
    headers, key, value = sample(TOPICS[0])
    place = partition_of(key.decode(), pulse.PARTITIONS)
    beat = pulse.read_beat(spec, headers, key, value, place)
    assert beat == Beat(TOPICS[0], place, COUNTY, beat.at if beat else datetime.now(UTC))
    headers, key, value = sample(TOPICS[0], county=None)
    place = partition_of(key.decode(), pulse.PARTITIONS)
    assert pulse.read_beat(spec, headers, key, value, place) is None


@pytest.mark.parametrize("harm", ["value", "headers", "time", "naive", "key"])
def test_a_message_that_is_none_is_unreadable_and_no_error(harm: str) -> None:
    spec = service_topics()[TOPICS[0]]
    headers, key, value = sample(TOPICS[0])
    place = partition_of(key.decode(), pulse.PARTITIONS)
    if harm == "value":
        value = b"\xff\x00"
    elif harm == "headers":
        headers = []
    elif harm == "key":
        key = b"\xff"
    else:
        moment = b"yesterday" if harm == "time" else b"2018-10-01T00:00:00"
        headers = [(n, moment if n == "ce_time" else v) for n, v in headers]
    with pytest.raises(Unreadable):
        pulse.read_beat(spec, headers, key, value, place)


async def send(kafka: str, count: int, *, first: int = 1) -> None:
    """``count`` facts on each topic, and one message that nobody can read."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for topic in TOPICS:
            await producer.send_and_wait(topic, value=b"\xff\x00", key=b"?", partition=0)
            for sequence in range(first, first + count):
                headers, key, value = sample(topic, sequence=sequence)
                partition = partition_of(key.decode(), pulse.PARTITIONS)
                await producer.send(
                    topic, value=value, key=key, partition=partition, headers=headers
                )
    finally:
        await producer.stop()


async def totals(redis: Redis) -> dict[str, int]:
    """Facts by topic over all windows."""
    found: dict[str, int] = {}
    async for name in redis.scan_iter("muster:pulse:*"):
        for key, count in (await redis.hgetall(name)).items():
            topic, _, county = key.decode().split("/")
            assert county == COUNTY
            found[topic] = found.get(topic, 0) + int(count)
    return found


async def until(check: Callable[[], Awaitable[Any]], wanted: Any, seconds: float = 120) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while (seen := await check()) != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"{seen}, not {wanted}"
        await asyncio.sleep(0.2)


async def kept(kafka: str) -> int:
    """How many counts stand in the changelog; the broker may have offsets and not yet all of them,
    and what a worker that is killed then has counted is lost, as windows may be."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        changelog = f"{pulse.APP_ID}-{pulse.TABLE}-changelog"
        places = [TopicPartition(changelog, number) for number in range(pulse.PARTITIONS)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@contextmanager
def worker(stack: Any, log: Path, here: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that runs in the folder ``here``, whose temporary folder stands beside the log."""
    prefix = "MUSTER_REPORTING_"
    environment = {
        **os.environ,
        "TMPDIR": str(log.parent),
        f"{prefix}DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        f"{prefix}KAFKA": stack.kafka,
        f"{prefix}REDIS_URL": stack.redis_url,
        f"{prefix}KEYRING": "no-keys-are-held.json",
        f"{prefix}PROFILE": "tongren",
        f"{prefix}PORT": "1",
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER], env=environment, cwd=here, stdout=file, stderr=file
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


async def test_a_killed_worker_goes_on_counting_where_it_was(stack: Any, tmp_path: Path) -> None:
    """Needs no key; survives messages that nobody can read, kill -9 and an emptied Redis; leaves
    nothing in the folder where it was started nor in the temporary one, also when it is killed."""
    log = tmp_path / "worker.log"
    here = tmp_path / "here"
    here.mkdir()
    async with Redis.from_url(stack.redis_url) as redis:
        await redis.flushdb()

        async def seen() -> dict[str, int]:
            return await totals(redis)

        with worker(stack, log, here):
            await send(stack.kafka, 40)
            await until(seen, dict.fromkeys(TOPICS, 40))
            await until(lambda: kept(stack.kafka), 40 * len(TOPICS))
            # Past Faust's next commit, so that the kill comes between two of them.
            await asyncio.sleep(3)
        await redis.flushdb()
        with worker(stack, log, here) as process:
            # All of it again: the windows came back from the changelog, and were written anew. Only
            # then is more sent: Faust may lose a count while a group is put together anew, and this
            # one is again when the broker forgets the killed worker.
            await until(seen, dict.fromkeys(TOPICS, 40), seconds=120)
            await send(stack.kafka, 20, first=41)
            await until(seen, dict.fromkeys(TOPICS, 60))
            process.terminate()
            assert await asyncio.to_thread(process.wait, 20) == 0
    assert names(here) == set()
    assert names(tmp_path) == {here.name, log.name}
    lines = log.read_text(encoding="utf-8")
    assert "header-missing" in lines
    assert "Traceback" not in lines
