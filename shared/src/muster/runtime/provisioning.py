"""What must be there before a service starts: keys, databases, migrations, its environment."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from muster.runtime.home import LOOPBACK, Home, write_private

if TYPE_CHECKING:
    from muster.contracts.rights import Edges
    from muster.messaging.login import Login
    from muster.runtime.service import Service

__all__ = [
    "Addresses",
    "administrator",
    "enrolled",
    "environment",
    "keys",
    "load_service",
    "migrate",
    "prefix",
    "service_names",
]

_GROUP = "muster.services"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the three servers are. The URLs hold passwords."""

    postgres_admin_url: str
    redis_url: str
    kafka: str
    embedded_broker: bool
    kafka_login: Login | None = None
    """The administrator's login to Kafka; None where nobody signs in and there are no ACLs."""

    def postgres(self) -> dict[str, object]:
        """Host and port only, for ``stack.json``."""
        parts = urlsplit(self.postgres_admin_url)
        return {"host": parts.hostname or LOOPBACK, "port": parts.port or 5432}


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=_GROUP)}


def service_names() -> list[str]:
    """Installed services in the order in which they start; imports none of them."""
    from muster.contracts.topics import SERVICES

    rank = {name: place for place, name in enumerate(SERVICES)}
    return sorted(_entries(), key=lambda name: (rank.get(name, len(rank)), name))


def load_service(name: str) -> Service:
    """One service, without importing the others.

    Raises:
        LookupError: no service of that name is installed.
    """
    from muster.runtime.service import Service

    entry = _entries().get(name)
    if entry is None:
        known = ", ".join(service_names())
        raise LookupError(f"There is no service {name!r}; installed are: {known}.")
    service = entry.load()
    if not isinstance(service, Service) or service.name != name:
        raise LookupError(f"The package that announces {name!r} brings no service of that name.")
    return service


def prefix(service: str) -> str:
    """Prefix of a service's environment variables: ``MUSTER_CAPTURE_``."""
    return f"MUSTER_{service.replace('-', '_').upper()}_"


def keys(folder: Path, profile: str) -> dict[str, Path]:
    """Make the key ring of every holder whole; what is there never changes."""
    from muster.contracts.topics import load_topics
    from muster.forms.profile import Profile
    from muster.security import keyring

    departments = Profile.load(profile).departments
    linked = [name for name, one in departments.items() if one.mode == "sealed"]
    plan = keyring.plan(load_topics().values(), service_names(), sorted(departments), linked)
    return keyring.provision(folder, plan)


def migrate(urls: Mapping[str, str], services: Iterable[str]) -> None:
    """Bring the databases of these services to their newest version, one after the other."""
    from muster.persistence.migrations import upgrade

    for name in services:
        upgrade(urls[name], load_service(name).migrations)


def database_urls(home: Home, admin_url: str, *, exclusive: bool) -> dict[str, str]:
    """Create or repair every service's database and role; SQLAlchemy URLs by service."""
    from muster.runtime import databases

    return asyncio.run(
        databases.provision(admin_url, service_names(), home.secret, exclusive=exclusive)
    )


def enrolled(urls: Mapping[str, str]) -> Edges:
    """Departments and terminals that are enrolled now, as the service says that enrols them."""
    from muster.contracts.rights import Edges
    from muster.persistence.database import Database

    async def ask() -> Edges:
        found = Edges()
        for name, url in urls.items():
            edges = load_service(name).edges
            if edges is None:
                continue
            database = Database(url, pool_size=1, application_name="muster-operator")
            try:
                async with database.transaction() as conn:
                    found = await edges(conn)
            finally:
                await database.close()
        return found

    return asyncio.run(ask())


def administrator(home: Home) -> Path:
    """The file with the first administrator's name and random password, made at first use.

    Access reads it once, when it has no account yet; whoever installs reads it and changes the
    password.
    """
    if not home.admin_file.exists():
        write_private(home.admin_file, {"account": "admin", "password": secrets.token_urlsafe(18)})
    return home.admin_file


def environment(
    home: Home, service: str, database_url: str, addresses: Addresses, profile: str, port: int
) -> dict[str, str]:
    """Everything that one service's processes are told, and nothing of another's."""
    own = {
        "DATABASE_URL": database_url,
        "KAFKA": addresses.kafka,
        "REDIS_URL": addresses.redis_url,
        "KEYRING": str(home.keys / f"{service}.json"),
        "PROFILE": profile,
        "HOST": LOOPBACK,
        "PORT": str(port),
        "EMBEDDED_BROKER": str(addresses.embedded_broker).lower(),
    }
    if addresses.kafka_login is not None:
        own["KAFKA_LOGIN"] = str(home.logins / f"{service}.json")
    if service == "access":
        own["ADMIN_FILE"] = str(home.admin_file)
    return {f"{prefix(service)}{name}": value for name, value in own.items()}
