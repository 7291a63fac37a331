from __future__ import annotations

from dataclasses import dataclass

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from muster.runtime import topics


@dataclass
class Topic:
    name: str
    partitions: int
    retention_days: int = 14
    cleanup: str = "delete"


@pytest.mark.needs("kafka")
def test_kafka_gets_the_topics_that_the_files_name(real_kafka: str) -> None:
    one, two = Topic("test-topics-one", 3), Topic("test-topics-two", 1, cleanup="compact")
    made = topics.apply(real_kafka, [one, two])
    assert made == topics.Applied((one.name, two.name), ())
    assert topics.apply(real_kafka, [one, two]) == topics.Applied((), ())

    two.partitions, two.retention_days = 2, 7
    assert topics.apply(real_kafka, [one, two]) == topics.Applied((), (two.name,))
    admin = AdminClient({"bootstrap.servers": real_kafka})
    assert len(admin.list_topics(two.name, timeout=10).topics[two.name].partitions) == 2
    resource = ConfigResource(ResourceType.TOPIC, two.name)
    settings = admin.describe_configs([resource])[resource].result(10)
    assert settings["retention.ms"].value == str(7 * 24 * 60 * 60 * 1000)
    assert settings["cleanup.policy"].value == "compact"

    one.partitions = 2
    with pytest.raises(topics.TopicError, match="has 3 partitions"):
        topics.apply(real_kafka, [one])


def test_no_broker_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_PATIENCE", 0.3)
    with pytest.raises(topics.TopicError, match=r"no answer from Kafka at 127\.0\.0\.1:9"):
        topics.apply("127.0.0.1:9", [Topic("a", 1)])
