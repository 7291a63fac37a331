"""A department's connector in its home folder, files for it, and its two services in small."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
import xlsxwriter
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from muster.contracts.envelope import (
    Clear,
    read_headers,
    read_value,
    seal_context,
    write_headers,
    write_value,
)
from muster.contracts.parts import PARTS
from muster.contracts.parts.base import Part
from muster.contracts.parts.crosscheck import RevealRequest
from muster.contracts.parts.verification import VerificationRequest
from muster.contracts.topics import CONNECTOR, service_topics
from muster.department_connector.commands import enrolment
from muster.department_connector.handlers import loading
from muster.department_connector.handlers.common import OWN_KEY, Connector
from muster.department_connector.store import journal
from muster.department_connector.store.journal import Raw
from muster.department_connector.store.tables import open_spool
from muster.department_connector.topics.consuming import Consumer
from muster.forms.profile import Profile
from muster.messaging import border
from muster.runtime.home import free_port
from muster.security import jose, packets
from muster.security.jose import Jwk
from muster.security.keyring import Key, new_key, write_private
from muster.spool import keyfile
from muster.spool.keyfile import Edge
from muster.spool.services import ServiceKeys
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id

SERVICES = ("verification", "crosscheck")
PACKET = {name: jose.generate("enc") for name in SERVICES}
SIGN = {name: jose.generate("sig") for name in SERVICES}
"""Private keys of the services in these tests."""
CAMPAIGN_KEY = new_key("blind/campaign", 1)
SEALED, BLIND = "public-security", "armed-forces"

Values = dict[str, Any]


def number_of(seed: int) -> str:
    """A resident number of somebody who never was."""
    chance = Random(seed)
    birth = date(1940, 1, 1) + timedelta(days=chance.randrange(20_000))
    return resident_number.make("632321", birth, chance.randrange(1000))


def person(seed: int = 1, **changed: Any) -> Values:
    """What public security would have of such a person; None takes a value away."""
    number = number_of(seed)
    found = resident_number.parse(number)
    fields = {
        "name": f"卓玛{'东西南北'[seed % 4]}{'春夏秋冬'[seed // 4 % 4]}",
        "resident_number": number,
        "birth_date": found.birth.isoformat(),
        "sex": found.sex,
        "ethnicity": "04",
        "household_address": f"隆务镇某村{seed}号",
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def soldier(seed: int = 1, **changed: Any) -> Values:
    """What the armed forces department would have of such a person."""
    fields = {
        **{name: person(seed)[name] for name in ("name", "resident_number", "birth_date")},
        "enlisted_on": "1969-12-03",
        "discharged_on": "1975",
        "service_unit": f"某部{seed}分队",
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


@pytest.fixture(scope="session")
def tongren() -> Profile:
    return Profile.load("tongren")


@dataclass
class Bench:
    """A connector, and what a department and its services do with it."""

    connector: Connector
    home: Path
    keys: dict[str, Key]
    consumer: Consumer = field(init=False)

    def __post_init__(self) -> None:
        self.consumer = Consumer(self.connector)

    @property
    def profile(self) -> Profile:
        return self.connector.profile

    @property
    def village(self) -> str:
        return self.profile.area_tree().villages()[0].code

    def headings(self) -> dict[str, str]:
        """Headings by field id, as the department's file has them."""
        department = self.connector.department
        names = (*department.identified_by, "birth_date", "household_area", *department.fields)
        labels = {name: self.profile.fields[name].zh for name in dict.fromkeys(names)}
        return {**labels, "died_on": "死亡日期", "moved_to": "迁往地"}

    def table(self, people: Sequence[Mapping[str, Any]], *, leave_out: Sequence[str] = ()) -> Any:
        """Heading and rows of a file about these people."""
        headings = {k: v for k, v in self.headings().items() if k not in leave_out}
        rows = [
            [{"household_area": self.village, **one}.get(name) for name in headings]
            for one in people
        ]
        return [list(headings.values()), *rows]

    def file(self, people: Sequence[Mapping[str, Any]], name: str = "data.csv") -> Path:
        """A file about these people."""
        path = self.home.parent / name
        table = self.table(people)
        write = xlsx_of if name.endswith(".xlsx") else csv_of
        path.write_bytes(write(table))
        return path

    def load(self, people: Sequence[Mapping[str, Any]]) -> loading.Report:
        """Load a file about these people."""
        return loading.load_file(self.connector, self.file(people))

    # -- what services write -----------------------------------------------------------------------

    def request(self, fields: Values, asked: Sequence[str], **changed: Any) -> Raw:
        """A verification request as verification's relay publishes it; see `message`."""
        part = VerificationRequest(
            case_id=changed.pop("case_id", new_id()),
            version=changed.get("version", 1),
            fields=fields,
            asked=tuple(asked),
            asked_at=datetime.now(UTC),
        )
        return self.message("verification-requested-", part, part.case_id, **changed)

    def reveal(self, row_id: str, reason: str = "漏采人员核实", **changed: Any) -> Raw:
        """A reveal request as the cross-check's relay publishes it."""
        part = RevealRequest(
            reveal_id=new_id(),
            row_id=row_id,
            reason=reason,
            asked_by="crosscheck",
            asked_at=datetime.now(UTC),
        )
        return self.message("crosscheck-reveal-requested-", part, row_id, **changed)

    def message(
        self,
        prefix: str,
        part: Part,
        key: str,
        *,
        event_id: str | None = None,
        version: int = 1,
        signing: Jwk | None = None,
        reader: Jwk | None = None,
    ) -> Raw:
        """A part as its service signs, seals and publishes it; the rest as given."""
        topic = prefix + self.connector.department.id
        spec = service_topics()[topic]
        event_id = event_id or new_id()
        consumer = CONNECTOR + self.connector.department.id
        context = seal_context(spec, consumer, event_id, key, version)
        own = self.connector.edge.encryption
        assert own is not None
        packet = border.seal_part(
            part, signing or SIGN[spec.owner], reader or jose.public_jwk(own), context
        )
        headers = write_headers(
            spec,
            event_id=event_id,
            place=0,
            time=datetime.now(UTC),
            subject=key,
            sequence=1,
            traceparent=None,
        )
        return self.raw(
            topic, key, headers, write_value(Clear(version=version), {consumer: packet})
        )

    def raw(self, topic: str, key: str, headers: Any, value: bytes) -> Raw:
        """A message as the consumer hands it over."""
        code = self.connector.codes.message(topic, key, tuple(headers), value)
        return Raw(topic, 0, 0, key, tuple(headers), value, code)

    # -- what came of it ---------------------------------------------------------------------------

    async def take(self, *raws: Raw) -> None:
        """Messages come from the broker."""
        await self.consumer.take(raws)

    def spooled(self, prefix: str = "") -> list[Event]:
        """Events that wait in the spool, opened as the service that takes them does."""
        due = self.connector.spool.due(100_000, 1 << 40)
        events = [open_event(self.connector.edge, e.topic, e.headers, e.key, e.value) for e in due]
        return [event for event in events if event.topic.startswith(prefix)]

    def verdicts(self) -> list[dict[str, str]]:
        """Verdicts of the answers that wait in the spool, in order."""
        return [
            {name: str(verdict) for name, verdict in event.part.verdicts.items()}
            for event in self.spooled("verification-answered-")
        ]

    async def ask(self, fields: Values, *asked: str) -> dict[str, str]:
        """The verdicts about a person."""
        before = len(self.verdicts())
        await self.take(self.request(fields, asked))
        [found] = self.verdicts()[before:]
        return found

    def letters(self) -> list[str]:
        """Rules of the refused messages, the newest first."""
        return [row["rule"] for row in journal.letters(self.connector.spool, 100)]

    def row_id(self, fields: Values) -> str:
        """The id of the one row with that number."""
        codes = self.connector.codes
        number = codes.number(fields["resident_number"])
        assert number is not None
        return codes.row_id(number, 0)


