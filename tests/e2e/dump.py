"""Everything that a running stack shows to whoever looks: topics, logs, metrics, Redis, spools."""

from __future__ import annotations

import sqlite3
import time
import urllib.request
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from confluent_kafka import Consumer, TopicPartition

from muster.runtime.home import Home

from .needles import Noise
from .scanner import Piece

PATIENCE = 60.0


@dataclass(frozen=True)
class Seen:
    """One message of a topic, as the broker gave it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None

    @property
    def place(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"

    def pieces(self) -> Iterator[Piece]:
        noise = Noise.BYTES if self.topic.startswith("__") else Noise.TEXT
        yield Piece(f"key of {self.place}", self.key or b"", noise)
        for name, value in self.headers:
            yield Piece(f"header of {self.place}", name.encode() + b": " + (value or b""), noise)
        yield Piece(f"value of {self.place}", self.value or b"", noise)


@dataclass(frozen=True)
class Topics:
    """All messages, and the (first, end) offsets of every partition, Kafka's own included."""

    messages: list[Seen]
    ends: dict[tuple[str, int], tuple[int, int]]

    def lost(self) -> list[str]:
        """Partitions whose beginning the broker has dropped: what stood there was not looked at."""
        return [
            f"{topic}[{partition}]"
            for (topic, partition), (first, _) in self.ends.items()
            if first > 0 and not topic.startswith("__")
        ]

    def pieces(self) -> Iterator[Piece]:
        for message in self.messages:
            yield from message.pieces()


def topics(kafka: str) -> Topics:
    """Every message that every partition of every topic holds now."""
    settings: dict[str, Any] = {
        "bootstrap.servers": kafka,
        "group.id": f"leaks-{uuid.uuid4()}",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_uncommitted",
        "enable.partition.eof": True,
        "log_level": 0,
    }
    consumer = Consumer(settings)
    try:
        listed = consumer.list_topics(timeout=PATIENCE).topics
        places = [(name, number) for name, told in listed.items() for number in told.partitions]
        ends = {
            (name, number): consumer.get_watermark_offsets(
                TopicPartition(name, number), timeout=PATIENCE
            )
            for name, number in places
        }
        return Topics(list(_read(consumer, ends)), ends)
    finally:
        consumer.close()


def _read(consumer: Consumer, ends: dict[tuple[str, int], tuple[int, int]]) -> Iterator[Seen]:
    waiting = {place for place, (first, end) in ends.items() if end > first}
    consumer.assign([TopicPartition(*place, ends[place][0]) for place in sorted(waiting)])
    deadline = time.monotonic() + PATIENCE
    while waiting:
        assert time.monotonic() < deadline, f"the broker gave nothing of {sorted(waiting)[:3]}"
        # It waits so long for the last of so many.
        for message in consumer.consume(1000, timeout=0.2):
            topic, partition, offset = message.topic(), message.partition(), message.offset()
            assert topic is not None
            assert partition is not None
            assert offset is not None
            place = (topic, partition)
            if message.error() is not None:
                # What follows the last record of a compacted topic is the end and no record.
                assert message.error().name() == "_PARTITION_EOF", message.error()
                waiting.discard(place)
                continue
            if offset + 1 >= ends[place][1]:
                waiting.discard(place)
            headers = tuple(message.headers() or ())
            yield Seen(topic, partition, offset, message.key(), headers, message.value())


def logs(places: Iterable[Path]) -> Iterator[Piece]:
    """Every file below these folders, and these files. Whole: half of a sign of UTF-16 may look
    like the end of a line."""
    for place in places:
        for path in [place, *sorted(place.rglob("*"))]:
            if path.is_file():
                yield Piece(path.name, path.read_bytes())


def metrics(home: Home) -> Iterator[Piece]:
    """The metrics of every part that has an address."""
    for name, part in home.stack()["parts"].items():
        if "url" in part:
            with urllib.request.urlopen(f"{part['url']}/metrics", timeout=PATIENCE) as answer:
                yield Piece(f"metrics of {name}", answer.read())


def redis_pieces(url: str) -> Iterator[Piece]:
    """Every key of Redis, and what stands under it."""
    with closing(redis.Redis.from_url(url)) as client:
        for key in client.scan_iter(count=1000):
            yield Piece("a key of Redis", key)
            for value in _under(client, key):
                yield Piece(f"Redis under {key!r}", value)


def _under(client: Any, key: bytes) -> Iterable[bytes]:
    kind = client.type(key)
    if kind == b"string":
        return [client.get(key) or b""]
    if kind == b"hash":
        return [part for pair in client.hgetall(key).items() for part in pair]
    if kind == b"list":
        return client.lrange(key, 0, -1)
    if kind == b"set":
        return client.smembers(key)
    if kind == b"zset":
        return client.zrange(key, 0, -1)
    if kind == b"none":
        return []  # it went meanwhile
    raise AssertionError(f"Redis holds a {kind!r}, which nobody looks into")


def edge_files(folder: Path) -> Iterator[Piece]:
    """Every file of the gateways and connectors below the folder, key files too; of spools that
    nobody has open also every value in every row."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if path.name.startswith("spool.db"):
            yield Piece(name, path.read_bytes(), Noise.BYTES)
        else:
            yield Piece(name, path.read_bytes())
        if path.name == "spool.db":
            yield from _rows(path, name)


def journals(folder: Path) -> Iterator[Piece]:
    """What SQLite keeps beside the spools below the folder while they are open."""
    for path in sorted(folder.rglob("spool.db-*")):
        with suppress(FileNotFoundError):  # closed meanwhile
            yield Piece(str(path.relative_to(folder)), path.read_bytes(), Noise.BYTES)


def _rows(path: Path, name: str) -> Iterator[Piece]:
    # Immutable, so that reading leaves no journal of its own behind.
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as spool:
        tables = spool.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        spool.text_factory = _Text
        for (table,) in tables:
            for row in spool.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    blob = isinstance(cell, bytes) and not isinstance(cell, _Text)
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    noise = Noise.BYTES if blob else Noise.TEXT
                    yield Piece(f"{name}, a row of {table}", data, noise)


class _Text(bytes):
    """What a row says is text, undecoded."""
