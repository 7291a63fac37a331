"""Killed anywhere, an edge loses nothing and doubles nothing (design section 4)."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from muster.runtime.embedded import EmbeddedBroker
from muster.security import jose
from muster.spool.keyfile import Edge
from muster.spool.store import Spool

from . import edge_child
from .conftest import READER_KEY, Reader, card_read

COUNT = 24
POINTS = [
    "spool.before-commit=kill@9",
    "spool.after-commit=kill@9",
    "spool.before-publish=kill@2",
    "spool.after-publish=kill@2",
    "spool.before-mark=kill@3",
    "spool.after-mark=kill@1",
    "spool.before-received=kill@2",
]


async def child(
    home: Path, kafka: str, url: str, points: str = "", life: float | None = None
) -> int:
    """Run the edge until it ends, or is killed after `life` seconds; gives its return code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(edge_child.__file__)),
        str(home),
        kafka,
        url,
        str(COUNT),
        orjson.dumps(jose.public_jwk(READER_KEY)).decode(),
        card_read(1).model_dump_json(),
        env={**os.environ, "MUSTER_FAIL_POINTS": points},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(life or 90):
            output, _ = await process.communicate()
    except TimeoutError:
        if life is None:
            process.kill()
            raise
        process.kill()
        output, _ = await process.communicate()
    assert process.returncode in {0, -9}, output.decode()
    return process.returncode


def check(home: Path, edge: Edge, reader: Reader) -> None:
    """Every reading has its event, every event arrived, none is there twice, in order."""
    spool = Spool(home / "spool.db", edge.spool_key, tables=edge_child.OWN)
    try:
        done = [row[0] for row in spool.rows("SELECT event_id FROM reading ORDER BY number")]
        kept = spool.rows("SELECT sequence, event_id, state FROM outgoing ORDER BY sequence")
    finally:
        spool.close()
    assert len(done) == COUNT
    assert [row["event_id"] for row in kept] == done
    assert [row["sequence"] for row in kept] == list(range(1, COUNT + 1))
    assert {row["state"] for row in kept} == {"received"}
    assert reader.inbox == set(done)
    assert reader.first_arrivals() == list(range(1, COUNT + 1))


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_at_each_step_loses_and_doubles_nothing(
    point: str, home: Path, edge: Edge, reader: Reader, broker: EmbeddedBroker
) -> None:
    kafka = broker.address
    async with reader.serving() as url, reader.reading(kafka):
        assert await child(home, kafka, url, point) == -9, "the point was never reached"
        assert await child(home, kafka, url) == 0
    check(home, edge, reader)


async def test_kills_at_any_moment_lose_and_double_nothing(
    home: Path, edge: Edge, reader: Reader, stack: Any
) -> None:
    kafka, chance = stack.kafka, random.Random(1)
    async with reader.serving() as url, reader.reading(kafka):
        for _ in range(4):
            await child(home, kafka, url, "spool.after-mark=sleep:150", 1.0 + chance.random() * 2)
        assert await child(home, kafka, url) == 0
    check(home, edge, reader)
