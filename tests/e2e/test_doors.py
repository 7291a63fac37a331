"""The same questions at both doors, ours and Caddy with the file of compose: what a browser gets
does not hang on how Muster is run."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.runtime.door import APPLICATIONS, DESK_HEADERS, FOR_EVER, HEADERS
from muster.runtime.home import Home, free_port, write_private
from muster.runtime.passing import LIMITS
from muster.runtime.provisioning import service_names

CADDYFILE = Path(__file__).parents[2] / "deploy" / "proxy" / "Caddyfile"
PATIENCE = 20.0


class Service(BaseHTTPRequestHandler):
    """Says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.close_connection = self.path == "/strict"
        told = {
            "path": self.path,
            "body": len(body),
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        if self.path == "/strict":
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("Cache-Control", "public, max-age=60")
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 - the library asks for it

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def running(*command: str, **told: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], **told},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def ours(folder: Path, service: str) -> Iterator[str]:
    home = Home(folder / "home").create()
    places = {name: {"url": f"http://{service}"} for name in service_names()}
    write_private(home.stack_file, {"services": places})
    port = free_port()
    module = ("-m", "muster.runtime.door", "--home", str(home.path), "--port", str(port))
    with running(sys.executable, *module, "--pages", str(folder / "dist")):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def caddy(folder: Path, service: str) -> Iterator[str]:
    keys = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"))
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=muster")
    here = ("-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(("openssl", *made, *here, *keys), check=True, capture_output=True)
    port = free_port()
    told = {
        "MUSTER_DOOR": f"127.0.0.1:{port}",
        "MUSTER_TLS_CERTIFICATE": str(folder / "certificate.pem"),
        "MUSTER_TLS_KEY": str(folder / "key.pem"),
        "MUSTER_PAGES": str(folder / "dist"),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        **{f"MUSTER_{name.upper()}_ADDRESS": service for name in service_names()},
    }
    command = ("caddy", "run", "--config", str(CADDYFILE), "--adapter", "caddyfile")
    with running(*command, **told):
        yield f"https://127.0.0.1:{port}"


@dataclass
class Door:
    """A client at one of the doors."""

    kind: str
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)


@pytest.fixture(
    scope="module",
    params=["ours", pytest.param("caddy", marks=pytest.mark.needs("caddy"))],
)
def at(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp(request.param)
    for name in APPLICATIONS:
        built = folder / "dist" / name
        (built / "assets").mkdir(parents=True)
        (built / "index.html").write_text(f"<!doctype html><title>the {name}</title>")
        (built / "assets" / "index-abc.js").write_text("export {}")
        (built / "favicon.svg").write_text("<svg/>")
    (folder / "dist" / "secret.txt").write_text("not for anybody")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = {"ours": ours, "caddy": caddy}[request.param]
    # Who it is was made a moment ago, and nobody else listens there.
    unknown = ssl.create_default_context()
    unknown.check_hostname = False
    unknown.verify_mode = ssl.CERT_NONE
    with (
        made(folder, f"127.0.0.1:{server.server_port}") as url,
        httpx.Client(base_url=url, verify=unknown, timeout=30) as client,
    ):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                client.get("/")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield Door(request.param, client)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", APPLICATIONS)
def test_pages(at: Door, name: str) -> None:
    answer = at.get(f"/{name}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/{name}/")
    for path in ("", "index.html", "review/next", "a.b/c"):
        answer = at.get(f"/{name}/{path}")
        assert (answer.status_code, f"the {name}" in answer.text) == (200, True), path
        assert answer.headers.get_list("cache-control") == ["no-store"], path
        assert answer.headers["content-type"].startswith("text/html")
    script = at.get(f"/{name}/assets/index-abc.js")
    assert script.headers.get_list("cache-control") == [FOR_EVER]
    assert "javascript" in script.headers["content-type"]
    assert at.get(f"/{name}/favicon.svg").headers.get_list("cache-control") == ["no-cache"]
    gone = at.get(f"/{name}/assets/index-old.js")
    assert (gone.status_code, f"the {name}" in gone.text) == (404, False)
    assert gone.headers.get_list("cache-control") == ["no-store"]


def test_the_first_page_is_the_console(at: Door) -> None:
    answer = at.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/console/")


@pytest.mark.parametrize(
    "path",
    [
        *("/console/", "/console/assets/index-abc.js", "/console/assets/no.js"),
        *("/desk/", "/desk/a/b", "/desk/assets/index-abc.js", "/desk/assets/no.js"),
        *("/desk", "/desks/", "/no", "/api/capture/x", "/api/capture/desk/x"),
    ],
)
def test_headers(at: Door, path: str) -> None:
    answer = at.get(path)
    wanted = DESK_HEADERS if path.startswith("/desk/") else HEADERS
    for name in wanted.keys() - {"Cache-Control"}:
        assert answer.headers.get_list(name) == [wanted[name]], name
    assert "server" not in answer.headers or path.startswith("/api")
    strict = at.get("/api/access/strict")
    assert strict.headers.get_list("x-content-type-options") == ["nosniff"]
    assert strict.headers.get_list("content-security-policy") == ["default-src 'none'"]
    assert strict.headers.get_list("cache-control") == ["public, max-age=60"]


@pytest.mark.parametrize("path", ["/console/..%2fsecret.txt", "/console/%2e%2e%2fsecret.txt"])
def test_nothing_outside_the_pages(at: Door, path: str) -> None:
    answer = at.get(path)
    assert answer.status_code in {200, 400, 404}
    assert "not for anybody" not in answer.text


def test_services(at: Door) -> None:
    for service in service_names():
        told = at.get(f"/api/{service}/some/thing?q=%E6%9D%91").json()
        assert told["path"] == "/some/thing?q=%E6%9D%91"
        assert at.get(f"/api/{service}/metrics").status_code == 404
    assert at.get("/api/nobody/x").status_code == 404


def test_what_a_client_says_of_its_connection(at: Door) -> None:
    """The scheme is the door's to say: whether the cookie is secure hangs on it."""
    lies = {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil.example"}
    told = at.get("/api/access/x", **lies).json()["headers"]
    assert told["x-forwarded-proto"] == at.client.base_url.scheme
    assert re.fullmatch(r"127\.0\.0\.1(:\d+)?", told["x-forwarded-host"])
    assert told["host"].startswith("127.0.0.1")


def test_sizes(at: Door) -> None:
    limit = LIMITS["access"]
    fits = at.client.post("/api/access/x", content=b"a" * limit)
    assert fits.json()["body"] == limit
    assert at.client.post("/api/access/x", content=b"a" * (limit + 1)).status_code in {413, 502}
