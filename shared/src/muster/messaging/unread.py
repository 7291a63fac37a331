"""How much of what the relay published is still unread, per shard, on a broker that forgets.

The embedded broker keeps 5 MiB or 100,000 messages of a partition and silently drops the oldest
(measured). So the relay stops at 2 MiB that some consumer has not committed yet, and goes on when
it has. On Apache Kafka, which keeps days, no window is used.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping

from muster.contracts.topics import TopicSpec
from muster.messaging.broker import BrokerView
from muster.observability import metrics

LIMIT_BYTES = 2 * 1024 * 1024
LIMIT_MESSAGES = 20_000
OVERHEAD = 400
"""Bytes of headers, key and framing that a message needs beside its value."""
REFRESH = 0.1

Shard = tuple[str, int]


class UnreadWindow:
    """Counts what is out, and asks the consumer groups how far they are.

    Only what this process published is counted: what an earlier process left unread is known to
    the broker as offsets, and `start` offsets are learned from the first refresh.
    """

    def __init__(self, view: BrokerView, specs: Mapping[str, TopicSpec]) -> None:
        self._view = view
        self._specs = specs
        self._sizes: dict[Shard, deque[int]] = defaultdict(deque)
        self._bytes: dict[Shard, int] = defaultdict(int)
        self._committed: dict[Shard, int] = {}
        self._next_refresh = 0.0

    def has_room(self, shard: Shard) -> bool:
        """Whether one more message may go out on this shard."""
        spec = self._specs[shard[0]]
        if set(spec.consumers) == {spec.owner}:
            return True
        return self._bytes[shard] < LIMIT_BYTES and len(self._sizes[shard]) < LIMIT_MESSAGES

    def add(self, shard: Shard, size: int) -> None:
        """One message of this many bytes went out."""
        spec = self._specs[shard[0]]
        if set(spec.consumers) == {spec.owner}:
            return
        self._sizes[shard].append(size + OVERHEAD)
        self._bytes[shard] += size + OVERHEAD

    async def refresh(self) -> None:
        """Learn how far the slowest consumer of each shard is; at most every 100 ms."""
        now = asyncio.get_running_loop().time()
        if now < self._next_refresh or not any(self._sizes.values()):
            return
        self._next_refresh = now + REFRESH
        for shard, committed in (await self._slowest()).items():
            # Offsets grow by one per message, so progress in offsets is progress in messages.
            progress = committed - self._committed.get(shard, 0)
            self._committed[shard] = committed
            sizes = self._sizes[shard]
            for _ in range(min(progress, len(sizes))):
                self._bytes[shard] -= sizes.popleft()
            metrics.relay_unread.labels(shard[0]).set(len(sizes))

    async def _slowest(self) -> dict[Shard, int]:
        waiting: dict[str, list[Shard]] = defaultdict(list)
        for shard, sizes in self._sizes.items():
            if sizes:
                spec = self._specs[shard[0]]
                # What nobody opens is read all the same, by those who read its clear fields.
                for group in spec.consumers or spec.clear_readers:
                    # An owner's own part is for its operators, who commit nothing.
                    if group != spec.owner:
                        waiting[group].append(shard)
        slowest: dict[Shard, int] = {}
        for group, shards in waiting.items():
            for shard, offset in (await self._view.committed(group, shards)).items():
                slowest[shard] = min(offset, slowest.get(shard, offset))
        return slowest
