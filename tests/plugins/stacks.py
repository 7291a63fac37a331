"""Brokers, and the stack that a test runs on: once the embedded one, once with Apache Kafka."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plugins.servers import fresh_databases


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


@pytest.fixture(scope="session")
def empty_kafka(real_kafka: str) -> Callable[[], str]:
    """Empties Apache Kafka and gives its address. Only for tests that carry ``needs("kafka")``."""

    def empty() -> str:
        _empty_kafka(real_kafka)
        return real_kafka

    return empty


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
    with fresh_databases(request.getfixturevalue("databases")) as new:
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
