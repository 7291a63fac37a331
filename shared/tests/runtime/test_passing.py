"""Services behind ``/api`` of the one origin: as they are, away, slow, moved and hostile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from muster.runtime import door, passing
from muster.runtime.home import free_port

from .conftest import Origin, served, until


def reasons(body: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(body)
    for reason in said["reasons"]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in reason["zh"])
        assert reason["en"].isascii()
    return said


async def test_a_request_goes_on_as_it_was_sent(origin: Origin) -> None:
    answer, body = await origin.ask(
        "POST",
        "/api/capture/some/%E6%9D%91%2Fx?q=%E6%9D%91&q=2",
        data=b"\x00\x01" * 1000,
        headers={"Content-Type": "a/b", "Cookie": "muster_session=t", "X-Muster-Client": "console"},
    )
    assert (answer.status, body) == (200, b'{"ok": true}')
    assert answer.headers.getall("set-cookie") == ["a=1; Path=/api", "b=2; Path=/api"]
    assert len(answer.headers.getall("date")) == 1
    scope, sent = origin.service.asked[-1]
    assert sent == b"\x00\x01" * 1000
    assert scope["raw_path"] == b"/some/%E6%9D%91%2Fx"
    assert scope["query_string"] == b"q=%E6%9D%91&q=2"
    assert origin.service.header("content-type") == ["a/b"]
    assert origin.service.header("content-length") == ["2000"]
    assert origin.service.header("cookie") == ["muster_session=t"]
    assert origin.service.header("host") == [f"127.0.0.1:{origin.port}"]
    await origin.ask("GET", "/api/capture")
    assert origin.service.asked[-1][0]["path"] == "/"
    assert origin.service.header("content-type") == []
    assert origin.service.header("content-length") == []


async def test_what_a_client_says_of_its_connection_goes_no_further(origin: Origin) -> None:
    answer, _ = await origin.ask(
        "GET",
        "/api/capture/x",
        headers={
            "Connection": "keep-alive, X-Mine",
            "X-Mine": "1",
            "TE": "trailers",
            "Upgrade": "h2c",
            "X-Forwarded-For": "192.0.2.1",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Anything": "1",
            "Forwarded": "proto=https",
        },
    )
    assert "x-hop" not in answer.headers
    told = {name.decode() for name, _ in origin.service.asked[-1][0]["headers"]}
    assert not told & {"x-mine", "te", "upgrade", "forwarded", "x-forwarded-anything"}
    assert origin.service.header("x-forwarded-for") == ["127.0.0.1"]
    assert origin.service.header("x-forwarded-proto") == ["http"]


async def test_operators_routes_and_strangers_are_nowhere(origin: Origin) -> None:
    for path in (
        "/api/capture/metrics",
        "/api/capture/metrics/",
        "/api/capture//metrics",
        "/api/capture/%6Detrics",
        "/api/capture/x/../metrics",
        "/api/capture/%2e%2e/x",
        "/api/nobody/x",
        "/api/Capture/x",
        "/api/%63apture/x",
        "/api//x",
        "/api/",
        "/api/capture:80@evil.example/x",
    ):
        answer = await origin.raw(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        assert answer.startswith(b"HTTP/1.1 404"), path
    assert origin.service.asked == []
    assert (await origin.ask("GET", "/metrics"))[0].status == 200
    assert (await origin.ask("GET", "/ready"))[0].status == 200
    far = {"X-Forwarded-For": "192.0.2.1"}
    async with served(
        door.build_door(origin.home, origin.pages), lifespan="on", forwarded_allow_ips="127.0.0.1"
    ) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        async with origin.client.get(url, headers=far) as answer:
            assert answer.status == 404


async def test_other_methods_and_web_sockets_go_no_further(origin: Origin) -> None:
    for method in ("TRACE", "PROPFIND"):
        assert (await origin.ask(method, "/api/capture/x"))[0].status == 405
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    app = door.build_door(origin.home, origin.pages)
    for path in ("/api/capture/x", "/console/"):
        scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "headers": []}
        await app(scope, None, send)  # type: ignore[arg-type]
    assert [message["type"] for message in said] == ["websocket.close"] * 2
    assert origin.service.asked == []


async def test_events_arrive_when_they_are_sent_and_end_with_their_reader(origin: Origin) -> None:
    url = f"http://127.0.0.1:{origin.port}/api/capture/events"
    async with origin.client.get(url) as answer:
        for number in range(3):
            said = b"data: %d\n\n" % number
            origin.service.pieces.put_nowait(said)
            assert await asyncio.wait_for(answer.content.readany(), 5) == said
        answer.close()
    await asyncio.wait_for(origin.service.left.wait(), 5)


async def test_a_body_is_sent_on_before_it_is_whole(origin: Origin) -> None:
    more = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"a" * 1000
        await more.wait()
        yield b"b" * 1000

    asking = asyncio.create_task(origin.ask("POST", "/api/capture/x", data=body()))
    await until(lambda: any(origin.service.arrived))
    assert not asking.done()
    more.set()
    assert (await asking)[0].status == 200
    assert origin.service.asked[-1][1] == b"a" * 1000 + b"b" * 1000


async def test_who_breaks_off_an_upload_breaks_it_off_at_the_service(origin: Origin) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", origin.port)
    writer.write(
        b"POST /api/capture/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"a" * 10
    )
    await until(lambda: any(origin.service.arrived))
    writer.close()
    await asyncio.wait_for(origin.service.left.wait(), 5)
    assert origin.service.asked == []


@pytest.mark.parametrize("told", [True, False], ids=["told", "in pieces"])
async def test_a_body_larger_than_a_service_takes_is_refused(origin: Origin, told: bool) -> None:
    limit = passing.LIMITS["access"]
    await origin.ask("POST", "/api/access/x", data=b"a" * limit)
    assert len(origin.service.asked[-1][1]) == limit

    async def body() -> AsyncIterator[bytes]:
        for _ in range(limit // 10_000 + 1):
            yield b"a" * 10_000

    too_much: Any = b"a" * (limit + 1) if told else body()
    answer, said = await origin.ask("POST", "/api/access/x", data=too_much)
    assert answer.status == 413
    assert reasons(said)["reasons"][0]["rule"] == "body-too-large"
    assert len(origin.service.asked) == 1


@pytest.mark.parametrize("length", [b"-1", b"1_0", b"0x10", b"\xb2"])
async def test_a_length_that_is_none_is_refused(origin: Origin, length: bytes) -> None:
    answer = await origin.raw(
        b"POST /api/capture/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
        + length
        + b"\r\n\r\n"
    )
    assert answer.split(b" ", 2)[1] in {b"400", b"413"}
    assert origin.service.asked == []


async def test_a_service_that_is_away_moved_or_unknown(origin: Origin) -> None:
    origin.tell(capture=free_port())
    for path in ("/api/capture/x", "/api/reporting/x"):
        answer, body = await origin.ask("GET", path)
        assert answer.status == 502
        assert answer.headers["content-type"] == "application/problem+json"
        assert reasons(body)["reasons"][0]["rule"] == "service-away"
    async with served(origin.service) as port:
        origin.tell(capture=port)
        assert (await origin.ask("GET", "/api/capture/x"))[0].status == 200
    origin.home.stack_file.unlink()
    assert (await origin.ask("GET", "/api/capture/x"))[0].status == 502
    origin.home.stack_file.write_text("{")
    assert (await origin.ask("GET", "/api/capture/x"))[0].status == 502


async def _silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    writer.close()


async def _rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"this is not HTTP\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("behaviour", "status", "rule"),
    [(_silent, 504, "service-late"), (_rude, 502, "service-away")],
    ids=["silent", "rude"],
)
async def test_a_service_that_does_not_answer_as_it_should(
    origin: Origin,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: Callable[..., Awaitable[None]],
    status: int,
    rule: str,
) -> None:
    monkeypatch.setattr(passing, "_SILENCE", 0.3)
    server = await asyncio.start_server(behaviour, "127.0.0.1", 0)
    origin.tell(capture=server.sockets[0].getsockname()[1])
    async with (
        served(door.build_door(origin.home, origin.pages), lifespan="on") as port,
        origin.client.get(f"http://127.0.0.1:{port}/api/capture/x") as answer,
    ):
        assert answer.status == status
        assert reasons(await answer.read())["reasons"][0]["rule"] == rule
    server.close()


async def test_half_an_answer_is_not_made_whole(origin: Origin) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await origin.ask("GET", "/api/capture/breaks")
