"""Verification alone: its database, its keys, callers with tokens, and messages as capture sends
them. No broker, no other service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from muster.contracts.envelope import Clear
from muster.contracts.parts.base import FieldValue, Part
from muster.contracts.parts.capture import (
    AttestationForReview,
    BaselineForReview,
    Entry,
    Evidence,
    Record,
    RecordForReview,
    Standing,
    StandingForReview,
)
from muster.contracts.parts.verification import VerificationAnswer
from muster.contracts.topics import SERVICES, load_topics
from muster.forms.profile import Profile
from muster.messaging.message import Message
from muster.persistence.migrations import upgrade
from muster.runtime.context import Context, build_context
from muster.runtime.http import install
from muster.security import jose, tokens
from muster.security.grants import Grant
from muster.security.keyring import Keyring, plan, provision
from muster.verification.main import service
from muster.verification.settings import Settings
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Attestation, Origin, Role, Source, SubjectState, Verdict

COUNTY = "632321"
NAME = "仁青卓玛"
"""A name that no store may show."""
DEPARTMENTS = ("armed-forces", "human-resources", "public-security")
"""Those that check records in the profile of the tests."""
FIELDS: dict[str, FieldValue] = {
    "name": NAME,
    "resident_number": resident_number.make(COUNTY, date(1961, 3, 9), 17),
    "birth_date": "1961-03-09",
    "sex": "1",
    "household_area": "632321100201",
    "phone": "13900000000",
    "service_unit": "某部三连",
    "enlisted_on": "1979-12",
    "discharged_soldier_kind": "self_employed",
}
"""A record about which each of them is asked; `household_address` is not filled in."""


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rings")
    departments = Profile.load("tongren").departments
    provision(folder, plan(load_topics().values(), SERVICES, sorted(departments)))
    return folder


@pytest.fixture(scope="session")
def database_url(databases: Any) -> str:
    """One migrated database for all tests; each empties it first."""
    url: str = databases.new()
    upgrade(url, service.migrations)
    return url


def make_settings(url: str, rings: Path) -> Settings:
    return Settings(
        database_url=url,
        kafka="127.0.0.1:1",
        redis_url="redis://127.0.0.1:1/0",
        keyring=rings / "verification.json",
        profile="tongren",
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
    context = build_context("verification", make_settings(database_url, rings))
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
            base_url="http://verification",
            headers={"authorization": f"Bearer {token}"},
        )


@pytest.fixture
async def door(context: Context, rings: Path) -> Door:
    app = FastAPI()
    app.state.context, app.state.database = context, context.database
    install(app, "verification")
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


# -- messages --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def villages() -> list[str]:
    return [area.code for area in Profile.load("tongren").area_tree().villages(COUNTY)]


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def standing(revision: int, *entries: tuple[str, Origin, SubjectState]) -> Standing:
    return Standing(
        revision=revision,
        entries=tuple(Entry(village=v, origin=o, state=s) for v, o, s in entries),
    )


def collected(revision: int, village: str) -> Standing:
    return standing(revision, (village, Origin.BASELINE, SubjectState.COLLECTED))


def message(topic: str, subject_id: str, version: int, part: Part) -> Message:
    clear = Clear(version=version, subject_id=subject_id, county=COUNTY)
    return Message(topic, subject_id, new_id(), clear, part, None)


def record(
    subject_id: str,
    version: int,
    at: Standing,
    *,
    categories: Sequence[str] = ("discharged_soldier",),
    collector: str | None = None,
    name: str = NAME,
    fields: Mapping[str, FieldValue] | None = None,
    **more: Any,
) -> Message:
    part = RecordForReview(
        standing=at,
        record_id=new_id(),
        record=Record(
            form_version="tongren/1",
            categories=tuple(categories),
            fields=dict(fields or {"name": name, "service_unit": f"unit {version}"}),
        ),
        provenance={"name": Source.CHIP},
        evidence=(Evidence(digest=digest(900), kind="id_card", media_type="image/jpeg"),),
        signed_digest=digest(version),
        signature_kind="handwriting",
        collector_id=collector or new_id(),
        collected_at=datetime(2018, 11, 1, tzinfo=UTC),
        corrects_version=version - 1 or None,
        **more,
    )
    return message("capture-record-submitted", subject_id, version, part)


def baseline(subject_id: str, version: int, at: Standing, name: str = NAME) -> Message:
    held = Record(form_version="tongren/1", categories=(), fields={"name": name})
    part = BaselineForReview(standing=at, record=held)
    return message("capture-baseline-imported", subject_id, version, part)


def status(subject_id: str, at: Standing) -> Message:
    part = StandingForReview(standing=at)
    return message("capture-subject-status-changed", subject_id, at.revision, part)


def attested(
    subject_id: str,
    version: int,
    reading: Attestation,
    signature: Attestation = Attestation.ATTESTED,
    *reasons: str,
    sequence: int = 1,
    minute: int = 0,
    **ids: str,
) -> Message:
    part = AttestationForReview(reading=reading, signature=signature, reasons=reasons, **ids)
    said_at = datetime(2018, 11, 1, 9, minute, tzinfo=UTC)
    clear = Clear(version=version, subject_id=subject_id, county=COUNTY, occurred_at=said_at)
    return Message("capture-record-attested", subject_id, new_id(), clear, part, None, sequence)


def answer(request: Any, verdicts: Mapping[str, Verdict], /, **other: Any) -> Message:
    """What a department answers to a row of `requests`; `other` puts something else in."""
    values = {
        "request": str(request.event_id),
        "case_id": str(request.case_id),
        "version": request.version,
        "verdicts": dict(verdicts),
        "remark": "户口簿页码 12",
        "answered_at": datetime(2018, 11, 2, tzinfo=UTC),
        **other,
    }
    topic = f"verification-answered-{values.pop('department', request.department)}"
    key = values.pop("key", str(request.case_id))
    part = VerificationAnswer.model_validate(values)
    return Message(topic, key, new_id(), Clear(version=part.version), part, None)


async def enrol(context: Context, *departments: str, revoked: bool = False) -> dict[str, Any]:
    """Make the keys of departments known, as `access-key-changed` does; gives the private ones."""
    made = {}
    async with context.database.transaction() as conn:
        for department in departments:
            made[department] = {use: jose.generate(use) for use in ("enc", "sig")}
            for jwk in made[department].values():
                await conn.execute(
                    text(
                        "INSERT INTO known_key (kid, owner_id, owner_kind, version, use, jwk, "
                        "valid_from, revoked_at) VALUES (:kid, :owner, 'department', 1, :use, "
                        "CAST(:jwk AS jsonb), now(), CASE WHEN :revoked THEN now() END)"
                    ),
                    {
                        "kid": jwk["kid"],
                        "owner": department,
                        "use": jwk["use"],
                        "jwk": json.dumps(jose.public_jwk(jwk)),
                        "revoked": revoked,
                    },
                )
    return made


async def asked(context: Context, subject_id: str, version: int = 1) -> dict[str, Any]:
    """The requests about one record version, by department."""
    found = await rows(
        context,
        f"SELECT * FROM department_request WHERE subject_id = '{subject_id}' "
        f"AND version = {version} ORDER BY department",
    )
    return {row.department: row for row in found}


def verdicts(department: str, first: Verdict = Verdict.MATCH) -> dict[str, Verdict]:
    """A verdict for each field that `FIELDS` puts to a department; the first may differ."""
    names = Profile.load("tongren").departments[department].fields
    wanted = [name for name in names if name in FIELDS]
    return {name: first if name == wanted[0] else Verdict.MATCH for name in wanted}


def handler_of(topic: str) -> Any:
    """The handler of a topic, a department's included."""
    subscriptions = {s.topic: s.take for s in service.subscriptions}
    found = subscriptions.get(topic)
    return found or next(
        take for name, take in subscriptions.items() if topic.startswith(name.partition("<")[0])
    )


async def take(context: Context, *messages: Message) -> list[Any]:
    """Hand each message to its subscription, in this order, one transaction each."""
    outcomes: list[Any] = []
    for one in messages:
        async with context.database.transaction() as conn:
            outcomes += await handler_of(one.topic)(context, conn, [one])
    return outcomes


async def rows(context: Context, sql: str) -> list[Any]:
    async with context.database.transaction() as conn:
        return list(await conn.execute(text(sql)))


async def waiting(context: Context, village: str, **more: Any) -> str:
    """One person whose record waits; gives the id."""
    subject_id = new_id()
    await take(context, record(subject_id, 1, collected(2, village), **more))
    return subject_id


async def waiting_for(context: Context, village: str, *departments: str) -> str:
    """One person about whose record every department is asked; it waits for these."""
    await enrol(context, *departments)
    return await waiting(context, village, fields=FIELDS)


def rule(response: httpx.Response) -> tuple[int, str]:
    """Status and first rule of a problem document; both languages are there."""
    assert response.headers["content-type"] == "application/problem+json"
    reason = response.json()["reasons"][0]
    assert reason["zh"]
    assert reason["en"]
    return response.status_code, reason["rule"]
