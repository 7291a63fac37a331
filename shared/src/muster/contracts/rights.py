"""Who may do what on Kafka, as the topic files say it: the ACLs of the cluster, as a set.

One principal per service (its workers sign in as it), per department's connector and per terminal.
Every right names one topic or one consumer group in full: a prefix would let the department
``housing`` read what is for ``housing-fund``. Nobody gets a right on the cluster; what Kafka lets
everybody do who signed in (ask for the cluster's id, write idempotently where one may write) is
enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from muster.contracts.topics import CONNECTOR, DEVICE, SERVICES, TopicSpec

__all__ = ["TERMINAL", "Edges", "Right", "is_edge", "principals", "rights", "terminal"]

TERMINAL = "terminal-"
"""Prefix of a terminal's principal; its id follows."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Who is enrolled just now: ids of departments that have a connector, and of terminals."""

    departments: frozenset[str] = frozenset()
    terminals: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One principal may do one thing with one topic or consumer group."""

    principal: str
    kind: Literal["topic", "group"]
    name: str
    operation: Literal["read", "write"]


def terminal(terminal_id: str) -> str:
    """Principal of a terminal."""
    return TERMINAL + terminal_id


def is_edge(principal: str) -> bool:
    """Whether a principal is that of a connector or a terminal, by its form."""
    return principal.startswith((CONNECTOR, TERMINAL))


def principals(edges: Edges) -> list[str]:
    """Everybody who may sign in: services, then connectors and terminals that are enrolled."""
    connectors = [CONNECTOR + department for department in sorted(edges.departments)]
    return [*SERVICES, *connectors, *(terminal(one) for one in sorted(edges.terminals))]


def rights(topics: Iterable[TopicSpec], edges: Edges) -> set[Right]:
    """What the files of these topics give to services, and to the edges that are enrolled."""
    known = set(principals(edges))
    given: set[Right] = set()
    for topic in topics:
        given.update(_writing(topic, edges.terminals), _reading(topic))
    # A topic of a department names its connector, enrolled or not.
    return {right for right in given if right.principal in known}


def _writing(topic: TopicSpec, terminals: Collection[str]) -> Iterator[Right]:
    owners = map(terminal, terminals) if topic.owner == DEVICE else [topic.owner]
    for owner in owners:
        yield Right(owner, "topic", topic.name, "write")


def _reading(topic: TopicSpec) -> Iterator[Right]:
    for group in (*topic.consumers, *topic.clear_readers):
        principal = _reader(group)
        yield Right(principal, "topic", topic.name, "read")
        yield Right(principal, "group", group, "read")
    if topic.framework is not None:
        # A changelog: who writes it reads it again at its next start, without a group.
        yield Right(topic.owner, "topic", topic.name, "read")


def _reader(group: str) -> str:
    """The principal of a consumer group: of a worker's (``reporting-pulse``), its service."""
    if group.startswith(CONNECTOR):
        return group
    return group.partition("-")[0]
