"""One service's own database, and the unit of work of one request or one batch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from sqlalchemy import Executable, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_PREPARED = 500
"""More than there are statements in a service, so that none pushes another out."""


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _refuse_closed(connection: Any, *_: object) -> None:
    """A connection that the server has closed is replaced before anybody gets it.

    asyncpg hears of the end of a connection by itself, so nothing has to be asked: SQLAlchemy's
    own ping costs three round trips in each transaction.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """The engine of one service's database. Nothing connects before the first use."""

    def __init__(self, url: str, *, pool_size: int = 20, application_name: str = "muster") -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            # None above these, which would be opened and closed again and again: a connection
            # prepares each statement anew.
            pool_size=pool_size,
            max_overflow=0,
            # The same few connections, whose statements are prepared.
            pool_use_lifo=True,
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
            connect_args={
                "server_settings": {"application_name": application_name},
                "prepared_statement_cache_size": _PREPARED,
            },
        )
        self._looking = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One unit of work: commits when the block ends, rolls back when it raises."""
        async with self.engine.begin() as connection:
            yield connection

    async def look(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """The first row or None, with one round trip and outside of any transaction: for what asks
        often."""
        async with self._looking.connect() as connection:
            return (await connection.execute(statement, values)).first()

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def _request_transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    database: Database = request.app.state.database
    async with database.transaction() as connection:
        yield connection


Transaction = Annotated[AsyncConnection, Depends(_request_transaction, scope="function")]
"""A route's unit of work. Scope ``function`` makes it commit before the response is sent; with
FastAPI's default the client would hear of success first, and a failing commit would be lost."""
