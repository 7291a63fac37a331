"""What the pages are measured on: the real door before an invented county, and the built pages of
ours and of their peers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from muster.runtime.door import PAGES
from muster.runtime.home import Home, free_port, write_private
from muster.runtime.passing import LIMITS

__all__ = ["county", "peers"]

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PATIENCE = 120.0
"""Seconds until an invented county answers on a busy machine: it reads the profile first."""


def county(
    stack: ExitStack, *, pages: Path | None = None, who: str = "leader", **large: int
) -> str:
    """The address of a door with our pages (or `pages`) before a county of its own, with `who`
    signed in. `large`: ``villages``, ``township``, ``waiting`` as ``MOCK_*`` of web/README.md."""
    home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muster-bench-"))))
    services, door = free_port(), free_port()
    named = {f"MOCK_{name.upper()}": str(value) for name, value in large.items()}
    # No news: they would have pages ask again in the middle of a measurement.
    asked = {**os.environ, **named, "MOCK_AS": who, "MOCK_MODE": "cut"}
    stack.enter_context(_running(("node", str(HERE / "county.mjs"), str(services)), asked))
    url = f"http://127.0.0.1:{services}/api"
    write_private(home.stack_file, {"services": {one: {"url": f"{url}/{one}"} for one in LIMITS}})
    at = ("--home", str(home.path), "--port", str(door), "--pages", str(pages or PAGES))
    stack.enter_context(_running((sys.executable, "-m", "muster.runtime.door", *at)))
    address = f"http://127.0.0.1:{door}"
    _wait(f"{address}/api/capture/profile")
    return address


def peers(stack: ExitStack) -> str:
    """The address of a door with the pages that ours are held against: ``/console/`` is an
    application of Element Plus with a button and an input, ``/desk/`` an input of our form."""
    return county(stack, pages=Path(_built().name))


@cache
def _built() -> tempfile.TemporaryDirectory[str]:
    """Where the peers' pages are; built once per run, and gone at its end."""
    folder = tempfile.TemporaryDirectory(prefix="muster-bench-pages-")
    made = subprocess.run(
        (_node(), str(HERE / "build.mjs"), folder.name), capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise RuntimeError(f"The peers' pages cannot be built:\n{made.stderr[-2000:]}")
    return folder


def _node() -> str:
    """The Node.js that built our pages: the system's, else what deploy/web.sh made."""
    own = ROOT / ".venv" / "muster-node" / "node"
    return str(own) if own.exists() else shutil.which("node") or "node"


@contextmanager
def _running(command: tuple[str, ...], env: dict[str, str] | None = None) -> Iterator[None]:
    """A process, ended at the end."""
    command = (_node(), *command[1:]) if command[0] == "node" else command
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} does not answer") from error
            time.sleep(0.1)
