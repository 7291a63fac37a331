"""What the gateway signs for the desk: its word at a sign-in, and packets for capture (R101)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from muster.device_gateway import handlers
from muster.device_gateway.api import create_app
from muster.device_gateway.handlers import Gateway
from muster.runtime.loopback import LARGEST
from muster.security import jose, packets
from muster.vocabulary.ids import new_id

from .conftest import PACKET, TOKEN

DESK = "https://desk.example"
MADE_AT = "2026-03-04T05:06:07Z"


@pytest.fixture
async def desk(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(gateway, token=TOKEN, origins={DESK}, patience=1)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8790",
        headers={"Authorization": f"Bearer {TOKEN}", "Origin": DESK},
    ) as client:
        yield client


def upload(**more: Any) -> dict[str, Any]:
    return {"packet_id": new_id(), "made_at": MADE_AT, "records": [{"name": "才让"}], **more}


def evidence(**more: Any) -> dict[str, Any]:
    return {"packet_id": new_id(), "pieces": [{"content": "AAAA"}], **more}


def opened(gateway: Gateway, text: str) -> dict[str, Any]:
    """As capture opens a packet: only under this terminal's key, sealed to capture."""
    keys = {gateway.edge.signing["kid"]: jose.public_jwk(gateway.edge.signing)}
    payload, kid = packets.open_and_verify(text, PACKET["capture"], keys.get)
    assert kid == gateway.edge.signing["kid"]
    return payload


