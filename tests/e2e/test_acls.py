"""An Apache Kafka on which everybody signs in and may do what an ACL says: `muster prepare` and
`muster acls` make them from the topic files and from who is enrolled, real clients try all else.

One broker serves the whole module. First a service and a worker run on it, then every principal
tries every topic and every group.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import asyncpg
import pytest
import typer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.fetch import FetchRequest
from click.testing import CliRunner
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from muster.access.handlers.start import publish_own_keys
from muster.contracts.topics import SERVICES, TopicSpec, load_topics
from muster.forms import Profile
from muster.messaging import login
from muster.messaging.broker import BrokerView, new_consumer, new_producer
from muster.messaging.login import Cluster, Login
from muster.runtime import cli
from muster.runtime import prepare as preparing
from muster.runtime.home import Home
from muster.runtime.principals import _filter, _present_bindings
from muster.runtime.provisioning import load_service
from muster.runtime.service import build_running
from muster.vocabulary.data import data_path

from . import sasl

pytestmark = pytest.mark.needs("kafka")

FUND = """departments:
  housing-fund:
    zh: 住房公积金
    en: Housing fund
    level: county
    tasks: [compare]
    matters: [housing]
    cite: 同四(二)
"""
TERMINALS = ("terminal-one", "terminal-two")
DEPARTMENTS = ("housing", "housing-fund", "public-security")
"""Those that are enrolled; the profile has more."""
PATIENCE = 60.0


@dataclass
class Ground:
    """The broker, what was prepared on it, and the topics that there should be."""

    cluster: Cluster
    home: Home
    handed: Path
    profile: Path
    databases: dict[str, str]
    admin: AdminClient
    redis_url: str
    topics: dict[str, TopicSpec] = field(default_factory=dict)

    def as_whom(self, principal: str) -> Cluster:
        return Cluster(self.cluster.address, login.read(self.home.logins / f"{principal}.json"))

    def environment(self, service: str) -> dict[str, str]:
        """What a service's process is told, beside its folder."""
        prefix = f"MUSTER_{service.upper()}_"
        return {
            "MUSTER_SECRETS_DIR": str(self.handed / service),
            f"{prefix}KAFKA": self.cluster.address,
            f"{prefix}KAFKA_LOGIN": str(self.handed / service / login.NAME),
            f"{prefix}KEYRING": str(self.handed / service / f"{service}.json"),
            f"{prefix}PROFILE": str(self.profile),
            f"{prefix}PORT": "1",
        }

    def acls(self) -> str:
        """`muster acls`, as an operator runs it."""
        done = CliRunner().invoke(typer.main.get_command(cli.app), ["acls"])
        assert done.exit_code == 0, done.output
        return done.stdout


@pytest.fixture(scope="module")
def ground(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: str,
    redis_url: str,
    drop_databases: Callable[[], None],
) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("acls")
    profile = folder / "county.yaml"
    text = (data_path("profiles") / "tongren.yaml").read_text("utf-8")
    profile.write_text(text.replace("departments:\n", FUND, 1), "utf-8")
    drop_databases()
    with sasl.serving(folder / "kafka") as cluster, pytest.MonkeyPatch.context() as patch:
        own = folder / "admin.json"
        assert cluster.login is not None
        own.write_text(json.dumps(cluster.login.document()), "utf-8")
        own.chmod(0o600)
        for name, value in {
            "MUSTER_HOME": str(folder / "home"),
            "MUSTER_STACK": "native",
            "MUSTER_KAFKA": cluster.address,
            "MUSTER_KAFKA_LOGIN": str(own),
            "MUSTER_POSTGRES_ADMIN_URL": postgres,
            "MUSTER_REDIS_URL": redis_url,
        }.items():
            patch.setenv(name, value)
        home = Home.find()
        preparing.prepare(home, str(profile), folder / "handed")
        urls = {
            service: (folder / "handed" / service / f"muster_{service}_database_url").read_text()
            for service in SERVICES
        }
        admin = AdminClient({**cluster.librdkafka(), "log_level": 0})
        departments = Profile.load(str(profile)).departments
        yield Ground(
            cluster,
            home,
            folder / "handed",
            profile,
            urls,
            admin,
            redis_url,
            load_topics(departments=departments),
        )
    drop_databases()


@contextmanager
def _settings(ground: Ground, service: str) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ground.environment(service).items():
            patch.setenv(name, value)
        yield load_service(service).settings(_secrets_dir=str(ground.handed / service))


async def _until(what: Callable[[], Any], wanted: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await asyncio.to_thread(what)) != wanted:  # noqa: ASYNC110 - nothing tells it
            await asyncio.sleep(0.1)


# -- with it on, everything works ------------------------------------------------------------------


