"""A sender of rubbish is held, one batch or many, and let in again by an operator (design 4)."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from email.message import Message as Headers
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from urllib.error import HTTPError

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import failpoints
from muster.messaging.consumer import Consumer
from muster.messaging.deadletters import RawMessage
from muster.messaging.intake import Intake
from muster.messaging.limits import Halted, InvalidLimits, lift
from muster.messaging.message import DONE, Invalid, Message, Outcome
from muster.observability import metrics
from muster.runtime import cli, lifecycle
from muster.runtime.http import install
from muster.runtime.parts import probe
from muster.security.boxes import open_box

from .conftest import (
    TOPIC,
    Side,
    effects,
    make_due,
    make_intake,
    new_subject,
    raw,
    running,
    scalar,
    take_facts,
)

LETTERS = "SELECT count(*) FROM dead_letter"
HELD = "SELECT count(*) FROM parked WHERE next_try_at IS NULL"
HOLDS = "SELECT string_agg(sender, ',') FROM quarantine"


async def refuses_all(
    _context: Side, _conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    return [Invalid("no", "不", "no")] * len(batch)


def limited(
    reader: Side, *, per_sender: int = 3, overall: int = 100, take: Any = refuses_all
) -> Intake:
    return make_intake(reader, take, InvalidLimits(per_sender=per_sender, overall=overall))


async def let_in(side: Side, sender: str = "capture") -> int | None:
    async with side.database.transaction() as conn:
        return await lift(conn, TOPIC, sender)


async def test_one_batch_of_rubbish_makes_letters_up_to_the_limit_and_no_halt(
    source: Side, reader: Side
) -> None:
    """The limit counts inside a batch: the rest waits for an operator, and nothing halts."""
    intake = limited(reader, per_sender=3, overall=10)
    batch = [raw(source.keyring, new_subject(), 1, n) for n in range(1, 31)]
    await intake.take(TOPIC, batch)
    assert await scalar(reader, LETTERS) == 3
    assert await scalar(reader, HELD) == 27
    assert await scalar(reader, HOLDS) == "capture"
    assert intake.limits.halted() == []
    assert await intake.retry_parked() == 0, "they wait for an operator"


async def test_what_is_good_past_the_limit_of_its_batch_stays_taken(
    source: Side, reader: Side
) -> None:
    """Its effect is in the transaction already; parked it would take place twice."""
    keys = [new_subject() for _ in range(5)]

    async def takes_the_last(
        context: Side, conn: AsyncConnection, batch: Sequence[Message]
    ) -> Sequence[Outcome]:
        good = [m for m in batch if m.key == keys[4]]
        await take_facts(context, conn, good)
        return [DONE if m in good else Invalid("no", "不", "no") for m in batch]

    intake = limited(reader, per_sender=2, take=takes_the_last)
    await intake.take(TOPIC, [raw(source.keyring, key, 1, n + 1) for n, key in enumerate(keys)])
    assert await effects(reader) == [(keys[4], 1)]
    assert await scalar(reader, LETTERS) == 2
    assert await scalar(reader, HELD) == 2
    await let_in(reader)
    await intake.retry_parked()
    assert await effects(reader) == [(keys[4], 1)]


async def test_a_batch_that_is_rolled_back_counts_for_nothing(source: Side, reader: Side) -> None:
    """It comes again: counted twice it would hold a sender for half of its rubbish."""
    intake = limited(reader, per_sender=3)
    batch = [raw(source.keyring, new_subject(), 1, n) for n in (1, 2)]
    failpoints.configure("inbox.before-commit=raise@1")
    try:
        with pytest.raises(failpoints.FailPointError):
            await intake.take(TOPIC, batch)
    finally:
        failpoints.configure("")
    await intake.take(TOPIC, batch)
    assert await scalar(reader, LETTERS) == 2
    assert await scalar(reader, HOLDS) is None


async def test_a_sender_that_was_let_in_has_its_whole_limit_again(
    source: Side, reader: Side
) -> None:
    """And what waited does not pour into the dead letters past that limit either."""
    intake = limited(reader, per_sender=3)
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in range(1, 11)])
    assert await let_in(reader) == 7
    await intake.retry_parked()
    assert await scalar(reader, LETTERS) == 6
    assert await scalar(reader, HELD) == 4
    assert await scalar(reader, HOLDS) == "capture"
    assert await let_in(reader) == 4
    assert await let_in(reader) is None


async def test_who_is_let_in_again_and_again_without_cure_halts_the_topic(
    source: Side, reader: Side
) -> None:
    """Only a good message ends the count over all senders."""
    intake = limited(reader, per_sender=3, overall=6)
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in range(1, 11)])
    await let_in(reader)
    await intake.retry_parked()
    with pytest.raises(Halted, match=TOPIC):
        await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, 11)])
    [halt] = intake.limits.halted()
    assert halt.topic == TOPIC
    assert "6 invalid messages in a row" in halt.en
    assert "muster dlq list" in halt.en
    assert "连续 6 条消息" in halt.zh
    assert metrics.consumer_halted.labels(TOPIC)._value.get() == 1


async def test_a_consumer_that_halts_says_why_at_ready_in_status_and_in_its_log(
    source: Side, reader: Side, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do, in both languages; one that does not is not said to."""
    intake = limited(reader, per_sender=3, overall=3)
    app = FastAPI()
    app.state.database = reader.database
    assigned = asyncio.Event()
    assigned.set()
    app.state.running = SimpleNamespace(
        consumer=SimpleNamespace(assigned=assigned), intake=intake, failed=None
    )
    install(app, "reporting")

    async def ready() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/ready")

    assert (await ready()).json() == {"ready": True, "waiting_for": [], "halted": []}
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in (1, 2, 3)])
    answer = await ready()
    assert answer.status_code == 503
    [said] = answer.json()["halted"]
    assert answer.json()["waiting_for"] == [f"halted: {TOPIC}"]

    body = BytesIO(answer.content)
    error = HTTPError("http://x/ready", 503, "", Headers(), body)
    monkeypatch.setattr("urllib.request.urlopen", Mock(side_effect=error))
    seen = probe("http://x")
    assert seen.halted == (f"{said['zh']}\n{said['en']}",)
    stack = {"parts": {"reporting": {"pid": 1, "restarts": 0, "url": "http://x"}}}
    described = {**stack, "services": {"reporting": {}}}
    status = lifecycle.Status("degraded", described, {"reporting": seen})
    cli._show(status)
    told = capsys.readouterr().out
    assert said["zh"] in told
    assert said["en"] in told
    assert status.as_dict()["services"]["reporting"]["halted"] == list(seen.halted)  # type: ignore[index]

    consumer = Consumer(
        service="reporting", database=reader.database, intake=intake, bootstrap="127.0.0.1:1"
    )
    monkeypatch.setattr(consumer, "_run_connected", Mock(side_effect=_halted(intake)))
    async with running(consumer):
        await asyncio.sleep(0.1)
    logged = capsys.readouterr().out
    assert "muster dlq replay" in logged
    assert "重启本服务" in logged


