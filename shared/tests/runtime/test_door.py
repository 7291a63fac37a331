"""The one origin: built pages with their headers, and nothing besides them."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster.runtime import door

from .conftest import Origin


def build(pages: Path) -> None:
    for name in door.APPLICATIONS:
        built = pages / name
        (built / "assets").mkdir(parents=True)
        (built / "index.html").write_text(f"<!doctype html><title>the {name}</title>")
        (built / "assets" / "index-abc123.js").write_text("export {}")
        (built / "favicon.svg").write_text("<svg/>")
    (pages / "secret.txt").write_text("not for anybody")


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
