"""Makes users and ACLs of a real Kafka what topic files and enrolments say, and nothing more.

Users sign in by SCRAM-SHA-512. Each has a login file (`muster.messaging.login`) in the
home's folder ``kafka-logins``, made with a random password at first; the process that it is for
gets that file and no other. Removing a file and applying again gives that user a new password.

Whoever has the form of one of ours (a service, ``connector-…``, ``terminal-…``) and is not wanted
loses ACLs and sign-in: a department or terminal whose enrolment ended. Others, such as the
administrator and the broker's own user, are left alone.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from muster.contracts.rights import Edges, Right, is_edge, principals, rights
from muster.contracts.topics import SERVICES, TopicSpec
from muster.messaging import login
from muster.messaging.login import Cluster, Login
from muster.runtime.home import write_private

__all__ = ["Authorised", "PrincipalError", "apply", "login_file"]

_PATIENCE = 30.0
_ITERATIONS = 8192
_USER = "User:"
_ANY_HOST = "*"
_RESOURCES = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
_OPERATIONS = {"read": AclOperation.READ, "write": AclOperation.WRITE}
_OPEN = "allow.everyone.if.no.acl.found"

_T = TypeVar("_T")


class PrincipalError(Exception):
    """The cluster cannot be brought to who may do what; the text says why, for an operator."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """What changed: users that got a password, users that went, ACLs made and removed."""

    users: tuple[str, ...]
    gone: tuple[str, ...]
    made: int
    removed: int


def login_file(folder: Path, principal: str) -> Path:
    """Where the login of a principal lies."""
    return folder / f"{principal}.json"


def apply(cluster: Cluster, topics: Iterable[TopicSpec], edges: Edges, folder: Path) -> Authorised:
    """Make users, login files and ACLs that are missing, and remove those that are not wanted.

    `cluster` carries the administrator's login. What is right already is left alone.

    Raises:
        PrincipalError: no answer, a refusal, or a broker that lets in whom no ACL names.
        LoginError: a login file here cannot be used.
    """
    if cluster.login is None:
        raise PrincipalError("Users and ACLs need the administrator's login (MUSTER_KAFKA_LOGIN).")
    admin = AdminClient({**cluster.librdkafka(), "log_level": 3})
    _check_closed(admin)
    wanted = principals(edges)
    # First what is taken away: a kill in between leaves too few rights, not too many.
    bindings = {_binding(right) for right in rights(topics, edges)}
    present = _present_bindings(admin)
    removed, made = present - bindings, bindings - present
    if removed:
        _each(admin.delete_acls([_filter(binding) for binding in removed]))
    users = _present_users(admin)
    gone = sorted(user for user in users if _ours(user) and user not in wanted)
    _forget(admin, gone, folder)
    given = _give(admin, cluster.login, wanted, users, folder)
    if made:
        _each(admin.create_acls(list(made)))
    _await(admin, bindings, wanted)
    return Authorised(tuple(given), tuple(gone), len(made), len(removed))


def _await(admin: AdminClient, bindings: Collection[AclBinding], wanted: Iterable[str]) -> None:
    """Brokers learn from the controller a moment later: who starts now must find it so."""
    users, deadline = set(wanted), time.monotonic() + _PATIENCE
    while _present_bindings(admin) != bindings or not users <= _present_users(admin):
        if time.monotonic() > deadline:
            raise PrincipalError("Kafka took the users and ACLs and does not show them.")
        time.sleep(0.1)


def _ours(principal: str) -> bool:
    return principal in SERVICES or is_edge(principal)


# -- the broker ------------------------------------------------------------------------------------


def _check_closed(admin: AdminClient) -> None:
    """An ACL keeps nobody out of a broker that lets in whom no ACL names."""
    try:
        brokers = admin.list_topics(timeout=_PATIENCE).brokers
    except KafkaException as error:
        raise PrincipalError(
            f"Kafka does not answer, or refuses the administrator's login: {_said(error)}"
        ) from None
    places = [ConfigResource(ResourceType.BROKER, str(number)) for number in brokers]
    for place, asked in admin.describe_configs(places).items():
        entries = _result(asked)
        if not _value(entries, "authorizer.class.name"):
            raise PrincipalError(
                f"Broker {place.name} has no authorizer: set authorizer.class.name "
                "(deploy/kafka/server-sasl.properties)."
            )
        if _value(entries, _OPEN) == "true":
            raise PrincipalError(f"Broker {place.name} is open: set {_OPEN}=false.")


def _value(entries: Mapping[str, Any], name: str) -> str:
    return (entries[name].value or "") if name in entries else ""


# -- users -----------------------------------------------------------------------------------------


def _present_users(admin: AdminClient) -> set[str]:
    asked = admin.describe_user_scram_credentials(None)
    assert isinstance(asked, Future)  # a mapping only where users are named
    found = _result(asked)
    return {
        user
        for user, told in found.items()
        if any(
            info.mechanism == ScramMechanism.SCRAM_SHA_512 for info in told.scram_credential_infos
        )
    }


def _forget(admin: AdminClient, users: Collection[str], folder: Path) -> None:
    if not users:
        return
    _each(
        admin.alter_user_scram_credentials(
            [UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512) for user in users]
        )
    )
    for user in users:
        login_file(folder, user).unlink(missing_ok=True)


def _give(
    admin: AdminClient, own: Login, wanted: Iterable[str], present: Collection[str], folder: Path
) -> list[str]:
    """Login files for all; users whose file is new, or whom the broker lacks, get its password."""
    fresh: dict[str, Login] = {}
    for user in wanted:
        path = login_file(folder, user)
        kept = login.read(path) if path.exists() else None
        password = secrets.token_urlsafe(32) if kept is None else kept.password
        told = replace(own, user=user, password=password)
        if told != kept:
            write_private(path, told.document())
        if kept is None or user not in present:
            fresh[user] = told
    if fresh:
        how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
        _each(
            admin.alter_user_scram_credentials(
                [
                    UserScramCredentialUpsertion(user, how, told.password.encode())
                    for user, told in fresh.items()
                ]
            )
        )
    return list(fresh)


# -- ACLs ------------------------------------------------------------------------------------------


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        _RESOURCES[right.kind],
        right.name,
        ResourcePatternType.LITERAL,
        _USER + right.principal,
        _ANY_HOST,
        _OPERATIONS[right.operation],
        AclPermissionType.ALLOW,
    )


def _present_bindings(admin: AdminClient) -> set[AclBinding]:
    """Every ACL of a principal of ours, whatever it says and whoever made it."""
    every = AclBindingFilter(
        ResourceType.ANY,
        cast("str", None),  # any, which its types do not know
        ResourcePatternType.ANY,
        cast("str", None),
        cast("str", None),
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    return {
        binding
        for binding in _result(admin.describe_acls(every))
        if _ours(binding.principal.removeprefix(_USER))
    }


def _filter(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _each(pending: Mapping[Any, Future[Any]]) -> None:
    for future in pending.values():
        _result(future)


def _result(future: Future[_T]) -> _T:
    try:
        return future.result(_PATIENCE)
    except KafkaException as error:
        raise PrincipalError(f"Kafka refused: {_said(error)}") from None
    except TimeoutError:
        raise PrincipalError("Kafka did not answer in time.") from None


def _said(error: KafkaException) -> str:
    return str(error.args[0].str())
