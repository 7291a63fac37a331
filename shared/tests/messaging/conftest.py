"""A service made of two tables, over the embedded PostgreSQL and broker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import (
    Clear,
    seal_context,
    seal_purpose,
    write_headers,
    write_value,
)
from muster.contracts.parts.capture import Entry, Standing, StandingForCount, StandingForReview
from muster.contracts.topics import load_topics, service_topics
from muster.messaging import outbox, positions
from muster.messaging.broker import partition_of
from muster.messaging.deadletters import DeadLetters, RawMessage
from muster.messaging.intake import Intake
from muster.messaging.limits import InvalidLimits
from muster.messaging.message import (
    DONE,
    Event,
    Message,
    NotNow,
    OutboxRow,
    Outcome,
    Publication,
    Subscription,
)
from muster.messaging.relay import Relay
from muster.persistence.database import Database
from muster.persistence.ddl import SHARED_V1
from muster.security.boxes import seal
from muster.security.keyring import Keyring, plan, provision
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, SubjectState

TOPIC = "capture-subject-status-changed"
VILLAGE = "632321100001"

NewDatabase = Callable[[str | None], str]


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key rings as `muster keys init` makes them."""
    folder = tmp_path_factory.mktemp("keys")
    provision(
        folder, plan(load_topics().values(), ("access", "capture", "verification", "reporting"), ())
    )
    return folder


@dataclass
class Side:
    """One service's database and ring."""

    name: str
    database: Database
    keyring: Keyring
    seen: list[Message] = field(default_factory=list)


async def _side(url: str, rings: Path, name: str) -> Side:
    database = Database(url)
    async with database.transaction() as conn:
        for statement in SHARED_V1:
            await conn.execute(text(statement))
        await conn.execute(text("CREATE TABLE fact (subject_id uuid PRIMARY KEY, revision int)"))
        await conn.execute(
            text("CREATE TABLE effect (id bigserial, subject_id uuid, revision int)")
        )
    return Side(name, database, Keyring.from_file(rings / f"{name}.json"))


@pytest.fixture
async def source(new_database: NewDatabase, rings: Path) -> AsyncIterator[Side]:
    """Capture's side: writes facts and their outbox."""
    side = await _side(new_database(None), rings, "capture")
    yield side
    await side.database.close()


@pytest.fixture
async def reader(new_database: NewDatabase, rings: Path) -> AsyncIterator[Side]:
    """Reporting's side: takes facts and writes one effect for each."""
    side = await _side(new_database(None), rings, "reporting")
    yield side
    await side.database.close()


async def write_fact(side: Side, subject_id: str, revision: int, *, topic: str = TOPIC) -> None:
    """One fact with its outbox row, in one transaction."""
    async with side.database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO fact VALUES (:s, :r) ON CONFLICT (subject_id) "
                "DO UPDATE SET revision = excluded.revision"
            ),
            {"s": subject_id, "r": revision},
        )
        await outbox.add(
            conn,
            [
                outbox.OutboxItem(
                    topic=topic,
                    key=subject_id,
                    version=revision,
                    county="632321",
                    ref={"subject_id": subject_id, "revision": revision},
                )
            ],
        )


def standing(revision: int) -> Standing:
    """A standing whose revision the tests look at."""
    entry = Entry(village=VILLAGE, origin=Origin.BASELINE, state=SubjectState.OPEN)
    return Standing(revision=revision, entries=(entry,))


