"""Migrations of one service's own database, with Alembic, without an ini file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from muster.persistence.ddl import FUNCTIONS

_ENVIRONMENT = Path(__file__).parent / "alembic"


def configuration(versions: Path, connection: Connection | None = None) -> Config:
    """Alembic's configuration for the versions of one service."""
    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def upgrade_async(url: str, versions: Path) -> None:
    """Bring a database to the newest version; safe to run again, and by two at once."""
    engine = create_async_engine(url, poolclass=NullPool)

    def run(connection: Connection, _: Any = None) -> None:
        # Two processes that start together must not both create the first table.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('muster-migrations'))")
        command.upgrade(configuration(versions, connection), "heads")
        for function in FUNCTIONS:
            connection.exec_driver_sql(function)

    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def upgrade(url: str, versions: Path) -> None:
    """`upgrade_async` for callers without an event loop."""
    asyncio.run(upgrade_async(url, versions))
