"""Taking in what a department in blind mode revealed, or why it refused (R74, R75)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.crosscheck import RevealAnswer
from muster.crosscheck.handlers import candidates, common
from muster.crosscheck.store import candidates as kept
from muster.crosscheck.store import discrepancies, reveals
from muster.messaging.message import DONE, Invalid, Message, Outcome, done
from muster.runtime.context import Context
from muster.security.audit import Entry

_RULE = re.compile(r"[a-z]+(?:-[a-z]+){0,9}")
_UNKNOWN = Invalid(
    "reveal-unknown",
    "该答复所指的揭示请求不存在，或不属于该部门、该行。",
    "The answer names no request that was put to this department about this row.",
)
_SHAPE = Invalid(
    "reveal-shape",
    "揭示答复须给出内容或拒绝的规则，二者取一。",
    "An answer either opens the row or names the rule by which it is refused.",
)


async def take_revealed(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep what was revealed, sealed; of two answers to one request the first counts."""
    asked = await reveals.read(conn, [message.part.reveal_id for message in batch], lock=True)
    outcomes = [_check(message, asked) for message in batch]
    fresh: dict[str, RevealAnswer] = {}
    for message in done(batch, outcomes):
        part: RevealAnswer = message.part
        if asked[part.reveal_id].state == "asked":
            fresh.setdefault(part.reveal_id, part)
    orders = await discrepancies.read(
        conn, [a.discrepancy_id for a in map(asked.__getitem__, fresh) if a.discrepancy_id]
    )
    await reveals.answer(conn, _answers(context, asked, fresh, orders))
    steps = [
        _step(context, str(asked[reveal_id].candidate_id), part)
        for reveal_id, part in fresh.items()
        if asked[reveal_id].candidate_id is not None
    ]
    await _step_on(context, conn, steps)
    opened = {reveal_id for reveal_id, part in fresh.items() if part.fields is not None}
    await _audit(context, conn, [asked[reveal_id] for reveal_id in sorted(opened)], orders)
    return outcomes


def _check(message: Message, asked: Mapping[str, Row[Any]]) -> Outcome:
    part: RevealAnswer = message.part
    if (part.fields is None) == (part.refused is None):
        return _SHAPE
    request = asked.get(part.reveal_id)
    if (
        request is None
        or request.row_id != part.row_id
        or request.department != message.topic.removeprefix(common.REVEAL_ANSWERED)
        or message.key != part.row_id
    ):
        return _UNKNOWN
    return DONE


async def _audit(
    context: Context,
    conn: AsyncConnection,
    opened: Sequence[Row[Any]],
    orders: Mapping[str, Row[Any]],
) -> None:
    """Note whose data came in by which request; its reason stands where it was asked."""
    entries = []
    for request in opened:
        order = orders.get(request.discrepancy_id)
        about = (
            {"candidate": request.candidate_id}
            if request.candidate_id is not None
            else {"discrepancy": request.discrepancy_id}
        )
        entries.append(
            Entry(
                actor=context.service,
                action="reveal-answered",
                subject_ids=[] if order is None else [order.subject_id],
                detail={**about, "reveal": request.reveal_id},
            )
        )
    if entries:
        await context.audit.record_many(conn, entries)


def _answers(
    context: Context,
    asked: Mapping[str, Row[Any]],
    fresh: Mapping[str, RevealAnswer],
    orders: Mapping[str, Row[Any]],
) -> list[dict[str, Any]]:
    """What to note of each answer: of a row only the value that a work order is about is kept, and
    only while that is open."""
    rows = []
    for reveal_id, part in fresh.items():
        order = orders.get(asked[reveal_id].discrepancy_id)
        sealed = None
        if part.fields is not None and order is not None and order.closed_at is None:
            # The whole row came; the one value that the order is about is shown, and no other kept.
            field = common.field_of(order)
            shown = {name: value for name, value in part.fields.items() if name == field}
            sealed = common.seal_own(context, "reveal", reveal_id, {"fields": shown})
        rows.append(
            {
                "reveal_id": reveal_id,
                "state": "refused" if part.fields is None else "answered",
                "rule": None if part.fields is not None else _rule(part),
                "answered_at": part.answered_at,
                "sealed": sealed,
            }
        )
    return rows


def _rule(part: RevealAnswer) -> str:
    """The rule by which a department refused; only a rule's name may stand in the clear."""
    return part.refused if part.refused and _RULE.fullmatch(part.refused) else "refused"


def _step(context: Context, candidate_id: str, part: RevealAnswer) -> dict[str, Any]:
    if part.fields is None:
        return {"candidate_id": candidate_id, "state": "refused", "rule": _rule(part)}
    why = candidates.gone(context, part.fields)
    if why is not None:
        return {"candidate_id": candidate_id, "state": "ended", "rule": why}
    return candidates.told(context, candidate_id, part.fields)


async def _step_on(
    context: Context, conn: AsyncConnection, steps: Sequence[dict[str, Any]]
) -> None:
    """Take the candidates on that still wait for these answers."""
    held = await kept.read(conn, [step["candidate_id"] for step in steps], lock=True)
    waiting = [step for step in steps if held[step["candidate_id"]].state == "asked"]
    await candidates.tell(context, conn, waiting, common.now())
