"""Why somebody who is on the books could not be met yet."""

from enum import StrEnum


class Absence(StrEnum):
    """Reasons of which none is an ending of the balance: whoever is away stays open (R106)."""

    AWAY = "away"
    NOT_FOUND = "not_found"
    IN_PRISON = "in_prison"
    ILL = "ill"
    OTHER = "other"