async def load_facts(
    _context: object, _conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """The loader of the toy topic."""
    return {
        row.event_id: Event(
            Clear(version=row.version, subject_id=row.key, county=row.county),
            {
                "verification": StandingForReview(standing=standing(row.version)),
                "reporting": StandingForCount(standing=standing(row.version)),
            },
        )
        for row in rows
    }


async def take_facts(
    context: Side, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """The handler of the toy topic: one effect per message."""
    for message in batch:
        await conn.execute(
            text("INSERT INTO effect (subject_id, revision) VALUES (:s, :r)"),
            {"s": message.key, "r": message.part.standing.revision},
        )
    context.seen.extend(batch)
    return [DONE] * len(batch)


@dataclass
class Waits:
    """The handler of the toy topic, to which messages come too early until it is `over`: all, or
    those that `early` names."""

    early: Callable[[Message], bool] = lambda _: True
    over: bool = False

    async def __call__(
        self, context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        ready = [message for message in batch if self.over or not self.early(message)]
        await take_facts(context, conn, ready)
        return [DONE if message in ready else NotNow("not yet") for message in batch]


def make_intake(side: Side, take: Any = take_facts, limits: InvalidLimits | None = None) -> Intake:
    """An intake of the toy topic."""
    return Intake(
        service=side.name,
        context=side,
        database=side.database,
        subscriptions=[Subscription(TOPIC, take), *positions.subscriptions(side.name)],
        keyring=side.keyring,
        limits=limits,
    )


def make_relay(side: Side, stack: Any, load: Any = load_facts) -> Relay:
    """A relay of the toy topic, bounded on the embedded broker."""
    return Relay(
        service=side.name,
        context=side,
        database=side.database,
        publications=[
            Publication(TOPIC, load),
            DeadLetters(side.name, side.keyring).publication(),
            positions.publication(side.name),
        ]
        if side.name == "capture"
        else [
            DeadLetters(side.name, side.keyring).publication(),
            positions.publication(side.name),
        ],
        keyring=side.keyring,
        bootstrap=stack.kafka,
        bound_unread=stack.embedded_broker,
    )


async def effects(side: Side) -> list[tuple[str, int]]:
    """Subject and revision of every effect, in the order in which they took place."""
    async with side.database.transaction() as conn:
        rows = await conn.execute(text("SELECT subject_id::text, revision FROM effect ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


async def scalar(side: Side, sql: str) -> Any:
    """One value of a side's database."""
    async with side.database.transaction() as conn:
        return (await conn.execute(text(sql))).scalar()


async def until(check: Any, seconds: float = 90.0) -> None:
    """Wait until an async check is true; a failure names it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await check():
        assert asyncio.get_running_loop().time() < deadline, f"never true: {check}"
        await asyncio.sleep(0.05)


@dataclass
class Asked:
    """What a database was asked meanwhile: each statement, with how many rows came back."""

    statements: list[tuple[str, int]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows that came back."""
        return sum(rows for _, rows in self.statements)


@contextlib.contextmanager
def listening(side: Side) -> Iterator[Asked]:
    """Note what a side's database is asked in a block."""
    asked = Asked()

    def note(_conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.statements.append((statement, max(cursor.rowcount, 0) if cursor.description else 0))

    engine = side.database.engine.sync_engine
    event.listen(engine, "after_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "after_cursor_execute", note)


@contextlib.asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    """Run relays and consumers for the length of a block."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for part in parts:
            part.stop()
        done, late = await asyncio.wait(tasks, timeout=20)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            task.result()


def new_subject() -> str:
    """A random subject id."""
    return new_id()


SPEC = service_topics()[TOPIC]


def raw(
    ring: Keyring,
    key: str,
    revision: int,
    sequence: int,
    *,
    event_id: str | None = None,
    consumer: str = "reporting",
    subject: str | None = None,
    offset: int | None = None,
    traceparent: str | None = None,
) -> RawMessage:
    """A message as the broker hands it over."""
    event_id = event_id or new_id()
    box = seal(
        ring.current(seal_purpose(TOPIC, consumer)),
        StandingForCount(standing=standing(revision)).model_dump_json().encode(),
        seal_context(SPEC, consumer, event_id, subject or key, revision),
    )
    headers = write_headers(
        SPEC,
        event_id=event_id,
        place=partition_of(key, SPEC.partitions),
        time=datetime.now(UTC),
        subject=key,
        sequence=sequence,
        traceparent=traceparent,
    )
    value = write_value(Clear(version=revision, subject_id=key), {consumer: box})
    place = sequence if offset is None else offset
    return RawMessage(TOPIC, partition_of(key, SPEC.partitions), place, key, tuple(headers), value)


async def make_due(side: Side) -> None:
    """Let every parked message that is tried again be due."""
    async with side.database.transaction() as conn:
        await conn.execute(
            text("UPDATE parked SET next_try_at = now() WHERE next_try_at IS NOT NULL")
        )
