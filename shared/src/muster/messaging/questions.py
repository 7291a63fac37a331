"""Which department asks over HTTP: it signs its question with the key that it enrolled (R74, R92).

Whoever has no token asks so (a connector), and so does a page in an officer's browser, beside the
sign-in: an account says who sits there, and only the key says for which department.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import enrolled
from muster.security import packets
from muster.security.jose import Jwk
from muster.security.keyring import Keyring
from muster.security.packets import BadPacket

LIMIT = 4096
"""The longest question, in characters."""
FRESH = timedelta(minutes=10)


async def department_of(
    conn: AsyncConnection,
    keyring: Keyring,
    service: str,
    departments: Collection[str],
    packet: str,
    question: Mapping[str, str],
) -> str:
    """The one of these departments that made this packet, sealed to the service, a short while ago.

    Raises BadPacket: malformed, stale, another question, or of nobody who is enrolled here.
    """
    senders = await enrolled.senders(conn, [f"connector/{name}" for name in departments])
    keys: dict[str, Jwk] = {}
    owners: dict[str, str] = {}
    for sender, found in senders.items():
        keys |= found
        owners |= dict.fromkeys(found, sender.partition("/")[2])
    own = [key.jwk() for key in keyring.epochs(f"packet/{service}")]
    payload, kid = packets.open_and_verify(packet, own, keys.get, limit=LIMIT, max_age=FRESH)
    if payload != question:
        raise BadPacket("packet-context")
    return owners[kid]
