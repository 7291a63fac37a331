"""Capture's settings."""

from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from ``MUSTER_CAPTURE_*``."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_CAPTURE_", extra="ignore", frozen=True)

    import_limit: int = 128 * 1024 * 1024
    """Bytes of the largest baseline file that is taken."""
