"""Parts of what the cross-check takes in and publishes, departments included."""

from muster.contracts.parts.base import AreaCode, Digest, FieldValue, Instant, Part, Uuid
from muster.contracts.parts.capture import Record, Standing
from muster.vocabulary.states import Discrepancy


class Blinds(Part):
    """Keyed codes of one person under one holder's key (`muster.security.blinds`).

    ``fields`` maps a field to the codes of its value from the finest to the coarsest precision
    (a day, its month, its year; most fields have one): two values agree when the codes at the
    finest precision that both have are equal, counted from the coarse end.
    """

    number: str | None
    name_birth: str | None
    fields: dict[str, tuple[str, ...]]


class SubjectForMatch(Part):
    """All that the cross-check knows of one subject; the same on each of capture's topics.

    ``record`` is the newest version (``version`` > 0), else what the baseline or the roster says,
    else absent. ``blinds`` are by holder: a department, or ``campaign``. The highest
    ``standing.revision`` wins.
    """

    standing: Standing
    version: int
    record: Record | None
    blinds: dict[str, Blinds]


class DepartmentRow(Part):
    """One person in a department's data. ``row_id`` is stable as long as the person stays in the
    extract. In sealed mode ``campaign`` and ``fields`` are there; in blind mode neither is."""

    row_id: Uuid
    area: AreaCode
    blinds: Blinds
    campaign: Blinds | None
    fields: dict[str, FieldValue] | None


class Manifest(Part):
    """Closes an extract: how many rows, and the digest of each of its parts in order."""

    rows: int
    # Each as `muster.security.matching.part_digest` computes it.
    parts: tuple[Digest, ...]


class DepartmentData(Part):
    """Part ``number`` (from 1) of an extract, or with number 0 its manifest.

    An extract takes effect as a whole, when its manifest adds up, and replaces the department's
    earlier one. ``salt`` makes the digest of a part one that cannot be guessed open.
    """

    extract_id: Uuid
    number: int
    mode: str
    made_at: Instant
    salt: str
    rows: tuple[DepartmentRow, ...]
    manifest: Manifest | None


class RevealRequest(Part):
    """Asks a department in blind mode to open one of its rows, with the reason (R74, R75)."""

    reveal_id: Uuid
    row_id: Uuid
    reason: str
    asked_by: str
    asked_at: Instant


class RevealAnswer(Part):
    """The opened row, or the rule by which the department's connector refused."""

    reveal_id: Uuid
    row_id: Uuid
    fields: dict[str, FieldValue] | None
    refused: str | None
    answered_at: Instant


class MissedForDesk(Part):
    """Somebody whom a department knows and the campaign does not: to be found and collected."""

    candidate_id: Uuid
    department: str
    area: AreaCode
    fields: dict[str, FieldValue]
    found_at: Instant


class DiscrepancyForCount(Part):
    """One work order as it stands, for counting; the highest version wins."""

    discrepancy_id: Uuid
    kind: Discrepancy
    field: str | None
    department: str | None
    village: AreaCode
    opened_at: Instant
    closed_at: Instant | None