def rules(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    reasons = answer.json()["reasons"]
    assert all(reason["zh"] and reason["en"] for reason in reasons)
    return [(reason["field"], reason["rule"]) for reason in reasons]


async def test_its_word_at_a_sign_in(desk: httpx.AsyncClient, gateway: Gateway) -> None:
    texts = [(await desk.post("/assertions")).json()["assertion"] for _ in range(2)]
    said = []
    for text in texts:
        assert jose.signer(text, packets.ASSERTION_TYPE) == gateway.edge.signing["kid"]
        payload = jose.verified(text, jose.public_jwk(gateway.edge.signing), 1024)
        said.append(json.loads(payload or b""))
    assert {one["terminal_id"] for one in said} == {gateway.edge.place}
    assert all(abs(one["iat"] - datetime.now(UTC).timestamp()) < 60 for one in said)
    assert said[0]["jti"] != said[1]["jti"]
    assert gateway.spool.counts().waiting == 0


async def test_records_are_signed_as_this_terminals(
    desk: httpx.AsyncClient, gateway: Gateway
) -> None:
    payload = upload()
    answer = await desk.post("/packets", json={"payload": payload})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == DESK
    told = opened(gateway, answer.json()["packet"])
    assert told == {**payload, "terminal_id": gateway.edge.place}
    same = await desk.post("/packets", json={"payload": told})
    assert opened(gateway, same.json()["packet"]) == told


async def test_pieces_of_evidence_are_signed_as_they_are(
    desk: httpx.AsyncClient, gateway: Gateway
) -> None:
    payload = evidence()
    answer = await desk.post("/packets", json={"payload": payload})
    assert opened(gateway, answer.json()["packet"]) == payload


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, ("payload", "packet-members")),
        ({"packet_id": new_id()}, ("payload", "packet-members")),
        (upload(pieces=[{}]), ("payload", "packet-members")),
        (upload(asks="extracts"), ("payload", "packet-members")),
        (evidence(made_at=MADE_AT), ("payload", "packet-members")),
        ({"packet_id": new_id(), "records": [{}]}, ("payload", "packet-members")),
        ({"made_at": MADE_AT, "records": [{}]}, ("payload", "packet-members")),
        (upload(records=[]), ("payload", "packet-members")),
        (upload(records={}), ("payload", "packet-members")),
        (upload(records=None), ("payload", "packet-members")),
        (evidence(pieces=[]), ("payload", "packet-members")),
        ({"context": {}, "part": {}}, ("payload", "packet-members")),
        ({"terminal_id": new_id(), "iat": 1, "jti": new_id()}, ("payload", "packet-members")),
        (upload(packet_id="1"), ("packet_id", "packet-id")),
        (upload(packet_id=1), ("packet_id", "packet-id")),
        (upload(packet_id=new_id().upper()), ("packet_id", "packet-id")),
        (upload(packet_id=new_id() + "\n"), ("packet_id", "packet-id")),
        (evidence(packet_id=None), ("packet_id", "packet-id")),
        (upload(terminal_id=new_id()), ("terminal_id", "packet-terminal")),
        (upload(terminal_id=None), ("terminal_id", "packet-terminal")),
        (evidence(terminal_id=new_id()), ("terminal_id", "packet-terminal")),
        (upload(records=[1 << 70]), ("payload", "packet-text")),
        (upload(records=["\ud800"]), ("payload", "packet-text")),
    ],
)
async def test_what_is_no_packet_of_a_desk_is_not_signed(
    payload: dict[str, Any], expected: tuple[str, str], desk: httpx.AsyncClient
) -> None:
    """A page that turned bad gets no signature under anything but what capture judges itself."""
    content = json.dumps({"payload": payload})
    kind = {"Content-Type": "application/json"}
    answer = await desk.post("/packets", content=content, headers=kind)
    assert (answer.status_code, rules(answer)) == (422, [expected])


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"{}", b"\xff", b"[" * 5000),
        *(b'{"payload": []}', b'{"payload": null}', b'{"payload": {}, "a": 1}'),
        b'{"payload": {"records": [NaN]}}',
    ],
)
async def test_what_is_no_request_is_refused(content: bytes, desk: httpx.AsyncClient) -> None:
    answer = await desk.post(
        "/packets", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert rules(answer)


def sized(size: int) -> bytes:
    """A request of so many bytes, as large as evidence is."""
    empty = orjson.dumps({"payload": evidence(pieces=[{"content": ""}])})
    return empty.replace(b'"content":""', b'"content":"' + b"A" * (size - len(empty)) + b'"')


async def test_the_largest_packet_is_one_that_capture_takes(
    desk: httpx.AsyncClient, gateway: Gateway
) -> None:
    largest = sized(handlers.LARGEST_PAYLOAD)
    assert len(largest) == handlers.LARGEST_PAYLOAD > 8 * LARGEST
    kind = {"Content-Type": "application/json"}
    answer = await desk.post("/packets", content=largest, headers=kind)
    assert answer.status_code == 200, answer.text[:500]
    packet = answer.json()["packet"]
    assert packets.LIMIT * 0.99 < len(packet) <= packets.LIMIT
    assert len(opened(gateway, packet)["pieces"]) == 1
    answer = await desk.post("/packets", content=largest + b" ", headers=kind)
    assert (answer.status_code, rules(answer)) == (413, [("request", "body-too-large")])
    answer = await desk.post("/signatures", content=largest, headers=kind)
    assert (answer.status_code, rules(answer)) == (413, [("request", "body-too-large")])


async def test_numbers_that_grow_make_no_packet_that_capture_refuses(
    desk: httpx.AsyncClient,
) -> None:
    """1E15 comes out as 1000000000000000.0: what is signed may be longer than what was sent."""
    numbers = b",".join([b"1E15"] * (handlers.LARGEST_PAYLOAD // 5 - 100))
    whole = orjson.dumps({"payload": evidence(pieces=[0])}).replace(b"[0]", b"[" + numbers + b"]")
    kind = {"Content-Type": "application/json"}
    answer = await desk.post("/packets", content=whole, headers=kind)
    assert (answer.status_code, rules(answer)) == (413, [("payload", "packet-large")])


async def test_without_captures_key_nothing_is_sealed(
    gateway: Gateway, desk: httpx.AsyncClient, home: Path
) -> None:
    gateway.keys._known.clear()
    answer = await desk.post("/packets", json={"payload": upload()})
    assert (answer.status_code, rules(answer)) == (503, [("request", "keys-unknown")])
    assert (await desk.post("/assertions")).status_code == 200
