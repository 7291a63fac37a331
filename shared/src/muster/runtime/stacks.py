"""The two stacks: servers that we bring (embedded), and servers that are there (native)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from muster.messaging import login
from muster.messaging.login import Cluster, Login
from muster.runtime.embedded import EmbeddedBroker, EmbeddedPostgres, EmbeddedRedis
from muster.runtime.home import Home
from muster.runtime.processes import Child
from muster.runtime.provisioning import Addresses

if TYPE_CHECKING:
    from muster.contracts.topics import TopicSpec
    from muster.runtime.principals import Authorised

__all__ = ["EmbeddedStack", "NativeStack", "Server", "Stack", "StackError", "choose"]


class StackError(Exception):
    """The stack cannot be run as asked; the text says why, for an operator."""


class Server(Protocol):
    """A server that is our child."""

    name: str
    child: Child | None

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Stack(Protocol):
    """What the supervisor needs of a stack."""

    kind: str

    @property
    def servers(self) -> list[Server]:
        """Those to start, in order; empty when they are not ours."""

    def addresses(self) -> Addresses:
        """Where they are now; the broker's changes with each of its starts."""

    def prepare(self, profile: str) -> None:
        """What the servers need once they answer (topics on a real Kafka)."""

    def authorise(self, home: Home, profile: str, urls: Mapping[str, str]) -> Authorised | None:
        """Users and ACLs of a Kafka where one signs in, once the databases say who is enrolled;
        None where nobody does."""


class EmbeddedStack:
    """PostgreSQL, Redis and a Kafka-protocol broker from Python wheels."""

    kind = "embedded"

    def __init__(self, home: Home) -> None:
        self._postgres = EmbeddedPostgres(home)
        self._redis = EmbeddedRedis(home)
        self._broker = EmbeddedBroker(home)

    @property
    def servers(self) -> list[Server]:
        return [self._postgres, self._redis, self._broker]

    def addresses(self) -> Addresses:
        return Addresses(
            self._postgres.admin_url, self._redis.url, self._broker.address, embedded_broker=True
        )

    def prepare(self, profile: str) -> None:
        """Nothing: the embedded broker makes topics at first use."""

    def authorise(self, home: Home, profile: str, urls: Mapping[str, str]) -> Authorised | None:
        """Nothing: on the embedded broker nobody signs in, so it can keep nobody out."""
        return None


def _told(settings: Mapping[str, str], name: str) -> str:
    """A variable, or the content of the file that ``<name>_FILE`` names: two of them are secret."""
    path = settings.get(f"{name}_FILE")
    if not path:
        return settings.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StackError(f"{name}_FILE cannot be read: {error.strerror}.") from None


def _login(settings: Mapping[str, str]) -> Login | None:
    """The administrator's login to Kafka, where the operator named its file."""
    path = settings.get("MUSTER_KAFKA_LOGIN")
    if not path:
        return None
    try:
        return login.read(Path(path))
    except login.LoginError as error:
        raise StackError(f"MUSTER_KAFKA_LOGIN: {error}") from None


class NativeStack:
    """Apache Kafka, PostgreSQL and Redis that an operator runs."""

    kind = "native"

    def __init__(self, settings: Mapping[str, str]) -> None:
        names = ("MUSTER_KAFKA", "MUSTER_POSTGRES_ADMIN_URL", "MUSTER_REDIS_URL")
        told = {name: _told(settings, name) for name in names}
        missing = [name for name, value in told.items() if not value]
        if missing:
            raise StackError(f"The native stack also needs {', '.join(missing)} to be set.")
        kafka, postgres, redis = told.values()
        self._addresses = Addresses(
            postgres, redis, kafka, embedded_broker=False, kafka_login=_login(settings)
        )

    @property
    def servers(self) -> list[Server]:
        return []

    def addresses(self) -> Addresses:
        return self._addresses

    def prepare(self, profile: str) -> None:
        """Make the topics of the contracts, those of the departments included."""
        from muster.runtime import topics

        topics.apply(self._cluster, _topics_of(profile))

    def authorise(self, home: Home, profile: str, urls: Mapping[str, str]) -> Authorised | None:
        """What topic files and enrolments give, and nothing else to anybody of ours."""
        from muster.messaging.login import LoginError
        from muster.runtime import principals, provisioning

        if self._addresses.kafka_login is None:
            return None
        enrolled = provisioning.enrolled(urls)
        try:
            return principals.apply(self._cluster, _topics_of(profile), enrolled, home.logins)
        except (principals.PrincipalError, LoginError) as error:
            raise StackError(str(error)) from None

    @property
    def _cluster(self) -> Cluster:
        return Cluster(self._addresses.kafka, self._addresses.kafka_login)


def _topics_of(profile: str) -> list[TopicSpec]:
    from muster.contracts.topics import load_topics
    from muster.forms.profile import Profile

    return list(load_topics(departments=Profile.load(profile).departments).values())


def choose(home: Home) -> Stack:
    """The stack that ``MUSTER_STACK`` names; embedded when it names none."""
    kind = os.environ.get("MUSTER_STACK", "embedded")
    if kind == "embedded":
        return EmbeddedStack(home)
    if kind == "native":
        return NativeStack(os.environ)
    raise StackError(f"MUSTER_STACK is {kind!r}; it can be 'embedded' or 'native'.")
