"""Parts of what device gateways publish.

Each event names the digest of the one that the same terminal published before it, so that a missing
or exchanged event shows. ``salt`` makes every digest over an event one that cannot be guessed open.
"""

from typing import Annotated, Literal

from pydantic import Field

from muster.contracts.parts.base import Digest, Instant, Part, Uuid

Salt = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CardKind = Literal["resident", "residence_permit", "foreigner", "social_security"]
"""Which card it was: resident card, permit of Hong Kong, Macao and Taiwan residents, permit of
foreigners, social security card."""


class TerminalEvent(Part):
    """What every event of a terminal says. Its ``version`` is the terminal's own sequence, from 1;
    ``previous`` is absent from the first."""

    salt: Salt
    previous: Digest | None


class CardRead(TerminalEvent):
    """A card was read (commit, then reveal): ``root`` is over the per-field hashes, each with its
    own salt, in the order of ``fields``. Values go to the desk only; capture recomputes the root
    when the record arrives. ``reader_id`` is the reader's SAM id, or the name of a PC/SC reader.
    """

    reading_id: Uuid
    card: CardKind
    reader_id: str
    root: Digest
    fields: tuple[str, ...]
    read_at: Instant


class SignatureCaptured(TerminalEvent):
    """A signature was taken under the record with that digest; ``trace`` is the salted digest of
    the handwriting, which travels in the record."""

    signature_id: Uuid
    record_digest: Digest
    kind: str
    trace: Digest
    captured_at: Instant


class DeviceStatus(TerminalEvent):
    """How one terminal's devices are: readers by name, and how many events wait in its spool."""

    readers: dict[str, str]
    waiting: int
    software: str
    at: Instant
