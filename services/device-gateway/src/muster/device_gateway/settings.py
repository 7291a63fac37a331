"""Settings of the gateway, from the environment (``MUSTER_GATEWAY_*``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = "127.0.0.1"
"""Where the desk's API listens, and nowhere else."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


class Settings(BaseSettings):
    """Everything has a default; lists are separated by commas."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_GATEWAY_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: Path.home() / ".muster-gateway")
    """Key file, spool, token. Losing it means enrolling anew."""
    port: int = Field(default=8790, ge=0, le=65535)
    """Loopback port of the API; 0 takes a free one, which the ready line names."""
    origins: str = ""
    """Origins of the desk, such as ``https://muster.example``."""
    serial: str = ""
    """Device paths of SDT readers, better under ``/dev/serial/by-id`` than by number."""
    baud: int = Field(default=115200, ge=1200, le=921600)
    pcsc: bool = False
    """Whether PC/SC readers are asked for social security cards."""
    patience: float = Field(default=5.0, ge=0, le=60)
    """Seconds for which a reading waits for a card."""
    watch_seconds: float = Field(default=5.0, gt=0, le=3600)
    """Seconds between looks at the readers."""
    keys_seconds: float = Field(default=300.0, gt=0, le=86400)
    """Seconds between looks at the services' public keys, once all are known."""
    drain_seconds: float = Field(default=5.0, ge=0, le=600)
    """Seconds for which an end waits until everything is received."""

    @property
    def port_file(self) -> Path:
        """Where a gateway says, while it runs, on which port it listens."""
        return self.home / "port"

    @property
    def serial_paths(self) -> tuple[str, ...]:
        return _listed(self.serial)

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """As they are listed: the first is where the desk's pages are unless somebody says else."""
        return tuple(origin.rstrip("/") for origin in _listed(self.origins))