def _halted(intake: Intake) -> Halted:
    with pytest.raises(Halted) as halted:
        intake.limits.check(TOPIC)
    return halted.value


async def test_what_cannot_be_read_is_limited_too_and_blocks_nobody(
    source: Side, reader: Side
) -> None:
    """A good message of the same key goes on; mended, all that waited is taken, once."""
    key = new_subject()
    intake = limited(reader, per_sender=2, take=take_facts)
    good = [raw(source.keyring, key, n, n) for n in range(1, 6)]
    damaged = [replace(m, headers=(*m.headers[:2], *m.headers[3:])) for m in good[:4]]
    await intake.take(TOPIC, damaged)
    assert await scalar(reader, LETTERS) == 2
    assert await scalar(reader, HELD) == 2
    assert await scalar(reader, HOLDS) == "unreadable"
    await intake.take(TOPIC, [good[4]])
    assert await effects(reader) == [(key, 5)]

    # A newer version of the service reads what this one could not.
    async with reader.database.transaction() as conn:
        for message in good[2:4]:
            await _mend(conn, message.offset, message.headers)
    assert await let_in(reader, "unreadable") == 2
    await make_due(reader)
    while await intake.retry_parked():
        pass
    await intake.take(TOPIC, good[2:4])
    assert [revision for _, revision in await effects(reader)] == [5, 3, 4]
    assert await scalar(reader, "SELECT count(*) FROM parked") == 0


def _rubbish(number: int) -> RawMessage:
    # No text that the index could compress: it takes 2704 bytes of a key, and no more.
    key = base64.b64encode(os.urandom(6000)).decode() + "\0"
    return RawMessage(TOPIC, 0, number, key, (("a\0name", b"\0"),), b"x")


