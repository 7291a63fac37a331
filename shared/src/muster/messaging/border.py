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
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.base import Part
from muster.contracts.topics import TopicSpec
from muster.persistence.tables import known_key
from muster.security import packets
from muster.security.jose import Jwk
from muster.security.keyring import Keyring
from muster.security.packets import BadPacket

Context = Mapping[str, str | int]
Senders = dict[str, dict[str, Jwk]]
"""Public signing keys that are valid now, by sender and key id."""

DEPARTMENT = "department"
"""Kind of owner of a department's keys, as ``access-key-changed`` names it."""
_KINDS = {"device": "terminal", "connector": DEPARTMENT}


class UnknownSender(LookupError):  # noqa: N818 - reads as what it says
    """No key of that sender was heard of yet."""


class UnknownReader(LookupError):  # noqa: N818 - reads as what it says
    """The department that reads a topic has enrolled no key yet."""


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
    """As `open_packet`, for a service. Raises UnknownSender while the sender has no key here."""
    signers = senders.get(sender)
    if not signers:
        raise UnknownSender(sender)
    own = [key.jwk() for key in keyring.epochs(f"packet/{service}")]
    return open_packet(text, own, signers, context)


async def senders(conn: AsyncConnection, names: Collection[str]) -> Senders:
    """The signing keys of senders such as ``device/<terminal id>``, with one query."""
    owners = {name.partition("/")[2]: name for name in names}
    rows = await conn.execute(
        select(known_key).where(
            known_key.c.owner_id.in_(owners), known_key.c.use == "sig", _valid_now()
        )
    )
    found: Senders = {}
    for row in rows:
        name = owners[row.owner_id]
        if _KINDS.get(name.partition("/")[0]) == row.owner_kind:
            found.setdefault(name, {})[row.kid] = row.jwk
    return found


async def reader(conn: AsyncConnection, spec: TopicSpec) -> Jwk | None:
    """The key to which a topic's parts are sealed; None for a topic between services.

    Raises:
        UnknownReader: the department has enrolled no key, or its keys were revoked.
    """
    department = spec.edge_reader
    if department is None:
        return None
    row = (
        await conn.execute(
            select(known_key)
            .where(
                known_key.c.owner_id == department,
                known_key.c.owner_kind == DEPARTMENT,
                known_key.c.use == "enc",
                _valid_now(),
            )
            .order_by(known_key.c.valid_from.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        raise UnknownReader(department)
    jwk: Jwk = row.jwk
    return jwk


def _valid_now() -> ColumnElement[bool]:
    now = text("now()")
    return (known_key.c.valid_from <= now) & (
        known_key.c.revoked_at.is_(None) | (known_key.c.revoked_at > now)
    )
