"""What the matching function finds, and what makes a work order the same as before."""

from __future__ import annotations

from dataclasses import dataclass

from muster.vocabulary.states import Discrepancy

Identity = tuple[str, str, str, str, str]
"""Kind, subject, department, field, other subject; empty text where a kind has none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One discrepancy as it stands now.

    ``department`` and ``field`` belong to what is compared field by field, ``other`` to a
    duplicate. That somebody died or moved is one finding, however many departments say so:
    ``said_by`` names the first of them, and ``row_id`` its row.
    """

    kind: Discrepancy
    subject_id: str
    department: str
    field: str
    other: str
    village: str
    said_by: str | None
    row_id: str | None

    @property
    def identity(self) -> Identity:
        """What makes it the same work order, whenever it is found."""
        return (self.kind.value, self.subject_id, self.department, self.field, self.other)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A row of a listing department that no subject matches.

    ``mode`` is the department's; ``number`` and ``campaign_number`` are blinds; ``found_by`` is
    false for a row that has nothing by which a person could be found; ``disputed`` is the rule
    when rows say both that the person died before the standard time and that they died after it, or
    that they moved away and within the area.
    """

    department: str
    row_id: str
    area: str
    mode: str
    number: str | None
    campaign_number: str | None
    found_by: bool
    disputed: str | None

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same person: rows of two departments that name the campaign's number
        are one person, and a row that got another id is the same as before."""
        if self.campaign_number is not None:
            return ("campaign", self.campaign_number)
        return (self.department, self.number or self.row_id)
