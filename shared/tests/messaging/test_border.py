"""What crosses the border on a topic: packets from edges, packets to a department (design 4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear, seal_context, write_headers, write_value
from muster.contracts.parts.base import Part
from muster.contracts.parts.verification import VerificationAnswer, VerificationRequest
from muster.contracts.topics import service_topics
from muster.messaging import border, enrolled, outbox, positions
from muster.messaging.deadletters import RawMessage
from muster.messaging.intake import Intake
from muster.messaging.message import (
    DONE,
    Event,
    Message,
    OutboxRow,
    Outcome,
    Publication,
    Subscription,
)
from muster.messaging.relay import Relay
from muster.security import jose
from muster.security.jose import Jwk
from muster.security.packets import BadPacket
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Verdict

from .conftest import Side, listening, running, scalar, until

ASKED = "verification-requested-housing"
ANSWERED = "verification-answered-housing"
SPEC = service_topics()[ANSWERED]
NOW = datetime(2018, 11, 5, tzinfo=UTC)


@pytest.fixture
async def reviewing(new_database: Any, rings: Any) -> Any:
    """Verification's side."""
    from .conftest import _side

    side = await _side(new_database(None), rings, "verification")
    yield side
    await side.database.close()


async def enrol(side: Side, department: str, *keys: Jwk, revoked: bool = False) -> None:
    """What `access-key-changed` tells of a department."""
    async with side.database.transaction() as conn:
        for key in keys:
            await conn.execute(
                text(
                    "INSERT INTO known_key (kid, owner_id, owner_kind, version, use, jwk, "
                    "valid_from, revoked_at) VALUES (:kid, :owner, 'department', 1, :use, "
                    "CAST(:jwk AS jsonb), now(), CASE WHEN :revoked THEN now() END)"
                ),
                {
                    "kid": key["kid"],
                    "owner": department,
                    "use": key["use"],
                    "jwk": orjson.dumps(jose.public_jwk(key)).decode(),
                    "revoked": revoked,
                },
            )


def answered(
    side: Side,
    signing: Jwk,
    *,
    department: str = "housing",
    sealed_for: str | None = None,
    said_version: int = 1,
    made_at: datetime | None = None,
    part: Part | None = None,
) -> RawMessage:
    """An answer as the broker hands it over, made now if nothing else is said; `sealed_for` names
    another event in the packet."""
    case_id, event_id = new_id(), new_id()
    part = part or VerificationAnswer(
        request=new_id(),
        case_id=case_id,
        version=said_version,
        verdicts={"housing_kind": Verdict.MATCH},
        remark="",
        answered_at=NOW,
    )
    context = seal_context(SPEC, "verification", sealed_for or event_id, case_id, 1)
    to = side.keyring.current("packet/verification").jwk()
    value = write_value(
        Clear(version=1), {"verification": border.seal_part(part, signing, to, context)}
    )
    headers = write_headers(
        SPEC,
        event_id=event_id,
        place=department,
        time=made_at or datetime.now(UTC),
        subject=case_id,
        sequence=7,
        traceparent=None,
    )
    return RawMessage(ANSWERED, 0, 1, case_id, tuple(headers), value)


def intake(side: Side) -> tuple[Intake, list[Message]]:
    seen: list[Message] = []

    async def take(_: object, __: AsyncConnection, batch: Sequence[Message]) -> Sequence[Outcome]:
        seen.extend(batch)
        return [DONE] * len(batch)

    made = Intake(
        service=side.name,
        context=side,
        database=side.database,
        subscriptions=[Subscription(ANSWERED, take)],
        keyring=side.keyring,
    )
    return made, seen


async def retry(side: Side, taking: Intake) -> int:
    """What waits is due; gives how many keys moved on."""
    async with side.database.transaction() as conn:
        await conn.execute(text("UPDATE parked SET next_try_at = now()"))
    return await taking.retry_parked()


async def test_what_an_enrolled_department_signed_is_taken_once(reviewing: Side) -> None:
    """R73, R92: an edge has no shard: nothing is a gap, and twice is once."""
    key = jose.generate("sig")
    await enrol(reviewing, "housing", key)
    taking, seen = intake(reviewing)
    message = answered(reviewing, key)
    await taking.take(ANSWERED, [message])
    await taking.take(ANSWERED, [message])
    assert [item.part.verdicts for item in seen] == [{"housing_kind": Verdict.MATCH}]
    assert [item.sequence for item in seen] == [7]
    assert await scalar(reviewing, "SELECT count(*) FROM inbox_position") == 0


