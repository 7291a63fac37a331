"""What a stranger who reaches the broker can write, for tests."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import (
    _DefaultRecordBatchBuilderPy as DefaultRecordBatchBuilder,
)

__all__ = ["write_unreadable"]


class _NoText(str):
    """A header's name whose bytes are no UTF-8."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


async def write_unreadable(bootstrap: str, topic: str, partition: int) -> None:
    """Write one batch of three: the second has a header's name that clients fail to decode."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        batch = producer.create_batch()
        # The compiled builder takes nothing but text.
        batch._builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 10_000)
        for name in ("a", _NoText(), "a"):
            batch.append(timestamp=None, key=b"k", value=b"rubbish", headers=[(name, b"")])
        await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()
