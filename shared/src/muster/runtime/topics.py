"""Creates the topics of ``shared/contracts/topics`` on a real Kafka.

The embedded broker makes a topic at its first use and knows no administration, so this is not for
it. A real cluster is expected to have ``auto.create.topics.enable=false``: a topic that no file
names does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from muster.messaging.login import Bootstrap, cluster_of

__all__ = ["Applied", "Topic", "TopicError", "apply"]

_PATIENCE = 30.0
_DAY_MS = 24 * 60 * 60 * 1000


class Topic(Protocol):
    """What is needed of a `muster.contracts.topics.TopicSpec`."""

    @property
    def name(self) -> str: ...
    @property
    def partitions(self) -> int: ...
    @property
    def retention_days(self) -> int: ...
    @property
    def cleanup(self) -> str: ...


class TopicError(Exception):
    """The cluster cannot be brought to what the files say; the text says which topic and why."""


@dataclass(frozen=True, slots=True)
class Applied:
    """Names of the topics that were made and of those that got more partitions."""

    created: tuple[str, ...]
    widened: tuple[str, ...]


def _settings(topic: Topic) -> dict[str, str]:
    return {
        "retention.ms": str(topic.retention_days * _DAY_MS),
        "cleanup.policy": topic.cleanup,
        "compression.type": "producer",
    }


def apply(bootstrap: Bootstrap, topics: Iterable[Topic], *, replication: int = -1) -> Applied:
    """Create what is missing, add partitions that are missing, set what is kept how long.

    `replication` -1 leaves the number of copies to the cluster's default. Never deletes a topic
    and never takes partitions away (a key would change its partition, and its order be lost).

    Raises:
        TopicError: no answer, a refusal, or a topic with more partitions than its file says.
    """
    wanted = {topic.name: topic for topic in topics}
    cluster = cluster_of(bootstrap)
    admin = AdminClient({**cluster.librdkafka(), "log_level": 3})
    try:
        present = admin.list_topics(timeout=_PATIENCE).topics
    except KafkaException as error:
        said = error.args[0].str()
        raise TopicError(f"no answer from Kafka at {cluster.address}: {said}") from None
    created = [name for name in wanted if name not in present]
    widened = []
    for name, topic in wanted.items():
        if name not in present:
            continue
        has = len(present[name].partitions)
        if has > topic.partitions:
            raise TopicError(f"{name} has {has} partitions, its file says {topic.partitions}")
        if has < topic.partitions:
            widened.append(name)
    if created:
        fresh = [
            NewTopic(
                name,
                num_partitions=wanted[name].partitions,
                replication_factor=replication,
                config=_settings(wanted[name]),
            )
            for name in created
        ]
        _wait(admin.create_topics(fresh, operation_timeout=_PATIENCE))
    if widened:
        more = [NewPartitions(name, wanted[name].partitions) for name in widened]
        _wait(admin.create_partitions(more, operation_timeout=_PATIENCE))
    kept = [topic for name, topic in wanted.items() if name in present]
    if kept:
        _wait(admin.incremental_alter_configs([_change(topic) for topic in kept]))
    return Applied(tuple(created), tuple(widened))


def _change(topic: Topic) -> ConfigResource:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in _settings(topic).items()
    ]
    return ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries)


def _wait(pending: Mapping[str, Future[None]] | Mapping[ConfigResource, Future[None]]) -> None:
    for what, future in pending.items():
        try:
            future.result(_PATIENCE)
        except KafkaException as error:
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                name = what.name if isinstance(what, ConfigResource) else what
                raise TopicError(f"{name}: {error.args[0].str()}") from None