async def test_services_and_a_worker_work_with_what_they_are_handed(
    ground: Ground, tmp_path: Path
) -> None:
    """Access tells its keys and capture takes them; Faust's worker of reporting gets its
    partitions. No right on the cluster is needed, idempotent as the producers are."""
    with (
        (tmp_path / "pulse.log").open("wb") as log,
        _settings(ground, "access") as asking,
        _settings(ground, "capture") as taking,
    ):
        pulse = _pulse(ground, log)
        services = {"access": asking, "capture": taking}
        running = {
            name: build_running(load_service(name), load_service(name).context(name, settings))
            for name, settings in services.items()
        }
        tasks = []
        try:
            own = running["access"].context
            async with own.database.transaction() as conn:
                await publish_own_keys(own, conn)
            tasks = [
                asyncio.create_task(part.run())
                for one in running.values()
                for part in (one.relay, one.consumer)
            ]
            await _until(lambda: _owners(ground, "capture"), {"access"})
            await _until(lambda: _state(ground, "reporting-pulse"), "STABLE")
            assert pulse.poll() is None
        finally:
            pulse.kill()
            pulse.wait()
            for one in running.values():
                one.relay.stop()
                one.consumer.stop()
            await asyncio.gather(*tasks, return_exceptions=True)
            for one in running.values():
                await one.context.database.close()


def _pulse(ground: Ground, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", "muster.runtime.cli", "work", "reporting", "pulse"),
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **ground.environment("reporting")},
        stdout=log,
        stderr=log,
    )


def _owners(ground: Ground, service: str) -> set[str]:
    rows = asyncio.run(_sql(ground.databases[service], "SELECT owner_id FROM known_key"))
    return {row["owner_id"] for row in rows}


