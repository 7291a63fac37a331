"""What the handlers of a service work with, put together once by its composition root."""

from __future__ import annotations

from dataclasses import dataclass

from muster.forms.profile import Profile
from muster.persistence.database import Database
from muster.runtime.settings import ServiceSettings
from muster.security.audit import Audit
from muster.security.following import Directory
from muster.security.keyring import Keyring
from muster.security.vault import SubjectVault
from muster.vocabulary.areas import AreaTree


@dataclass(frozen=True)
class Context:
    """The shared parts of one running service. Nothing here is connected before it is used."""

    service: str
    settings: ServiceSettings
    database: Database
    keyring: Keyring
    profile: Profile
    areas: AreaTree
    vault: SubjectVault
    audit: Audit
    directory: Directory


def build_context(service: str, settings: ServiceSettings) -> Context:
    """Put the shared parts of one service together from its settings."""
    profile = Profile.load(settings.profile)
    keyring = Keyring.open(settings.keyring)
    database = Database(
        settings.database_url, pool_size=settings.pool_size, application_name=f"muster-{service}"
    )
    return Context(
        service=service,
        settings=settings,
        database=database,
        keyring=keyring,
        profile=profile,
        areas=profile.area_tree(),
        vault=SubjectVault(keyring, service),
        audit=Audit(service),
        directory=Directory(database),
    )
