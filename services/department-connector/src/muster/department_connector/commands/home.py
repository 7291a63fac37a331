"""A connector over its home folder, for the length of a block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from muster.department_connector.commands import enrolment
from muster.department_connector.handlers.common import Connector
from muster.department_connector.settings import Settings
from muster.department_connector.store.tables import open_spool
from muster.spool.services import ServiceKeys, new_client

if TYPE_CHECKING:
    import httpx


@contextmanager
def opened(settings: Settings, http: httpx.AsyncClient | None = None) -> Iterator[Connector]:
    """A connector that without a client asks no service.

    Raises:
        KeyfileError, NotEnrolled, ProfileError, SpoolError: the home folder is not usable.
    """
    edge, profile = enrolment.enrolled(settings.home)
    spool = open_spool(settings.home, edge)
    try:
        keys = ServiceKeys(settings.home, edge.services, http)
        yield Connector(edge, spool, keys, profile, settings.home)
    finally:
        spool.close()


@asynccontextmanager
async def composed(settings: Settings) -> AsyncIterator[tuple[Connector, httpx.AsyncClient]]:
    """A connector with its client. Raises as `opened`."""
    async with new_client() as http:
        with opened(settings, http) as connector:
            yield connector, http
