"""A gateway or connector with nothing in it, that can be killed. Its home holds what it is to do.

``die-at-start``, ``die-at-answer`` and ``die-at-supply`` hold how often it kills itself yet;
``answers`` grows by a line of each request that it was asked. `spool` holds what is said of its
spool. Asked to end, it listens no more, and lives on for as many seconds as ``slow-to-end`` says.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

home = Path(os.environ.get("MUSTER_GATEWAY_HOME") or os.environ["MUSTER_CONNECTOR_HOME"])


def die_if_told(when: str) -> None:
    """kill -9, as often as the file says."""
    file = home / f"die-at-{when}"
    left = int(file.read_text()) if file.exists() else 0
    if left:
        file.write_text(str(left - 1))
        os.kill(os.getpid(), signal.SIGKILL)


def spool() -> dict[str, int]:
    """What waits, one less at each look."""
    file = home / "spool"
    said: dict[str, int] = json.loads(file.read_text())
    if said["waiting"]:
        file.write_text(
            json.dumps({**said, "waiting": said["waiting"] - 1, "received": said["received"] + 1})
        )
    return said


class Handler(BaseHTTPRequestHandler):
    """Answers everything."""

    def do_GET(self) -> None:
        self._answer({"spool": spool()})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer({"path": self.path})

    def _answer(self, said: object) -> None:
        with (home / "answers").open("a") as file:
            file.write(f"{self.command} {self.path}\n")
        die_if_told("answer")
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def run() -> None:
    """As the real ones do: the first line says who runs."""
    die_if_told("start")
    server = HTTPServer(("127.0.0.1", int(os.environ.get("MUSTER_GATEWAY_PORT") or "0")), Handler)
    slow = home / "slow-to-end"

    def end(*_: object) -> None:
        server.socket.close()
        time.sleep(float(slow.read_text()) if slow.exists() else 0)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    (home / "token").write_text("t")
    url = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(json.dumps({"ready": True, "url": url, "token_file": str(home / "token")}))
    sys.stdout.write("\n")
    sys.stdout.flush()
    server.serve_forever()


def supply() -> None:
    """A command that ends."""
    with (home / "answers").open("a") as file:
        file.write("supply\n")
    die_if_told("supply")
    sys.stdout.write('{"received": true}')


{
    "run": run,
    "supply": supply,
    "status": lambda: sys.stdout.write(json.dumps({"spool": spool()})),
    "enrol": lambda: sys.stdout.write("{}"),
}[sys.argv[1]]()
