"""Two reviewers of one person take turns: the order of the outbox is the order of versions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.grants import Grant, Principal
from muster.verification.domain.return_reasons import ReturnReason
from muster.verification.domain.review import Decision
from muster.verification.handlers.reviewing import review_item
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.states import ReviewState, Role

from .conftest import COUNTY, collected, digest, record, rows, take

DECISIONS = "SELECT topic, version FROM outbox WHERE topic LIKE 'verification-record-%' ORDER BY id"
WHY = (ReturnReason("differs-from-papers", "name", "与身份证不符"),)


def caller(context: Context) -> Caller:
    now = datetime.now(UTC)
    grants = (Grant(Role.CIVIL_AFFAIRS_REVIEWER, COUNTY, now - timedelta(days=1)),)
    return Caller(Principal(new_id(), grants, None), context.areas, now)


async def decide(
    context: Context,
    conn: AsyncConnection,
    subject_id: str,
    outcome: ReviewState,
    reasons: tuple[ReturnReason, ...] = (),
) -> Any:
    """What some reviewer says of version 1."""
    who = caller(context)
    return await review_item(
        context,
        conn,
        who,
        subject_id=subject_id,
        version=1,
        decision=Decision(outcome, digest(1), who.account_id, reasons),
    )


async def test_a_second_reviewer_waits_for_the_first_and_finds_it_decided(
    context: Context, villages: list[str]
) -> None:
    """Without the lock both would decide, and the desk would hear two outcomes of one version."""
    subject_id = new_id()
    await take(context, record(subject_id, 1, collected(2, villages[0])))

    async def verify() -> ReviewState | str:
        try:
            async with context.database.transaction() as conn:
                item = await decide(context, conn, subject_id, ReviewState.VERIFIED)
        except Refusal as refused:
            return refused.reasons[0].rule
        return item.state

    async with context.database.transaction() as conn:
        await decide(context, conn, subject_id, ReviewState.RETURNED, WHY)
        second = asyncio.create_task(verify())
        _, late = await asyncio.wait([second], timeout=1)
        assert late, "it took no notice of the first reviewer"
    assert await second == "already-reviewed"
    told = await rows(context, DECISIONS)
    assert [tuple(row) for row in told] == [("verification-record-returned", 1)]


async def test_a_newer_version_that_comes_while_a_reviewer_decides_comes_after(
    context: Context, villages: list[str]
) -> None:
    """The version under the reviewer's hands is the newest until the decision is stored."""
    subject_id = new_id()
    await take(context, record(subject_id, 1, collected(2, villages[0])))
    async with context.database.transaction() as conn:
        await decide(context, conn, subject_id, ReviewState.RETURNED, WHY)
        newer = asyncio.create_task(take(context, record(subject_id, 2, collected(3, villages[0]))))
        _, late = await asyncio.wait([newer], timeout=1)
        assert late, "it overtook the reviewer"
    await newer
    held = await rows(context, "SELECT version, state FROM review_item ORDER BY version")
    assert [tuple(row) for row in held] == [(1, "returned"), (2, "submitted")]
