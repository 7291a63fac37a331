"""Settings of reporting, from the environment (``MUSTER_REPORTING_*``)."""

from muster.runtime.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """What every service has; reporting needs nothing more."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_REPORTING_", extra="ignore", frozen=True)
