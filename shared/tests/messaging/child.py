"""One part of a toy service in a process of its own, which a test may kill at a fail point.

``python child.py relay|consumer|replay|discard|republish <database> <ring> <broker> <embedded>``
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from muster.messaging.consumer import Consumer
from muster.messaging.letters import Letters
from muster.messaging.republishing import publish_again
from muster.observability import logging
from muster.persistence.database import Database
from muster.security.audit import Audit
from muster.security.keyring import Keyring

sys.path.insert(0, str(Path(__file__).parent))


async def main(role: str, url: str, ring: str, kafka: str, embedded: str) -> None:
    """Run until killed or asked to end."""
    import conftest

    logging.configure(role)

    side = conftest.Side(Path(ring).stem, Database(url), Keyring.from_file(Path(ring)))
    if role in ("replay", "discard"):
        await operate(role, conftest.make_intake(side), side)
        return
    if role == "republish":
        await publish_again(
            side.database, Audit(side.name), [conftest.TOPIC], since=None, actor="operator"
        )
        await side.database.close()
        return
    stack = SimpleNamespace(kafka=kafka, embedded_broker=embedded == "true")
    part: Any = conftest.make_relay(side, stack)
    if role == "consumer":
        intake = conftest.make_intake(side)
        part = Consumer(service=side.name, database=side.database, intake=intake, bootstrap=kafka)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, part.stop)
    await part.run()
    await side.database.close()


async def operate(role: str, intake: Any, side: Any) -> None:
    """What an operator does with everything that stands there."""
    letters = Letters(
        service=side.name,
        database=side.database,
        intake=intake,
        keyring=side.keyring,
        audit=Audit(side.name),
    )
    async with side.database.transaction() as conn:
        ids = [one.id for one in await letters.listed(conn)]
    if role == "replay":
        await letters.replay(ids, actor="operator")
    else:
        await letters.discard(ids, actor="operator", reason="核对")
    await side.database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
