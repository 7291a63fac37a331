"""The agreed shapes inside packets. A packet as a whole is either readable or not; each record
and each piece answers for itself."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
)

from muster.contracts.parts.base import Digest, FieldValue, Uuid
from muster.contracts.parts.device import CardKind
from muster.vocabulary.states import Relation, Source

RECORDS_LIMIT = 500
PIECES_LIMIT = 100

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def _a_text(value: object) -> object:
    """A moment travels as RFC 3339 text; a number would be taken for seconds."""
    if not isinstance(value, str):
        raise ValueError("a moment is text")  # noqa: TRY004 - pydantic turns a ValueError into a reason
    return value


def _of_our_time(value: datetime) -> datetime:
    """Years in which nothing can have been collected are slips, and some overflow in UTC."""
    if value.year > 9000 or value.year < 2000 or value < _EARLIEST:
        raise ValueError("no moment of this campaign")
    return value


Moment = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_a_text), AfterValidator(_of_our_time)
]

Salt = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Short = Annotated[str, Field(max_length=100)]
_OnChip = Annotated[str, Field(max_length=1000)]


_Name = Annotated[
    str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class UploadPacket(_Shape):
    """What an upload packet holds. `records` are read one by one."""

    packet_id: Uuid
    terminal_id: Uuid
    made_at: Moment
    records: Annotated[list[Any], Field(min_length=1, max_length=RECORDS_LIMIT)]


class EvidenceRef(_Shape):
    """A piece of evidence as a record names it."""

    digest: Digest
    kind: _Short


class Signer(_Shape):
    """Who signed for the person, and what they are to them."""

    name: _Name
    relation: Annotated[Relation, Field(strict=False)]


class Signature(_Shape):
    """The person's confirmation: bound to the digest of the very content shown (R58).

    One that the terminal's device took has its `signature_id`, and with `trace` the salt of the
    digest by which the device's event names the handwriting. `signer` stands where somebody else
    signed, and only there.
    """

    kind: Literal["handwriting", "thumbprint", "by_proxy", "guardian"]
    digest: Digest
    trace: JsonValue = None
    signature_id: Uuid | None = None
    trace_salt: Salt | None = None
    signer: Signer | None = None


class Reading(_Shape):
    """What a card reading committed to, revealed: hashes of all fields that were on the card, and
    the salts of those whose values the record gives (design, section 4, commit then reveal).

    `typed_over` gives what the chip says of fields that the record has from elsewhere, so that the
    reviewer sees both; these are revealed as well, and held against their hashes."""

    reading_id: Uuid
    card: CardKind
    salt: Salt
    hashes: Annotated[dict[_Short, Digest], Field(min_length=1, max_length=100)]
    salts: Annotated[dict[_Short, Salt], Field(max_length=100)]
    typed_over: Annotated[dict[_Short, _OnChip], Field(max_length=100)] = {}


class RecordIn(_Shape):
    """One record of a packet. `interpreter` is the name of who translated for the person; like the
    signer it says how the record was confirmed, and is not part of what was signed."""

    record_id: Uuid
    subject_id: Uuid
    base_version: Annotated[int, Field(ge=0, lt=1 << 31)]
    form_version: _Short
    categories: Annotated[list[_Short], Field(max_length=64)]
    fields: Annotated[dict[_Short, FieldValue], Field(max_length=1000)]
    provenance: dict[_Short, Annotated[Source, Field(strict=False)]]
    evidence: Annotated[list[EvidenceRef], Field(max_length=100)]
    salt: Salt
    signature: Signature
    interpreter: _Name | None = None
    reading: Reading | None = None
    collected_at: Moment
    origin: Literal["new"] | None = None

    def record(self) -> dict[str, Any]:
        """What the profile checks and the person signed."""
        return {
            "form_version": self.form_version,
            "categories": self.categories,
            "fields": self.fields,
        }


class EvidencePacket(_Shape):
    """What an evidence packet holds. `pieces` are read one by one."""

    packet_id: Uuid
    pieces: Annotated[list[Any], Field(min_length=1, max_length=PIECES_LIMIT)]


class Piece(_Shape):
    """One photo of a person or paper."""

    subject_id: Uuid
    digest: Digest
    salt: Salt
    media_type: _Short
    kind: _Short
    content: str


def as_object(raw: Any) -> dict[str, Any]:
    """One record or piece as it came; what is no object is wrapped, so that it is refused by itself
    and kept like any other."""
    return raw if isinstance(raw, dict) else {"not_an_object": raw}
