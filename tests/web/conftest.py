"""A demo that has run and stays, and a browser before it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from muster.runtime.home import Home

PEOPLE, SEED = 60, 7
READY = 420.0
"""Seconds for a county of 60 on a busy machine, its pages built meanwhile."""
PATIENCE = 60.0
SIZE = {"width": 1366, "height": 768}
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.needs("browser")

T = TypeVar("T")

# How long a page takes says how busy the machine is.
expect.set_options(timeout=30_000)


@dataclass
class Demo:
    """What the demo told when it had run: one origin, and an account for each kind of user."""

    url: str
    home: Home
    accounts: list[dict[str, str]]

    def account(self, role: str, area: str | None = None) -> dict[str, str]:
        """The first of that role, perhaps of one area."""
        return next(
            one
            for one in self.accounts
            if one["role"] == role and (area is None or one["area"] == area)
        )

    def desk(self) -> dict[str, str]:
        """A collector with the link of their desk."""
        return self.desks()[0]

    def desks(self) -> list[dict[str, str]]:
        """All such collectors; each at another desk."""
        return [one for one in self.accounts if "desk" in one]


@contextmanager
def running_demo(home: Path, *more: str) -> Iterator[Demo]:
    """``muster demo`` as somebody starts it who then looks at it; ended as by Ctrl-C."""
    log = home / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            (
                *(str(Path(sys.executable).with_name("muster")), "demo"),
                *("--people", str(PEOPLE), "--seed", str(SEED), *more),
            ),
            env={**os.environ, "MUSTER_HOME": str(home)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(process, Home(home / "demo"), log)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(120)
    assert code == 130, log.read_text("utf-8")[-3000:]


def _ready(process: subprocess.Popen[bytes], home: Home, log: Path) -> Demo:
    deadline = time.monotonic() + READY
    while "Ctrl-C stops everything" not in log.read_text("utf-8"):
        assert process.poll() is None, log.read_text("utf-8")[-3000:]
        assert time.monotonic() < deadline, log.read_text("utf-8")[-3000:]
        time.sleep(0.5)
    return found_in(home)


def found_in(home: Home) -> Demo:
    """The demo that runs in this folder."""
    accounts = json.loads((home.path / "accounts.json").read_text("utf-8"))["accounts"]
    return Demo(str(home.stack()["web"]), home, accounts)


_RUNNING = ExitStack()
"""Demo and browser. They end with the last test of this folder, not with the session: other tests
follow in the same process."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    yield
    if nextitem is None or nextitem.path.parent != Path(__file__).parent:
        _RUNNING.close()


def pytest_sessionfinish() -> None:
    """Where the tests were interrupted."""
    _RUNNING.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One for all tests, which follow each other on it and choose different people. MUSTER_DEMO
    names the folder (``MUSTER_HOME``) of one that somebody has running, which then stays."""
    if running := os.environ.get("MUSTER_DEMO"):
        return found_in(Home(Path(running).resolve() / "demo"))
    return _RUNNING.enter_context(running_demo(tmp_path_factory.mktemp("demo"), "--pages"))


@pytest.fixture(scope="session")
def chromium() -> Browser:
    """Debian's Chromium, with a camera that shows a test picture. What drives it keeps an event
    loop in this thread until it ends, and another test could begin none."""
    playwright = _RUNNING.enter_context(sync_playwright())
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=[
            "--no-sandbox",  # root has none; only pages of this very checkout are opened
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            # The gateway is asked by pages of the same machine: nothing to ask a person about.
            "--disable-features=LocalNetworkAccessChecks",
        ],
    )
    return _RUNNING.enter_context(browser)


@dataclass
class Seen:
    """What a browser complained of, by page."""

    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of complaints that a test brought about itself."""

    def watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.text} ({urlsplit(message.location['url']).path})")

    def unexpected(self) -> list[str]:
        """Who is not signed in yet is told so, and the browser notes it."""
        expected = ["(/api/access/session)", *self.expected]
        return [fault for fault in self.faults if not any(part in fault for part in expected)]


@dataclass
class Visitor:
    """Somebody at a browser of their own."""

    demo: Demo
    context: BrowserContext
    page: Page
    seen: Seen

    def sign_in(self, account: dict[str, str], address: str = "/console/") -> Page:
        """By access's own page, from the first page that they open."""
        self.page.goto(self.demo.url + address if address.startswith("/") else address)
        self.type_password(self.page, account)
        self.page.wait_for_url(
            re.compile(rf"^{re.escape(self.demo.url)}/(desk|console)/(?!signed-in)")
        )
        self.page.locator("h1").first.wait_for()
        return self.page

    @staticmethod
    def type_password(page: Page, account: dict[str, str]) -> None:
        """On the sign-in page."""
        page.locator("input[name=username]").fill(account["username"])
        page.locator("input[name=password]").fill(account["password"])
        page.locator("button[type=submit]").click()

    def later(self, service: str, path: str, what: Callable[[Any], T | None]) -> T:
        """What is found in an answer, once it is there; facts travel between services."""
        deadline = time.monotonic() + PATIENCE
        while (found := what(self.json(service, path))) is None:
            assert time.monotonic() < deadline, path
            time.sleep(0.3)
        return found

    def json(self, service: str, path: str) -> Any:
        """What a service says to whoever is signed in here."""
        answer = self.page.request.get(f"{self.demo.url}/api/{service}{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def ask(self, service: str, path: str, body: Mapping[str, object]) -> Any:
        """The same of what is asked by POST, as a page of ours does; None where there is no answer
        but that it was done."""
        answer = self.page.request.post(
            f"{self.demo.url}/api/{service}{path}",
            data=json.dumps(body),
            headers={"content-type": "application/json", "x-muster-client": "console"},
        )
        assert answer.ok, answer.text()
        return None if answer.status == 204 else answer.json()


Come = Callable[..., Visitor]


@pytest.fixture
def come(chromium: Browser, demo: Demo) -> Iterator[Come]:
    """``come(language, theme)``: a new visitor. At the end nothing may stand on the browser's
    console that nobody expected: no error, no warning, no breach of the content policy."""
    visitors: list[Visitor] = []

    def make(language: str = "zh", theme: str = "light", **more: Any) -> Visitor:
        context = chromium.new_context(
            locale="zh-CN" if language == "zh" else "en-GB",
            color_scheme="dark" if theme == "dark" else "light",
            viewport=more.pop("viewport", SIZE),
            permissions=["camera"],
            **more,
        )
        context.set_default_timeout(30_000)
        visitor = Visitor(demo, context, context.new_page(), Seen())
        context.on("page", visitor.seen.watch)
        visitor.seen.watch(visitor.page)
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.seen.unexpected()] == []
