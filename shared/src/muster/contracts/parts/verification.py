"""Parts of what verification publishes."""

from muster.contracts.parts.base import AreaCode, Digest, Instant, Part, Uuid
from muster.vocabulary.states import ReviewState


class VerifiedForDesk(Part):
    """A version was verified; the digest is that of the very content the reviewer saw."""

    digest: Digest
    reviewer_id: Uuid
    reviewed_at: Instant


class ReturnReason(Part):
    """One reason for which a record goes back: from the profile's list, or in own words."""

    code: str
    field: str | None
    text: str


class ReturnedForDesk(Part):
    """A version goes back to the desk with its reasons (R70)."""

    digest: Digest
    reviewer_id: Uuid
    reviewed_at: Instant
    reasons: tuple[ReturnReason, ...]


class ReviewForCount(Part):
    """Outcome of one review, for counting. The highest version wins."""

    village: AreaCode
    outcome: ReviewState
    reason_codes: tuple[str, ...]
    reviewed_at: Instant