@dataclass(frozen=True)
class Event:
    """One event of a connector, opened."""

    event_id: str
    topic: str
    key: str
    sequence: int
    part: Any


def open_event(edge: Edge, topic: str, headers: Any, key: str, value: bytes) -> Event:
    """Open what this connector signed and sealed; anything else fails."""
    spec = service_topics()[topic]
    [(reader, part)] = spec.consumers.items()
    found = read_headers(spec, list(headers), key)
    clear, sealed = read_value(value)
    assert clear.model_dump(exclude_none=True).keys() == {"version"}
    context = seal_context(spec, reader, found.event_id, key, clear.version)
    signers = {edge.signing["kid"]: jose.public_jwk(edge.signing)}
    plain = border.open_packet(sealed[reader], [PACKET[reader]], signers, context)
    opened = PARTS[part].model_validate_json(plain)
    return Event(found.event_id, topic, key, found.sequence, opened)


Make = Callable[..., Bench]


@pytest.fixture
def make(tmp_path: Path, tongren: Profile) -> Iterator[Make]:
    """Makes the connector of a department, enrolled, with its services' keys."""
    benches: list[Bench] = []

    def made(department: str = SEALED, *, port: int = 1, kafka: str = "127.0.0.1:1") -> Bench:
        home = tmp_path / department / "home"
        services = {
            name: f"http://127.0.0.1:{port}/{name}"
            for name in ("access", "verification", "crosscheck")
        }
        own = [new_key(OWN_KEY, 1), new_key(f"blind/{department}", 1)]
        if tongren.departments[department].mode == "sealed":
            own.append(CAMPAIGN_KEY)
        edge = Edge.new("department", services, kafka, place=department).with_keys(own)
        keyfile.create(home, edge)
        write_private(home / enrolment.PROFILE_NAME, orjson.dumps({"profile": "tongren"}))
        write_keys(home, services)
        keys = ServiceKeys(home, services, httpx.AsyncClient())
        connector = Connector(edge, open_spool(home, edge), keys, tongren, home)
        benches.append(Bench(connector, home, {key.purpose: key for key in own}))
        return benches[-1]

    yield made
    for bench in benches:
        bench.connector.spool.close()


