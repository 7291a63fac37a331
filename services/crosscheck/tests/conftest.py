"""Crosscheck alone: its database, its keys, callers with tokens, and messages as capture and
connectors send them. No broker, no other service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from muster.contracts.envelope import Clear
from muster.contracts.parts.base import FieldValue
from muster.contracts.parts.capture import Entry, Record, Standing
from muster.contracts.parts.crosscheck import (
    DepartmentData,
    DepartmentRow,
    Manifest,
    RevealAnswer,
    SubjectForMatch,
)
from muster.contracts.topics import SERVICES, load_topics
from muster.crosscheck.handlers import running, settling
from muster.crosscheck.main import service
from muster.crosscheck.matcher import settle_batch
from muster.crosscheck.settings import Settings
from muster.forms.profile import Profile
from muster.messaging import border
from muster.messaging.message import Message, OutboxRow
from muster.persistence.migrations import upgrade
from muster.runtime.context import Context, build_context
from muster.runtime.http import install
from muster.security import jose, matching, packets, tokens
from muster.security.digests import new_salt
from muster.security.grants import Grant
from muster.security.keyring import Key, Keyring, new_key, plan, provision
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, Role, SubjectState

COUNTY = "632321"
PS, HR, AF = "public-security", "human-resources", "armed-forces"
"""Sealed registrar; sealed and lists; blind and lists."""
ADMIN = (Role.ADMINISTRATOR, COUNTY)
PROFILE = Profile.load("tongren")
HERE, THERE = (area.code for area in PROFILE.area_tree().villages(COUNTY)[:2])
OUTSIDE = "110101"
EARLY = datetime(2018, 11, 1, tzinfo=UTC)
Fields = dict[str, FieldValue]
FieldsOf = Mapping[str, FieldValue]


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rings")
    provision(folder, plan(load_topics().values(), SERVICES, ()))
    return folder


def make_settings(url: str, rings: Path, **more: Any) -> Settings:
    told = {
        "database_url": url,
        "kafka": "127.0.0.1:1",
        "redis_url": "redis://127.0.0.1:1/0",
        "keyring": rings / "crosscheck.json",
        "profile": "tongren",
        "port": 1,
        **more,
    }
    return Settings(**told)


@pytest.fixture(scope="session")
def database_urls(databases: Any) -> tuple[str, str]:
    """Two migrated databases for all tests; each test empties what it takes."""
    first, second = databases.new(), databases.new()
    for url in (first, second):
        upgrade(url, service.migrations)
    return first, second


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
        await conn.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


@pytest.fixture
async def context(database_urls: tuple[str, str], rings: Path) -> AsyncIterator[Context]:
    context = build_context("crosscheck", make_settings(database_urls[0], rings))
    await empty(context)
    yield context
    await context.database.close()


@pytest.fixture
async def other(database_urls: tuple[str, str], rings: Path) -> AsyncIterator[Context]:
    """A second crosscheck with the same keys, to compare the first with."""
    context = build_context("crosscheck", make_settings(database_urls[1], rings))
    await empty(context)
    yield context
    await context.database.close()


@dataclass
class Door:
    """The HTTP side of the service, and tokens as access issues them."""

    app: FastAPI
    jwk: dict[str, str]

    def client(
        self, *grants: tuple[Role, str], account: str | None = None, terminal: bool = True
    ) -> httpx.AsyncClient:
        """A caller with these grants; a collector signed in at a terminal of the first of them."""
        since = datetime.now(UTC) - timedelta(days=1)
        collects = any(role is Role.COLLECTOR for role, _ in grants)
        claims = tokens.Claims(
            account or new_id(),
            tuple(Grant(role, area, since) for role, area in grants),
            1,
            terminal_id=f"terminal-{grants[0][1]}" if terminal and collects else None,
        )
        token = tokens.issue(claims, self.jwk, timedelta(minutes=5))
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://crosscheck",
            headers={"authorization": f"Bearer {token}"},
        )


@pytest.fixture
async def door(context: Context, rings: Path) -> Door:
    app = FastAPI()
    app.state.context, app.state.database = context, context.database
    install(app, "crosscheck")
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
    for area in (HERE, THERE, COUNTY):
        await know_key(context, f"terminal-{area}", kind="terminal", area=area)
    return Door(app, jwk)


async def know_key(
    context: Context,
    owner: str,
    *,
    kind: str = "department",
    area: str | None = None,
    revoked: bool = False,
) -> dict[str, str]:
    """Make a signing key known, as `access-key-changed` does; gives the private one."""
    jwk = jose.generate("sig")
    async with context.database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO known_key (kid, owner_id, owner_kind, version, area, use, jwk, "
                "valid_from, revoked_at) VALUES (:kid, :owner, :kind, 1, :area, 'sig', "
                "CAST(:jwk AS jsonb), now() - interval '1 day', CASE WHEN :revoked THEN now() END)"
            ),
            {
                "kid": jwk["kid"],
                "owner": owner,
                "kind": kind,
                "area": area,
                "revoked": revoked,
                "jwk": json.dumps(jose.public_jwk(jwk)),
            },
        )
    return jwk


async def connector_asks(context: Context, department: str) -> str:
    """The question of a department's connector about its extracts, under a key of its own."""
    reader = context.keyring.current("packet/crosscheck").jwk()
    key = await know_key(context, department)
    return packets.sign_and_seal(border.ASKS_EXTRACTS, key, jose.public_jwk(reader))


