"""A capture service without relay and consumer, on a real PostgreSQL, and a desk beside it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlsxwriter
from fastapi import FastAPI
from sqlalchemy import text

from muster.capture.main import service
from muster.capture.settings import Settings
from muster.capture.store import subjects
from muster.contracts.topics import SERVICES, service_topics
from muster.forms.profile import Profile
from muster.messaging import failpoints
from muster.messaging.message import Event, OutboxRow
from muster.runtime.context import Context, build_context
from muster.runtime.http import install
from muster.runtime.service import common_routers
from muster.security import digests, keyring, packets, tokens
from muster.security.grants import Grant
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

AREA = "632321"
NEAR, FAR = "632321100", "632321201"
_SINCE = datetime(2018, 10, 1, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 a picture "


@dataclass(frozen=True)
class Terminal:
    """An enrolled computer with its own key."""

    terminal_id: str
    jwk: dict[str, str]
    area: str


@dataclass
class Person:
    """Somebody at the desk, with what they bring."""

    village: str
    number: str
    name: str
    subject_id: str = field(default_factory=new_id)
    papers: tuple[str, ...] = (
        "id_card",
        "household_booklet",
        "portrait",
        "service_proof_of_relative",
    )
    extra: dict[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        birth = resident_number.parse(self.number).birth.isoformat()
        return {
            "name": self.name,
            "sex": resident_number.parse(self.number).sex,
            "ethnicity": "01",
            "birth_date": birth,
            "resident_number": self.number,
            "political_status": "13",
            "household_area": self.village,
            "household_address": "某街某号",
            "active_duty_relation": "parent",
            "serving_name": "某人",
            **self.extra,
        }


class Bench:
    """The service, and everything that stands around it in a test."""

    def __init__(self, context: Context, client: httpx.AsyncClient) -> None:
        self.context = context
        self.client = client
        self.access = packets.generate_key("sig")
        self.recipient: dict[str, str] = {}
        self.terminals: dict[str, Terminal] = {}
        self._random = random.Random(20181026)
        self.villages = [v.code for v in context.areas.villages(NEAR)]
        self.far_village = context.areas.villages(FAR)[0].code

    # -- who asks ----------------------------------------------------------------------------------

    async def enrol_key(
        self, jwk: Mapping[str, str], owner: str, kind: str, area: str | None
    ) -> None:
        async with self.context.database.transaction() as conn:
            await conn.execute(
                text(
                    "INSERT INTO known_key (kid, owner_id, owner_kind, version, area, use, jwk, "
                    "valid_from) VALUES (:kid, :owner, :kind, 1, :area, 'sig', "
                    "CAST(:jwk AS jsonb), :since)"
                ),
                {
                    "kid": jwk["kid"],
                    "owner": owner,
                    "kind": kind,
                    "area": area,
                    "jwk": json.dumps(packets.public_jwk(dict(jwk))),
                    "since": _SINCE,
                },
            )

    async def terminal(self, area: str = NEAR) -> Terminal:
        made = Terminal(new_id(), packets.generate_key("sig"), area)
        await self.enrol_key(made.jwk, made.terminal_id, "terminal", area)
        return made

    def headers(
        self, role: Role | Sequence[Role], area: str, terminal: Terminal | str | None = "theirs"
    ) -> dict[str, str]:
        """Who signed in at that terminal, at none, or at one that is enrolled for their area."""
        if isinstance(terminal, str):
            terminal = self.terminals.get(area)
        roles = [role] if isinstance(role, Role) else role
        claims = tokens.Claims(
            account_id=new_id(),
            grants=tuple(Grant(each, area, _SINCE) for each in roles),
            grants_version=1,
            terminal_id=terminal.terminal_id if terminal else None,
        )
        token = tokens.issue(claims, self.access, timedelta(minutes=15))
        return {"Authorization": f"Bearer {token}"}

    # -- who comes ---------------------------------------------------------------------------------

    def person(self, village: str | None = None, **more: Any) -> Person:
        birth = date(1950, 1, 1) + timedelta(days=self._random.randrange(15000))
        number = resident_number.make(AREA, birth, self._random.randrange(1000))
        return Person(village or self.villages[0], number, "测试某", **more)

    def record(
        self,
        person: Person,
        base: int = 0,
        *,
        pieces: Iterable[tuple[str, str]] = (),
        **changes: Any,
    ) -> dict[str, Any]:
        """A record as a desk signs it; `changes` are put in after the signature."""
        fields = person.fields()
        evidence = [{"digest": digest, "kind": kind} for digest, kind in pieces]
        content = {
            "form_version": self.context.profile.form_version,
            "categories": ["active_duty_family"],
            "fields": fields,
        }
        record_id, salt = new_id(), digests.new_salt()
        digest = digests.record_digest(
            content, [piece["digest"] for piece in evidence], record_id, salt
        )
        return {
            "record_id": record_id,
            "subject_id": person.subject_id,
            "base_version": base,
            **content,
            "provenance": dict.fromkeys(fields, "typed"),
            "evidence": evidence,
            "salt": salt,
            "signature": {"kind": "handwriting", "digest": digest},
            "collected_at": datetime.now(UTC).isoformat(),
            "origin": None if base else "new",
            **changes,
        }

    # -- what goes over the line -------------------------------------------------------------------

    async def seal(self, terminal: Terminal, payload: Mapping[str, Any]) -> str:
        if not self.recipient:
            self.recipient = (await self.client.get("/packet-key")).json()
        return packets.sign_and_seal(payload, terminal.jwk, self.recipient)

    def piece(self, subject_id: str, kind: str, content: bytes | None = None) -> dict[str, str]:
        content = content if content is not None else JPEG + os.urandom(16)
        salt = digests.new_salt()
        return {
            "subject_id": subject_id,
            "digest": digests.evidence_digest(content, "image/jpeg", salt),
            "salt": salt,
            "media_type": "image/jpeg",
            "kind": kind,
            "content": base64.b64encode(content).decode(),
        }

    async def post_evidence(
        self, terminal: Terminal, pieces: Sequence[Mapping[str, Any]], **headers: str
    ) -> httpx.Response:
        packet = await self.seal(terminal, {"packet_id": new_id(), "pieces": list(pieces)})
        sent = headers or self.headers(Role.COLLECTOR, terminal.area, terminal)
        return await self.client.post("/evidence", content=packet, headers=sent)

    async def bring_evidence(self, terminal: Terminal, person: Person) -> list[tuple[str, str]]:
        pieces = [self.piece(person.subject_id, kind) for kind in person.papers]
        answer = await self.post_evidence(terminal, pieces)
        assert [r["status"] for r in answer.json()["receipts"]] == ["stored"] * len(pieces)
        return [(piece["digest"], piece["kind"]) for piece in pieces]

    async def upload(
        self,
        terminal: Terminal,
        records: Sequence[Mapping[str, Any]],
        *,
        packet_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        payload = {
            "packet_id": packet_id or new_id(),
            "terminal_id": terminal.terminal_id,
            "made_at": datetime.now(UTC).isoformat(),
            "records": list(records),
        }
        return await self.client.post(
            "/uploads",
            content=await self.seal(terminal, payload),
            headers=dict(headers or self.headers(Role.COLLECTOR, terminal.area, terminal)),
        )

    async def collected(self, terminal: Terminal, person: Person | None = None) -> Person:
        """A person whose first record was accepted."""
        person = person or self.person()
        pieces = await self.bring_evidence(terminal, person)
        answer = await self.upload(terminal, [self.record(person, pieces=pieces)])
        assert [r["status"] for r in answer.json()["receipts"]] == ["accepted"], answer.text
        return person

    # -- files -------------------------------------------------------------------------------------

    async def import_file(
        self,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        name: str = "baseline.xlsx",
        **form: str,
    ) -> httpx.Response:
        return await self.client.post(
            "/imports",
            files={"file": (name, content)},
            data=form,
            headers=dict(headers or self.headers(Role.ADMINISTRATOR, AREA)),
        )

    # -- what is inside ----------------------------------------------------------------------------

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with self.context.database.transaction() as conn:
            return list((await conn.execute(text(sql), values)).mappings())

    async def scalar(self, sql: str, **values: Any) -> Any:
        async with self.context.database.transaction() as conn:
            return (await conn.execute(text(sql), values)).scalar()

    async def events(self, topic: str) -> list[tuple[OutboxRow, Event]]:
        """What the relay would publish, in the order of the outbox."""
        load = next(p.load for p in service.publications if p.topic == topic)
        async with self.context.database.transaction() as conn:
            found = await conn.execute(
                text(
                    "SELECT event_id::text, topic, partition, key, version, county, ref, "
                    "traceparent, occurred_at, id AS sequence FROM outbox WHERE topic = :topic "
                    "ORDER BY id"
                ),
                {"topic": topic},
            )
            rows = [OutboxRow(**{**row, "ref": _json(row["ref"])}) for row in found.mappings()]
            events = await load(self.context, conn, rows)
        return [(row, events[row.event_id]) for row in rows if row.event_id in events]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


HEADINGS = ("姓名", "公民身份号码", "户籍所在地", "对象类别", "性别", "联系电话")


def workbook(rows: Iterable[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    """An .xlsx file with a title above its heading row."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "初始数据")
    for number, row in enumerate((headings, *rows), start=1):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


