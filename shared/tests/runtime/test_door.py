"""The one origin: built pages with their headers, and services behind ``/api`` as they are, away,
slow, moved and hostile."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn

from muster.runtime import door, passing
from muster.runtime.home import Home, free_port, write_private

Scope = dict[str, Any]


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: Any, **more: Any) -> AsyncIterator[int]:
    """An application on a port of its own."""
    port = free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
        **more,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve([socket.create_server(("127.0.0.1", port))]))
    try:
        await until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        await running


@dataclass
class Service:
    """Something that answers as a service does, and remembers what it was asked."""

    asked: list[tuple[Scope, bytes]] = field(default_factory=list)
    pieces: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["path"] == "/events":
            await self.events(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            body += message.get("body", b"")
            self.arrived.append(len(body))
            more = message.get("more_body", False)
        self.asked.append((scope, body))
        if scope["path"] == "/breaks":
            await send(start(200, (b"content-length", b"100")))
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise ConnectionResetError
        headers = [
            (b"content-type", b"application/json"),
            (b"connection", b"x-hop"),
            (b"x-hop", b"1"),
            (b"set-cookie", b"a=1; Path=/api"),
            (b"set-cookie", b"b=2; Path=/api"),
        ]
        if scope["path"] == "/strict":
            headers.append((b"content-security-policy", b"default-src 'none'"))
        await send(start(200, *headers))
        await send({"type": "http.response.body", "body": b'{"ok": true}'})

    async def events(self, receive: Any, send: Any) -> None:
        await send(start(200, (b"content-type", b"text/event-stream")))
        gone = asyncio.create_task(self._until_gone(receive))
        while not gone.done():
            piece = asyncio.create_task(self.pieces.get())
            await asyncio.wait({piece, gone}, return_when=asyncio.FIRST_COMPLETED)
            if piece.done():
                body = piece.result()
                await send({"type": "http.response.body", "body": body, "more_body": True})
            else:
                piece.cancel()
        self.left.set()

    async def _until_gone(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    def header(self, name: str) -> list[str]:
        scope, _ = self.asked[-1]
        return [v.decode() for n, v in scope["headers"] if n == name.encode()]


def start(status: int, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


@dataclass
class Origin:
    """The door before one service, and a client at it."""

    home: Home
    pages: Path
    service: Service
    port: int
    client: aiohttp.ClientSession

    def tell(self, **services: int) -> None:
        """What stack.json says of where services are."""
        document = {n: {"url": f"http://127.0.0.1:{port}"} for n, port in services.items()}
        write_private(self.home.stack_file, {"services": document})

    async def ask(self, method: str, path: str, **how: Any) -> tuple[Any, bytes]:
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.client.request(method, url, allow_redirects=False, **how) as answer:
            return answer, await answer.read()

    async def raw(self, request: bytes) -> bytes:
        """The answer to bytes that no client would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(65536), 10)
        writer.close()
        return answer


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[Origin]:
    home = Home(tmp_path / "home").create()
    pages = tmp_path / "dist"
    service = Service()
    app = door.build_door(home, pages)
    async with (
        served(service) as inner,
        served(app, lifespan="on", proxy_headers=False) as port,
        aiohttp.ClientSession() as client,
    ):
        made = Origin(home, pages, service, port, client)
        made.tell(capture=inner, access=inner, verification=inner)
        yield made


def build(pages: Path) -> None:
    for name in door.APPLICATIONS:
        built = pages / name
        (built / "assets").mkdir(parents=True)
        (built / "index.html").write_text(f"<!doctype html><title>the {name}</title>")
        (built / "assets" / "index-abc123.js").write_text("export {}")
        (built / "favicon.svg").write_text("<svg/>")
    (pages / "secret.txt").write_text("not for anybody")


def reasons(body: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(body)
    for reason in said["reasons"]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in reason["zh"])
        assert reason["en"].isascii()
    return said


# -- pages -----------------------------------------------------------------------------------------


