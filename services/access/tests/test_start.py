"""What access does when it starts, its command, and its tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import FastAPI
from sqlalchemy import Connection, MetaData, text
from typer.testing import CliRunner

from muster.access import commands
from muster.access.handlers.start import BadAdminFile
from muster.access.settings import Settings
from muster.access.store.tables import metadata
from muster.contracts.parts.access import KeysOfOwner
from muster.persistence.tables import metadata as shared_metadata
from muster.runtime.context import Context, build_context
from muster.security.keyring import Keyring, new_key, write_keys


async def test_the_first_start_makes_one_administrator_of_the_whole_campaign(
    app: FastAPI, context: Context, settings: Settings
) -> None:
    async with app.router.lifespan_context(app):
        pass
    assert settings.admin_file is not None
    first = json.loads(settings.admin_file.read_text())
    assert set(first) == {"account", "password"}
    assert settings.admin_file.stat().st_mode & 0o777 == 0o600
    again = await commands.bootstrap(context, settings.admin_file)
    assert not again.created
    assert json.loads(settings.admin_file.read_text()) == first
    async with context.database.transaction() as conn:
        (row,) = await conn.execute(text("SELECT * FROM account"))
        (grant,) = await conn.execute(text("SELECT * FROM account_grant"))
    assert row.username == first["account"]
    assert (grant.role, grant.area, grant.valid_until) == ("administrator", "632321", None)
    assert (row.area, grant.granted_by) == ("632321", None)


async def test_a_name_and_password_that_were_laid_down_are_used(
    context: Context, app: FastAPI, tmp_path: Path
) -> None:
    """The supervisor writes the file before access starts."""
    file = tmp_path / "laid-down.json"
    file.write_text(json.dumps({"account": "first.one", "password": "a long password"}))
    assert (await commands.bootstrap(context, file)).created
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://access") as client:
        body = {"username": "first.one", "password": "a long password"}
        assert (await client.post("/token", json=body)).status_code == 200


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"account": "admin", "password": "short"}', '{"account": 1, "password": 2}'],
)
async def test_a_damaged_file_is_said_and_nothing_is_made(
    context: Context, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "admin.json"
    file.write_text(content)
    with pytest.raises(BadAdminFile):
        await commands.bootstrap(context, file)
    async with context.database.transaction() as conn:
        assert list(await conn.execute(text("SELECT * FROM account"))) == []


async def test_own_keys_are_told_when_they_change_and_not_otherwise(
    house: Any, settings: Settings, access_keys: Path, tmp_path: Path
) -> None:
    await commands.start(house.context, None)
    (first,) = await house.events("access-key-changed")
    assert (first[0].key, first[0].version) == ("access", 1)
    ring = Keyring.from_file(access_keys)
    newer = new_key("token/access", 2)
    write_keys(tmp_path / "rotated.json", [*ring, newer])
    rotated = build_context(
        "access", settings.model_copy(update={"keyring": tmp_path / "rotated.json"})
    )
    try:
        await commands.start(rotated, None)
        await commands.start(rotated, None)
        events = await house.events("access-key-changed")
        assert [row.version for row, _ in events] == [1, 2]
        part = KeysOfOwner.model_validate_json(events[-1][1].parts["reporting"].model_dump_json())
        assert (part.owner_id, part.owner_kind, part.area) == ("access", "access", None)
        assert {k.kid for k in part.keys} == {
            ring.current("token/access").jwk()["kid"],
            newer.jwk()["kid"],
        }
        assert all("d" not in key.jwk for key in part.keys)
        # A token of the old epoch still opens doors.
        assert (await house.client.get("/me", headers=house.admin)).status_code == 200
    finally:
        await rotated.database.close()


def test_the_command_makes_the_first_administrator(
    context: Context, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner()
    missing = runner.invoke(commands.app, ["bootstrap"])
    assert missing.exit_code == 2
    assert "MUSTER_ACCESS_DATABASE_URL" in missing.output
    for name, value in settings.model_dump(exclude={"admin_file"}).items():
        monkeypatch.setenv(f"MUSTER_ACCESS_{name.upper()}", str(value))
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    done = runner.invoke(commands.app, ["bootstrap"])
    assert done.exit_code == 0, done.output
    password = json.loads((tmp_path / "home" / "admin.json").read_text())["password"]
    assert password not in done.output
    again = runner.invoke(commands.app, ["bootstrap"])
    assert "nothing was changed" in again.output


async def test_migrations_build_what_the_code_expects(context: Context) -> None:
    """Drift between migrations and tables would show at run time only."""
    wanted = MetaData()
    for table in (*metadata.tables.values(), *shared_metadata.tables.values()):
        table.to_metadata(wanted)

    def differences(connection: Connection) -> list[object]:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), wanted
        )
        return [d for d in found if not (d[0] == "remove_table" and d[1].name == "alembic_version")]

    async with context.database.transaction() as conn:
        assert await conn.run_sync(differences) == []
        await conn.execute(text("ALTER TABLE account DROP COLUMN failures"))
        assert await conn.run_sync(differences) != []
        await conn.rollback()
