"""One part of a toy service in a process of its own, which a test may kill at a fail point.

``python child.py relay|consumer <database> <ring> <broker> <embedded>``
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from muster.messaging.consumer import Consumer
from muster.observability import logging
from muster.persistence.database import Database
from muster.security.keyring import Keyring

sys.path.insert(0, str(Path(__file__).parent))


async def main(role: str, url: str, ring: str, kafka: str, embedded: str) -> None:
    """Run until killed or asked to end."""
    import conftest

    logging.configure(role)

    side = conftest.Side(Path(ring).stem, Database(url), Keyring.from_file(Path(ring)))
    stack = SimpleNamespace(kafka=kafka, embedded_broker=embedded == "true")
    part: Any = conftest.make_relay(side, stack)
    if role == "consumer":
        intake = conftest.make_intake(side)
        part = Consumer(service=side.name, database=side.database, intake=intake, bootstrap=kafka)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, part.stop)
    await part.run()
    await side.database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
