"""Settings of reporting, from the environment (``MUSTER_REPORTING_*``)."""

from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service has; reporting needs nothing more."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_REPORTING_", extra="ignore", frozen=True)
