"""Settings of verification, from the environment (``MUSTER_VERIFICATION_*``)."""

from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service has; verification needs nothing more."""

    model_config = SettingsConfigDict(
        env_prefix="MUSTER_VERIFICATION_", extra="ignore", frozen=True
    )
