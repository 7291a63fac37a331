"""A tab of the same browser for all that is measured in pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

__all__ = ["SIZE", "Tab", "browser", "tab"]

SIZE = {"width": 1366, "height": 768}
"""The screen that pages are drawn for first (ux.md)."""
MARKS = (Path(__file__).parent / "marks.js").read_text("utf-8")
PATIENCE_MS = 120_000


class Tab:
    """A page of its own, in a browser that has nothing kept, and what the protocol tells of it."""

    def __init__(self, page: Page, protocol: CDPSession) -> None:
        self.page = page
        self.protocol = protocol

    def slow_down(self, times: float) -> None:
        """Give the page so many times less of the processor."""
        self.protocol.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def ask(self, script: str, given: Any = None) -> Any:
        """What a function of the page gives, once it does."""
        return self.page.evaluate(script, given)


@contextmanager
def _browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("chromium is not installed: apt install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",  # root has none; only pages of this very checkout are opened
                "--disable-features=LocalNetworkAccessChecks",
            ],
        )
        try:
            yield found
        finally:
            found.close()


def browser(stack: ExitStack) -> Browser:
    """Debian's Chromium, until the bench ends."""
    return stack.enter_context(_browser())


@contextmanager
def tab(of: Browser) -> Iterator[Tab]:
    """A tab with nothing kept from any before."""
    context = of.new_context(locale="zh-CN", color_scheme="light", viewport=SIZE)  # type: ignore[arg-type]
    try:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(MARKS)
        page = context.new_page()
        yield Tab(page, context.new_cdp_session(page))
    finally:
        context.close()