async def test_the_console_is_served_with_its_headers(origin: Origin) -> None:
    build(origin.pages)
    for path in ("/", "/console"):
        answer, _ = await origin.ask("GET", path)
        assert (answer.status, answer.headers["location"]) == (302, "/console/")
    for path in ("/console/", "/console/index.html", "/console/review/next", "/console/a.b/c"):
        answer, body = await origin.ask("GET", path)
        assert (answer.status, b"the console" in body) == (200, True), path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"].startswith("text/html")
    answer, _ = await origin.ask("GET", "/console/assets/index-abc123.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["content-type"]
    assert (await origin.ask("GET", "/console/favicon.svg"))[0].headers["cache-control"] == (
        "no-cache"
    )
    # A script that is gone is not there, and no page in its place.
    answer, body = await origin.ask("GET", "/console/assets/index-old.js")
    assert (answer.status, b"the console" in body) == (404, False)
    assert (await origin.ask("POST", "/console/"))[0].status == 405


async def test_the_desk_is_served_beside_the_console(origin: Origin) -> None:
    """With what it needs of a browser besides, on its own pages and nowhere else."""
    build(origin.pages)
    answer, _ = await origin.ask("GET", "/desk")
    assert (answer.status, answer.headers["location"]) == (302, "/desk/")
    for path in ("/desk/", "/desk/a/b", "/desk/assets/index-abc123.js", "/desk/assets/gone.js"):
        answer, body = await origin.ask("GET", path)
        assert (b"the desk" in body) == ("assets" not in path)
        for name in ("Content-Security-Policy", "Permissions-Policy"):
            assert answer.headers.getall(name) == [door.DESK_HEADERS[name]], path
    answer, body = await origin.ask("GET", "/nothing")
    assert answer.headers["permissions-policy"].startswith("camera=(),")
    assert all(f'href="/{name}/"'.encode() in body for name in door.APPLICATIONS)


async def test_pages_are_compressed_and_answers_of_services_are_not(origin: Origin) -> None:
    build(origin.pages)
    script = b"export const words = 'the same and the same';" * 200
    (origin.pages / "desk" / "assets" / "large-abc123.js").write_bytes(script)
    origin.client.headers["Accept-Encoding"] = "gzip"
    answer, body = await origin.ask("GET", "/desk/assets/large-abc123.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(script) / 10
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == door.FOR_EVER
    assert body == script  # the client opened it
    plain, body = await origin.ask(
        "GET", "/desk/assets/large-abc123.js", headers={"Accept-Encoding": "identity"}
    )
    assert "content-encoding" not in plain.headers
    assert body == script
    part, body = await origin.ask(
        "GET", "/desk/assets/large-abc123.js", headers={"Range": "bytes=0-99"}
    )
    assert (part.status, part.headers.get("content-encoding"), body) == (206, None, script[:100])
    answer, _ = await origin.ask("GET", "/api/capture/known")
    assert origin.service.header("accept-encoding") == ["gzip"]
    assert "content-encoding" not in answer.headers


async def test_every_answer_says_what_a_browser_may_do_with_it(origin: Origin) -> None:
    build(origin.pages)
    for path in ("/console/", "/console/assets/index-abc123.js", "/nothing", "/api/capture/x"):
        answer, _ = await origin.ask("GET", path)
        for name, value in door.HEADERS.items():
            if name == "Cache-Control" and "/assets/" in path:
                value = door.FOR_EVER
            assert answer.headers.getall(name) == [value], (path, name)
    policy = dict(one.split(" ", 1) for one in door.HEADERS["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in policy["style-src"]
    # A page that is stricter stays so.
    answer, _ = await origin.ask("GET", "/api/access/strict")
    assert answer.headers.getall("content-security-policy") == ["default-src 'none'"]


@pytest.mark.parametrize(
    "path",
    [
        "/console/../secret.txt",
        "/console/..%2fsecret.txt",
        "/console/%2e%2e/secret.txt",
        "/console/%2e%2e%2f%2e%2e%2fhome/stack.json",
        "/console//etc/passwd",
        "/console/%00",
        "/console/" + "a" * 5000,
    ],
)
async def test_nothing_outside_the_pages_is_given(origin: Origin, path: str) -> None:
    build(origin.pages)
    answer = await origin.raw(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )
    assert b"not for anybody" not in answer
    assert b"root:" not in answer
    assert b'"services"' not in answer
    assert answer.split(b" ", 2)[1] in {b"200", b"404"}


async def test_without_pages_it_says_how_they_are_built(origin: Origin) -> None:
    answer, body = await origin.ask("GET", "/console/")
    assert answer.status == 503
    assert "make web" in body.decode()
    assert "页面尚未生成" in body.decode()
    assert (await origin.ask("GET", "/api/capture/x"))[0].status == 200
    build(origin.pages)  # without a new start
    assert (await origin.ask("GET", "/console/"))[0].status == 200


# -- what is passed on -----------------------------------------------------------------------------


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
