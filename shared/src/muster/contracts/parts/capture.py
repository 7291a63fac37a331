"""Parts of what capture publishes."""

from muster.contracts.parts.base import AreaCode, Digest, FieldValue, Instant, Part, Uuid
from muster.vocabulary.states import Attestation, Origin, Relation, Source, SubjectState


class Entry(Part):
    """One line of the balance: how a village came to count a person and how it stands now.

    A person who moves inside the county stands in two villages: ``moved_out`` in the old one,
    ``moved_in`` in the new one (design section 5, rule 8).
    """

    village: AreaCode
    origin: Origin
    state: SubjectState


class Standing(Part):
    """Where one person stands in the balance. The highest ``revision`` wins."""

    revision: int
    entries: tuple[Entry, ...]


class Record(Part):
    """What was collected about one person, checked against the profile's ``form_version``."""

    form_version: str
    categories: tuple[str, ...]
    fields: dict[str, FieldValue]


class Evidence(Part):
    """A photo of the person or of a paper, by the digest under which capture keeps it."""

    digest: Digest
    kind: str
    media_type: str


class BaselineForReview(Part):
    """Baseline data, for the reviewer to hold beside the record (R59, R71)."""

    standing: Standing
    record: Record


class StandingForReview(Part):
    """Standing of a person, for verification's own side of the balance."""

    standing: Standing


class StandingForCount(Part):
    """Standing of a person, for counting."""

    standing: Standing


class Completion(Part):
    """A reviewer filled in or corrected single fields (R71): who, when and why.

    ``digest`` is that of this version's content; what was signed is the content of
    ``signed_version``, and ``unsigned`` are the fields that are not as they were signed.
    """

    digest: Digest
    by: Uuid
    at: Instant
    reason: str
    signed_version: int
    unsigned: tuple[str, ...]


class Signer(Part):
    """Who signed a record for its person, and what they are to them."""

    name: str
    relation: Relation


class RecordForReview(Part):
    """A record as the reviewer reads it: values, where each comes from, papers, signature.

    ``signed_digest`` is also the digest of this version's content, unless ``completion`` says that
    a reviewer made this version.

    ``signer`` where somebody signed for the person, ``interpreter`` (a name) where somebody
    translated; neither stands under the signed digest.

    ``typed_over``: what the chip of the card says of fields that have another source now. Of a
    field that comes from the chip the record itself says it.
    """

    standing: Standing
    record_id: Uuid
    record: Record
    provenance: dict[str, Source]
    evidence: tuple[Evidence, ...]
    signed_digest: Digest
    signature_kind: str
    signer: Signer | None = None
    interpreter: str | None = None
    collector_id: Uuid
    collected_at: Instant
    corrects_version: int | None
    completion: Completion | None = None
    typed_over: dict[str, str] | None = None

    @property
    def digest(self) -> str:
        """Of this version's content: what a review names."""
        return self.signed_digest if self.completion is None else self.completion.digest


class RecordForCount(Part):
    """A record for counting: where the person stands and which categories apply."""

    standing: Standing
    categories: tuple[str, ...]
    collected_at: Instant


class AttestationForReview(Part):
    """What the terminal's own events say about one version of a record; the newest event of a
    version counts.

    ``reading`` is about its chip fields, ``signature`` about the signature. ``reasons`` say why one
    of them is flagged: ``reading-`` or ``signature-`` and what it is: ``late`` (no event within the
    profile's grace), ``terminal`` (another terminal sent it), ``root`` or ``digest`` (it commits to
    other content), ``trace`` (other handwriting), ``chain`` (the terminal's events contradict each
    other at that place). ``reading_id`` and ``signature_id`` are what the record names, as its desk
    got them from the gateway; ``reading_event`` and ``signature_event`` the terminal's events by
    which they are judged, absent while none was heard.
    """

    reading: Attestation
    signature: Attestation
    reasons: tuple[str, ...]
    reading_id: Uuid | None = None
    reading_event: Uuid | None = None
    signature_id: Uuid | None = None
    signature_event: Uuid | None = None


class AttestationForCount(Part):
    """What the terminal's own events say about one version of a record, for counting what is
    flagged: neither why nor by which events. The newest event of the highest version counts."""

    reading: Attestation
    signature: Attestation


class UploadForCount(Part):
    """How one upload packet went."""

    area: AreaCode
    accepted: int
    refused: int
    received_at: Instant
