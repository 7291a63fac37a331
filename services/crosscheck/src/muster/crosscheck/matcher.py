"""The matcher: a Faust worker that settles what was just touched.

It takes small batches from ``crosscheck-touched``, which names subjects and nothing else, and hands
them to the settling that the county job uses too, in one PostgreSQL transaction per batch. The list
of touched subjects stands in PostgreSQL and a subject leaves it in that very transaction: what
comes twice finds nothing to do, and what Faust loses (a batch that fails, a broker that forgets) is
settled by the service's own job a little later.

Nothing is wired at import: ``run_matcher`` builds the app and blocks until it is told to stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from muster.contracts.envelope import Unreadable, read_headers, read_value
from muster.contracts.topics import service_topics
from muster.crosscheck.handlers import settling
from muster.crosscheck.handlers.common import TOUCHED
from muster.observability.logging import get_logger
from muster.runtime.context import Context, build_context
from muster.runtime.faust_worker import FaustWorker, run_faust
from muster.runtime.settings import ServiceSettings

APP_ID = "crosscheck-matcher"
BATCH = 200
WITHIN = 0.25
"""Seconds that a batch waits to fill."""

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


class Matcher(FaustWorker):
    """Settles batch by batch."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            APP_ID,
            context.settings.cluster(),
            topics=[TOUCHED],
            partitions=service_topics()[TOUCHED].partitions,
        )
        self._context = context
        self.agent("settle", self._settle)

    async def _settle(self, stream: Any) -> None:
        async for events in stream.take_events(BATCH, within=WITHIN):
            self.saw(len(events))
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


def run_matcher(settings: ServiceSettings) -> None:
    """Run the worker until SIGTERM or SIGINT; blocks."""
    run_faust(APP_ID, lambda: Matcher(build_context("crosscheck", settings)))
