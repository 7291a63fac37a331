"""What every part has in common."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
Uuid = Annotated[str, Field(pattern=UUID_PATTERN)]
"""A UUID as lower-case text, so that it is the same byte for byte in keys, contexts and JSON."""

Digest = Annotated[str, Field(pattern=r"^(sha256|sm3):[0-9a-f]{64}$")]
"""A salted digest that names its suite (design section 4)."""

AreaCode = Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")]
"""A GB/T 2260 code (6), with the township (9) or the village (12)."""

Instant = AwareDatetime
"""A moment with its offset; written as RFC 3339."""

FieldValue = str | int | bool | list[str]
"""A value of a record: dates and decimals are text, so that a digest has one form only."""


class Part(BaseModel):
    """Base of every part: frozen, and tolerant of fields that a later minor version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def instant(moment: datetime) -> str:
    """RFC 3339 text of an aware moment, as envelopes and parts carry it."""
    return moment.isoformat().replace("+00:00", "Z")
