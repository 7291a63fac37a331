"""Taking in what capture says of each subject (R73-R76)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.crosscheck import SubjectForMatch
from muster.crosscheck.handlers import common
from muster.crosscheck.store import comparison, subjects, touched
from muster.messaging import outbox
from muster.messaging.message import DONE, Invalid, Message, Outcome, done
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.vocabulary.states import SubjectState

_BAD_SUBJECT = Invalid(
    "subject-differs",
    "消息的键与采集对象编号不一致。",
    "The key of the message is not the subject it speaks of.",
)
_BAD_AREA = Invalid(
    "area-unknown",
    "消息中的行政区划不在本次采集范围内。",
    "An area in the message is not an area of this campaign.",
)
_BAD_CATEGORY = Invalid(
    "category-unknown",
    "消息中的对象类别不在采集方案内。",
    "A category in the message is not in the campaign profile.",
)


async def take_subjects(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep the newest state of each subject, and put on the list whose findings it comes into.

    Each of capture's three topics tells all of a subject's state: the highest revision of the
    standing wins, and of two with one revision the higher version of the record.
    """
    outcomes = [_check(context, message) for message in batch]
    newest = _newest(done(batch, outcomes))
    if not newest:
        return outcomes
    is_open = await comparison.open_for_intake(conn)
    keys = await context.vault.keys_for(conn, newest, create=True)
    kept = [s for s in sorted(newest) if s not in keys.erased]
    changed = await subjects.put(
        conn, [_row(context, keys, subject_id, newest[subject_id]) for subject_id in kept]
    )
    if not changed:
        return outcomes
    # The rows of these subjects are locked now, and their blinds are still the old ones.
    near = await touched.by_subjects(conn, changed) if is_open else set()
    await subjects.put_blinds(
        conn, changed, [row for s in changed for row in _blinds(context, s, newest[s])]
    )
    if is_open:
        near |= await touched.by_subjects(conn, changed)
        await look_again(conn, near)
    return outcomes


async def look_again(conn: AsyncConnection, subject_ids: Collection[str]) -> None:
    """Put subjects on the matcher's list and tell it; say that candidates may have changed."""
    entries = await touched.add(conn, subject_ids)
    await touched.due(conn)
    await outbox.add(
        conn,
        [
            outbox.OutboxItem(topic=common.TOUCHED, key=subject_id, version=entry, ref={})
            for entry, subject_id in entries
        ],
    )


def _newest(taken: Iterable[Message]) -> dict[str, SubjectForMatch]:
    newest: dict[str, SubjectForMatch] = {}
    for message in taken:
        part: SubjectForMatch = message.part
        held = newest.get(message.key)
        if held is None or _place(part) > _place(held):
            newest[message.key] = part
    return newest


def _place(part: SubjectForMatch) -> tuple[int, int]:
    return (part.standing.revision, part.version)


def _row(
    context: Context, keys: DataKeys, subject_id: str, part: SubjectForMatch
) -> dict[str, Any]:
    here = next((e for e in part.standing.entries if e.state is not SubjectState.MOVED_OUT), None)
    return {
        "subject_id": subject_id,
        "revision": part.standing.revision,
        "version": part.version,
        "village": None if here is None else here.village,
        "state": None if here is None else here.state.value,
        "origin": None if here is None else here.origin.value,
        "places": [] if here is None else places(context, here.village),
        "lacking": _lacking(context, part),
        "sealed": None
        if part.record is None
        else context.vault.encrypt_bytes(
            keys[subject_id],
            part.record.model_dump_json().encode(),
            table="subject",
            row=subject_id,
            version=part.standing.revision,
        ),
    }


def places(context: Context, village: str) -> list[str]:
    """A village and all areas above it."""
    return [village, *(area.code for area in context.areas.ancestors(village))]


def _lacking(context: Context, part: SubjectForMatch) -> list[str]:
    """What departments answer for, the record's categories are asked, and the record lacks."""
    if part.record is None or part.version == 0:
        return []
    answered = {field for _, field in common.rules_of(context.profile).answers}
    return [
        field.id
        for field in context.profile.fields_for(part.record.categories)
        if field.id in answered and field.id not in part.record.fields
    ]


def _blinds(context: Context, subject_id: str, part: SubjectForMatch) -> Iterable[dict[str, Any]]:
    for holder, blinds in sorted(part.blinds.items()):
        if holder == common.CAMPAIGN or holder in context.profile.departments:
            yield {"subject_id": subject_id, "holder": holder, **common.plain_blinds(blinds)}


def _check(context: Context, message: Message) -> Outcome:
    part: SubjectForMatch = message.part
    if message.clear.subject_id != message.key:
        return _BAD_SUBJECT
    entries = part.standing.entries
    if not entries or any(entry.village not in context.areas for entry in entries):
        return _BAD_AREA
    known = context.profile.categories.keys()
    if part.record is not None and not known >= set(part.record.categories):
        return _BAD_CATEGORY
    return DONE
