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
from muster.messaging.message import Event, OutboxRow, Publication, Subscription
from muster.runtime.context import Context
from muster.security import following
from muster.verification import handlers, store
from muster.vocabulary.states import ReviewState


async def load_reviews(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """Reviews as the store has them; one of an erased person has nothing left to tell."""
    places = [(str(row.ref["subject_id"]), int(row.ref["version"])) for row in rows]
    items = {(i.subject_id, i.version): i for i in await store.items_at(conn, places)}
    keys = await context.vault.keys_for(conn, {subject_id for subject_id, _ in places})
    events: dict[str, Event] = {}
    for row, place in zip(rows, places, strict=True):
        item = items.get(place)
        if item is None or item.reviewed_at is None or item.subject_id not in keys:
            continue
        reasons = tuple(
            ReturnReason(code=reason.code, field=reason.field, text=reason.text)
            for reason in handlers.open_reasons(context, keys, item)
        )
        events[row.event_id] = Event(
            Clear(
                version=item.version,
                subject_id=item.subject_id,
                county=row.county,
                occurred_at=item.reviewed_at,
            ),
            {"capture": _for_desk(item, reasons), "reporting": _for_count(item)},
        )
    return events


def _for_desk(item: store.ItemRow, reasons: tuple[ReturnReason, ...]) -> Part:
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


def _for_count(item: store.ItemRow) -> Part:
    assert item.reviewed_at is not None
    return ReviewForCount(
        village=item.village,
        outcome=item.state,
        reason_codes=item.reason_codes,
        reviewed_at=item.reviewed_at,
    )


PUBLICATIONS = (
    Publication("verification-record-verified", load_reviews),
    Publication("verification-record-returned", load_reviews),
)

SUBSCRIPTIONS = (
    Subscription("capture-baseline-imported", handlers.take_baseline),
    Subscription("capture-record-submitted", handlers.take_records),
    Subscription("capture-subject-status-changed", handlers.take_standings),
    *following.SUBSCRIPTIONS,
)
