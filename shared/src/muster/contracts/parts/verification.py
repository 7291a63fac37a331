"""Parts of what verification publishes."""

from muster.contracts.parts.base import AreaCode, Digest, FieldValue, Instant, Part, Uuid
from muster.vocabulary.states import ReviewState, Verdict


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


class VerificationRequest(Part):
    """What one department is asked about one record version (R73, R92).

    ``case_id`` is pairwise: another department knows the same person under another. ``fields``
    hold the values in question and those by which the department finds the person; ``asked``
    names the fields that want a verdict.
    """

    case_id: Uuid
    version: int
    fields: dict[str, FieldValue]
    asked: tuple[str, ...]
    asked_at: Instant


class VerificationAnswer(Part):
    """One verdict per asked field of one request; ``request`` is the event id of the request."""

    request: Uuid
    case_id: Uuid
    version: int
    verdicts: dict[str, Verdict]
    remark: str
    answered_at: Instant