@pytest.mark.parametrize(
    ("forged", "rule"),
    [
        ({"department": "civil-affairs"}, "wrong-source"),
        ({"other_key": True}, "packet-key-unknown"),
        ({"sealed_for": "another event"}, "packet-context"),
        ({"revoked": True}, None),
    ],
)
async def test_what_another_signed_or_moved_is_refused(
    reviewing: Side, forged: dict[str, Any], rule: str | None
) -> None:
    """An answer of the wrong department, of a key that is not its, a packet moved to another event:
    each is a dead letter with its reason. A revoked key is nobody's: the message waits."""
    key, other = jose.generate("sig"), jose.generate("sig")
    await enrol(reviewing, "housing", key, revoked=forged.pop("revoked", False))
    await enrol(reviewing, "civil-affairs", other)
    signing = other if forged.pop("other_key", False) else key
    taking, seen = intake(reviewing)
    await taking.take(ANSWERED, [answered(reviewing, signing, **forged)])
    assert seen == []
    assert await scalar(reviewing, "SELECT rule FROM dead_letter") == rule
    assert await scalar(reviewing, "SELECT count(*) FROM parked") == (rule is None)


async def test_an_answer_without_its_part_is_refused_and_a_good_copy_takes_its_place(
    reviewing: Side,
) -> None:
    """R73: an edge always seals one, so what has none is damage, and never silently done."""
    key = jose.generate("sig")
    await enrol(reviewing, "housing", key)
    good = answered(reviewing, key)
    taking, seen = intake(reviewing)
    empty = replace(good, value=write_value(Clear(version=1), {}))
    for of_others in (empty, replace(empty, value=write_value(Clear(version=1), {"access": "x"}))):
        await taking.take(ANSWERED, [of_others])
        assert await scalar(reviewing, "SELECT rule FROM dead_letter") == "part-missing"
    await taking.take(ANSWERED, [good])
    await taking.take(ANSWERED, [empty])
    assert [message.event_id for message in seen] == [dict(good.headers)["ce_id"].decode()]
    assert await scalar(reviewing, "SELECT count(*) FROM dead_letter") == 0


async def test_an_answer_waits_until_its_sender_is_known(reviewing: Side) -> None:
    """Enrolled a moment ago: the key is still on its way, the message is not lost."""
    key = jose.generate("sig")
    taking, seen = intake(reviewing)
    await taking.take(ANSWERED, [answered(reviewing, key)])
    assert await scalar(reviewing, "SELECT count(*) FROM parked") == 1
    await enrol(reviewing, "housing", key)
    assert await retry(reviewing, taking) == 1
    assert len(seen) == 1


async def test_an_answer_waits_for_the_new_key_of_a_department_that_enrolled_anew(
    reviewing: Side,
) -> None:
    """R92: the word of its enrolment travels on another topic; what came before it is not lost."""
    old, new = jose.generate("sig"), jose.generate("sig")
    await enrol(reviewing, "housing", old)
    taking, seen = intake(reviewing)
    await taking.take(ANSWERED, [answered(reviewing, new)])
    assert (seen, await scalar(reviewing, "SELECT count(*) FROM dead_letter")) == ([], 0)
    assert await retry(reviewing, taking) == 0
    await enrol(reviewing, "housing", new)
    assert await retry(reviewing, taking) == 1
    assert len(seen) == 1


