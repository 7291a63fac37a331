"""What the machine has for the tests, and what becomes of those that it cannot run."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.shared import KAFKA_DEPLOY, KAFKA_LIBS, ROOT, one_at_a_time

REQUIRE_ALL = os.environ.get("MUSTER_REQUIRE") == "all"
PCSC_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PCSC_LOCK = Path(tempfile.gettempdir()) / "muster-pcscd.lock"


def _lacks_kafka() -> str | None:
    if os.environ.get("MUSTER_TEST_KAFKA"):
        return None
    from muster.runtime.embedded import ServerError
    from muster.runtime.kafka import fetch_jars, what_is_missing

    missing = what_is_missing(KAFKA_LIBS)
    if missing is None:
        # Of several processes of one run the first fetches.
        with one_at_a_time("kafka-jars"):
            try:
                fetch_jars(KAFKA_DEPLOY / "pom.xml", KAFKA_LIBS)
            except ServerError as error:
                missing = str(error).splitlines()[0]
    return missing


def _lacks_postgres() -> str | None:
    if os.environ.get("MUSTER_TEST_POSTGRES_ADMIN_URL"):
        return None
    return "MUSTER_TEST_POSTGRES_ADMIN_URL names no installed PostgreSQL"


def _lacks_redis() -> str | None:
    if os.environ.get("MUSTER_TEST_REDIS_URL"):
        return None
    return "MUSTER_TEST_REDIS_URL names no installed Redis"


def _lacks_pcsc() -> str | None:
    """A test starts a PC/SC daemon of its own, whose socket has one place on a machine."""
    if shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        return "pcscd is not installed (Debian: pcscd)"
    if not PCSC_DRIVER.exists():
        return "the virtual reader is not installed (Debian: vsmartcard-vpcd)"
    if importlib.util.find_spec("smartcard") is None:
        return "pyscard is not installed (make setup PCSC=1)"
    if os.geteuid() != 0:
        return "only root starts pcscd"
    with PCSC_LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None  # another run's own daemon; the test waits for its end
        with socket.socket(socket.AF_UNIX) as probe:
            other = probe.connect_ex("/run/pcscd/pcscd.comm") == 0
    return "a pcscd runs on this machine already" if other else None


def _lacks_caddy() -> str | None:
    return None if shutil.which("caddy") else "Caddy is not installed (Debian: caddy)"


def _lacks_browser() -> str | None:
    if not shutil.which("chromium"):
        return "Chromium is not installed (Debian: chromium)"
    axe = ROOT / "web" / "node_modules" / "axe-core"
    return None if axe.exists() else "axe-core is not installed (make web-check)"


PROBES: dict[str, Callable[[], str | None]] = {
    "browser": _lacks_browser,
    "caddy": _lacks_caddy,
    "kafka": _lacks_kafka,
    "pcsc": _lacks_pcsc,
    "postgres": _lacks_postgres,
    "redis": _lacks_redis,
}


@cache
def lacking(need: str) -> str | None:
    """Why a need of a test is not met here, in plain words; None when it is."""
    reason = PROBES[need]()
    return None if reason is None else f"needs {need}: {reason}"


def pytest_configure(config: pytest.Config) -> None:
    names = ", ".join(PROBES)
    config.addinivalue_line("markers", f"needs(*what): what the machine must have ({names})")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for need in marker.args:
            reason = lacking(need)
            if reason is not None:
                pytest.skip(reason)


def _skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    where = report.longrepr
    reason = where[2] if isinstance(where, tuple) else str(where)
    return reason.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the report travels through
    report: pytest.TestReport = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = _skip_reason(report)
        report.outcome = "failed"
        report.longrepr = f"MUSTER_REQUIRE=all, but this test was left out: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report: pytest.CollectReport = yield
    if REQUIRE_ALL and report.skipped:
        reason = _skip_reason(report)
        report.outcome = "failed"
        report.longrepr = f"MUSTER_REQUIRE=all, but this file was left out: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    left_out = Counter(_skip_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if left_out:
        terminalreporter.section("left out on this machine")
        for reason, count in sorted(left_out.items()):
            terminalreporter.write_line(f"{count} test(s): {reason}")
