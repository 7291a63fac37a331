"""Verification and a department's connector, over a broker: who reads what, killed in between."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer

from muster.contracts.envelope import (
    Clear,
    read_value,
    seal_context,
    seal_purpose,
    write_headers,
    write_value,
)
from muster.contracts.parts.verification import VerificationAnswer, VerificationRequest
from muster.contracts.topics import service_topics
from muster.messaging import border, failpoints
from muster.messaging.deadletters import RawMessage
from muster.messaging.failpoints import FailPointError
from muster.messaging.intake import Intake
from muster.observability.trace import Trace
from muster.runtime.context import Context, build_context
from muster.runtime.service import Running, build_running
from muster.security import jose
from muster.security.boxes import seal
from muster.security.keyring import Keyring
from muster.verification.main import service
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import (
    COUNTY,
    DEPARTMENTS,
    FIELDS,
    Door,
    asked,
    collected,
    digest,
    enrol,
    make_settings,
    record,
    rows,
    verdicts,
)

NOW = datetime(2018, 11, 2, tzinfo=UTC)
RECORDS = "capture-record-submitted"
PERSONAL = [str(FIELDS[name]) for name in ("name", "resident_number", "phone", "service_unit")]


@pytest.fixture
def fail() -> Iterator[Any]:
    """Ask for fail points; none is left behind."""
    yield failpoints.configure
    failpoints.configure("")


@pytest.fixture
async def running(
    database_url: str, rings: Path, stack: Any, context: Context
) -> AsyncIterator[Running]:
    """The service's relay and intake on a broker, over the emptied database."""
    settings = make_settings(database_url, rings).model_copy(
        update={"kafka": stack.kafka, "embedded_broker": stack.embedded_broker}
    )
    own = build_context("verification", settings)
    yield build_running(service, own)
    await own.database.close()


def submitted(rings: Path, subject_id: str, version: int, village: str) -> RawMessage:
    """A record as capture's relay puts it on its topic."""
    message = record(subject_id, version, collected(1 + version, village), fields=FIELDS)
    spec = service_topics()[RECORDS]
    key = Keyring.from_file(rings / "capture.json").current(seal_purpose(RECORDS, "verification"))
    place = seal_context(spec, "verification", message.event_id, subject_id, version)
    value = write_value(
        message.clear, {"verification": seal(key, message.part.model_dump_json().encode(), place)}
    )
    headers = write_headers(
        spec,
        event_id=message.event_id,
        place=0,
        time=NOW,
        subject=subject_id,
        sequence=version,
        traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01",
    )
    return RawMessage(RECORDS, 0, version, subject_id, tuple(headers), value)


async def read(bootstrap: str, wanted: int) -> list[Any]:
    """Everything on the topics of requests, at least so many messages."""
    topics = [f"verification-requested-{name}" for name in DEPARTMENTS]
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    found: list[Any] = []
    try:
        async with asyncio.timeout(90):
            while len(found) < wanted:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
    finally:
        await consumer.stop()
    return found


def opened(context: Context, message: Any, key: Any) -> VerificationRequest:
    """What the connector with that key reads."""
    headers = {name: value.decode() for name, value in message.headers}
    clear, sealed = read_value(message.value)
    [(consumer, box)] = sealed.items()
    sign = context.keyring.current("sign/verification").jwk()
    place = seal_context(
        service_topics()[message.topic],
        consumer,
        headers["ce_id"],
        message.key.decode(),
        clear.version,
    )
    part = border.open_packet(box, [key], {sign["kid"]: jose.public_jwk(sign)}, place)
    return VerificationRequest.model_validate_json(part)


def answered(
    context: Context,
    request: str,
    case_id: str,
    key: Any,
    department: str,
    traceparent: str | None = None,
) -> RawMessage:
    """What the connector puts on its topic about version 1: every asked field agrees. It goes on
    in the request's trace."""
    topic = f"verification-answered-{department}"
    spec, event_id = service_topics()[topic], new_id()
    answer = VerificationAnswer(
        request=request,
        case_id=case_id,
        version=1,
        verdicts=verdicts(department),
        remark="",
        answered_at=NOW,
    )
    place = seal_context(spec, "verification", event_id, case_id, 1)
    reader = jose.public_jwk(context.keyring.current("packet/verification").jwk())
    value = write_value(
        Clear(version=1), {"verification": border.seal_part(answer, key, reader, place)}
    )
    headers = write_headers(
        spec,
        event_id=event_id,
        place=department,
        time=NOW,
        subject=case_id,
        sequence=1,
        traceparent=traceparent or Trace.new().header(),
    )
    return RawMessage(topic, 0, 1, case_id, tuple(headers), value)


def forms(text: str) -> list[bytes]:
    """How a value might stand on the wire by mistake."""
    raw = text.encode()
    return [
        raw,
        raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"="),
        orjson.dumps(text).strip(b'"'),
        text.encode("utf-16-le"),
        text.encode("unicode-escape"),
    ]


