"""What every test of the workspace may use, and what happens to tests that a machine cannot run.

Fixtures

``stack``           one per test, twice if the test takes it: on the embedded broker and on Apache
                    Kafka. A fresh broker (or an emptied one), PostgreSQL and Redis of the session.
``module_stack``    the same for a whole module.
``postgres``        administrator's URL of the session's PostgreSQL.
``redis_url``       the session's Redis.
``new_database``    ``new_database("capture")`` gives the SQLAlchemy URL of a fresh database with
                    that service's migrations; without a service an empty one. Dropped afterwards.
``alone``           ``with alone("pcscd")``: what one test process of this machine has at a time.
``empty_kafka``     ``empty_kafka()`` empties the session's Apache Kafka and gives its address.
``audit_walk``      ``audit_walk(routers, database)`` walks all routes of a service and holds each
                    against the rows that it must leave in the audit chain.

Servers are the embedded ones unless ``MUSTER_TEST_POSTGRES_ADMIN_URL``, ``MUSTER_TEST_REDIS_URL``
or ``MUSTER_TEST_KAFKA`` names another. That Kafka is *emptied* before each test.

``@pytest.mark.needs("kafka")`` skips a test with a plain reason where that is missing. With
``MUSTER_REQUIRE=all`` nothing may be missing: every skip is a failure.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import os
import shutil
import socket
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import hypothesis
import pytest

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("muster", deadline=None)
hypothesis.settings.load_profile("muster")

# Whoever takes the place of a killed reader waits for this; parts in processes of their own too.
os.environ.setdefault("MUSTER_SESSION_SECONDS", "6")

ROOT = Path(__file__).parent
REQUIRE_ALL = os.environ.get("MUSTER_REQUIRE") == "all"
KAFKA_LIBS = ROOT / ".tools" / "kafka"
KAFKA_DEPLOY = ROOT / "deploy" / "kafka"
PCSC_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PCSC_LOCK = Path(tempfile.gettempdir()) / "muster-pcscd.lock"

T = TypeVar("T")


def run(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from a synchronous fixture, whatever loop the test itself has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, job).result()


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Of all test processes of this machine one is in here at a time; the others wait."""
    with (Path(tempfile.gettempdir()) / f"muster-{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# -- what the machine has --------------------------------------------------------------------------


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


BROWSER = "tests/web"
LONG = (BROWSER, "tests/e2e", "shared/tests/messaging", "services/department-connector")
"""Where the longest tests are."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes begin with long ones, so that none is left with these at the end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT)
        return next((n for n, at in enumerate(LONG) if path.is_relative_to(at)), len(LONG))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Several processes share the tests by file (``-n 2 --dist loadfile``); all of a browser's go
    to one of them, for they follow each other on one demo."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)

    return ByFile(config, log)


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


# -- servers of the session ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def worker() -> int:
    """Which of a run's processes this is (pytest-xdist), from 0; 0 if there is one only."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def server_home() -> Iterator[Any]:
    """A temporary folder for the session's servers; not pytest's, which only its owner enters."""
    from muster.runtime.home import Home

    folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
    yield Home(folder).create()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_home: Any) -> Iterator[str]:
    """Administrator's URL (``postgresql://``) of PostgreSQL."""
    given = os.environ.get("MUSTER_TEST_POSTGRES_ADMIN_URL")
    if given:
        yield given
        return
    from muster.runtime.embedded import EmbeddedPostgres

    server = EmbeddedPostgres(server_home, fast=True)
    server.start()
    yield server.admin_url
    server.stop()


@pytest.fixture(scope="session")
def redis_url(server_home: Any, worker: int) -> Iterator[str]:
    """A database of Redis that tests empty: the one that is given, or of several processes the
    first has it and each other one of those behind it."""
    given = os.environ.get("MUSTER_TEST_REDIS_URL")
    if given:
        address = urlsplit(given)
        database = int(address.path.strip("/") or 0) + worker
        yield address._replace(path=f"/{database}").geturl()
        return
    from muster.runtime.embedded import EmbeddedRedis

    server = EmbeddedRedis(server_home)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def real_kafka(server_home: Any) -> Iterator[str]:
    """Address of Apache Kafka. Only for tests that carry ``needs("kafka")``."""
    given = os.environ.get("MUSTER_TEST_KAFKA")
    if given:
        yield given
        return
    from muster.runtime.kafka import KafkaServer

    server = KafkaServer(server_home, KAFKA_LIBS, KAFKA_DEPLOY / "server.properties")
    server.start()
    yield server.address
    server.stop()


