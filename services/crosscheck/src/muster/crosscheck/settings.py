"""Settings of crosscheck, from the environment (``MUSTER_CROSSCHECK_*``)."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service has, and how long a department may take to open a row."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_CROSSCHECK_", extra="ignore", frozen=True)

    ask_again_seconds: float = Field(default=86_400, gt=0, le=365 * 86_400)
    """Seconds after which a reveal request without an answer is published again."""
