"""What every service offers to edges (device gateways, connectors) over HTTP.

An edge keeps what it sent until the service that reads it says that it was taken, so that a lost
broker loses nothing; and it needs the public keys to which it seals and with which it verifies.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from muster.contracts.parts.base import Uuid
from muster.persistence.bulk import in_ids, sent
from muster.persistence.database import Transaction
from muster.persistence.tables import inbox
from muster.runtime.auth import Composed
from muster.security import jose

ASKED_LIMIT = 1000

router = APIRouter(tags=["edges"])


class Sent(BaseModel):
    """Ids of events that an edge has published."""

    model_config = ConfigDict(extra="forbid")

    event_ids: Annotated[list[Uuid], Field(max_length=ASKED_LIMIT)]


class Received(BaseModel):
    """Those of the events that this service has taken; refused ones are dead letters here."""

    event_ids: list[str]


class PublicKeys(BaseModel):
    """Public JWKs of a service: ``packet`` to seal to it, ``sign`` to verify what it signed; the
    newest of each first."""

    service: str
    packet: list[dict[str, str]]
    sign: list[dict[str, str]]


_TAKEN = select(inbox.c.event_id).where(in_ids(inbox.c.event_id, "ids"))


@router.post("/received")
async def received(body: Sent, conn: Transaction) -> Received:
    """Which of these events were taken. Who knows an id (122 random bits) may ask."""
    found = await conn.scalars(_TAKEN, {"ids": sent(body.event_ids)})
    return Received(event_ids=sorted(map(str, found)))


@router.get("/public-keys")
async def public_keys(context: Composed) -> PublicKeys:
    """The public halves of this service's keys for packets."""

    def known(use: str) -> list[dict[str, str]]:
        keys = context.keyring.epochs(f"{use}/{context.service}")
        return [jose.public_jwk(key.jwk()) for key in keys]

    return PublicKeys(service=context.service, packet=known("packet"), sign=known("sign"))
