"""Reporting alone: its database, its keys, callers with tokens, and messages as others send them.
No broker, no other service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from muster.contracts.envelope import Clear
from muster.contracts.parts.base import Part
from muster.contracts.parts.capture import (
    Entry,
    RecordForCount,
    Standing,
    StandingForCount,
    UploadForCount,
)
from muster.contracts.parts.crosscheck import DiscrepancyForCount
from muster.contracts.parts.device import DeviceStatus
from muster.contracts.parts.verification import ReviewForCount
from muster.contracts.topics import SERVICES, load_topics
from muster.forms.profile import Profile
from muster.messaging.message import Message
from muster.persistence.migrations import upgrade
from muster.reporting.main import service
from muster.reporting.settings import Settings
from muster.runtime.context import Context, build_context
from muster.runtime.http import install
from muster.security import digests, jose, tokens
from muster.security.grants import Grant
from muster.security.keyring import Keyring, plan, provision
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Discrepancy, Origin, ReviewState, Role, SubjectState

COUNTY = "632321"


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rings")
    provision(folder, plan(load_topics().values(), SERVICES, ()))
    return folder


@pytest.fixture(scope="session")
def database_url(databases: Any) -> str:
    """One migrated database for all tests; each empties it first."""
    url: str = databases.new()
    upgrade(url, service.migrations)
    return url


def make_settings(
    url: str, rings: Path, *, redis: str = "redis://127.0.0.1:1/0", profile: str = "tongren"
) -> Settings:
    return Settings(
        database_url=url,
        kafka="127.0.0.1:1",
        redis_url=redis,
        keyring=rings / "reporting.json",
        profile=profile,
        port=1,
    )


async def empty(context: Context) -> None:
    """Take everything out of every table."""
    async with context.database.transaction() as conn:
        rows = await conn.execute(
            text(
                "SELECT tablename FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        )
        names = ", ".join(row.tablename for row in rows)
        await conn.execute(text(f"TRUNCATE {names}"))


@pytest.fixture
async def context(database_url: str, rings: Path) -> AsyncIterator[Context]:
    context = build_context("reporting", make_settings(database_url, rings))
    await empty(context)
    yield context
    await context.database.close()


@dataclass
class Door:
    """The HTTP side of the service, and tokens as access issues them."""

    app: FastAPI
    jwk: dict[str, str]

    def client(self, *grants: tuple[Role, str], account: str | None = None) -> httpx.AsyncClient:
        """A caller with these grants."""
        since = datetime.now(UTC) - timedelta(days=1)
        claims = tokens.Claims(
            account or new_id(), tuple(Grant(role, area, since) for role, area in grants), 1
        )
        token = tokens.issue(claims, self.jwk, timedelta(minutes=5))
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://reporting",
            headers={"authorization": f"Bearer {token}"},
        )


async def make_door(context: Context, rings: Path) -> Door:
    app = FastAPI()
    app.state.context, app.state.database = context, context.database
    install(app, "reporting")
    for router in service.routers:
        app.include_router(router)
    jwk = Keyring.from_file(rings / "access.json").current("token/access").jwk()
    async with context.database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO known_key VALUES (:kid, 'access', 'access', 1, NULL, 'sig', "
                "CAST(:jwk AS jsonb), now() - interval '1 day', NULL)"
            ),
            {"kid": jwk["kid"], "jwk": json.dumps(jose.public_jwk(jwk))},
        )
    return Door(app, jwk)


@pytest.fixture
async def door(context: Context, rings: Path) -> Door:
    return await make_door(context, rings)


# -- messages --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def villages() -> list[str]:
    return [area.code for area in Profile.load("tongren").area_tree().villages(COUNTY)]


def standing(revision: int, *entries: tuple[str, Origin, SubjectState]) -> Standing:
    return Standing(
        revision=revision,
        entries=tuple(Entry(village=v, origin=o, state=s) for v, o, s in entries),
    )


def here(
    revision: int, village: str, state: SubjectState, origin: Origin = Origin.BASELINE
) -> Standing:
    return standing(revision, (village, origin, state))


def message(topic: str, subject_id: str, version: int, part: Part) -> Message:
    clear = Clear(version=version, subject_id=subject_id, county=COUNTY)
    return Message(topic, subject_id, new_id(), clear, part, None)


def baseline(subject_id: str, at: Standing) -> Message:
    part = StandingForCount(standing=at)
    return message("capture-baseline-imported", subject_id, at.revision, part)


def status(subject_id: str, at: Standing) -> Message:
    part = StandingForCount(standing=at)
    return message("capture-subject-status-changed", subject_id, at.revision, part)


def record(
    subject_id: str, version: int, at: Standing, categories: Sequence[str] = ("discharged_soldier",)
) -> Message:
    part = RecordForCount(
        standing=at,
        categories=tuple(categories),
        collected_at=datetime(2018, 11, 1, tzinfo=UTC),
    )
    return message("capture-record-submitted", subject_id, version, part)


def review(subject_id: str, version: int, village: str, outcome: ReviewState) -> Message:
    part = ReviewForCount(
        village=village, outcome=outcome, reason_codes=(), reviewed_at=datetime.now(UTC)
    )
    return message(f"verification-record-{outcome.value}", subject_id, version, part)


def upload(area: str, at: datetime, accepted: int = 1, refused: int = 0) -> Message:
    terminal_id = new_id()
    part = UploadForCount(area=area, accepted=accepted, refused=refused, received_at=at)
    clear = Clear(version=1, terminal_id=terminal_id, county=COUNTY)
    return Message("capture-upload-received", terminal_id, new_id(), clear, part, None)


def order(
    discrepancy_id: str,
    version: int,
    village: str,
    opened_at: datetime,
    *,
    kind: Discrepancy = Discrepancy.FIELD_MISMATCH,
    closed_at: datetime | None = None,
    topic: str | None = None,
) -> Message:
    """A work order as it stands, on the topic of what has just happened to it."""
    part = DiscrepancyForCount(
        discrepancy_id=discrepancy_id,
        kind=kind,
        field=None,
        department=None,
        village=village,
        opened_at=opened_at,
        closed_at=closed_at,
    )
    clear = Clear(version=version, subject_id=new_id(), county=COUNTY)
    happened = "opened" if closed_at is None else "closed"
    topic = topic or f"crosscheck-discrepancy-{happened}"
    return Message(topic, discrepancy_id, new_id(), clear, part, None)


def device_status(
    readers: dict[str, str], waiting: int = 0, at: datetime | None = None
) -> DeviceStatus:
    return DeviceStatus(
        salt=digests.new_salt(),
        previous=None,
        readers=readers,
        waiting=waiting,
        software="0.1.0",
        at=at or datetime.now(UTC),
    )


def device(
    terminal_id: str, version: int, part: DeviceStatus, county: str | None = None
) -> Message:
    clear = Clear(version=version, terminal_id=terminal_id, county=county)
    return Message("device-status-changed", terminal_id, new_id(), clear, part, None)


async def enrol(context: Context, terminal_id: str, area: str, jwk: dict[str, str]) -> None:
    """Reporting knows a terminal's key, and the area for which it was enrolled."""
    async with context.database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO known_key VALUES (:kid, :owner, 'terminal', 1, :area, 'sig', "
                "CAST(:jwk AS jsonb), now() - interval '1 day', NULL)"
            ),
            {
                "kid": jwk["kid"],
                "owner": terminal_id,
                "area": area,
                "jwk": json.dumps(jose.public_jwk(jwk)),
            },
        )


async def take(context: Context, *messages: Message) -> list[Any]:
    """Hand each message to its subscription, in this order, one transaction each."""
    subscriptions = {s.topic: s.take for s in service.subscriptions}
    outcomes: list[Any] = []
    for one in messages:
        async with context.database.transaction() as conn:
            outcomes += await subscriptions[one.topic](context, conn, [one])
    return outcomes


async def rows(context: Context, sql: str) -> list[Any]:
    async with context.database.transaction() as conn:
        return list(await conn.execute(text(sql)))
