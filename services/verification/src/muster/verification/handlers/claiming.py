"""Who looks at a record now: kept from other reviewers for a while, and no decision (R71)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.verification.domain import review
from muster.verification.handlers import common, reviewing
from muster.verification.settings import Settings
from muster.verification.store import claims


@dataclass(frozen=True, slots=True)
class Looked:
    """Who looks at a record, and how it stands."""

    claim: claims.Claim
    stand: claims.Stand


async def look(
    context: Context, conn: AsyncConnection, caller: Caller, subject_id: str, *, take_over: bool
) -> Looked:
    """Say that the caller looks at a record, or still does.

    What another looks at stays theirs until they leave it, go quiet or somebody takes it over.
    Audited when the caller begins; that they go on says nothing new.

    Raises:
        Refusal: not found, not granted, own record.
    """
    stand = await claims.stand(conn, subject_id)
    if stand is None:
        raise common.not_found()
    reviewing.require_desk(caller, stand.desk, stand.village or stand.came_in)
    if stand.collector_id == caller.account_id:
        raise review.own_record()
    assert isinstance(context.settings, Settings)
    held = timedelta(seconds=context.settings.claim_seconds)
    claim = await claims.take(conn, subject_id, caller.account_id, held, take_over=take_over)
    if claim.fresh:
        detail: dict[str, str | int] = {"version": stand.version}
        if take_over:
            detail["how"] = "taken-over"
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="record-looked-at",
            subject_ids=[subject_id],
            detail=detail,
        )
    return Looked(claim, stand)
