"""What reviewers decided comes back to the desk (R70, R71).

An outcome belongs to one version by its digest; one of an older version is kept with that version
and changes nothing about the newer one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.handlers import common
from muster.capture.store import records, refusals
from muster.contracts.parts.verification import ReturnedForDesk, VerifiedForDesk
from muster.messaging.message import DONE, Invalid, Message, Outcome
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.vocabulary.states import ReviewState

_UNKNOWN = Invalid(
    "version-unknown",
    "所指的记录版本不存在。",
    "There is no such version of a record.",
)
_DIFFERS = Invalid(
    "digest-differs",
    "审核所指的内容摘要与该版本不符。",
    "The review names another content than that of the version.",
)

Part = VerifiedForDesk | ReturnedForDesk
Review = tuple[str, int, ReviewState, datetime, str | None]


async def take_verified(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Take ``verification-record-verified``."""
    return await _take(context, conn, batch, ReviewState.VERIFIED)


async def take_returned(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Take ``verification-record-returned``."""
    return await _take(context, conn, batch, ReviewState.RETURNED)


async def _take(
    context: Context, conn: AsyncConnection, batch: Sequence[Message], state: ReviewState
) -> Sequence[Outcome]:
    stored = await records.versions(conn, sorted({(m.key, m.version) for m in batch}))
    keys = await context.vault.keys_for(conn, {subject_id for subject_id, _ in stored})
    outcomes: list[Outcome] = []
    reviews: dict[tuple[str, int], Review] = {}
    for message in batch:
        place = (message.key, message.version)
        row, part = stored.get(place), message.part
        if row is None:
            outcomes.append(_UNKNOWN)
        elif row.digest != part.digest:
            outcomes.append(_DIFFERS)
        else:
            outcomes.append(DONE)
            review = _review(context, keys, message, state)
            if review is not None and (place not in reviews or reviews[place][3] < review[3]):
                reviews[place] = review
    await records.save_reviews(conn, [reviews[place] for place in sorted(reviews)])
    if state is ReviewState.VERIFIED and reviews:
        # What was taken with a warning is settled by the reviewer who confirmed it (C17).
        ids = [stored[place].record_id for place in reviews]
        await refusals.settle(conn, by="verified", at=common.now(), records=ids)
    return outcomes


def _review(
    context: Context, keys: DataKeys, message: Message, state: ReviewState
) -> Review | None:
    part: Part = message.part
    key = keys.get(message.key)
    if key is None:
        return None  # erased since: nothing is left to say about it
    sealed = None
    if isinstance(part, ReturnedForDesk):
        reasons: list[dict[str, Any]] = [item.model_dump(mode="json") for item in part.reasons]
        sealed = context.vault.encrypt(
            key,
            {"reasons": reasons},
            table="record_review",
            row=message.key,
            version=message.version,
        )
    return (message.key, message.version, state, part.reviewed_at, sealed)
