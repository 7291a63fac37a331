"""Settings that every service has; a service's own class adds its prefix and what it needs more."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read from the environment, with the prefix ``MUSTER_<SERVICE>_`` of the subclass."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: str
    kafka: str
    redis_url: str
    keyring: Path
    """A key file, or ``env:VARIABLE``: see `muster.security.keyring.Keyring.open`."""
    profile: str
    host: str = "127.0.0.1"
    port: int
    embedded_broker: bool = False
    pool_size: int = 16
    """Connections to the database at most, of each process."""
