"""Settings of the connector, from the environment (``MUSTER_CONNECTOR_*``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything has a default."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_CONNECTOR_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: Path.home() / ".muster-connector")
    """Key file, data, spool, log of one department. Losing it means enrolling and loading anew."""
    keys_seconds: float = Field(default=300.0, gt=0, le=86400)
    """Seconds between looks at the services' public keys."""
    drain_seconds: float = Field(default=5.0, ge=0, le=600)
    """Seconds for which an end waits until everything is received."""
