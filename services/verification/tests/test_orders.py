"""In whatever order a record, its review, its answers and its newer version come, it ends alike."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from muster.messaging.message import Message
from muster.runtime.auth import Caller
from muster.runtime.context import Context, build_context
from muster.security.grants import Grant, Principal
from muster.verification.domain.review import Decision
from muster.verification.handlers import reviewing
from muster.verification.store import items, waiting
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.states import Attestation, ReviewState, Role, Verdict

from .conftest import (
    COUNTY,
    DEPARTMENTS,
    FIELDS,
    answer,
    asked,
    attested,
    collected,
    digest,
    empty,
    enrol,
    make_settings,
    record,
    rows,
    take,
    verdicts,
)

SUBJECT = "00000000-0000-4000-8000-000000000007"
STRANGER = "human-resources"
"""Not enrolled when the record comes: asked, and not waited for."""

REFUSED = {"version-superseded", "answers-contradict", "answers-cannot-tell", "already-reviewed"}
"""Why a review in some order is no review at all."""


@dataclass(frozen=True)
class Step:
    """One thing that happens to a version: it comes, is reviewed, attested, or answered about."""

    kind: str
    version: int
    department: str = ""
    verdict: Verdict = Verdict.MATCH


@st.composite
def stories(draw: Any) -> tuple[list[Step], list[Step]]:
    """What happens to one or two versions, in two orders, with some things twice.

    Nobody reviews or answers about what has not come; that is the only order there is.
    """
    steps: list[Step] = []
    for version in range(1, draw(st.integers(1, 2)) + 1):
        steps += [Step("record", version), Step("attested", version)]
        if draw(st.booleans()):
            steps.append(Step("review", version))
        for name in draw(st.sets(st.sampled_from(DEPARTMENTS))):
            # Who is not waited for may come too late to be heard: it agrees here.
            verdict = Verdict.MATCH if name == STRANGER else draw(st.sampled_from(Verdict))
            steps.append(Step("answer", version, name, verdict))
    orders = []
    for _ in range(2):
        again = draw(st.lists(st.sampled_from(steps), max_size=4))
        shuffled = draw(st.permutations([*steps, *again]))
        orders.append(_possible(shuffled))
    return orders[0], orders[1]


def _possible(steps: Sequence[Step]) -> list[Step]:
    """The same steps, each moved behind the coming of its version where it stood before."""
    come: set[int] = set()
    early: list[Step] = []
    done: list[Step] = []
    for step in steps:
        if step.kind == "record":
            come.add(step.version)
            ready = [one for one in early if one.version == step.version]
            early = [one for one in early if one.version != step.version]
            done += [step, *ready]
        elif step.version in come or step.kind == "attested":
            done.append(step)
        else:
            early.append(step)
    return done


def expected(steps: Sequence[Step]) -> tuple[str, str, bool]:
    """State, answers and place in the queue of the newest version, from the rule as it is told."""
    version = max(step.version for step in steps)
    ours = [step for step in steps if step.version == version]
    said = {step.department: step.verdict for step in ours if step.kind == "answer"}
    reviewed = any(step.kind == "review" for step in ours)
    if {Verdict.MISMATCH, Verdict.NO_SUCH_PERSON} & set(said.values()):
        return "submitted", "contradict", True
    if {Verdict.NO_FILE, Verdict.UNDECIDED} & set(said.values()):
        return "submitted", "cannot_tell", True
    if {"armed-forces", "public-security"} - said.keys():
        return "submitted", "waiting", not reviewed
    return ("verified", "agree", False) if reviewed else ("submitted", "agree", True)


async def _play(context: Context, village: str, steps: Sequence[Step]) -> Any:
    async with context.database.transaction() as conn:
        for table in ("review_subject", "review_item", "department_request", "attestation"):
            await conn.execute(text(f"DELETE FROM {table}"))
        await conn.execute(text("DELETE FROM outbox"))
    reviewer = _reviewer(context)
    for step in steps:
        if step.kind == "review":
            await _review(context, reviewer, step.version)
        elif (message := await _message(context, village, step)) is not None:
            await take(context, message)
    return await _end(context, village)


async def _message(context: Context, village: str, step: Step) -> Message | None:
    if step.kind == "record":
        at = collected(1 + step.version, village)
        return replace(record(SUBJECT, step.version, at, fields=FIELDS), event_id=new_id())
    if step.kind == "attested":
        return attested(SUBJECT, step.version, Attestation.FLAGGED, Attestation.NONE)
    request = (await asked(context, SUBJECT, step.version)).get(step.department)
    if request is None:
        return None  # a newer version was there first: nobody was asked about this one
    return answer(request, dict.fromkeys(verdicts(step.department), step.verdict))


async def _review(context: Context, reviewer: Caller, version: int) -> None:
    decision = Decision(ReviewState.VERIFIED, digest(version), reviewer.account_id)
    try:
        async with context.database.transaction() as conn:
            await reviewing.review_item(
                context, conn, reviewer, subject_id=SUBJECT, version=version, decision=decision
            )
    except Refusal as refusal:
        if refusal.reasons[0].rule not in REFUSED:
            raise


def _reviewer(context: Context) -> Caller:
    now = datetime.now(UTC)
    grant = Grant(Role.CIVIL_AFFAIRS_REVIEWER, COUNTY, now - timedelta(days=1))
    return Caller(Principal(new_id(), (grant,)), context.areas, now)


async def _end(context: Context, village: str) -> Any:
    """What anybody can see at the end: the newest version, the queue, the ledger, what is open."""
    newest = await rows(
        context, "SELECT version, state, answers FROM review_item ORDER BY version DESC LIMIT 1"
    )
    async with context.database.transaction() as conn:
        first = (datetime.fromtimestamp(0, UTC), str(new_id()))
        here = waiting.Wanted({"civil_affairs": [village]})
        queue = await waiting.queue(conn, here, after=first, limit=9)
        ledger = await items.ledger(conn, [village])
    said = await rows(
        context,
        "SELECT r.department, r.mandatory, r.contradicts FROM department_request r "
        "JOIN review_subject USING (subject_id, version) ORDER BY 1",
    )
    told = await rows(
        context,
        "SELECT s.version FROM outbox JOIN review_subject s ON s.subject_id::text = key "
        "AND s.version = outbox.version WHERE topic LIKE 'verification-record-%'",
    )
    queued = [(row.version, row.answers, row.flagged) for row in queue]
    return [tuple(row) for row in newest], queued, ledger, [tuple(r) for r in said], len(told)


def test_every_order_of_record_review_answers_and_newer_version_ends_alike(
    database_url: str, rings: Path, villages: list[str]
) -> None:
    """R71, R73: verified when review and mandatory answers agree, whichever comes last."""
    with asyncio.Runner() as runner:
        context = build_context("verification", make_settings(database_url, rings))

        async def begin() -> None:
            await empty(context)
            await enrol(context, "armed-forces", "public-security")

        runner.run(begin())

        @settings(max_examples=40)
        @given(stories())
        def check(drawn: tuple[list[Step], list[Step]]) -> None:
            one, other = (runner.run(_play(context, villages[0], order)) for order in drawn)
            assert one == other
            [(version, state, answers)] = one[0]
            assert (state, answers, bool(one[1])) == expected(drawn[0])
            assert version == max(step.version for step in drawn[0])
            assert all(flagged for _, _, flagged in one[1])
            assert one[4] == (state == "verified")

        check()
        runner.run(context.database.close())