def write_keys(home: Path, services: Mapping[str, str]) -> None:
    """The file of fetched keys, as the spool's library keeps it."""
    kept = {name: {"address": services[name], "keys": shown(name)} for name in SERVICES}
    (home / "service-keys.json").write_bytes(orjson.dumps(kept))


def shown(name: str) -> dict[str, list[Jwk]]:
    """The public keys of a service."""
    return {
        "packet": [jose.public_jwk(PACKET[name])],
        "sign": [jose.public_jwk(SIGN[name])],
    }


@pytest.fixture
def bench(make: Make) -> Bench:
    """Public security: sealed, and it knows everybody."""
    return make(SEALED)


@pytest.fixture
def blind(make: Make) -> Bench:
    """The armed forces department: blind, and it knows those who served."""
    return make(BLIND)


# -- files -----------------------------------------------------------------------------------------


def csv_of(table: Sequence[Sequence[Any]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode(encoding)


def xlsx_of(table: Sequence[Sequence[Any]]) -> bytes:
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate(table):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif cell is not None:
                sheet.write(place, column, cell)
    book.close()
    return packed.getvalue()


# -- services in small -----------------------------------------------------------------------------


class Sent(BaseModel):
    event_ids: list[str]


@dataclass
class Services:
    """Access, verification and the cross-check on one port: keys, enrolment, an inbox filled from
    the broker."""

    port: int = field(default_factory=free_port)
    department: str = SEALED
    arrivals: list[Event] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)
    enrolments: list[dict[str, Any]] = field(default_factory=list)
    asked_for_keys: int = 0
    extracts: list[dict[str, Any]] = field(default_factory=list)
    signer: Jwk | None = None
    """What the cross-check says of extracts, and whose signature it takes for the question."""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/{service}/received")
        async def received(service: str, body: Sent) -> dict[str, Any]:
            return {"event_ids": sorted(self.inbox & set(body.event_ids))}

        @app.get("/{service}/public-keys")
        async def public_keys(service: str) -> dict[str, Any]:
            self.asked_for_keys += 1
            return {"service": service, **shown(service)}

        @app.post("/crosscheck/extracts/own")
        async def extracts(body: dict[str, str]) -> Any:
            signer = self.signer or {"kid": "nobody's"}
            keys = {signer["kid"]: signer}
            try:
                own = PACKET["crosscheck"]
                asked, _ = packets.open_and_verify(body["packet"], own, keys.get)
            except packets.BadPacket as error:
                refused = {"reasons": [error.reason.as_dict()]}
                return JSONResponse(refused, status_code=error.status)
            assert asked == border.ASKS_EXTRACTS
            return {"items": self.extracts}

        @app.post("/access/departments", status_code=201)
        async def enrol(body: dict[str, Any]) -> dict[str, Any]:
            signing, encryption = body["keys"]
            assert (signing["use"], encryption["use"]) == ("sig", "enc")
            assert jose.verified(body["proof"], signing, 1024) == body["code"].encode()
            self.enrolments.append(body)
            return {"department": self.department, "area": "632301", "label": None}

        return app

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Answer for the length of a block; gives the port."""
        config = uvicorn.Config(
            self.app(), host="127.0.0.1", port=self.port, log_config=None, lifespan="off"
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        await until(lambda: server.started)
        try:
            yield self.port
        finally:
            server.should_exit = True
            await task

    @contextlib.asynccontextmanager
    async def reading(self, bootstrap: str, edge: Edge) -> AsyncIterator[None]:
        """Take what this connector publishes, from its beginning, for the length of a block."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=50
        )
        await consumer.start()
        names = [
            prefix + str(edge.place)
            for prefix in (
                "verification-answered-",
                "crosscheck-reveal-answered-",
                "crosscheck-department-data-",
            )
        ]
        consumer.assign(
            [
                TopicPartition(name, number)
                for name in names
                for number in range(service_topics()[name].partitions)
            ]
        )

        async def take() -> None:
            async for message in consumer:
                key = message.key.decode()
                event = open_event(edge, message.topic, message.headers, key, message.value)
                self.arrivals.append(event)
                self.inbox.add(event.event_id)

        task = asyncio.create_task(take())
        try:
            yield
        finally:
            task.cancel()
            done = await asyncio.gather(task, return_exceptions=True)
            await consumer.stop()
            # A message that cannot be opened fails the test.
            assert isinstance(done[0], asyncio.CancelledError), done

    def events(self) -> list[Event]:
        """What arrived, each event once, in the connector's order."""
        return sorted({e.event_id: e for e in self.arrivals}.values(), key=lambda e: e.sequence)


async def until(check: Any, seconds: float = 120.0) -> None:
    """Wait until a check is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not check():
        assert asyncio.get_running_loop().time() < deadline, "never true"
        await asyncio.sleep(0.02)
