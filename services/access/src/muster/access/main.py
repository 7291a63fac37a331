"""Composition root of access: the only place where its parts meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from muster.access import commands, passwords
from muster.access.api import ROUTERS
from muster.access.handlers import terminals
from muster.access.settings import Settings
from muster.access.topics import PUBLICATIONS
from muster.runtime.service import Service, migrations_of


@asynccontextmanager
async def _at_start(app: FastAPI) -> AsyncIterator[None]:
    """Before the first request: own keys are shown, and the first administrator is there."""
    settings = app.state.context.settings
    await commands.start(app.state.context, settings.admin_file)
    await passwords.prepare()
    yield


service = Service(
    name="access",
    settings=Settings,
    migrations=migrations_of(__file__),
    routers=(*ROUTERS, APIRouter(lifespan=_at_start)),
    publications=PUBLICATIONS,
    commands=commands.app,
    edges=terminals.enrolled,
)
