"""What access publishes, as a table. It consumes nothing: it owns the truth of what it tells."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.access.handlers.terminals import OWNER_KIND
from muster.access.store import accounts, terminals
from muster.contracts.envelope import Clear
from muster.contracts.parts.access import GrantPart, GrantsOfAccount, KeysOfOwner, PublicKey
from muster.contracts.topics import service_topics
from muster.messaging.message import Event, OutboxRow, Publication
from muster.runtime.context import Context


async def load_grants(
    _context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """The whole set of grants of each account as it is now; never older than the row's version."""
    known = await accounts.known_grants_of(conn, {row.ref["account_id"] for row in rows})
    consumers = service_topics()["access-grant-changed"].consumers
    events = {}
    for row in rows:
        found = known.get(row.ref["account_id"])
        if found is not None:
            part = GrantsOfAccount(
                account_id=found.account_id,
                active=found.active,
                grants=tuple(GrantPart.model_validate(grant) for grant in found.grants),
            )
            events[row.event_id] = Event(
                Clear(version=row.version, occurred_at=row.occurred_at),
                dict.fromkeys(consumers, part),
            )
    return events


async def load_keys(
    _context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """All public keys of each owner as they are now; never older than the row's version."""
    known = await terminals.keys_of(conn, {row.ref["owner_id"] for row in rows})
    consumers = service_topics()["access-key-changed"].consumers
    events = {}
    for row in rows:
        keys = known.get(row.ref["owner_id"])
        if keys:
            part = KeysOfOwner(
                owner_id=keys[0].owner_id,
                owner_kind=keys[0].owner_kind,
                area=keys[0].area,
                keys=tuple(
                    PublicKey(
                        kid=key.kid,
                        use=key.use,
                        jwk=key.jwk,
                        valid_from=key.valid_from,
                        revoked_at=key.revoked_at,
                    )
                    for key in keys
                ),
            )
            terminal_id = part.owner_id if part.owner_kind == OWNER_KIND else None
            events[row.event_id] = Event(
                Clear(
                    version=row.version,
                    terminal_id=terminal_id,
                    county=row.county,
                    occurred_at=row.occurred_at,
                ),
                dict.fromkeys(consumers, part),
            )
    return events


PUBLICATIONS = (
    Publication("access-grant-changed", load_grants),
    Publication("access-key-changed", load_keys),
)