async def _sql(url: str, statement: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


def _state(ground: Ground, group: str) -> str:
    [asked] = ground.admin.describe_consumer_groups([group]).values()
    try:
        return str(asked.result(20).state.name)
    except KafkaException:
        return "none"


# -- who may do what -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def enrolled(ground: Ground) -> Ground:
    """Three departments and two terminals are enrolled, and the operator ran `muster acls`."""
    owners = [("department", name) for name in DEPARTMENTS]
    owners += [("terminal", name.removeprefix("terminal-")) for name in TERMINALS]
    for kind, owner in owners:
        asyncio.run(
            _sql(
                ground.databases["access"],
                "INSERT INTO known_key (kid, owner_id, owner_kind, version, use, jwk, valid_from)"
                " VALUES ($1, $2, $3, 1, 'sig', '{}', $4)",
                f"kid-{owner}",
                owner,
                kind,
                datetime.now(UTC),
            )
        )
    said = ground.acls()
    for principal in (*TERMINALS, *(f"connector-{name}" for name in DEPARTMENTS)):
        assert f"{principal}.json" in said
    assert "made: 0, removed: 0" in ground.acls()
    return ground


def _written(ground: Ground, principal: str) -> set[str]:
    """The topics that take a message of this principal; all others must refuse it."""
    taken: set[str] = set()
    refused: set[str] = set()

    def told(name: str, error: Any) -> None:
        if error is None:
            taken.add(name)
        else:
            assert error.name() == "TOPIC_AUTHORIZATION_FAILED", (principal, name, error)
            refused.add(name)

    who = ground.as_whom(principal).librdkafka()
    producer = Producer({**who, "enable.idempotence": True, "log_level": 0})
    for name in ground.topics:
        try:
            producer.produce(
                name, b"test", b"test", on_delivery=lambda e, _, name=name: told(name, e)
            )
        except KafkaException as error:
            told(name, error.args[0])
    assert producer.flush(60) == 0
    assert taken | refused == set(ground.topics)
    return taken


async def _read(ground: Ground, principal: str) -> set[str]:
    """The topics that the broker hands this principal; all others it must refuse. All are asked for
    by one request, below a client's own care, which asks for no topic that it is not told of."""
    client = AIOKafkaClient(**ground.as_whom(principal).aiokafka())
    await client.bootstrap()
    try:
        first = [(name, [(0, 0, 4096)]) for name in ground.topics]
        request = FetchRequest(100, 0, 1024 * 1024, 0, first)
        answer = await client.send(client.get_random_node(), request)
    finally:
        await client.close()
    codes = {topic: partitions[0][1] for topic, partitions in answer.topics}
    assert set(codes) == set(ground.topics)
    assert set(codes.values()) <= {0, TopicAuthorizationFailedError.errno}, codes
    return {topic for topic, code in codes.items() if code == 0}


def _groups(ground: Ground, principal: str, groups: Iterable[str]) -> set[str]:
    """The groups that this principal may join, as the broker judges; others it must refuse."""
    admin = AdminClient({**ground.as_whom(principal).librdkafka(), "log_level": 0})
    joined = set()
    asked = admin.describe_consumer_groups(list(groups), include_authorized_operations=True)
    for group, answer in asked.items():
        try:
            if AclOperation.READ in answer.result(30).authorized_operations:
                joined.add(group)
        except KafkaException as error:
            if error.args[0].name() != "GROUP_AUTHORIZATION_FAILED":
                raise
    # Neither administer the cluster nor make topics, whatever they are called.
    cluster = admin.describe_cluster(include_authorized_operations=True).result(30)
    assert not cluster.authorized_operations
    with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
        admin.create_topics([NewTopic("test-new", 1)])["test-new"].result(30)
    return joined


def _acl(
    principal: str, topic: str, pattern: ResourcePatternType = ResourcePatternType.LITERAL
) -> AclBinding:
    return AclBinding(
        ResourceType.TOPIC,
        topic,
        pattern,
        f"User:{principal}",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )


Rights = tuple[set[str], set[str], set[str]]


def _expected(ground: Ground) -> dict[str, Rights]:
    """What each may write, read and join, told anew from the topic files and the design."""
    expected: dict[str, Rights] = {}
    for service in SERVICES:
        workers = {
            group
            for spec in ground.topics.values()
            for group in spec.clear_readers
            if group.startswith(f"{service}-")
        }
        expected[service] = (
            {name for name, spec in ground.topics.items() if spec.owner == service},
            {
                name
                for name, spec in ground.topics.items()
                if service in spec.consumers
                or workers & set(spec.clear_readers)
                or name == f"{service}-pulse-window-changelog"
            },
            {service, *workers},
        )
    for name in DEPARTMENTS:
        expected[f"connector-{name}"] = (
            {
                f"verification-answered-{name}",
                f"crosscheck-department-data-{name}",
                f"crosscheck-reveal-answered-{name}",
            },
            {f"verification-requested-{name}", f"crosscheck-reveal-requested-{name}"},
            {f"connector-{name}"},
        )
    devices = {"device-card-read", "device-signature-captured", "device-status-changed"}
    for terminal in TERMINALS:
        expected[terminal] = (devices, set(), set())
    return expected


def test_each_may_do_what_the_topic_files_say_and_nothing_else(enrolled: Ground) -> None:
    """Every principal tries to write, then to read, every topic, and asks for every group (R100):
    services, departments of which one's name begins with another's, terminals."""
    expected = _expected(enrolled)
    groups = {*SERVICES, "reporting-pulse", "crosscheck-matcher", *expected}

    def found(principal: str) -> Rights:
        return (
            _written(enrolled, principal),
            asyncio.run(_read(enrolled, principal)),
            _groups(enrolled, principal, groups),
        )

    with ThreadPoolExecutor(4) as pool:
        assert dict(zip(expected, pool.map(found, expected), strict=True)) == expected


async def test_an_edge_finds_its_login_in_its_home(enrolled: Ground, tmp_path: Path) -> None:
    """By the clients that connectors and gateways use: own topics, own group, the cluster's id."""
    file = enrolled.home.logins / "connector-housing.json"
    (tmp_path / login.NAME).write_bytes(file.read_bytes())
    (tmp_path / login.NAME).chmod(0o600)
    kafka = login.in_home(tmp_path, enrolled.cluster.address)
    producer, view = new_producer(kafka, "test"), BrokerView(kafka)
    consumer = new_consumer(["verification-requested-housing"], kafka, "connector-housing")
    try:
        await producer.start()
        await view.start()
        await consumer.start()
        assert await view.cluster_id()
        await producer.send_and_wait("verification-answered-housing", b"test")
        assert consumer.assignment()
    finally:
        await producer.stop()
        await view.stop()
        await consumer.stop()


def test_without_a_login_nobody_is_heard(enrolled: Ground) -> None:
    wrong = Login("capture", "guessed", ca=enrolled.cluster.login and enrolled.cluster.login.ca)
    for cluster in (Cluster(enrolled.cluster.address), Cluster(enrolled.cluster.address, wrong)):
        assert not _signs_in(cluster)
    assert _signs_in(enrolled.as_whom("capture"))


def test_whose_enrolment_ends_is_let_in_no_longer(enrolled: Ground) -> None:
    """Its sign-in, its ACLs and its login file go; what somebody gave by hand to one of ours goes
    too; a user who is not ours keeps what it has."""
    gone = {"connector-housing": "housing", TERMINALS[0]: "one"}
    prefix = ResourcePatternType.PREFIXED
    by_hand = _acl("connector-housing-fund", "verification-requested-", prefix)
    other = _acl("auditor", "capture-record-submitted")
    for asked in enrolled.admin.create_acls([by_hand, other]).values():
        asked.result(30)
    files = {name: enrolled.as_whom(name) for name in gone}
    for owner in gone.values():
        update = "UPDATE known_key SET revoked_at = now() WHERE owner_id = $1"
        asyncio.run(_sql(enrolled.databases["access"], update, owner))
    said = enrolled.acls()
    for name, cluster in files.items():
        assert f"{name} can sign in no longer." in said
        assert not (enrolled.home.logins / f"{name}.json").exists()
        assert not _signs_in(cluster)
    left = {one.principal for one in _present_bindings(enrolled.admin)}
    assert "User:connector-housing" not in left
    assert (
        _written(enrolled, "connector-housing-fund")
        == _expected(enrolled)["connector-housing-fund"][0]
    )
    assert not _found(enrolled, by_hand)
    assert _found(enrolled, other)


def _found(ground: Ground, binding: AclBinding) -> bool:
    return bool(ground.admin.describe_acls(_filter(binding)).result(30))


def _signs_in(cluster: Cluster) -> bool:
    admin = AdminClient({**cluster.librdkafka(), "log_level": 0})
    try:
        admin.list_topics(timeout=3)
    except KafkaException:
        return False
    return True
