"""What a service announces, and how one process of it runs.

A service has one entry point in the group ``muster.services``; `muster.runtime.provisioning` finds
them there, so that shared code imports none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import typer
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.rights import Edges
from muster.messaging import positions
from muster.messaging.consumer import Consumer
from muster.messaging.deadletters import DeadLetters
from muster.messaging.intake import Intake
from muster.messaging.message import Publication, Subscription
from muster.messaging.relay import Relay
from muster.messaging.watching import Watch
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.runtime import audit_route, edges, letters_route, republish_route, troubles_route
from muster.runtime.context import Context, build_context
from muster.runtime.http import install
from muster.runtime.jobs import Job, Jobs
from muster.runtime.settings import ServiceSettings

_log = get_logger("muster.service")

DEPARTMENT = "<department>"
DRAIN_PATIENCE = 30.0
"""Seconds that a stopping service gives its consumer and its outbox together."""


@dataclass(frozen=True)
class Service:
    """One service as its ``main.py`` announces it.

    Attributes:
        settings: class with the service's environment prefix.
        context: builds what its handlers work with; nothing connects before the process runs.
        routers: its HTTP routes.
        publications, subscriptions: its tables of topics; a name that ends in ``<department>``
            stands for one topic of each department of the profile.
        jobs: what it does by the clock, in the event loop of its process.
        workers: processes beside the main one, by name (Faust runs here).
        commands: what it adds to the ``muster`` command.
        edges: of the service that enrols: who is enrolled now, and so may sign in to Kafka.
    """

    name: str
    settings: type[ServiceSettings]
    migrations: Path
    routers: Sequence[APIRouter]
    publications: Sequence[Publication] = ()
    subscriptions: Sequence[Subscription] = ()
    jobs: Sequence[Job] = ()
    context: Callable[[str, Any], Context] = build_context
    workers: Mapping[str, Callable[[Any], None]] = field(default_factory=dict)
    commands: typer.Typer | None = None
    edges: Callable[[AsyncConnection], Awaitable[Edges]] | None = None

    def create_app(self, settings: ServiceSettings) -> FastAPI:
        """The ASGI application of one process: API, consumer, relay and jobs in one event loop."""
        return _create_app(self, settings)


@dataclass
class Running:
    """The parts of a running process, for readiness and tests."""

    context: Context
    relay: Relay
    consumer: Consumer
    intake: Intake
    jobs: Jobs
    watch: Watch
    published: Sequence[str]
    failed: str | None = None


def common_routers() -> tuple[APIRouter, ...]:
    """Routes that every service has beside its own."""
    return (
        edges.router,
        audit_route.router,
        troubles_route.router,
        letters_route.router,
        republish_route.router,
    )


def build_running(service: Service, context: Context) -> Running:
    """Put relay and consumer of a service together."""
    settings = context.settings
    kafka = settings.cluster()
    letters = DeadLetters(service.name, context.keyring)
    intake = Intake(
        service=service.name,
        context=context,
        database=context.database,
        subscriptions=[
            *_expand(service.subscriptions, context),
            *positions.subscriptions(service.name),
        ],
        keyring=context.keyring,
    )
    publications = [
        *_expand(service.publications, context),
        letters.publication(),
        positions.publication(service.name),
    ]
    relay = Relay(
        service=service.name,
        context=context,
        database=context.database,
        publications=publications,
        keyring=context.keyring,
        bootstrap=kafka,
        bound_unread=settings.embedded_broker,
    )
    consumer = Consumer(
        service=service.name,
        database=context.database,
        intake=intake,
        bootstrap=kafka,
    )
    published = [item.topic for item in publications]
    watch = Watch(
        service=service.name,
        database=context.database,
        bootstrap=settings.kafka,
        consumed=intake.topics,
        published=published,
        audit=context.audit,
    )
    jobs = Jobs(service.jobs, context)
    return Running(context, relay, consumer, intake, jobs, watch, published)


_Line = TypeVar("_Line", Publication, Subscription)


def _expand(table: Sequence[_Line], context: Context) -> list[_Line]:
    """A table of topics with a line per department where it names ``<department>``."""
    return [
        replace(line, topic=line.topic.replace(DEPARTMENT, department))
        for line in table
        for department in (context.profile.departments if DEPARTMENT in line.topic else [""])
    ]


def _create_app(service: Service, settings: ServiceSettings) -> FastAPI:
    context = service.context(service.name, settings)
    running = build_running(service, context)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(running.relay.run(), name="relay"),
            asyncio.create_task(running.consumer.run(), name="consumer"),
            asyncio.create_task(running.jobs.run(), name="jobs"),
            asyncio.create_task(running.watch.run(), name="watch"),
        ]
        for task in tasks:
            task.add_done_callback(lambda done: _note_end(running, done))
        try:
            yield
        finally:
            await _drain(running, tasks)
            await context.database.close()

    app = FastAPI(title=f"muster {service.name}", lifespan=lifespan)
    app.state.database = context.database
    app.state.context = context
    app.state.running = running
    install(app, service.name)
    for router in (*service.routers, *common_routers()):
        app.include_router(router)
    return app


def _note_end(running: Running, task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        metrics.parts_ended_total.inc()
        running.failed = f"{task.get_name()} ended: {type(error).__name__}"
        _log.critical("a part of the service ended", part=task.get_name(), exc_info=error)


async def _drain(running: Running, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Take no more, publish what waits, then end."""
    relay, consumer, jobs, watch = tasks
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN_PATIENCE
    running.jobs.stop()
    # The relay is last: what consumer and jobs still wrote goes out.
    for part, task in (
        (running.consumer, consumer),
        (running.jobs, jobs),
        (running.watch, watch),
        (running.relay, relay),
    ):
        part.stop()
        _, late = await asyncio.wait([task], timeout=max(0, deadline - loop.time()))
        if late:
            _log.warning("a part did not end in time and is cut off", part=task.get_name())
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def migrations_of(package_file: str) -> Path:
    """Folder of a service's migrations: beside its ``src`` in a checkout, packaged otherwise."""
    package = Path(package_file).resolve().parent
    checkout = package.parents[2] / "migrations"
    return checkout if checkout.is_dir() else package / "_migrations"
