"""Asking about a work order, answering, and passing it on (R75, R76).

What is said stays with the order, sealed, for whoever may open it. None of it closes an order: that
its rule passes again does. An order that is passed on is handled elsewhere; the village of the
household, by which it is counted, stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.handlers import common, opening
from muster.crosscheck.store import discrepancies, notes
from muster.runtime.asked_area import known
from muster.runtime.auth import Caller
from muster.runtime.context import Context


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was said. `addressee` is a department or an area: who was asked, or where the
    order went (None: back to the village of the household); `answers` the question."""

    note_id: str
    kind: Literal["question", "answer", "transfer"]
    answers: str | None
    addressee: str | None
    account: str
    at: datetime
    text: str


async def ask(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    discrepancy_id: str,
    *,
    note_id: str,
    addressee: str,
    words: str,
) -> None:
    """Put a question to a department or to an area of the campaign; once per note id."""
    order = await opening.read_order(conn, caller, discrepancy_id, words, lock=True)
    if addressee not in context.profile.departments:
        _sees_it(context, order, known(context.areas, addressee))
    said = {"note_id": note_id, "kind": "question", "addressee": addressee, "answers": None}
    await _add(context, conn, caller, order, said, words, "discrepancy-asked")


async def answer(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    discrepancy_id: str,
    *,
    note_id: str,
    question: str,
    words: str,
) -> None:
    """Answer a question about the order, for oneself or with what a department said; once."""
    order = await opening.read_order(conn, caller, discrepancy_id, words, lock=True)
    asked = await notes.find(conn, question)
    if asked is None or (asked.discrepancy_id, asked.kind) != (discrepancy_id, "question"):
        raise common.refusal(
            "question",
            "question-unknown",
            "该核查单没有这一询问。",
            "Nothing like this was asked about the order.",
            404,
        )
    said = {"note_id": note_id, "kind": "answer", "addressee": None, "answers": question}
    await _add(context, conn, caller, order, said, words, "discrepancy-answered")


async def transfer(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    discrepancy_id: str,
    *,
    note_id: str,
    area: str | None,
    words: str,
) -> Row[Any]:
    """Let another area of the campaign handle the order; None gives it back to the village. Gives
    the order as it stands then."""
    order = await opening.read_order(conn, caller, discrepancy_id, words, lock=True)
    target = None if area in (None, order.village) else known(context.areas, area or "")
    said = {"note_id": note_id, "kind": "transfer", "addressee": target, "answers": None}
    if order.handled_in == target and await notes.find(conn, note_id) is None:
        raise common.refusal(
            "area",
            "handled-there",
            "该核查单本来就由此地办理。",
            "The order is handled there already.",
            409,
        )
    if await _add(context, conn, caller, order, said, words, "discrepancy-transferred"):
        await notes.handle_in(conn, discrepancy_id, target)
    return (await discrepancies.read(conn, [discrepancy_id]))[discrepancy_id]


async def said_of(context: Context, conn: AsyncConnection, discrepancy_id: str) -> list[Note]:
    """What was said about an order that the caller may open."""
    return [
        Note(
            row.note_id,
            row.kind,
            row.answers,
            row.addressee,
            row.account,
            row.at,
            _words(context, row),
        )
        for row in await notes.of_order(conn, discrepancy_id)
    ]


def _sees_it(context: Context, order: Row[Any], area: str) -> None:
    """Refuse an area that the order is not of: nobody there could read the question."""
    places = [order.village, *([order.handled_in] if order.handled_in else [])]
    if not any(context.areas.is_within(place, area) for place in places):
        raise common.refusal(
            "to",
            "asked-elsewhere",
            "该地看不到此核查单，无法答复；如应由该地办理，请转出。",
            "Nobody there sees this order; pass it on, if it is theirs to handle.",
            409,
        )


def _words(context: Context, row: Row[Any]) -> str:
    return str(common.open_fields(context, "order_note", row.note_id, row.sealed)["words"])


async def _add(
    context: Context,
    conn: AsyncConnection,
    caller: Caller,
    order: Row[Any],
    said: Mapping[str, Any],
    words: str,
    action: str,
) -> bool:
    """Keep a note and its row in the audit chain; False when it was kept before. Raises Refusal
    when another note has the id, or the question its answer."""
    sealed = common.seal_own(context, "order_note", said["note_id"], {"words": words})
    place = {"discrepancy_id": order.discrepancy_id, "account": caller.account_id}
    if not await notes.add(conn, {**said, **place, "sealed": sealed}):
        before = await notes.find(conn, said["note_id"])
        if before is None:
            raise common.refusal(
                "question", "answered", "该询问已有答复。", "The question has its answer.", 409
            )
        same = {**said, **place}
        if any(getattr(before, name) != value for name, value in same.items()) or (
            _words(context, before) != words
        ):
            raise common.refusal(
                "note_id",
                "note-id-reused",
                "该编号已用于另一内容。",
                "This id was used for something else.",
                409,
            )
        return False
    detail = {"discrepancy": order.discrepancy_id, "note": said["note_id"]}
    if said["addressee"] is not None:
        detail["to"] = said["addressee"]
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action=action,
        subject_ids=[order.subject_id],
        reason=words if said["kind"] == "transfer" else None,
        detail=detail,
    )
    return True
