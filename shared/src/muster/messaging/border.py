"""What crosses the organisation's border on a topic: packets (JWS in JWE), bound to their place.

A terminal's device gateway and a department's connector are *edges*: they share no key with a
service. What they write is signed with their enrolled key and sealed to the reader's public key;
what a service writes for a connector is signed by the service and sealed to the department's key.
The signed payload is ``{"context": ..., "part": ...}``: the context is the one to which parts
between services are bound, so a packet cannot be moved to another topic, event or version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import orjson

from muster.contracts.parts.base import Part
from muster.security import packets
from muster.security.jose import Jwk
from muster.security.keyring import Keyring
from muster.security.packets import BadPacket

Context = Mapping[str, str | int]
Senders = dict[str, dict[str, Jwk]]
"""Public signing keys that are valid now, by sender and key id."""

DEPARTMENT = "department"
"""Kind of owner of a department's keys, as ``access-key-changed`` names it."""


ASKS_EXTRACTS = {"asks": "extracts"}
"""What a connector signs and seals to the cross-check, to hear what became of its extracts."""
ASKS_REQUESTS = {"asks": "requests"}
"""What an officer's page signs and seals to verification, to be handed the department's open
requests."""


class UnknownSender(LookupError):  # noqa: N818 - reads as what it says
    """No key of that sender was heard of yet."""


def seal_part(part: Part, signing: Jwk, reader: Jwk, context: Context) -> str:
    """One part as a packet from `signing`'s holder to `reader`."""
    payload = {"context": dict(context), "part": orjson.loads(part.model_dump_json())}
    return packets.sign_and_seal(payload, signing, reader)


def open_packet(
    text: str, own: Collection[Jwk], signers: Mapping[str, Jwk], context: Context
) -> bytes:
    """JSON of the part inside a packet. Raises BadPacket, also when it belongs elsewhere."""
    payload, _ = packets.open_and_verify(text, list(own), signers.get)
    if payload.keys() != {"context", "part"} or payload["context"] != dict(context):
        raise BadPacket("packet-context")
    return orjson.dumps(payload["part"])


def open_part(
    text: str,
    keyring: Keyring,
    service: str,
    context: Context,
    sender: str,
    senders: Senders,
) -> bytes:
    """As `open_packet`, for a service.

    Raises UnknownSender while the sender has no key here; KeyUnknown when it has others only.
    """
    signers = senders.get(sender)
    if not signers:
        raise UnknownSender(sender)
    own = [key.jwk() for key in keyring.epochs(f"packet/{service}")]
    return open_packet(text, own, signers, context)
