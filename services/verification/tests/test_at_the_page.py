"""A department without a connector: its officer's page is handed requests and posts answers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from muster.contracts.envelope import seal_context
from muster.contracts.parts.verification import VerificationAnswer, VerificationRequest
from muster.contracts.topics import service_topics
from muster.messaging import border
from muster.runtime import paging
from muster.runtime.context import Context
from muster.security import jose, packets
from muster.verification.store import requests
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, Verdict

from .conftest import (
    COUNTY,
    FIELDS,
    Door,
    answer,
    asked,
    collected,
    digest,
    enrol,
    record,
    rows,
    take,
    verdicts,
    waiting_for,
)

PS, AF = "public-security", "armed-forces"
OFFICER = (Role.DEPARTMENT_OFFICER, COUNTY)
REMARK = "户口簿页码 12"
PERSONAL = [REMARK, *(str(FIELDS[name]) for name in ("name", "resident_number", "service_unit"))]


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A department's officer."""
    async with door.client(OFFICER) as client:
        yield client


def reader_of(context: Context) -> Any:
    """The public key to which packets for verification are sealed."""
    return jose.public_jwk(context.keyring.current("packet/verification").jwk())


def question(context: Context, signing: Any, **how: Any) -> str:
    """What the page signs and seals to be handed requests."""
    return packets.sign_and_seal(border.ASKS_REQUESTS, signing, reader_of(context), **how)


async def ask(client: httpx.AsyncClient, packet: str, **more: Any) -> tuple[int, Any]:
    """The status, and what is said, or the rule of the refusal."""
    response = await client.post("/departments/requests", json={"packet": packet, **more})
    body = response.json()
    return response.status_code, body if response.is_success else body["reasons"][0]["rule"]


async def post(client: httpx.AsyncClient, department: str, *items: Any) -> tuple[int, Any]:
    """The status, and state or rule of each answer, or the rule of the refusal of all."""
    body = {"department": department, "items": items}
    response = await client.post("/departments/answers", json=body)
    said = response.json()
    if not response.is_success:
        return response.status_code, said["reasons"][0]["rule"]
    assert [one["event_id"] for one in said["items"]] == [one["event_id"] for one in items]
    return response.status_code, [one["rule"] or one["state"] for one in said["items"]]


def opened(context: Context, item: Any, key: Any, department: str) -> VerificationRequest:
    """What the department reads: signed by verification, bound to this very request."""
    sign = context.keyring.current("sign/verification").jwk()
    place = seal_context(
        service_topics()[f"verification-requested-{department}"],
        f"connector-{department}",
        item["event_id"],
        item["case_id"],
        item["version"],
    )
    known = {sign["kid"]: jose.public_jwk(sign)}
    part = border.open_packet(item["sealed"], [key], known, place)
    return VerificationRequest.model_validate_json(part)


def answered(
    context: Context,
    request: Any,
    signing: Any,
    said: Mapping[str, Verdict] | None = None,
    *,
    department: str | None = None,
    event_id: str | None = None,
    bound: str | None = None,
    **other: Any,
) -> dict[str, Any]:
    """An answer as the page posts it. ``bound`` binds it to another event; ``other`` puts something
    else into the part or beside it."""
    own = department or request.department
    event_id = event_id or new_id()
    case_id = other.pop("case_id", str(request.case_id))
    part = VerificationAnswer(
        request=str(request.event_id),
        case_id=str(request.case_id),
        version=request.version,
        verdicts=verdicts(request.department) if said is None else said,
        remark=REMARK,
        answered_at=datetime(2018, 11, 2, tzinfo=UTC),
    )
    spec = service_topics()[f"verification-answered-{own}"]
    place = seal_context(spec, "verification", bound or event_id, case_id, request.version)
    sealed = border.seal_part(part, signing, reader_of(context), place)
    item = {"event_id": event_id, "case_id": case_id, "version": request.version, "sealed": sealed}
    return item | other


async def requested(context: Context, village: str) -> dict[str, Any]:
    """A record about which every department is asked; the requests by department."""
    return await asked(context, await waiting_for(context, village))


def forms(word: str) -> list[bytes]:
    """How a value might stand on the wire by mistake."""
    raw = word.encode()
    coded = base64.b64encode(raw).rstrip(b"="), raw.hex().encode()
    return [raw, *coded, orjson.dumps(word).strip(b'"')]


