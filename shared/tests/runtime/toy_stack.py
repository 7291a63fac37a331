"""A stack of the embedded servers, one toy service and one toy worker, for the supervisor's tests.

``toy_stack.py HOME`` supervises; ``toy_stack.py serve`` and ``work`` are what it runs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        broken = ["relay ended: X"] if Path(os.environ["TOY_HOME"], "broken").exists() else []
        body = json.dumps({"waiting_for": broken, "kafka": os.environ["MUSTER_TOY_KAFKA"]})
        self.send_response(503 if broken else 200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        return


def serve() -> None:
    secrets = [name for name in os.environ if "POSTGRES_ADMIN" in name or "MUSTER_OTHER" in name]
    assert not secrets, secrets

    def stop(*_: Any) -> None:
        Path(os.environ["TOY_HOME"], "drained").touch()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    HTTPServer(("127.0.0.1", int(os.environ["MUSTER_TOY_PORT"])), Answer).serve_forever()


def supervise(path: Path) -> None:
    from muster.observability import logging
    from muster.runtime import provisioning, supervisor
    from muster.runtime.home import Home
    from muster.runtime.stacks import EmbeddedStack

    toy = SimpleNamespace(workers={"tick": None}, commands=None)
    provisioning.keys = lambda *_: {}  # type: ignore[assignment]
    provisioning.service_names = lambda: ["toy"]  # type: ignore[assignment]
    provisioning.load_service = lambda _: toy  # type: ignore[assignment]
    provisioning.migrate = lambda *_: None  # type: ignore[assignment]

    class Toy(supervisor.Supervisor):
        def _command(self, service: str, name: str, *argv: str) -> Any:
            from dataclasses import replace

            made = super()._command(service, name, *argv)
            mine = (sys.executable, __file__, argv[0])
            return replace(made, argv=mine, env={**made.env, "TOY_HOME": str(path)})

    logging.configure("supervisor")
    home = Home(path).create()
    made = Toy(home, EmbeddedStack(home), "toy")
    signal.signal(signal.SIGTERM, made.ask_to_stop)
    raise SystemExit(made.run())


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    elif sys.argv[1] == "work":
        time.sleep(600)
    else:
        supervise(Path(sys.argv[1]))
