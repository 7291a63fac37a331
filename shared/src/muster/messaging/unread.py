"""How much of what the relay published is still unread, per shard, on a broker that forgets.

The embedded broker keeps 5 MiB or 100,000 messages of a partition and silently drops the oldest
(measured). So the relay stops at 2 MiB that some consumer has not committed yet, and goes on when
it has. On Apache Kafka, which keeps days, no window is used.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from muster.contracts.topics import TopicSpec
from muster.messaging.broker import BrokerView
from muster.observability import metrics

LIMIT_BYTES = 2 * 1024 * 1024
LIMIT_MESSAGES = 20_000
OVERHEAD = 400
"""Bytes of headers, key and framing that a message needs beside its value."""
ASSUMED_BYTES = 16 * 1024
"""Size of a message that another process left unread: rather too much than too little, so that a
relay that is started again and again without readers stays far below what the broker keeps."""
REFRESH = 0.1

Shard = tuple[str, int]


class UnreadWindow:
    """Counts what is out, and asks the consumer groups how far they are.

    What an earlier process left unread is known to the broker as offsets only: `begin` counts it
    when a shard is taken, with assumed sizes.
    """

    def __init__(self, view: BrokerView, specs: Mapping[str, TopicSpec]) -> None:
        self._view = view
        self._specs = specs
        self._sizes: dict[Shard, deque[int]] = defaultdict(deque)
        self._bytes: dict[Shard, int] = defaultdict(int)
        self._committed: dict[Shard, int] = defaultdict(int)
        self._next_refresh = 0.0

    async def begin(self, shards: Iterable[Shard]) -> None:
        """These shards are published from here on: learn what is out already."""
        bounded = [shard for shard in shards if self._bounded(shard)]
        if not bounded:
            return
        ends = await self._view.ends(bounded)
        for shard, committed in (await self._slowest(bounded)).items():
            first, end = ends[shard]
            # What the broker no longer has cannot be dropped: it is not out.
            read = max(committed, first)
            self._committed[shard] = read
            sizes = self._sizes[shard] = deque([ASSUMED_BYTES] * max(0, end - read))
            self._bytes[shard] = sum(sizes)

    def has_room(self, shard: Shard) -> bool:
        """Whether one more message may go out on this shard."""
        if not self._bounded(shard):
            return True
        return self._bytes[shard] < LIMIT_BYTES and len(self._sizes[shard]) < LIMIT_MESSAGES

    def add(self, shard: Shard, size: int) -> None:
        """One message of this many bytes went out."""
        if self._bounded(shard):
            self._sizes[shard].append(size + OVERHEAD)
            self._bytes[shard] += size + OVERHEAD

    def _bounded(self, shard: Shard) -> bool:
        # An owner's own part is for its operators, who commit nothing.
        spec = self._specs[shard[0]]
        return set(spec.consumers) != {spec.owner}

    async def refresh(self) -> None:
        """Learn how far the slowest consumer of each shard is; at most every 100 ms."""
        now = asyncio.get_running_loop().time()
        if now < self._next_refresh or not any(self._sizes.values()):
            return
        self._next_refresh = now + REFRESH
        waiting = [shard for shard, sizes in self._sizes.items() if sizes]
        for shard, committed in (await self._slowest(waiting)).items():
            # Offsets grow by one per message, so progress in offsets is progress in messages. A
            # group that reads again from further back has read what was popped once already.
            progress = max(0, committed - self._committed[shard])
            self._committed[shard] += progress
            sizes = self._sizes[shard]
            for _ in range(min(progress, len(sizes))):
                self._bytes[shard] -= sizes.popleft()
            metrics.relay_unread.labels(shard[0]).set(len(sizes))

    async def _slowest(self, shards: Iterable[Shard]) -> dict[Shard, int]:
        waiting: dict[str, list[Shard]] = defaultdict(list)
        for shard in shards:
            spec = self._specs[shard[0]]
            # What nobody opens is read all the same, by those who read its clear fields.
            for group in spec.consumers or spec.clear_readers:
                # An owner's own part is for its operators, who commit nothing.
                if group != spec.owner:
                    waiting[group].append(shard)
        slowest: dict[Shard, int] = {}
        for group, held in waiting.items():
            for shard, offset in (await self._view.committed(group, held)).items():
                slowest[shard] = min(offset, slowest.get(shard, offset))
        return slowest