async def test_keys_and_names_that_no_table_takes_stop_nobody(source: Side, reader: Side) -> None:
    """Design section 4: past the limit they wait like any other rubbish, whole, and the next
    messages are taken; let in again they become letters of what came."""
    intake = limited(reader, per_sender=2, take=take_facts)
    rubbish = [_rubbish(n) for n in range(4)]
    good = raw(source.keyring, new_subject(), 1, 1)
    await intake.take(TOPIC, [*rubbish, good])
    assert await effects(reader) == [(good.key, 1)]
    assert await scalar(reader, LETTERS) == 2
    assert await scalar(reader, HELD) == 2
    assert await let_in(reader, "unreadable") == 2
    await make_due(reader)
    assert await intake.retry_parked() == 2
    async with reader.database.transaction() as conn:
        rows = list(await conn.execute(text("SELECT id::text, sealed FROM dead_letter")))
    letters = [
        json.loads(open_box(sealed, reader.keyring, {"table": "dead_letter", "row": row}))
        for row, sealed in rows
    ]
    assert {letter["key"] for letter in letters} == {one.key for one in rubbish}


@pytest.mark.parametrize("damage", ["key", "name"])
async def test_a_message_that_would_wait_under_what_no_table_takes_is_refused(
    source: Side, reader: Side, damage: str
) -> None:
    """Its headers are right and its key is not held here, so that it would be parked."""
    waits = raw(source.keyring, new_subject(), 1, 1)
    unheld = waits.value.replace(b"seal/", b"seal/other-", 1)
    assert unheld != waits.value
    bad = replace(waits, value=unheld)
    if damage == "name":
        bad = replace(bad, headers=(*waits.headers, ("a\0name", b"")))
    else:
        key = base64.b64encode(os.urandom(6000)).decode()
        named = {**dict(waits.headers), "ce_subject": key.encode()}
        bad = replace(bad, key=key, headers=tuple(named.items()))
    intake = limited(reader, take=take_facts)
    await intake.take(TOPIC, [bad])
    rule = {"key": "key-damaged", "name": "header-not-text"}[damage]
    assert await scalar(reader, "SELECT rule FROM dead_letter") == rule
    assert await scalar(reader, "SELECT count(*) FROM parked") == 0


async def _mend(conn: AsyncConnection, offset: int, headers: Sequence[tuple[str, bytes]]) -> None:
    shown = json.dumps([[n, base64.b64encode(v).decode()] for n, v in headers])
    await conn.execute(
        text('UPDATE parked SET headers = CAST(:h AS jsonb) WHERE "offset" = :o'),
        {"h": shown, "o": offset},
    )


async def test_an_operator_sees_and_lifts_quarantines_by_command(
    source: Side, reader: Side, rings: Path
) -> None:
    """``muster quarantine list|lift``, told of the service by its settings."""
    intake = limited(reader, per_sender=2)
    await intake.take(TOPIC, [raw(source.keyring, new_subject(), 1, n) for n in range(1, 6)])
    url = reader.database.engine.url.render_as_string(hide_password=False)

    def muster(*arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {
            "DATABASE_URL": url,
            "KAFKA": "127.0.0.1:1",
            "REDIS_URL": "redis://127.0.0.1:1",
            "KEYRING": str(rings / "reporting.json"),
            "PROFILE": "tongren",
            "PORT": "1",
        }
        keep = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
        told = {f"MUSTER_REPORTING_{name}": value for name, value in settings.items()}
        return subprocess.run(
            (sys.executable, "-m", "muster.runtime.cli", "quarantine", *arguments),
            env={**keep, **told, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    shown = muster("list", "reporting")
    assert shown.returncode == 0, shown.stderr
    (line,) = (one for one in shown.stdout.splitlines() if TOPIC in one)
    assert [cell.strip() for cell in line.split("│")][:3] == [TOPIC, "capture", "3"]
    stranger = muster("lift", "reporting", TOPIC, "nobody")
    assert stranger.returncode == 1
    assert "does not hold nobody" in stranger.stderr
    lifted = muster("lift", "reporting", TOPIC, "capture")
    assert lifted.returncode == 0, lifted.stderr
    assert lifted.stdout.rstrip().endswith(": 3.")
    assert "holds nobody" in muster("list", "reporting").stdout
    assert await scalar(reader, HELD) == 0
