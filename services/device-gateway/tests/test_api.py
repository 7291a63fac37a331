"""The desk's API: who may speak, what bad input is told, what the answers look like (R55, R58)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from muster.device_gateway import handlers
from muster.device_gateway.api import create_app
from muster.device_gateway.handlers import Gateway
from muster.runtime.loopback import LARGEST
from muster.synth import reader as virtual

from .conftest import TOKEN, card_of, resident, spooled

DESK = "https://desk.example"
DIGEST = "sha256:" + "5a" * 32
TRACE = [[12, 40, 0], [30, 22, 40]]
SIGNATURE = {"record_digest": DIGEST, "kind": "handwriting", "trace": TRACE}


@pytest.fixture
async def desk(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(gateway, token=TOKEN, origins={DESK}, patience=1)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8790",
        headers={"Authorization": f"Bearer {TOKEN}", "Origin": DESK},
    ) as client:
        yield client


def rule(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    [reason] = answer.json()["reasons"]
    assert reason["zh"]
    assert reason["en"]
    return str(reason["rule"])


async def test_a_reading_has_what_a_record_takes(
    desk: httpx.AsyncClient, serial: virtual.SerialReader
) -> None:
    serial.put(card_of(1))
    answer = await desk.post("/readings")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"reading", "fields", "reader_id", "read_at", "root", "sequence"}
    assert set(body["reading"]) == {"reading_id", "card", "salt", "hashes", "salts"}
    assert set(body["reading"]["hashes"]) == set(body["reading"]["salts"]) == set(body["fields"])
    assert body["fields"]["name"] == resident(1)["name"]
    assert body["reading"]["card"] == "resident"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == DESK


async def test_a_signature_has_what_a_record_takes(
    desk: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await desk.post("/signatures", json=SIGNATURE)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"signature", "trace_digest", "captured_at", "sequence"}
    assert set(body["signature"]) == {"kind", "digest", "signature_id", "trace_salt"}
    assert body["signature"]["digest"] == DIGEST
    [event] = spooled(gateway.edge, gateway.spool)
    assert event.part.trace == body["trace_digest"]


async def test_how_it_stands(desk: httpx.AsyncClient, gateway: Gateway) -> None:
    await desk.post("/signatures", json=SIGNATURE)
    body = (await desk.get("/status")).json()
    assert body["terminal_id"] == gateway.edge.place
    assert body["spool"]["waiting"] == 1
    assert body["keys"] == {"capture": True, "reporting": True}


@pytest.mark.parametrize("wait", [0, 0.2])
async def test_no_card_is_a_refusal_with_a_reason(desk: httpx.AsyncClient, wait: float) -> None:
    answer = await desk.post("/readings", json={"wait": wait})
    assert (answer.status_code, rule(answer)) == (404, "no-card")
    assert answer.headers["access-control-allow-origin"] == DESK


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({"Authorization": ""}, 401, "token-required"),
        ({"Authorization": "Bearer " + TOKEN[:-1]}, 401, "token-required"),
        ({"Authorization": "Basic " + TOKEN}, 401, "token-required"),
        ({"Origin": "https://evil.example"}, 403, "origin-not-allowed"),
        ({"Origin": "null"}, 403, "origin-not-allowed"),
        ({"Origin": DESK + ".evil.example"}, 403, "origin-not-allowed"),
        ({"Host": "evil.example:8790"}, 403, "host-not-local"),
        ({"Host": "127.0.0.1.evil.example"}, 403, "host-not-local"),
        ({"Host": ""}, 403, "host-not-local"),
    ],
)
@pytest.mark.parametrize(
    "path",
    ["/status", "/readings", "/signatures", "/assertions", "/packets", "/openapi.json", "/no"],
)
async def test_who_may_not_speak_learns_nothing(
    headers: dict[str, str],
    status: int,
    expected: str,
    path: str,
    desk: httpx.AsyncClient,
    gateway: Gateway,
    serial: virtual.SerialReader,
) -> None:
    serial.put(card_of(1))
    for method in ("GET", "POST"):
        answer = await desk.request(method, path, headers=headers)
        assert (answer.status_code, rule(answer)) == (status, expected)
    assert serial.reads == 0
    assert gateway.spool.counts().waiting == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:8790", "LOCALHOST", "[::1]:8790", "[::1]"]
)
async def test_local_names_and_no_origin_are_let_in(host: str, desk: httpx.AsyncClient) -> None:
    """A program on this computer sends no Origin; it has read the token file."""
    del desk.headers["Origin"]
    answer = await desk.get("/status", headers={"Host": host})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_a_browser_s_question_before_the_request(desk: httpx.AsyncClient) -> None:
    del desk.headers["Authorization"]
    answer = await desk.options("/readings")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == DESK
    assert set(answer.headers["access-control-allow-headers"].split(", ")) == {
        *("authorization", "content-type", "traceparent")
    }
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    other = await desk.options("/readings", headers={"Origin": "https://evil.example"})
    assert other.status_code == 403
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/readings", {"wait": -1}),
        ("/readings", {"wait": 1e9}),
        ("/readings", {"wait": "soon"}),
        ("/readings", {"who": "x"}),
        ("/readings", []),
        ("/signatures", None),
        ("/signatures", {}),
        ("/signatures", {**SIGNATURE, "record_digest": "5a" * 32}),
        ("/signatures", {**SIGNATURE, "record_digest": "md5:" + "5a" * 32}),
        ("/signatures", {**SIGNATURE, "kind": "stamp"}),
        ("/signatures", {**SIGNATURE, "trace": "scribble"}),
        ("/signatures", {**SIGNATURE, "trace": [[1.5, 2]]}),
        ("/signatures", {**SIGNATURE, "trace": [[1e3, 2]]}),
        ("/signatures", {**SIGNATURE, "trace": []}),
        ("/signatures", {**SIGNATURE, "more": 1}),
    ],
)
async def test_bad_input_is_refused_and_leaves_nothing(
    path: str, body: Any, desk: httpx.AsyncClient, gateway: Gateway, serial: virtual.SerialReader
) -> None:
    serial.put(card_of(1))
    answer = await desk.post(path, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reasons"]
    assert serial.reads == 0
    assert gateway.spool.counts().waiting == 0


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[" * 5000, b'{"trace": NaN}', b'"' + b"x" * 100]
)
async def test_what_is_no_json_is_refused(content: bytes, desk: httpx.AsyncClient) -> None:
    answer = await desk.post(
        "/signatures", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_too_large_is_not_read(desk: httpx.AsyncClient) -> None:
    answer = await desk.post("/signatures", content=b"[" + b"1," * LARGEST)
    assert (answer.status_code, rule(answer)) == (413, "body-too-large")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"1," * 1000

    answer = await desk.post("/signatures", content=endless())
    assert (answer.status_code, rule(answer)) == (413, "body-too-large")


async def test_one_that_ends_takes_nothing_more(gateway: Gateway) -> None:
    app = create_app(gateway, token=TOKEN, origins=(), patience=1)
    app.state.stopping = True
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        for path, body in (
            ("/readings", None),
            ("/signatures", SIGNATURE),
            ("/assertions", None),
            ("/packets", {"payload": {}}),
        ):
            answer = await client.post(path, json=body)
            assert (answer.status_code, rule(answer)) == (503, "stopping")


async def test_a_card_is_not_read_for_a_page_that_is_gone(
    gateway: Gateway, serial: virtual.SerialReader
) -> None:
    """R55: it lies there for the next one who asks."""
    app = create_app(gateway, token=TOKEN, origins={DESK}, patience=30)
    told = iter([{"type": "http.request", "body": b"", "more_body": False}])
    heard: list[Any] = []

    async def receive() -> Any:
        return next(told, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        heard.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {TOKEN}".encode())]
    scope = {
        "type": "http", "method": "POST", "path": "/readings", "raw_path": b"/readings",
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8790), "asgi": {"version": "3.0"},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 10)
    assert [message.get("status") for message in heard][:1] == [404]
    serial.put(card_of(1))
    assert handlers.read_card(gateway, 1).card == "resident"
