"""An edge as a process of its own, to be killed: makes events, publishes them, ends when all are
received. ``edge_child.py HOME KAFKA READER COUNT READER_JWK``"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import orjson

from muster.contracts.envelope import Clear
from muster.contracts.parts.device import CardRead
from muster.contracts.topics import service_topics
from muster.observability import logging
from muster.spool import keyfile, wire
from muster.spool.publisher import Publisher
from muster.spool.store import Spool

OWN = ("CREATE TABLE reading (number INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE)",)


def read_card(spool: Spool, edge: keyfile.Edge, number: int, read: str, reader: str) -> None:
    """What happens and what tells of it, in one transaction."""
    assert edge.place is not None
    with spool.transaction() as work:
        sequence = work.next_sequence()
        part = CardRead.model_validate(orjson.loads(read))
        event = wire.seal_event(
            service_topics()["device-card-read"],
            Clear(version=sequence, terminal_id=edge.place),
            part,
            key=edge.place,
            place=edge.place,
            sequence=sequence,
            signing=edge.signing,
            reader=orjson.loads(reader),
        )
        work.execute("INSERT INTO reading VALUES (?, ?)", (number, event.event_id))
        work.add(event)


async def main(home: Path, kafka: str, url: str, count: int, reader: str, part: str) -> None:
    edge = keyfile.read(home)
    spool = Spool(home / "spool.db", edge.spool_key, tables=OWN)
    publisher = Publisher(spool, kafka, {"capture": url}, window=5, again_after=1.0)
    task = asyncio.create_task(publisher.run())
    done = spool.rows("SELECT count(*) FROM reading")[0][0]
    for number in range(done + 1, count + 1):
        await asyncio.to_thread(read_card, spool, edge, number, part, reader)
    drained = await publisher.drain(60)
    publisher.stop()
    await task
    spool.close()
    sys.exit(0 if drained else 3)


if __name__ == "__main__":
    logging.configure("edge")
    _, home_, kafka_, url_, count_, reader_, part_ = sys.argv
    asyncio.run(main(Path(home_), kafka_, url_, int(count_), reader_, part_))