async def test_a_page_is_handed_what_the_topic_carries_and_its_answer_verifies_the_record(
    context: Context, door: Door, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R73, R92, R101: the same part under the same id, for that department's key alone; nothing
    personal is in what travels, and the record is verified by the same rules."""
    keys = await enrol(context, PS)
    request = (await requested(context, villages[0]))[PS]
    async with door.client((Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)) as reviewer:
        at = f"/items/{request.subject_id}/1/verify"
        assert (await reviewer.post(at, json={"digest": digest(1)})).json()["passed"]
    response = await client.post(
        "/departments/requests", json={"packet": question(context, keys[PS]["sig"])}
    )
    [item] = response.json()["items"]
    assert (response.json()["department"], response.json()["open"]) == (PS, 1)
    assert response.json()["next"] is None
    assert (item["event_id"], item["case_id"]) == (str(request.event_id), str(request.case_id))
    part = opened(context, item, keys[PS]["enc"], PS)
    assert set(part.asked) == set(verdicts(PS))
    assert part.fields["name"] == FIELDS["name"]
    with pytest.raises(border.BadPacket):
        opened(context, item, jose.generate("enc"), PS)

    sent = answered(context, request, keys[PS]["sig"])
    assert await post(client, PS, sent) == (200, ["taken"])
    [row] = await rows(context, "SELECT state FROM review_item")
    assert row.state == "verified"
    for wire in (response.content, orjson.dumps(sent)):
        words = [*PERSONAL, str(request.subject_id), "household_area", "match"]
        assert not any(form in wire for word in words for form in forms(word))
    assert await ask(client, question(context, keys[PS]["sig"])) == (
        200,
        {"department": PS, "open": 0, "items": [], "next": None},
    )


async def test_an_answer_is_taken_once_and_told_the_same_again(
    context: Context, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R92: a post that is repeated changes nothing; a second answer does not replace the first,
    and who sends it is told so, by whichever way the first came."""
    keys = await enrol(context, PS)
    request = (await requested(context, villages[0]))[PS]
    first = answered(context, request, keys[PS]["sig"], verdicts(PS, Verdict.MISMATCH))
    columns = "answer_sealed, contradicts"
    held = f"SELECT {columns} FROM department_request WHERE department = '{PS}'"
    assert await post(client, PS, first) == (200, ["taken"])
    [kept] = await rows(context, held)
    assert kept.contradicts
    second = answered(context, request, keys[PS]["sig"])
    third = answered(context, request, keys[PS]["sig"])
    assert await post(client, PS, first, second, third) == (200, ["taken", "before", "before"])
    assert await rows(context, held) == [kept]
    other = (await requested(context, villages[0]))[PS]
    await take(context, answer(other, verdicts(PS)))
    assert await post(client, PS, answered(context, other, keys[PS]["sig"])) == (200, ["before"])
    twice = (await requested(context, villages[0]))[PS]
    pair = [answered(context, twice, keys[PS]["sig"]) for _ in range(2)]
    assert await post(client, PS, *pair) == (200, ["taken", "before"])


async def test_a_bad_answer_is_refused_by_itself_and_may_come_mended_under_its_id(
    context: Context, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R69, R92: the rules of the topic; the good ones beside it are taken. Nothing of it stays, and
    it counts towards no quarantine: who sent it is told."""
    keys = await enrol(context, PS, AF)
    held = [await requested(context, village) for village in villages[:2]]
    request, good = held[0][PS], held[1][PS]
    signing, event_id = keys[PS]["sig"], new_id()
    short = dict(list(verdicts(PS).items())[:1])
    bad = {
        "verdict-missing": answered(context, request, signing, short, event_id=event_id),
        "verdict-unasked": answered(
            context, request, signing, {**verdicts(PS), "phone": Verdict.MATCH}
        ),
        "packet-context": answered(context, request, signing, bound=new_id()),
        "case-differs": answered(context, request, signing, case_id=new_id()),
        "request-unknown": answered(context, held[0][AF], signing, department=PS),
        "packet-key-unknown": answered(context, request, keys[AF]["sig"]),
        "packet-malformed": answered(context, request, signing, sealed="今天"),
    }
    status, said = await post(client, PS, *bad.values(), answered(context, good, signing))
    assert (status, said) == (200, [*bad, "taken"])
    stranger = answered(context, request, jose.generate("sig"))
    assert await post(client, PS, stranger) == (200, ["later"])
    assert not await rows(context, "SELECT 1 FROM dead_letter")
    assert not await rows(context, "SELECT 1 FROM parked")
    [there] = await rows(context, "SELECT count(*) AS n FROM inbox")
    assert there.n == 1
    mended = answered(context, request, signing, event_id=event_id)
    assert await post(client, PS, mended) == (200, ["taken"])


async def test_a_moved_answer_is_refused(
    context: Context, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R101: a packet is bound to its event, case, version and department."""
    keys = await enrol(context, PS, AF)
    held = await requested(context, villages[0])
    good = answered(context, held[PS], keys[PS]["sig"])
    for moved in (
        {"event_id": new_id()},
        {"case_id": str(held[AF].case_id)},
        {"version": 2},
    ):
        assert await post(client, PS, good | moved) == (200, ["packet-context"])
    assert await post(client, AF, good) == (200, ["packet-key-unknown"])
    assert await post(client, PS, good, good) == (422, "answer-twice")
    assert await post(client, PS, good) == (200, ["taken"])


async def test_who_is_not_an_enrolled_department_is_handed_nothing(
    context: Context, door: Door, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R101, R102: the role and the department's own key, now, for this question."""
    keys = await enrol(context, PS, AF)
    signing = keys[PS]["sig"]
    mine = answered(context, (await requested(context, villages[0]))[PS], signing)
    good = question(context, signing)
    ours = reader_of(context)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    bad = {
        question(context, jose.generate("sig")): "packet-key-unknown",
        packets.sign_and_seal(border.ASKS_REQUESTS, signing, jose.generate("enc")): (
            "packet-recipient"
        ),
        question(context, {**jose.generate("sig"), "kid": signing["kid"]}): "packet-signature",
        question(context, signing, now=long_ago): "packet-expired",
        packets.sign_and_seal(border.ASKS_EXTRACTS, signing, ours): "packet-context",
        "今天": "packet-malformed",
    }
    for packet, rule in bad.items():
        assert await ask(client, packet) == (422, rule)
    assert await ask(client, good, after="gestern") == (422, "cursor-malformed")
    # Each is handed its own: another department's key opens none of it, and asks for its own.
    _, theirs = await ask(client, question(context, keys[AF]["sig"]))
    assert theirs["department"] == AF
    with pytest.raises(border.BadPacket):
        opened(context, theirs["items"][0], keys[PS]["enc"], AF)
    for grant in ((Role.LEADER, COUNTY), (Role.DEPARTMENT_OFFICER, villages[0])):
        async with door.client(grant) as other:
            assert await ask(other, good) == (403, "area-not-granted")
            assert await post(other, PS, mine) == (403, "area-not-granted")
    assert await post(client, "no-such-department", theirs["items"][0]) == (
        422,
        "department-unknown",
    )
    async with context.database.transaction() as conn:
        await conn.execute(text(f"UPDATE known_key SET revoked_at = now() WHERE owner_id = '{PS}'"))
    assert await ask(client, good) == (422, "packet-key-unknown")


async def test_a_department_whose_encryption_key_was_revoked_is_handed_nothing(
    context: Context, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R101: nothing is sealed to a key that does not hold."""
    keys = await enrol(context, PS)
    await requested(context, villages[0])
    async with context.database.transaction() as conn:
        await conn.execute(text("UPDATE known_key SET revoked_at = now() WHERE use = 'enc'"))
    asking = question(context, keys[PS]["sig"])
    assert await ask(client, asking) == (409, "department-not-enrolled")


async def test_open_requests_come_in_pages(
    context: Context, client: httpx.AsyncClient, villages: list[str]
) -> None:
    """R92: each once, the oldest first, sealed; what is answered or moot is handed out no more."""
    keys = await enrol(context, PS)
    held = [(await requested(context, villages[0]))[PS] for _ in range(5)]
    assert await post(client, PS, answered(context, held[1], keys[PS]["sig"])) == (200, ["taken"])
    moot = str(held[3].subject_id)
    await take(context, record(moot, 2, collected(3, villages[0]), fields=FIELDS))
    newer = (await asked(context, moot, 2))[PS]
    after, seen = None, []
    for size in (2, 2, 0):
        more = {} if after is None else {"after": after}
        asking = question(context, keys[PS]["sig"])
        _, body = await ask(client, asking, limit=2, **more)
        assert (body["open"], len(body["items"])) == (4, size)
        seen += [item["event_id"] for item in body["items"]]
        after = body["next"]
    assert after is None
    assert seen == [str(one.event_id) for one in (held[0], held[2], held[4], newer)]


async def test_fifteen_thousand_open_requests_are_read_page_by_page(
    context: Context, villages: list[str]
) -> None:
    """R92: every one once, however many there are and however alike their times."""
    one = (await requested(context, villages[0]))[PS]
    many, size = 15_000, 1500
    async with context.database.transaction() as conn:
        await conn.execute(
            text(
                "CREATE TEMP TABLE made ON COMMIT DROP AS SELECT gen_random_uuid() AS id "
                f"FROM generate_series(2, {many})"
            )
        )
        for table, more in (
            ("subject_key", ""),
            ("review_subject", ""),
            ("review_item", ""),
            ("department_request", ", 'event_id', gen_random_uuid()"),
        ):
            which = f"AND t.department = '{PS}'" if more else ""
            await conn.execute(
                text(
                    f"INSERT INTO {table} SELECT p.* FROM {table} t CROSS JOIN made m "
                    "CROSS JOIN LATERAL jsonb_populate_record("
                    f"t, jsonb_build_object('subject_id', m.id {more})) AS p "
                    f"WHERE t.subject_id = '{one.subject_id}' {which}"
                )
            )
        # As the database does by itself a minute after so many rows came.
        await conn.execute(text("ANALYZE"))
        seen: list[str] = []
        after = paging.read(None)
        while page := await requests.waiting(conn, PS, after, size):
            seen += [row.event_id for row in page]
            after = page[-1].asked_at, page[-1].event_id
        assert await requests.how_many_wait(conn, PS) == many
    assert len(seen) == len(set(seen)) == many
