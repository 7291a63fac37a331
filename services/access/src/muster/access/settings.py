"""Settings of access, from the environment (``MUSTER_ACCESS_*``)."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service has, and where the first administrator's password stands.

    ``admin_file`` is read, or written when it is not there, only while no account exists.
    """

    model_config = SettingsConfigDict(env_prefix="MUSTER_ACCESS_", extra="ignore", frozen=True)

    admin_file: Path | None = None
