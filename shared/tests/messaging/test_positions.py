"""How far a shard was received: the same in any order of arrival, and cheap behind a hole."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy import text

from muster.messaging import positions

from .conftest import TOPIC, Side, listening

Batch = Sequence[tuple[int, int]]
"""Partition and sequence of each message of a batch."""


async def arrive(side: Side, batch: Batch) -> None:
    """One batch of messages of the toy topic, as the intake enters it."""
    async with side.database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO inbox (event_id, topic, partition, sequence) "
                "SELECT gen_random_uuid(), :topic, * "
                "FROM unnest(CAST(:partitions AS int[]), CAST(:sequences AS bigint[]))"
            ),
            {
                "topic": TOPIC,
                "partitions": [partition for partition, _ in batch],
                "sequences": [sequence for _, sequence in batch],
            },
        )
        await positions.advance(conn, [(TOPIC, *one) for one in batch])


async def places(side: Side) -> dict[int, tuple[int, int]]:
    """Of each partition how far it is without a hole, and its newest."""
    async with side.database.transaction() as conn:
        rows = await conn.execute(text("SELECT partition, contiguous, highest FROM inbox_position"))
        return {row.partition: (row.contiguous, row.highest) for row in rows}


def simply(seen: set[int]) -> tuple[int, int]:
    """The definition: nothing up to it is missing, and the newest."""
    contiguous = 0
    while contiguous + 1 in seen:
        contiguous += 1
    return contiguous, max(seen)


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_of_arrival_ends_where_the_definition_says(reader: Side, seed: int) -> None:
    """R106: whatever order, batches and copies, and after each batch. Some sequences never come,
    some come twice (as another event of a source that was restored)."""
    random = Random(seed)
    shards = range(4)
    arriving = [
        (shard, sequence)
        for shard in shards
        for sequence in range(1, random.randint(2, 40))
        for _ in range(random.choice((0, 1, 1, 1, 1, 1, 1, 2)))
    ]
    random.shuffle(arriving)
    seen: dict[int, set[int]] = {}
    while arriving:
        batch = [arriving.pop() for _ in range(min(len(arriving), random.randint(1, 12)))]
        for shard, sequence in batch:
            seen.setdefault(shard, set()).add(sequence)
        await arrive(reader, batch)
        assert await places(reader) == {shard: simply(them) for shard, them in seen.items()}


async def test_what_waits_behind_a_hole_is_not_read_with_each_batch(reader: Side) -> None:
    """Design section 4: under the row's lock a batch asks the same few things, and gets the same
    few rows back, whether ten messages lie behind the hole or twenty thousand."""
    cost: dict[int, list[tuple[str, int]]] = {}
    for shard, beyond in ((0, 10), (1, 20_000)):
        await arrive(reader, [(shard, sequence) for sequence in range(2, 2 + beyond)])
        with listening(reader) as asked:
            await arrive(reader, [(shard, beyond + 2), (shard, beyond + 4)])
            await arrive(reader, [(shard, 1)])
        cost[beyond] = asked.statements
        assert (await places(reader))[shard] == (beyond + 2, beyond + 4)
    assert cost[10] == cost[20_000]
    runs = [statement for statement, _ in cost[10] if "FROM inbox\n" in statement]
    assert len(runs) == 1, "the inbox is looked at only when something joins the run"
