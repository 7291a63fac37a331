"""Settings that every service has; a service's own class adds its prefix and what it needs more."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from muster.messaging import login
from muster.messaging.login import Cluster


class ServiceSettings(BaseSettings):
    """Read from the environment, with the prefix ``MUSTER_<SERVICE>_`` of the subclass."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: str
    kafka: str
    kafka_login: Path | None = None
    """As whom to sign in to Kafka: see `muster.messaging.login`. Without it, in the clear."""
    redis_url: str
    keyring: Path
    """A key file, or ``env:VARIABLE``: see `muster.security.keyring.Keyring.open`."""
    profile: str
    host: str = "127.0.0.1"
    port: int
    trusted_proxies: str = "127.0.0.1,::1"
    """Addresses or networks, with commas: whose ``X-Forwarded-Proto`` and ``-For`` count."""
    embedded_broker: bool = False
    pool_size: int = 16
    """Connections to the database at most, of each process."""

    def cluster(self) -> Cluster:
        """Kafka, with the login that these settings name.

        Raises:
            LoginError: the file cannot be used.
        """
        return Cluster(self.kafka, login.read(self.kafka_login) if self.kafka_login else None)