@pytest.fixture(scope="session")
def empty_kafka(real_kafka: str) -> Callable[[], str]:
    """Empties Apache Kafka and gives its address. Only for tests that carry ``needs("kafka")``."""

    def empty() -> str:
        _empty_kafka(real_kafka)
        return real_kafka

    return empty


@pytest.fixture(scope="session")
def alone() -> Callable[[str], AbstractContextManager[None]]:
    """``with alone("pcscd")``: what only one test process of this machine can have at a time."""
    return one_at_a_time


# -- databases -------------------------------------------------------------------------------------


async def _admin(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _other(url: str, database: str) -> str:
    from sqlalchemy.engine import make_url

    changed = make_url(url).set(drivername="postgresql+asyncpg", database=database)
    return changed.render_as_string(hide_password=False)


@dataclass
class Databases:
    """Makes fresh databases fast: a service's migrations run once, into a template."""

    admin_url: str
    templates: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def new(self, service: str | None = None) -> str:
        name = f"test_{uuid.uuid4().hex[:16]}"
        template = self._template(service) if service else "template0"
        run(_admin(self.admin_url, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"))
        self.made.append(name)
        return _other(self.admin_url, name)

    def drop(self, names: list[str]) -> None:
        for name in names:
            run(_admin(self.admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            self.made.remove(name)

    def _template(self, service: str) -> str:
        if service not in self.templates:
            from muster.persistence.migrations import upgrade_async
            from muster.runtime.provisioning import load_service

            name = f"template_{service.replace('-', '_')}_{uuid.uuid4().hex[:8]}"
            run(_admin(self.admin_url, f"CREATE DATABASE {name} TEMPLATE template0"))
            self.made.append(name)
            migrations = load_service(service).migrations
            run(upgrade_async(_other(self.admin_url, name), migrations))
            self.templates[service] = name
        return self.templates[service]


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[Databases]:
    made = Databases(postgres)
    yield made
    made.drop(list(made.made))


@contextmanager
def _fresh_databases(databases: Databases) -> Iterator[Callable[[str | None], str]]:
    before = set(databases.made)
    yield databases.new
    templates = set(databases.templates.values())
    databases.drop([name for name in databases.made if name not in before | templates])


@pytest.fixture
def new_database(databases: Databases) -> Iterator[Callable[[str | None], str]]:
    with _fresh_databases(databases) as new:
        yield new


# -- brokers and the stack -------------------------------------------------------------------------


def _empty_kafka(address: str) -> None:
    """Delete every topic and group, then make the topics of the contracts."""
    import time

    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    from muster.contracts.topics import load_topics
    from muster.forms.profile import Profile
    from muster.runtime import topics

    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    departments = {
        name for profile in ("tongren", "loudi") for name in Profile.load(profile).departments
    }
    wanted = load_topics(departments=sorted(departments))
    # A connector's topics are named after the service that reads them.
    owners = tuple(f"{spec.owner.partition('-')[0]}-" for spec in wanted.values())

    def present() -> list[str]:
        return [name for name in admin.list_topics(timeout=20).topics if name[:2] != "__"]

    strangers = [name for name in present() if not name.startswith((*owners, "test-"))]
    if strangers:
        pytest.exit(f"{address} holds topics of others ({strangers[0]}): not emptied", 3)
    groups = [group.group_id for group in admin.list_consumer_groups().result(20).valid]
    for gone in admin.delete_consumer_groups(groups).values() if groups else ():
        try:
            gone.result(20)
        except KafkaException as error:
            if error.args[0].name() not in {"GROUP_ID_NOT_FOUND", "NON_EMPTY_GROUP"}:
                raise
    names = present()
    for done in admin.delete_topics(names).values() if names else ():
        done.result(20)
    deadline = time.monotonic() + 20
    while present() and time.monotonic() < deadline:
        time.sleep(0.05)
    topics.apply(address, wanted.values())
    _await_leaders(admin, {spec.name: spec.partitions for spec in wanted.values()})


def _await_leaders(admin: Any, partitions: dict[str, int]) -> None:
    """Wait until the broker leads every partition: it says so before it serves a topic that was
    made again under its old name."""
    import time

    from confluent_kafka import KafkaException, TopicPartition
    from confluent_kafka.admin import OffsetSpec

    left = [TopicPartition(name, n) for name, count in partitions.items() for n in range(count)]
    deadline = time.monotonic() + 30
    while left and time.monotonic() < deadline:
        asked = admin.list_offsets({place: OffsetSpec.latest() for place in left})
        left = []
        for place, answer in asked.items():
            try:
                answer.result(20)
            except KafkaException:
                left.append(place)
        if left:
            time.sleep(0.1)


@dataclass
class Stack:
    """The servers that one test runs on."""

    kind: str  # "embedded" or "kafka"
    admin_url: str
    redis_url: str
    kafka: str
    new_database: Callable[[str | None], str]
    _broker: Any = None

    @property
    def embedded_broker(self) -> bool:
        """What MUSTER_<SERVICE>_EMBEDDED_BROKER would be: bound what is unread."""
        return self.kind == "embedded"

    def replace_broker(self) -> str:
        """Lose the broker with everything in it and start another; gives the new address."""
        if self._broker is None:
            _empty_kafka(self.kafka)
        else:
            self._broker.child.kill()
            self._broker.stop()
            self._broker.start()
            self.kafka = self._broker.address
        return self.kafka


@contextmanager
def _stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    kind: str = request.param
    admin_url = request.getfixturevalue("postgres")
    redis = request.getfixturevalue("redis_url")
    with _fresh_databases(request.getfixturevalue("databases")) as new:
        if kind == "kafka":
            address = request.getfixturevalue("empty_kafka")()
            yield Stack(kind, admin_url, redis, address, new)
            return
        from muster.runtime.embedded import EmbeddedBroker
        from muster.runtime.home import Home

        home: Home = request.getfixturevalue("server_home")
        broker = EmbeddedBroker(Home(home.path / f"broker-{uuid.uuid4().hex[:8]}").create())
        broker.start()
        try:
            yield Stack(kind, admin_url, redis, broker.address, new, broker)
        finally:
            broker.stop()


KINDS = (
    pytest.param("embedded", id="embedded"),
    pytest.param("kafka", id="kafka", marks=pytest.mark.needs("kafka")),
)


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    with _stack(request) as made:
        yield made


@pytest.fixture(scope="module", params=KINDS)
def module_stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    with _stack(request) as made:
        yield made


# -- every reading is audited ----------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One row that a request must leave in the audit chain; of `detail` these members at least.
    `subjects` is None where only the request itself makes their ids; `actor`, where the caller is.
    """

    action: str
    subjects: Collection[str] | None = ()
    reason: str | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)
    actor: str | None = None


class AuditWalk:
    """Asks every route of a service once, and holds it against the audit chain (R100)."""

    def __init__(self, routers: Sequence[Any], database: Any) -> None:
        from fastapi import FastAPI

        app = FastAPI()
        for router in routers:
            app.include_router(router)
        paths = app.openapi()["paths"]
        self._routes = {f"{method.upper()} {path}" for path in paths for method in paths[path]}
        self._database = database
        self._seen: set[str] = set()
        self.personal: set[str] = set()
        """What may stand in no answer that leaves no row."""

    async def ask(
        self,
        client: Any,
        route: str,
        account: str,
        *told: Told,
        at: Mapping[str, str] | None = None,
        **how: Any,
    ) -> Any:
        """Send one request, `at` filling in the path; it must succeed and leave just these rows.
        Without any, nothing personal may be in the answer."""
        method, _, path = route.partition(" ")
        before = len(await self._rows(0))
        answer = await client.request(method, path.format(**(at or {})), **how)
        assert answer.is_success, f"{route}: {answer.text}"
        rows = await self._rows(before)
        found = [(row.actor, row.action, row.reason) for row in rows]
        wanted = [(one.actor or account, one.action, one.reason) for one in told]
        assert found == wanted, route
        for one, row in zip(told, rows, strict=True):
            assert one.subjects is None or set(one.subjects) == set(row.subject_ids), route
            assert one.detail.items() <= row.detail.items(), route
        if not told:
            assert not [value for value in self.personal if value in answer.text], route
        self._seen.add(route)
        return answer

    def end(self) -> None:
        """Every route was asked: one that is new must say here what it leaves behind."""
        assert self._seen == self._routes

    async def _rows(self, after: int) -> list[Any]:
        from sqlalchemy import text

        sql = (
            "SELECT actor, action, subject_ids::text[], reason, detail FROM audit "
            "WHERE seq > :after ORDER BY seq"
        )
        async with self._database.transaction() as conn:
            return list(await conn.execute(text(sql), {"after": after}))


@pytest.fixture
def audit_walk() -> Callable[[Sequence[Any], Any], AuditWalk]:
    return AuditWalk


@pytest.fixture
def told() -> type[Told]:
    return Told
