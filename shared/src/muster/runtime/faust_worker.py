"""What every Faust worker here has: settings, one channel, a watchdog, and how it is run.

The settings answer Faust's known traps: at least once with one agent at a time, no topics declared,
no leader topic, no web server, tables in memory and no folder of its own (one would stay behind
after kill -9), and a watchdog that ends a worker which stands still, so that its supervisor starts
another. What is left to an agent: to raise nothing, since Faust would drop the message unseen, and
to say with `FaustWorker.saw` what it took.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import faust

from muster.messaging.login import MECHANISM, Cluster, Login
from muster.observability.logging import configure, get_logger

__all__ = ["FaustWorker", "run_faust"]

SESSION = 10.0
"""Seconds after which the broker gives a killed worker's partitions to the next one."""
STANDSTILL = 120.0
"""Seconds without progress, while messages wait, after which the worker ends itself."""

_log = get_logger("muster.faust")


class _App(faust.App):
    def _create_directories(self) -> None:
        """Tables are in memory, so that no folder is needed."""


def _credentials(login: Login | None) -> faust.SASLCredentials | None:
    if login is None:
        return None
    return faust.SASLCredentials(
        username=login.user,
        password=login.password,
        ssl_context=login.ssl_context(),
        mechanism=MECHANISM,
    )


class FaustWorker:
    """The Faust app of one worker, which reads some topics of equally many partitions."""

    def __init__(
        self, app_id: str, kafka: Cluster, *, topics: Collection[str], partitions: int
    ) -> None:
        self.app = _App(
            app_id,
            broker=";".join(f"aiokafka://{one}" for one in kafka.address.split(",")),
            broker_credentials=_credentials(kafka.login),
            store="memory://",
            topic_partitions=partitions,
            topic_replication_factor=1,
            topic_allow_declare=False,
            topic_disable_leader=True,
            processing_guarantee="at_least_once",
            consumer_auto_offset_reset="earliest",
            table_standby_replicas=0,
            broker_session_timeout=SESSION,
            broker_heartbeat_interval=SESSION / 4,
            web_enabled=False,
            autodiscover=False,
        )
        self._topics = frozenset(topics)
        self._channel = self.app.topic(
            *topics,
            partitions=partitions,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )
        self._seen = self._seen_before = 0
        self._moved_at = time.monotonic()
        self.app.timer(STANDSTILL / 4, name="watch")(self._watch)

    def agent(self, name: str, take: Callable[[Any], Awaitable[None]]) -> None:
        """Hand the stream of messages to `take`, which raises nothing."""
        self.app.agent(self._channel, name=name, concurrency=1)(take)

    def saw(self, count: int) -> None:
        """So many messages were taken: it does not stand still."""
        self._seen += count

    async def _watch(self) -> None:
        behind = await self._behind()
        if self._seen != self._seen_before or not behind:
            self._seen_before = self._seen
            self._moved_at = time.monotonic()
        elif time.monotonic() - self._moved_at > STANDSTILL:
            _log.critical("no progress while messages wait; ending", partitions=behind)
            os._exit(1)

    async def _behind(self) -> int:
        """Partitions of the topics in which messages wait to be fetched."""
        consumer: Any = self.app.consumer
        behind = 0
        for tp in consumer.assignment():
            if tp.topic in self._topics:
                position = await consumer.position(tp)
                behind += (consumer.highwater(tp) or 0) > (position or 0)
        return behind


def run_faust(app_id: str, build: Callable[[], FaustWorker]) -> None:
    """Run a worker until SIGTERM or SIGINT; blocks. `build` is called once the loop stands."""
    configure(app_id)
    for chatty in ("faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(
        build().app,
        loop=loop,
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
    )
    worker.spinner = None
    worker.execute_from_commandline()
