"""Settings of verification, from the environment (``MUSTER_VERIFICATION_*``)."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from muster.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service has, how long a department may take to answer, and how long a record
    is kept for who looks at it."""

    model_config = SettingsConfigDict(
        env_prefix="MUSTER_VERIFICATION_", extra="ignore", frozen=True
    )

    ask_again_seconds: float = Field(default=86_400, gt=0, le=365 * 86_400)
    """Seconds after which a request without an answer is published again."""

    claim_seconds: float = Field(default=180, ge=10, le=3_600)
    """Seconds for which a record is kept for the reviewer who looks at it, unless they say again
    that they do."""
