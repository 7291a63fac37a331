"""From a message of the broker to a request that may be answered, or the reason why it may not.

Only what the owning service signed, sealed to this connector's key and bound to this very topic,
event, key and version is a request; whoever else writes on the topic is refused (R73, R74).
"""

from __future__ import annotations

from dataclasses import dataclass

from muster.contracts.parts.base import Part
from muster.contracts.parts.crosscheck import RevealRequest
from muster.contracts.parts.verification import VerificationRequest
from muster.contracts.topics import service_topics
from muster.department_connector.domain.reasons import reason
from muster.department_connector.handlers.common import UUID, Connector
from muster.department_connector.store.journal import Raw
from muster.spool import wire
from muster.spool.services import KeysUnknown
from muster.spool.wire import UnknownSigner
from muster.vocabulary.reasons import Reason, Refusal


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may be answered. Without a part its subject was erased: there is none."""

    raw: Raw
    event_id: str
    version: int
    traceparent: str | None
    part: Part | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is not answered."""

    raw: Raw
    why: Reason


@dataclass(frozen=True, slots=True)
class Waits:
    """A message that cannot be judged or answered yet; ``why`` is a word, no sentence."""

    raw: Raw
    why: str


Outcome = Request | Refused | Waits


def owner_of(topic: str) -> str:
    """The service that writes a topic."""
    return service_topics()[topic].owner


def open_message(connector: Connector, raw: Raw) -> Outcome:
    """What a message is.

    Raises:
        UnknownSigner, KeysUnknown: the keys that its owner showed do not have the signer's; it may
            have a new one.
    """
    assert connector.edge.encryption is not None
    signers = connector.keys.sign_keys(owner_of(raw.topic))
    try:
        opened = wire.open_for_edge(
            service_topics()[raw.topic],
            raw.headers,
            raw.key,
            raw.value,
            own=[connector.edge.encryption],
            signers=signers,
        )
    except UnknownSigner:
        raise
    except Refusal as error:
        return Refused(raw, error.reasons[0])
    event_id = opened.headers.event_id
    if not UUID.fullmatch(event_id):
        return Refused(raw, reason("event-id"))
    if not _belongs(opened.part, raw.key, opened.clear.version):
        return Refused(raw, reason("case-differs"))
    return Request(raw, event_id, opened.clear.version, opened.headers.traceparent, opened.part)


def judge(connector: Connector, raw: Raw, *, asked: bool) -> Outcome:
    """As `open_message`; a signer that is not known is refused once its service was asked."""
    try:
        return open_message(connector, raw)
    except UnknownSigner as error:
        return Refused(raw, error.reasons[0]) if asked else Waits(raw, "keys")
    except KeysUnknown:
        return Waits(raw, "keys")


def _belongs(part: Part | None, key: str, version: int) -> bool:
    if isinstance(part, VerificationRequest):
        return part.case_id == key and part.version == version
    if isinstance(part, RevealRequest):
        return part.row_id == key
    return part is None
