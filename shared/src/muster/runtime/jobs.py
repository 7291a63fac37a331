"""What a service does by the clock: a table of jobs, run beside its consumer and its relay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from muster.messaging.broker import pause
from muster.messaging.failpoints import FailPointError
from muster.observability.logging import get_logger

_log = get_logger("muster.jobs")

STOP_PATIENCE = 5.0
"""Seconds that a stopping service gives a job at work; what it has not committed comes to nothing,
and the next process does it again."""


@dataclass(frozen=True)
class Job:
    """One line of a service's table of jobs.

    ``run(context)`` is awaited at the start and then ``every`` so many seconds after it ended. Two
    processes of a service both run it: it takes what it finds under locks, commits as it goes, and
    does nothing when there is nothing to do.
    """

    name: str
    every: float
    run: Callable[[Any], Awaitable[None]]


class Jobs:
    """Runs a service's jobs until it is stopped, each in its own time."""

    def __init__(self, jobs: Sequence[Job], context: object) -> None:
        self._jobs = jobs
        self._context = context
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask `run` to return; a job at work may end, within `STOP_PATIENCE`."""
        self._stopping.set()

    async def run(self) -> None:
        """Run every job until stopped.

        What passes by itself (a database that is away) is logged and tried again; any other error
        ends all jobs and is raised, so that the process can say that it is not whole.
        """
        tasks = [asyncio.create_task(self._repeat(job), name=job.name) for job in self._jobs]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            if tasks:
                await asyncio.wait(tasks, timeout=STOP_PATIENCE)
        finally:
            for task in (stopping, *tasks):
                task.cancel()
            ended = await asyncio.gather(stopping, *tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _repeat(self, job: Job) -> None:
        while not self._stopping.is_set():
            try:
                await job.run(self._context)
            except (SQLAlchemyError, OSError, TimeoutError, FailPointError) as error:
                reason = type(error).__name__
                _log.warning("a job waits for its next turn", job=job.name, reason=reason)
            await pause(job.every, self._stopping)