# -- people and what is said about them ------------------------------------------------------------

KEYS: dict[str, Key] = {
    holder: new_key(f"blind/{holder}", 1) for holder in (*PROFILE.departments, "campaign")
}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"


def make_fields(serial: int, *, village: str = HERE, **more: FieldValue) -> Fields:
    """What is true of one person of its own; ``more`` is added or replaces."""
    birth = date(1950 + serial % 40, 1 + serial % 12, 1 + serial % 28)
    return {
        "name": f"{SURNAMES[serial % 16]}{SURNAMES[serial // 16 % 16]}{serial:05d}",
        "resident_number": resident_number.make("632321", birth, serial % 1000),
        "birth_date": birth.isoformat(),
        "household_area": village,
        "sex": "1",
        "ethnicity": "01",
        "enlisted_on": f"{birth.year + 18}-12-01",
        "service_unit": "某部一连",
        **more,
    }


def without(fields: FieldsOf, *names: str) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}


def standing(revision: int, *entries: tuple[str, Origin, SubjectState]) -> Standing:
    return Standing(
        revision=revision,
        entries=tuple(Entry(village=v, origin=o, state=s) for v, o, s in entries),
    )


def here(
    revision: int, state: SubjectState = SubjectState.COLLECTED, village: str = HERE
) -> Standing:
    return standing(revision, (village, Origin.BASELINE, state))


OPEN = SubjectState.OPEN


def subject(
    subject_id: str,
    at: Standing,
    fields: FieldsOf | None,
    *,
    version: int | None = None,
    categories: Sequence[str] = ("discharged_soldier",),
    topic: str = "capture-record-submitted",
    key: str | None = None,
) -> Message:
    """What capture says of one subject; a record of version 1 when it stands collected."""
    collected = any(entry.state is SubjectState.COLLECTED for entry in at.entries)
    known = fields or {}
    part = SubjectForMatch(
        standing=at,
        version=int(collected) if version is None else version,
        record=None
        if fields is None
        else Record(form_version="tongren/1", categories=tuple(categories), fields=dict(fields)),
        blinds={
            holder: matching.person(
                blind, PROFILE, known, () if holder == "campaign" else _answered(holder)
            )
            for holder, blind in KEYS.items()
        },
    )
    clear = Clear(version=at.revision, subject_id=subject_id, county=COUNTY)
    return Message(topic, key or subject_id, new_id(), clear, part, None)


def _answered(department: str) -> tuple[str, ...]:
    return PROFILE.departments[department].fields


def make_row(
    department: str, fields: FieldsOf, *, row_id: str | None = None, area: str = COUNTY
) -> DepartmentRow:
    """A row as the department's connector makes it, in the department's mode."""
    sealed = PROFILE.departments[department].mode == "sealed"
    form = without(fields, "died_on", "moved_to")
    return DepartmentRow(
        row_id=row_id or new_id(),
        area=area,
        blinds=matching.person(KEYS[department], PROFILE, form, _answered(department)),
        campaign=matching.person(KEYS["campaign"], PROFILE, form) if sealed else None,
        fields=dict(fields) if sealed else None,
    )


