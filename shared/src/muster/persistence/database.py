"""One service's own database, and the unit of work of one request or one batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


class Database:
    """The engine of one service's database. Nothing connects before the first use."""

    def __init__(self, url: str, *, pool_size: int = 10, application_name: str = "muster") -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
            connect_args={"server_settings": {"application_name": application_name}},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One unit of work: commits when the block ends, rolls back when it raises."""
        async with self.engine.begin() as connection:
            yield connection

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
