"""The store: what the migration builds is what the tables say."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from muster.capture.store.tables import metadata
from muster.persistence.tables import metadata as shared


async def test_the_migration_builds_the_tables(bench: Any) -> None:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, [shared, metadata]))

    async with bench.context.database.transaction() as conn:
        differences = await conn.run_sync(compare)
    # Alembic keeps a table of its own; everything else is named in one of the two.
    own = [d for d in differences if getattr(d[-1], "name", "") != "alembic_version"]
    assert own == []