@dataclass
class Extract:
    """An extract as a connector sends it: parts of so many rows, and the manifest last."""

    department: str
    rows: Sequence[DepartmentRow]
    made_at: datetime = EARLY
    size: int = 500
    mode: str | None = None
    extract_id: str = field(default_factory=new_id)

    @property
    def parts(self) -> list[DepartmentData]:
        chunks = [self.rows[i : i + self.size] for i in range(0, len(self.rows), self.size)]
        return [self.part(number, rows) for number, rows in enumerate(chunks, start=1)]

    def part(
        self, number: int, rows: Sequence[DepartmentRow], manifest: Manifest | None = None
    ) -> DepartmentData:
        return DepartmentData(
            extract_id=self.extract_id,
            number=number,
            mode=self.mode or PROFILE.departments[self.department].mode,
            made_at=self.made_at,
            salt=new_salt(),
            rows=tuple(rows),
            manifest=manifest,
        )

    def closed(self, parts: Iterable[DepartmentData], **other: Any) -> DepartmentData:
        """The manifest of these parts; ``other`` says something else than is true."""
        listed = list(parts)
        said = {
            "rows": sum(len(part.rows) for part in listed),
            "parts": tuple(matching.part_digest(part) for part in listed),
            **other,
        }
        return self.part(0, (), Manifest(**said))

    def message(self, part: DepartmentData) -> Message:
        clear = Clear(version=part.number + 1)
        topic = f"crosscheck-department-data-{self.department}"
        return Message(topic, self.extract_id, new_id(), clear, part, None)

    def messages(self) -> list[Message]:
        parts = self.parts
        return [self.message(part) for part in (*parts, self.closed(parts))]


def data(department: str, *rows: DepartmentRow, made_at: datetime = EARLY) -> list[Message]:
    return Extract(department, rows, made_at).messages()


def revealed(
    department: str,
    reveal_id: str,
    row_id: str,
    fields: FieldsOf | None = None,
    refused: str | None = None,
) -> Message:
    part = RevealAnswer(
        reveal_id=reveal_id,
        row_id=row_id,
        fields=None if fields is None else dict(fields),
        refused=refused,
        answered_at=EARLY,
    )
    topic = f"crosscheck-reveal-answered-{department}"
    return Message(topic, row_id, new_id(), Clear(version=1), part, None)


# -- what a test does ------------------------------------------------------------------------------

_TAKES = {line.topic.removesuffix("<department>"): line.take for line in service.subscriptions}


def taker(topic: str) -> Any:
    for stem, take in _TAKES.items():
        if topic == stem or (stem.endswith("-") and topic.startswith(stem)):
            return take
    raise KeyError(topic)


async def take(context: Context, *messages: Message) -> list[Any]:
    """Hand each message to its subscription, in this order, one transaction each."""
    outcomes: list[Any] = []
    for one in messages:
        async with context.database.transaction() as conn:
            outcomes += await taker(one.topic)(context, conn, [one])
    return outcomes


async def open_phase(context: Context) -> settling.Settled:
    async with context.database.transaction() as conn:
        return await running.open_phase(context, conn, new_id())


async def run_county(context: Context) -> settling.Settled:
    async with context.database.transaction() as conn:
        return await running.run_county(context, conn, new_id())


async def match_touched(context: Context) -> None:
    """Do what the matcher does with all that waits, and the service's job with candidates."""
    named = await rows(context, "SELECT DISTINCT subject_id::text FROM touched")
    await settle_batch(context, [row.subject_id for row in named])
    await settling.settle_left(context)


async def rows(context: Context, sql: str, **values: Any) -> list[Any]:
    async with context.database.transaction() as conn:
        return list(await conn.execute(text(sql), values))


async def orders(context: Context, state: str = "open") -> set[tuple[str, str, str, str]]:
    """Kind, subject, department, field of the work orders that are open (or closed)."""
    wanted = "IS NULL" if state == "open" else "IS NOT NULL"
    found = await rows(
        context,
        "SELECT kind, subject_id::text, coalesce(said_by, '') AS said_by, field "
        f"FROM discrepancy WHERE closed_at {wanted}",
    )
    return {tuple(row) for row in found}


async def published(context: Context, topic: str) -> list[Any]:
    """Events of a topic as the relay would build them now, in order."""
    publication = next(
        p for p in service.publications if topic.startswith(p.topic.removesuffix("<department>"))
    )
    stored = await rows(
        context, "SELECT * FROM outbox WHERE topic = :topic ORDER BY id", topic=topic
    )
    pending = [
        OutboxRow(
            str(r.event_id), r.topic, r.partition, r.key, r.version, r.county, r.ref,
            r.traceparent, r.occurred_at, 1,
        )
        for r in stored
    ]  # fmt: skip
    async with context.database.transaction() as conn:
        events = await publication.load(context, conn, pending)
    return [(row, events.get(row.event_id)) for row in pending]


def rule(response: httpx.Response) -> tuple[int, str]:
    """Status and first rule of a problem document; both languages are there."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert all(reason["zh"] and reason["en"] for reason in body["reasons"])
    return response.status_code, body["reasons"][0]["rule"]


async def one_order(
    context: Context, who: str, fields: Fields, department: str, row: Fields
) -> str:
    """The one work order that this record and this row make."""
    await take(context, subject(who, here(1), fields), *data(department, make_row(department, row)))
    await open_phase(context)
    [found] = await rows(context, "SELECT discrepancy_id::text FROM discrepancy")
    return str(found[0])