async def test_a_key_that_comes_while_its_message_is_opened_is_no_reason_to_refuse_it(
    reviewing: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender's keys were read a moment before the new one was there."""
    old, new = jose.generate("sig"), jose.generate("sig")
    await enrol(reviewing, "housing", old)
    before = enrolled.held

    async def meanwhile(
        conn: AsyncConnection, pairs: Collection[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        if pairs:
            await enrol(reviewing, "housing", new)
        return await before(conn, pairs)

    monkeypatch.setattr(enrolled, "held", meanwhile)
    taking, seen = intake(reviewing)
    await taking.take(ANSWERED, [answered(reviewing, new)])
    assert await retry(reviewing, taking) == 1
    assert len(seen) == 1


@pytest.mark.parametrize("minutes", [-60, 60])
async def test_what_waits_for_a_key_is_refused_when_none_came_for_a_while(
    reviewing: Side, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """For ten minutes from when it was seen here: after an outage an event and the word of its key
    both come late, and which comes first is nobody's choice."""
    await enrol(reviewing, "housing", jose.generate("sig"))
    taking, seen = intake(reviewing)
    made_at = datetime.now(UTC) + timedelta(minutes=minutes)
    await taking.take(ANSWERED, [answered(reviewing, jose.generate("sig"), made_at=made_at)])
    assert await retry(reviewing, taking) == 0
    async with reviewing.database.transaction() as conn:
        await conn.execute(text("UPDATE parked SET parked_at = now() - interval '11 minutes'"))
    assert await retry(reviewing, taking) == 1
    assert seen == []
    assert await scalar(reviewing, "SELECT rule FROM dead_letter") == "packet-key-unknown"
    assert await scalar(reviewing, "SELECT count(*) FROM parked") == 0


@pytest.mark.parametrize("kid", ["a\0", "\ud800", "a\nb", "\u00e9"])
async def test_a_key_id_that_no_store_can_take_is_damage_and_stops_nobody(
    reviewing: Side, kid: str
) -> None:
    """It is asked of the database before anything is verified, so whoever may write could stop all
    that this service reads."""
    known = jose.generate("sig")
    await enrol(reviewing, "housing", known)
    taking, seen = intake(reviewing)
    strange = {**jose.generate("sig"), "kid": kid}
    await taking.take(ANSWERED, [answered(reviewing, strange), answered(reviewing, known)])
    assert len(seen) == 1
    assert await scalar(reviewing, "SELECT rule FROM dead_letter") == "packet-malformed"


async def test_an_answer_under_a_key_that_was_revoked_is_refused_at_once(reviewing: Side) -> None:
    old, new = jose.generate("sig"), jose.generate("sig")
    await enrol(reviewing, "housing", old, revoked=True)
    await enrol(reviewing, "housing", new)
    taking, seen = intake(reviewing)
    await taking.take(ANSWERED, [answered(reviewing, old)])
    assert seen == []
    assert await scalar(reviewing, "SELECT rule FROM dead_letter") == "packet-key-unknown"


async def test_keys_that_nobody_knows_are_asked_about_together(reviewing: Side) -> None:
    """R92: whoever signs each of a batch under a key of its own costs one question, not one each;
    and each gets the answer that is its own."""
    own, new, others, gone = (jose.generate("sig") for _ in range(4))
    await enrol(reviewing, "housing", own)
    await enrol(reviewing, "civil-affairs", others)
    await enrol(reviewing, "housing", gone, revoked=True)
    taking, seen = intake(reviewing)
    strangers = [jose.generate("sig") for _ in range(5)]
    batch = [answered(reviewing, key) for key in (own, new, others, gone, *strangers)]
    with listening(reviewing) as asked:
        await taking.take(ANSWERED, batch)
    assert sum("FROM known_key" in statement for statement, _ in asked.statements) == 2
    assert [message.key for message in seen] == [batch[0].key]
    async with reviewing.database.transaction() as conn:
        waiting = set(await conn.scalars(text("SELECT key FROM parked")))
        refused = await conn.scalar(text("SELECT count(*) FROM dead_letter"))
    assert waiting == {one.key for one in (batch[1], *batch[4:])}
    assert refused == 2


async def test_a_department_opens_what_was_sealed_to_it_once_it_is_enrolled(
    reviewing: Side, stack: Any
) -> None:
    """R73: nobody but the department opens a request; before it enrols, nothing goes out."""
    case_id = new_id()
    part = VerificationRequest(
        case_id=case_id,
        version=1,
        fields={"housing_kind": "自有"},
        asked=("housing_kind",),
        asked_at=NOW,
    )

    async def load(_: object, __: AsyncConnection, rows: Sequence[OutboxRow]) -> dict[str, Event]:
        clear = Clear(version=1)
        return {row.event_id: Event(clear, {"connector-housing": part}) for row in rows}

    relay = Relay(
        service="verification",
        context=reviewing,
        database=reviewing.database,
        publications=[Publication(ASKED, load)],
        keyring=reviewing.keyring,
        bootstrap=stack.kafka,
        bound_unread=False,
    )
    async with reviewing.database.transaction() as conn:
        await outbox.add(conn, [outbox.OutboxItem(topic=ASKED, key=case_id, version=1, ref={})])
        with pytest.raises(enrolled.UnknownReader):
            await enrolled.reader(conn, service_topics()[ASKED])
    own = jose.generate("enc")
    await enrol(reviewing, "housing", own)
    packed: list[Any] = []
    publish = relay._publish

    async def watch(producer: Any, items: Any, window: Any) -> list[str]:
        packed.extend(items)
        return await publish(producer, items, window)

    relay._publish = watch  # type: ignore[method-assign]
    async with running(relay):

        async def marked() -> bool:
            return bool(await scalar(reviewing, "SELECT published_at IS NOT NULL FROM outbox"))

        await until(marked)
    [item] = packed
    box = orjson.loads(item.value)["sealed"]["connector-housing"]
    context = seal_context(
        service_topics()[ASKED], "connector-housing", item.row.event_id, case_id, 1
    )
    sign = reviewing.keyring.current("sign/verification").jwk()
    signers = {sign["kid"]: jose.public_jwk(sign)}
    opened = border.open_packet(box, [own], signers, context)
    assert VerificationRequest.model_validate_json(opened) == part
    with pytest.raises(BadPacket, match="packet-context"):
        border.open_packet(box, [own], signers, {**context, "version": 2})


async def test_only_services_are_asked_for_what_a_broker_lost(reviewing: Side) -> None:
    """Edges keep what they sent until it is named to them; a request to one has no reader, and
    would hold up the requests to services."""
    lost = [(ANSWERED, 0), ("device-card-read", 1), ("capture-record-submitted", 2)]
    async with reviewing.database.transaction() as conn:
        await positions.mark_out_of_range(conn, lost)
        assert await positions.request_missing(conn, "verification") == 1
        asked = (await conn.execute(text("SELECT key, ref ->> 'topic' FROM outbox"))).all()
    assert [tuple(row) for row in asked] == [("capture", "capture-record-submitted")]
