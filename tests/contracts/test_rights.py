"""Who may do what on Kafka, as the topic files say it."""

from __future__ import annotations

from muster.contracts.rights import Edges, Right, is_edge, principals, rights
from muster.contracts.topics import load_topics

EDGES = Edges(frozenset({"housing", "housing-fund"}), frozenset({"t1"}))
TOPICS = list(load_topics(departments=["housing", "housing-fund", "land"]).values())


def of(principal: str, edges: Edges = EDGES) -> set[tuple[str, str, str]]:
    return {
        (right.kind, right.name, right.operation)
        for right in rights(TOPICS, edges)
        if right.principal == principal
    }


def test_a_department_has_its_own_topics_and_group_by_their_full_names() -> None:
    assert of("connector-housing") == {
        ("topic", "verification-requested-housing", "read"),
        ("topic", "crosscheck-reveal-requested-housing", "read"),
        ("topic", "verification-answered-housing", "write"),
        ("topic", "crosscheck-reveal-answered-housing", "write"),
        ("topic", "crosscheck-department-data-housing", "write"),
        ("group", "connector-housing", "read"),
    }


def test_a_terminal_writes_device_topics_and_reads_nothing() -> None:
    assert of("terminal-t1") == {
        ("topic", name, "write")
        for name in ("device-card-read", "device-signature-captured", "device-status-changed")
    }


def test_only_who_is_enrolled_has_rights() -> None:
    assert of("connector-land") == set()
    assert of("terminal-t1", Edges()) == set()
    assert {right.principal for right in rights(TOPICS, EDGES)} == set(principals(EDGES))
    assert [name for name in principals(EDGES) if is_edge(name)] == [
        "connector-housing",
        "connector-housing-fund",
        "terminal-t1",
    ]


def test_a_workers_group_and_changelog_are_its_services() -> None:
    reporting = of("reporting")
    assert ("group", "reporting-pulse", "read") in reporting
    changelog = "reporting-pulse-window-changelog"
    assert {("topic", changelog, "read"), ("topic", changelog, "write")} <= reporting
    assert ("group", "crosscheck-matcher", "read") in of("crosscheck")


def test_a_topic_is_written_by_its_owner_alone() -> None:
    writers = {
        topic.name: {r.principal for r in rights([topic], EDGES) if r.operation == "write"}
        for topic in TOPICS
    }
    for topic in TOPICS:
        if topic.owner == "device":
            assert writers[topic.name] == {"terminal-t1"}
        elif topic.department == "land" and topic.from_edge:
            assert writers[topic.name] == set()
        else:
            assert writers[topic.name] == {topic.owner}
    assert Right("capture", "topic", "capture-record-submitted", "write") in rights(TOPICS, EDGES)
