"""Shapes of the desk's API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from muster.contracts.parts.base import Digest
from muster.contracts.parts.device import CardKind
from muster.device_gateway.handlers import Reading, Signed, Standing

SignatureKind = Literal["handwriting", "thumbprint", "by_proxy", "guardian"]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AskReading(_Asked):
    """For how many seconds to wait for a card."""

    wait: Annotated[float, Field(ge=0, le=60)] | None = None


class AskSignature(_Asked):
    """What was signed, how, and the handwriting: nested lists of whole numbers."""

    record_digest: Digest
    kind: SignatureKind
    trace: list[Any]


class AskPacket(_Asked):
    """What capture takes, without signature: records of an upload, or pieces of evidence."""

    # There is no such number in JSON, and it would be sealed as null.
    model_config = ConfigDict(allow_inf_nan=False)

    payload: dict[str, JsonValue]


class RevealedOut(BaseModel):
    """What a record says of its reading (commit, then reveal); salts of fields that the record
    does not give as read may be left out."""

    reading_id: str
    card: CardKind
    salt: str
    hashes: dict[str, str]
    salts: dict[str, str]


class ReadingOut(BaseModel):
    """A card that was read. `sequence` is the terminal's own count of its events."""

    reading: RevealedOut
    fields: dict[str, str]
    reader_id: str
    read_at: datetime
    root: Digest
    sequence: int

    @classmethod
    def of(cls, reading: Reading) -> Self:
        return cls(
            reading=RevealedOut(
                reading_id=reading.reading_id,
                card=reading.card,
                salt=reading.salt,
                hashes=reading.hashes,
                salts=reading.salts,
            ),
            fields=reading.fields,
            reader_id=reading.reader_id,
            read_at=reading.read_at,
            root=reading.root,
            sequence=reading.sequence,
        )


class SignedOut(BaseModel):
    """What a record says of its signature; the handwriting itself goes beside it as `trace`."""

    kind: SignatureKind
    digest: Digest
    signature_id: str
    trace_salt: str


class SignatureOut(BaseModel):
    """A signature that was taken."""

    signature: SignedOut
    trace_digest: Digest
    captured_at: datetime
    sequence: int

    @classmethod
    def of(cls, signed: Signed, digest: str, kind: SignatureKind) -> Self:
        return cls(
            signature=SignedOut(
                kind=kind,
                digest=digest,
                signature_id=signed.signature_id,
                trace_salt=signed.trace_salt,
            ),
            trace_digest=signed.trace_digest,
            captured_at=signed.captured_at,
            sequence=signed.sequence,
        )


class AssertionOut(BaseModel):
    """Compact JWS (ES256, `typ` muster-terminal)."""

    assertion: str


class PacketOut(BaseModel):
    """Compact JWE (ECDH-ES, A256GCM) of a compact JWS (ES256)."""

    packet: str


class SpoolOut(BaseModel):
    """Events by state; `oldest` is the age in seconds of the oldest that was not received."""

    waiting: int
    published: int
    received: int
    oldest: float


class StatusOut(BaseModel):
    """How the gateway is. `keys` says of which services a key to seal to is known."""

    terminal_id: str
    area: str | None
    label: str | None
    software: str
    readers: dict[str, str]
    spool: SpoolOut
    keys: dict[str, bool]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        counts = standing.spool
        return cls(
            terminal_id=standing.terminal_id,
            area=standing.area,
            label=standing.label,
            software=standing.software,
            readers=standing.readers,
            spool=SpoolOut(
                waiting=counts.waiting,
                published=counts.published,
                received=counts.received,
                oldest=counts.oldest,
            ),
            keys=standing.keys,
        )
