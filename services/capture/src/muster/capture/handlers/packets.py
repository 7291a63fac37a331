"""Opening what a terminal sends: signed by it, sealed to capture (R101, R102)."""

import asyncio
from dataclasses import dataclass
from typing import Any

from muster.capture.domain.reasons import refusal
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import packets
from muster.security.following import KnownKey
from muster.security.jose import Jwk
from muster.vocabulary.states import Role

PURPOSE = "packet/capture"
COLLECTING = (Role.COLLECTOR,)
_KEY_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Opened:
    """A packet whose signature holds, and the enrolled terminal that made it."""

    payload: dict[str, Any]
    terminal_id: str
    area: str


def public_key(context: Context) -> Jwk:
    """The key to which terminals seal their packets."""
    return packets.public_jwk(context.keyring.current(PURPOSE).jwk())


async def open_packet(context: Context, caller: Caller, text: str) -> Opened:
    """Open a packet of the terminal at which the caller works. Raises Refusal.

    Holds no database connection: opening a large packet takes its time.
    """
    if not caller.granted_areas(COLLECTING):
        raise refusal("area-outside", status=403, kind="forbidden")
    loop = asyncio.get_running_loop()
    found: dict[str, KnownKey] = {}

    def find(kid: str) -> Jwk | None:
        asked = context.directory.key(kid, owner_kind="terminal")
        key = asyncio.run_coroutine_threadsafe(asked, loop).result(_KEY_PATIENCE)
        if key is None or key.area is None:
            return None
        found[kid] = key
        return key.jwk

    own = [key.jwk() for key in context.keyring.epochs(PURPOSE)]
    payload, kid = await asyncio.to_thread(packets.open_and_verify, text, own, find)
    terminal = found[kid]
    own_id = terminal.owner_id
    if caller.terminal_id != own_id or payload.get("terminal_id", own_id) != own_id:
        raise refusal("terminal-differs", status=403, kind="forbidden")
    return Opened(payload, own_id, terminal.area or "")