def baseline_row(person: Person, **changes: Any) -> list[Any]:
    """A row of a baseline workbook about this person."""
    cells = {
        "姓名": person.name,
        "公民身份号码": person.number,
        "户籍所在地": person.village,
        "对象类别": "现役军人家属",
        "性别": "",
        "联系电话": "",
        **changes,
    }
    return [cells[heading] for heading in HEADINGS]


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, transactions wait for each other a moment before they add subjects: each
    has then read what it decides by, unless something held it up."""

    def begin() -> None:
        add, here, both = subjects.add, 0, asyncio.Event()

        async def wait(*arguments: Any) -> Any:
            nonlocal here
            here += 1
            if here > 1:
                both.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(both.wait(), 1)
            return await add(*arguments)

        monkeypatch.setattr(subjects, "add", wait)

    return begin


@pytest.fixture
def make_workbook() -> Callable[..., bytes]:
    return workbook


@pytest.fixture
def make_row() -> Callable[..., list[Any]]:
    return baseline_row


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    departments = Profile.load("tongren").departments
    sealed = [name for name, one in departments.items() if one.mode == "sealed"]
    keyring.provision(
        folder, keyring.plan(service_topics().values(), SERVICES, departments, sealed)
    )
    return folder


@asynccontextmanager
async def running(url: str, keys: Path) -> AsyncIterator[Bench]:
    settings = Settings(
        database_url=url,
        kafka="127.0.0.1:1",
        redis_url="redis://127.0.0.1:1",
        keyring=keys / "capture.json",
        profile="tongren",
        port=1,
        import_limit=4 * 1024 * 1024,
    )
    context = build_context("capture", settings)
    app = FastAPI()
    app.state.database, app.state.context = context.database, context
    install(app, "capture")
    for router in (*service.routers, *common_routers()):
        app.include_router(router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://capture") as client:
        bench = Bench(context, client)
        await bench.enrol_key(bench.access, "access", "access", None)
        bench.terminals = {area: await bench.terminal(area) for area in (AREA, NEAR, FAR)}
        yield bench
    await context.database.close()


@pytest.fixture
async def bench(
    new_database: Callable[[str | None], str], keys_folder: Path
) -> AsyncIterator[Bench]:
    async with running(new_database("capture"), keys_folder) as made:
        yield made
    failpoints.configure("")
