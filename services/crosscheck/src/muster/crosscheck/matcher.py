"""The matcher: a Faust worker that settles what was just touched.

It takes small batches from ``crosscheck-touched``, which names subjects and nothing else, and hands
them to the settling that the county job uses too, in one PostgreSQL transaction per batch. The list
of touched subjects stands in PostgreSQL and a subject leaves it in that very transaction: what
comes twice finds nothing to do, and what Faust loses (a batch that fails, a broker that forgets) is
settled by the service's own job a little later.

How it is set up answers Faust's known traps, as reporting's pulse does: at least once with one
agent at a time, nothing raised out of the agent, no topics declared, no leader topic, no table, no
web server, and a watchdog that ends a worker which stands still.

Nothing is wired at import: ``run_matcher`` builds the app and blocks until it is told to stop.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterable
from typing import Any

import faust

from muster.contracts.envelope import Unreadable, read_headers, read_value
from muster.contracts.topics import service_topics
from muster.crosscheck.handlers import settling
from muster.crosscheck.handlers.common import TOUCHED
from muster.observability.logging import configure, get_logger
from muster.runtime.context import Context, build_context
from muster.runtime.settings import ServiceSettings

APP_ID = "crosscheck-matcher"
BATCH = 200
WITHIN = 0.25
"""Seconds that a batch waits to fill."""
SESSION = 10.0
"""Seconds after which the broker gives a killed worker's partitions to the next one."""
STANDSTILL = 120.0
"""Seconds without progress, while messages wait, after which the worker ends itself."""

_log = get_logger("muster.matcher")


def read_subject(
    headers: Iterable[tuple[str, bytes]], key: bytes | None, value: bytes | None
) -> str:
    """The subject that a message names.

    Raises:
        Unreadable: it is no Muster event of that topic, or names another subject than its key.
    """
    name = (key or b"").decode(errors="replace")
    read_headers(service_topics()[TOUCHED], list(headers), name)
    clear, _ = read_value(value)
    if clear.subject_id is None or clear.subject_id != name:
        raise Unreadable("subject-differs", "the key is not the subject")
    return clear.subject_id


async def settle_batch(context: Context, subject_ids: Iterable[str]) -> settling.Settled:
    """Settle these subjects, as far as they are still on the list, in one transaction."""
    async with context.database.transaction() as conn:
        return await settling.settle_touched(context, conn, set(subject_ids))


class Matcher:
    """The Faust app of one worker."""

    def __init__(self, context: Context) -> None:
        self._context = context
        spec = service_topics()[TOUCHED]
        self.app = faust.App(
            APP_ID,
            broker=";".join(
                f"aiokafka://{address}" for address in context.settings.kafka.split(",")
            ),
            store="memory://",
            topic_partitions=spec.partitions,
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
        self._seen = self._seen_before = 0
        self._moved_at = time.monotonic()
        self._channel = self.app.topic(
            TOUCHED,
            partitions=spec.partitions,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )
        self.app.agent(self._channel, name="settle", concurrency=1)(self._settle)
        self.app.timer(STANDSTILL / 4, name="watch")(self._watch)

    async def _settle(self, stream: Any) -> None:
        async for events in stream.take_events(BATCH, within=WITHIN):
            self._seen += len(events)
            try:
                await settle_batch(self._context, self._named(events))
            except Exception:  # noqa: BLE001 - raised, it would be lost just so, and unseen
                _log.exception("not settled now; the service's job will", subjects=len(events))

    def _named(self, events: Iterable[Any]) -> set[str]:
        found = set()
        for event in events:
            message = event.message
            try:
                found.add(read_subject(message.headers or (), message.key, message.value))
            except Unreadable as error:
                _log.warning("names no subject", rule=error.rule)
        return found

    async def _watch(self) -> None:
        behind = await self._behind()
        if self._seen != self._seen_before or not behind:
            self._seen_before = self._seen
            self._moved_at = time.monotonic()
        elif time.monotonic() - self._moved_at > STANDSTILL:
            _log.critical("no progress while messages wait; ending", partitions=behind)
            os._exit(1)

    async def _behind(self) -> int:
        """Partitions in which messages wait to be fetched."""
        consumer: Any = self.app.consumer
        behind = 0
        for tp in consumer.assignment():
            position = await consumer.position(tp)
            behind += (consumer.highwater(tp) or 0) > (position or 0)
        return behind


def run_matcher(settings: ServiceSettings) -> None:
    """Run the worker until SIGTERM or SIGINT; blocks."""
    configure(APP_ID)
    for chatty in ("faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    matcher = Matcher(build_context("crosscheck", settings))
    worker = faust.Worker(
        matcher.app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False
    )
    worker.spinner = None
    worker.execute_from_commandline()
