"""The embedded broker: librdkafka's built-in cluster, which speaks the Kafka protocol on loopback.

``python -m muster.runtime.broker --address-file F`` writes ``host:port`` into F once it answers and
serves until it is told to stop. It is for trying Muster, for training and for tests: it lives in
memory, keeps 5 MiB or 100,000 messages per partition and drops the oldest silently, creates topics
on first use with 4 partitions, and gets a new port at every start. What is lost with it, every
service publishes again from its own store.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path
from types import FrameType

from confluent_kafka.admin import AdminClient

__all__ = ["main"]


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Muster's embedded Kafka-protocol broker")
    parser.add_argument("--address-file", type=Path, required=True)
    target: Path = parser.parse_args().address_file

    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)

    # Half a second of linger and similar defaults do not matter: this client only carries the
    # cluster. `log_level` keeps its start-up banner away.
    admin = AdminClient({"test.mock.num.brokers": 1, "log_level": 3})
    metadata = admin.list_topics(timeout=15)
    broker = next(iter(metadata.brokers.values()))
    temporary = target.with_name(target.name + ".new")
    temporary.write_text(f"{broker.host}:{broker.port}\n", encoding="ascii")
    temporary.replace(target)
    parent = os.getppid()
    while not stop.wait(1.0):
        # Whoever started it is gone: nobody would know its address any more.
        if os.getppid() != parent:
            break
    target.unlink(missing_ok=True)
    # librdkafka's threads may take seconds to unwind, and there is nothing to save.
    os._exit(0)


if __name__ == "__main__":
    main()
