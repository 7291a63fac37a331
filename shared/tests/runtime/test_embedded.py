"""The servers from wheels: they start, keep what they must keep, let nobody in without password."""

from __future__ import annotations

import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis as redis_client
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from muster.runtime.embedded import EmbeddedBroker, EmbeddedPostgres, EmbeddedRedis, ServerError
from muster.runtime.home import Home


@pytest.fixture
def home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
    yield Home(folder / "stack").create()
    shutil.rmtree(folder)


async def test_postgres_keeps_data_over_kill_and_restart(home: Home) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    try:
        admin = await asyncpg.connect(server.admin_url)
        assert await admin.fetchval("SHOW fsync") == "on"
        assert await admin.fetchval("SHOW listen_addresses") == "127.0.0.1"
        rules = await admin.fetch("SELECT type, address, auth_method FROM pg_hba_file_rules")
        assert [tuple(rule) for rule in rules] == [("host", "127.0.0.1", "scram-sha-256")]
        await admin.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (42)")
        await admin.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.admin_url, password="guess")
        assert server.child is not None
        server.child.kill()
        server.child.wait_stopped()
        _start_again(server)
        admin = await asyncpg.connect(server.admin_url)
        assert await admin.fetchval("SELECT a FROM t") == 42
        await admin.close()
    finally:
        server.stop()
    # A new object, as after a restart of the machine: same port, same password, same data.
    again = EmbeddedPostgres(home)
    assert again.admin_url == server.admin_url
    again.start()
    admin = await asyncpg.connect(again.admin_url)
    assert await admin.fetchval("SELECT a FROM t") == 42
    await admin.close()
    again.stop()


def _start_again(server: EmbeddedPostgres) -> None:
    """After a hard kill the old server's children need a moment to go; the supervisor waits too."""
    for _ in range(20):
        try:
            server.start()
        except ServerError:
            time.sleep(0.25)
        else:
            return
    raise AssertionError("PostgreSQL did not come back")


def test_postgres_password_reaches_no_log(home: Home) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    assert home.secret("postgres") not in home.log("postgres").read_text()
    assert stat.S_IMODE(home.secrets_file.stat().st_mode) == 0o600


async def test_postgres_logs_no_values(home: Home) -> None:
    server = EmbeddedPostgres(home, fast=True)
    server.start()
    admin = await asyncpg.connect(server.admin_url)
    await admin.execute("CREATE TABLE t (a text UNIQUE)")
    await admin.execute("INSERT INTO t VALUES ($1)", "Anna Smith")
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.execute("INSERT INTO t VALUES ($1)", "Anna Smith")
    with pytest.raises(asyncpg.PostgresError):
        await admin.execute("SELECT 'Anna Smith'::int")
    await admin.close()
    server.stop()
    assert "Anna Smith" not in home.log("postgres").read_text()


def test_a_server_that_cannot_start_says_why(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerError, match=r"PostgreSQL ended while starting"):
            EmbeddedPostgres(home, port=taken.getsockname()[1], fast=True).start()


def test_redis_asks_for_its_password_and_forgets(home: Home) -> None:
    server = EmbeddedRedis(home)
    server.start()
    try:
        with redis_client.Redis.from_url(server.url) as client:
            client.set("a", "1")
            assert client.config_get("maxmemory") == {"maxmemory": str(64 * 1024 * 1024)}
        with (
            redis_client.Redis(host="127.0.0.1", port=server.port) as stranger,
            pytest.raises(redis_client.AuthenticationError),
        ):
            stranger.get("a")
        server.stop()
        server.start()
        with redis_client.Redis.from_url(server.url) as client:
            assert client.get("a") is None
    finally:
        server.stop()
    assert sorted(path.name for path in home.redis.iterdir()) == ["redis.conf"]


async def test_broker_carries_a_message_and_is_new_after_a_kill(home: Home) -> None:
    server = EmbeddedBroker(home)
    server.start()
    try:
        first = server.address
        async with AIOKafkaProducer(bootstrap_servers=first, enable_idempotence=True) as producer:
            await producer.send_and_wait("test-topic", b"hello")
        consumer = AIOKafkaConsumer(
            "test-topic", bootstrap_servers=first, auto_offset_reset="earliest"
        )
        async with consumer:
            assert (await consumer.getone()).value == b"hello"
        assert server.child is not None
        server.child.kill()
        assert server.child.wait_stopped() == -9
        server.start()
        assert server.address != first
    finally:
        server.stop()