async def test_departments_are_asked_over_the_broker_and_their_answers_verify_the_record(
    running: Running, rings: Path, stack: Any, door: Door, villages: list[str], fail: Any
) -> None:
    """R73, R92, R97: signed, sealed, under pairwise case ids. The relay breaks off after it
    published and before it noted so: the same events come twice, under the same id."""
    context, subject_id = running.context, new_id()
    keys = await enrol(context, *DEPARTMENTS)
    await running.intake.take(RECORDS, [submitted(rings, subject_id, 1, villages[0])])
    fail("relay.before-mark=raise@1")
    relay = asyncio.create_task(running.relay.run())
    messages = await read(stack.kafka, wanted=2 * len(DEPARTMENTS))
    running.relay.stop()
    await relay
    by_id: dict[str, Any] = {}
    for message in messages:
        wire = b"\n".join([message.key, message.value, *(v for _, v in message.headers)])
        assert not any(form in wire for word in [subject_id, *PERSONAL] for form in forms(word))
        assert b"ab" * 16 not in wire  # the trace of the record
        by_id[dict(message.headers)["ce_id"].decode()] = message
    assert len(by_id) == len(DEPARTMENTS)
    assert len({message.key for message in by_id.values()}) == len(DEPARTMENTS)

    client = door.client((Role.CIVIL_AFFAIRS_REVIEWER, COUNTY))
    body = {"digest": digest(1)}
    assert (await client.post(f"/items/{subject_id}/1/verify", json=body)).json()["passed"]
    for event_id, message in by_id.items():
        department = message.topic.removeprefix("verification-requested-")
        part = opened(context, message, keys[department]["enc"])
        assert set(part.asked) == set(verdicts(department))
        with pytest.raises(border.BadPacket):
            opened(context, message, jose.generate("enc"))
        going_on = dict(message.headers)["traceparent"].decode()
        sent = answered(
            context, event_id, part.case_id, keys[department]["sig"], department, going_on
        )
        await running.intake.take(sent.topic, [sent])
    [row] = await rows(context, "SELECT state FROM review_item")
    assert row.state == "verified"
    # From the case of a department no trace leads to the subject.
    [told] = await rows(context, f"SELECT traceparent FROM outbox WHERE key = '{subject_id}'")
    of_cases = {dict(message.headers)["traceparent"].split(b"-")[1] for message in messages}
    assert told.traceparent.split("-")[1].encode() not in of_cases
    assert not await rows(context, "SELECT 1 FROM dead_letter")
    await client.aclose()


async def held(context: Context) -> dict[str, int]:
    """How much is there of each thing that one message may write."""
    return {
        table: (await rows(context, f"SELECT count(*) AS n FROM {table}"))[0].n
        for table in ("inbox", "review_item", "department_request", "outbox")
    }


async def test_a_record_that_breaks_off_asks_nobody_and_then_everybody_once(
    context: Context, rings: Path, villages: list[str], fail: Any
) -> None:
    """One transaction: inbox, record, requests and outbox stand together or not at all."""
    raw, intake = submitted(rings, new_id(), 1, villages[0]), _intake(context)
    fail("inbox.before-commit=raise@1")
    with pytest.raises(FailPointError):
        await intake.take(RECORDS, [raw])
    assert not any((await held(context)).values())
    for _ in range(2):
        await intake.take(RECORDS, [raw])
    whole = {"inbox": 1, "review_item": 1, "department_request": 3, "outbox": 3}
    assert await held(context) == whole


async def test_an_answer_that_breaks_off_is_taken_once_when_it_comes_again(
    context: Context, rings: Path, door: Door, villages: list[str], fail: Any
) -> None:
    """The answer that completes a passed record: its verdicts, the outcome and the event are one
    thing, however often it breaks off."""
    keys = await enrol(context, "public-security")
    subject_id, intake = new_id(), _intake(context)
    await intake.take(RECORDS, [submitted(rings, subject_id, 1, villages[0])])
    client = door.client((Role.CIVIL_AFFAIRS_REVIEWER, COUNTY))
    await client.post(f"/items/{subject_id}/1/verify", json={"digest": digest(1)})
    await client.aclose()
    request = (await asked(context, subject_id))["public-security"]
    signing = keys["public-security"]["sig"]
    raw = _answer_to(context, request, signing)
    for point in ("inbox.before-take", "inbox.before-commit"):
        fail(f"{point}=raise@1")
        with pytest.raises(FailPointError):
            await intake.take(raw.topic, [raw])
        [row] = await rows(context, "SELECT state FROM review_item")
        assert row.state == "submitted"
    fail("inbox.after-commit=raise@1")
    with pytest.raises(FailPointError):
        await intake.take(raw.topic, [raw])
    await intake.take(raw.topic, [raw])
    [row] = await rows(context, "SELECT state FROM review_item")
    assert row.state == "verified"
    told = "SELECT 1 FROM outbox WHERE topic = 'verification-record-verified'"
    assert len(await rows(context, told)) == 1
    assert len(await rows(context, "SELECT 1 FROM audit WHERE action = 'record-verified'")) == 1


async def test_an_answer_that_another_department_signed_is_a_dead_letter(
    context: Context, rings: Path, villages: list[str]
) -> None:
    keys = await enrol(context, "public-security", "armed-forces")
    subject_id, intake = new_id(), _intake(context)
    await intake.take(RECORDS, [submitted(rings, subject_id, 1, villages[0])])
    request = (await asked(context, subject_id))["public-security"]
    raw = _answer_to(context, request, keys["armed-forces"]["sig"])
    await intake.take(raw.topic, [raw])
    [letter] = await rows(context, "SELECT rule FROM dead_letter")
    assert letter.rule == "packet-key-unknown"
    assert not await rows(context, "SELECT 1 FROM department_request WHERE received_at NOTNULL")


def _answer_to(context: Context, request: Any, key: Any) -> RawMessage:
    ids = str(request.event_id), str(request.case_id)
    return answered(context, *ids, key, request.department)


def _intake(context: Context) -> Intake:
    return build_running(service, context).intake
