"""What a reader takes at a time: a batch costs the same whatever its size."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from muster.messaging import broker

_A, _B = TopicPartition("t", 0), TopicPartition("t", 1)


class _Fetcher:
    """Gives one answer per call, after its delay in seconds; then nothing, after the timeout."""

    def __init__(self, *answers: tuple[float, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[int]]:
        self.asked.append(max_records)
        delay, answer = self.answers[0] if self.answers else (timeout_ms / 1000, {})
        if delay > timeout_ms / 1000:
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        await asyncio.sleep(delay)
        if self.answers:
            self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


async def _gather(fetcher: _Fetcher, most: int = 500) -> dict[TopicPartition, list[int]]:
    found: Any = await broker.gather(fetcher, most)  # type: ignore[arg-type]
    return dict(found)


async def test_what_comes_within_a_moment_is_one_batch_in_its_order() -> None:
    fetcher = _Fetcher((0, {_A: [1]}), (0.02, {_A: [2], _B: [7]}), (0.02, {_A: [3]}))
    assert await _gather(fetcher) == {_A: [1, 2, 3], _B: [7]}


async def test_nothing_is_waited_for_when_nothing_comes_or_when_enough_has_come() -> None:
    quiet = _Fetcher()
    assert await _gather(quiet) == {}
    assert len(quiet.asked) == 1
    full = _Fetcher((0, {_A: list(range(broker._FEW))}), (0, {_A: [-1]}))
    assert len((await _gather(full))[_A]) == broker._FEW
    assert len(full.asked) == 1


async def test_what_comes_after_the_moment_is_the_next_batch() -> None:
    fetcher = _Fetcher((0, {_A: [1]}), (broker._GATHER + 0.1, {_A: [2]}))
    assert await _gather(fetcher) == {_A: [1]}


async def test_after_a_slow_batch_more_may_gather_but_not_without_end() -> None:
    """A machine that has too much to do makes fewer and larger batches."""
    late = broker._GATHER + 0.1
    slow: Any = _Fetcher((0, {_A: [1]}), (late, {_A: [2]}))
    assert await broker.gather(slow, 500, 2 * late) == {_A: [1, 2]}
    began = time.monotonic()
    await broker.let_gather(1, asyncio.Event(), took=60.0)
    assert time.monotonic() - began < broker._LONGEST + 1


async def test_never_more_than_asked_for() -> None:
    fetcher = _Fetcher((0, {_A: [1, 2]}), (0, {_A: [3]}))
    assert await _gather(fetcher, 3) == {_A: [1, 2, 3]}
    assert fetcher.asked == [3, 1]


@pytest.mark.parametrize(
    "error", [NoOffsetForPartitionError(_B), OffsetOutOfRangeError({_B: 5})], ids=["none", "gone"]
)
async def test_an_error_takes_nothing_that_came_before_it(error: Exception) -> None:
    """aiokafka raises it again at the next call, for the partition's position is what it was."""
    assert await _gather(_Fetcher((0, {_A: [1]}), (0, error))) == {_A: [1]}
    with pytest.raises(type(error)):
        await _gather(_Fetcher((0, error)))


@pytest.mark.parametrize(("count", "few", "waits"), [(0, 1, True), (2, 3, True), (3, 3, False)])
async def test_a_writer_waits_after_fewer_than_could_have_gone_out(
    count: int, few: int, waits: bool
) -> None:
    began = time.monotonic()
    await broker.let_gather(count, asyncio.Event(), few=few)
    assert (time.monotonic() - began >= 0.9 * broker._GATHER) is waits
