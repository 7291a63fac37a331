"""What verification consumes and publishes, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear
from muster.contracts.parts.base import Part
from muster.contracts.parts.verification import (
    ReturnedForDesk,
    ReturnReason,
    ReviewForCount,
    VerifiedForDesk,
)
from muster.contracts.topics import CONNECTOR
from muster.messaging.message import Event, OutboxRow, Publication, Subscription
from muster.runtime.context import Context
from muster.security import following
from muster.verification.handlers import answering, asking, incoming, sealing
from muster.verification.store import items, requests
from muster.vocabulary.states import ReviewState


async def load_reviews(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """Reviews as the store has them; one of an erased person has nothing left to tell."""
    places = _places(rows)
    found = {item.place: item for item in await items.at(conn, places)}
    keys = await context.vault.keys_for(conn, {subject_id for subject_id, _ in places})
    events: dict[str, Event] = {}
    for row, place in zip(rows, places, strict=True):
        item = found.get(place)
        if item is None or item.reviewed_at is None or item.subject_id not in keys:
            continue
        reasons = tuple(
            ReturnReason(code=reason.code, field=reason.field, text=reason.text)
            for reason in sealing.open_reasons(context, keys, item)
        )
        events[row.event_id] = Event(
            Clear(
                version=item.version,
                subject_id=item.subject_id,
                county=row.county,
                occurred_at=row.occurred_at,
            ),
            {"capture": _for_desk(item, reasons), "reporting": _for_count(item)},
        )
    return events


def _for_desk(item: items.ItemRow, reasons: tuple[ReturnReason, ...]) -> Part:
    assert item.reviewer_id is not None
    assert item.reviewed_at is not None
    if item.state is ReviewState.RETURNED:
        return ReturnedForDesk(
            digest=item.digest,
            reviewer_id=item.reviewer_id,
            reviewed_at=item.reviewed_at,
            reasons=reasons,
        )
    return VerifiedForDesk(
        digest=item.digest, reviewer_id=item.reviewer_id, reviewed_at=item.reviewed_at
    )


def _for_count(item: items.ItemRow) -> Part:
    assert item.reviewed_at is not None
    return ReviewForCount(
        village=item.village,
        outcome=item.state,
        reason_codes=item.reason_codes,
        reviewed_at=item.reviewed_at,
    )


async def load_requests(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """What departments are asked. Once it was answered, decided, replaced by a newer version or
    erased, or its person counts as collected no longer, nothing is left to ask."""
    held = await requests.at(conn, _places(rows))
    asked = {one.event_id: one for found in held.values() for one in found}
    wanted = {row.event_id: row for row in rows if row.event_id in asked}
    parts = await asking.parts(context, conn, [asked[event_id] for event_id in wanted])
    return {
        event_id: Event(
            Clear(version=row.version, county=row.county, occurred_at=row.occurred_at),
            {CONNECTOR + asked[event_id].department: parts[event_id]},
        )
        for event_id, row in wanted.items()
        if event_id in parts
    }


def _places(rows: Sequence[OutboxRow]) -> list[items.Place]:
    return [(str(row.ref["subject_id"]), int(row.ref["version"])) for row in rows]


PUBLICATIONS = (
    Publication("verification-record-verified", load_reviews),
    Publication("verification-record-returned", load_reviews),
    Publication("verification-requested-<department>", load_requests),
)

SUBSCRIPTIONS = (
    Subscription("capture-baseline-imported", incoming.take_baseline),
    Subscription("capture-record-submitted", incoming.take_records),
    Subscription("capture-record-attested", incoming.take_attestations),
    Subscription("capture-subject-status-changed", incoming.take_standings),
    Subscription("verification-answered-<department>", answering.take_answers),
    *following.SUBSCRIPTIONS,
)
