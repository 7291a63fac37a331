"""Settings of crosscheck, from the environment (``MUSTER_CROSSCHECK_*``)."""

from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service has; crosscheck needs nothing more."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_CROSSCHECK_", extra="ignore", frozen=True)
