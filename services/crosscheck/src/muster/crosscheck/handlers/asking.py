"""Which department asks: its connector signs the question with the key that it enrolled (R74)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import border, enrolled
from muster.runtime.context import Context
from muster.security import packets
from muster.security.jose import Jwk
from muster.security.packets import BadPacket

LIMIT = 4096
"""The longest question, in characters."""
FRESH = timedelta(minutes=10)


async def department_of(context: Context, conn: AsyncConnection, packet: str) -> str:
    """The department whose connector made this packet, sealed to us, a short while ago.

    Raises BadPacket: malformed, stale, another question, or of nobody who is enrolled here.
    """
    senders = await enrolled.senders(
        conn, [f"connector/{name}" for name in context.profile.departments]
    )
    keys: dict[str, Jwk] = {}
    owners: dict[str, str] = {}
    for sender, found in senders.items():
        keys |= found
        owners |= dict.fromkeys(found, sender.partition("/")[2])
    own = [key.jwk() for key in context.keyring.epochs("packet/crosscheck")]
    payload, kid = packets.open_and_verify(packet, own, keys.get, limit=LIMIT, max_age=FRESH)
    if payload != border.ASKS_EXTRACTS:
        raise BadPacket("packet-context")
    return owners[kid]
