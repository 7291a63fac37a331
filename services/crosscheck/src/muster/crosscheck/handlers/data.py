"""Taking in what departments supply: parts, until an extract adds up and takes effect (R74, R91).

An extract is refused as a whole, with the rule, and then nothing of it stays; the department's
former extract goes on standing. That is no dead letter: the department reads it and sends anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.crosscheck import Blinds, DepartmentData, DepartmentRow, Manifest
from muster.crosscheck.domain import died, extract
from muster.crosscheck.handlers import areas, common, destinations
from muster.crosscheck.handlers.subjects import look_again
from muster.crosscheck.store import comparison, extracts, reveals, touched
from muster.messaging.message import DONE, Invalid, Message, Outcome
from muster.observability.logging import get_logger
from muster.runtime.context import Context
from muster.security import digests, matching

_log = get_logger("muster.crosscheck")

_CODE = re.compile(r"[A-Za-z0-9._/-]{1,512}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_BAD_KEY = Invalid(
    "extract-differs",
    "消息的键与数据批次编号不一致。",
    "The key of the message is not the extract it is part of.",
)
_BAD_DEPARTMENT = Invalid(
    "department-unknown",
    "采集方案中没有该部门，或该批次属于其他部门。",
    "The profile has no such department, or the extract is another department's.",
)


class _DoesNotAddUp(Exception):  # noqa: N818 - ends the savepoint in which rows were replaced
    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


async def take_data(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep parts of extracts; the one that completes an extract makes it the department's."""
    found: dict[str, Outcome] = {}
    by_extract: dict[str, list[Message]] = {}
    for message in batch:
        outcome = _check(context, message)
        found[message.event_id] = outcome
        if outcome is DONE:
            by_extract.setdefault(message.key, []).append(message)
    is_open = await comparison.open_for_intake(conn)
    for extract_id in sorted(by_extract):
        messages = by_extract[extract_id]
        parts = [message.part for message in messages]
        if not await _take_parts(context, conn, parts, _department(messages[0]), is_open):
            found.update({message.event_id: _BAD_DEPARTMENT for message in messages})
    return [found[message.event_id] for message in batch]


def _department(message: Message) -> str:
    return message.topic.removeprefix(common.DEPARTMENT_DATA)


def _check(context: Context, message: Message) -> Outcome:
    part: DepartmentData = message.part
    if part.extract_id != message.key:
        return _BAD_KEY
    if _department(message) not in context.profile.departments:
        return _BAD_DEPARTMENT
    return DONE


async def _take_parts(
    context: Context,
    conn: AsyncConnection,
    parts: Sequence[DepartmentData],
    department: str,
    is_open: bool,
) -> bool:
    """Keep parts of one extract; False when it is another department's."""
    first = parts[0]
    held = await extracts.begin(
        conn,
        {
            "extract_id": first.extract_id,
            "department": department,
            "mode": first.mode,
            "made_at": first.made_at,
            "state": "arriving",
        },
    )
    if held.department != department:
        return False
    if held.state != "arriving":
        return True  # it is settled, and what comes again or late changes nothing
    rule = await _keep(context, conn, held, parts)
    if rule is None:
        rule = await _complete(context, conn, held, is_open)
    if rule is not None:
        await extracts.settle(conn, first.extract_id, "refused", rule, common.now())
        _log.warning("an extract is refused", department=department, rule=rule)
    return True


async def _keep(
    context: Context, conn: AsyncConnection, held: Any, parts: Sequence[DepartmentData]
) -> str | None:
    """Keep parts as they came; gives the rule by which one of them spoils the extract."""
    rows: list[dict[str, Any]] = []
    mode = context.profile.departments[held.department].mode
    for part in parts:
        rule = _spoils(part, held, mode)
        if rule is not None:
            return rule
        digest = _digest(part)
        if digest is None:
            return "part-shape"
        rows.append(
            {
                "extract_id": part.extract_id,
                "number": part.number,
                "digest": digest,
                "rows": len(part.rows),
                "sealed": common.seal_own(
                    context,
                    "extract_part",
                    _place(part.extract_id, part.number),
                    part.model_dump_json().encode(),
                ),
            }
        )
    await extracts.add_parts(conn, rows)
    here = await extracts.held(conn, held.extract_id)
    if any(here[row["number"]][0] != row["digest"] for row in rows):
        return "part-differs"
    return None


def _place(extract_id: str, number: int) -> str:
    return f"{extract_id}/{number}"


def _digest(part: DepartmentData) -> str | None:
    try:
        return matching.part_digest(part)
    except ValueError:
        return None


def _spoils(part: DepartmentData, held: Any, mode: str) -> str | None:
    if part.mode != mode:
        return "mode-differs"
    if part.made_at != held.made_at:
        return "part-differs"
    if extract.made_ahead(part.made_at, common.now()):
        return "made-ahead"
    shapes = [(row.fields is not None, row.campaign is not None) for row in part.rows]
    listed = None if part.manifest is None else part.manifest.rows
    if not extract.well_formed(number=part.number, listed=listed, mode=mode, rows=shapes):
        return "part-shape"
    if not all(map(_codes_only, part.rows)):
        return "part-shape"
    return None


def _codes_only(row: DepartmentRow) -> bool:
    """Whether blinds are blinds: what is no keyed code must not come to stand in clear columns."""
    for blinds in (row.blinds, row.campaign or row.blinds):
        if not all(_FIELD.fullmatch(name) for name in blinds.fields):
            return False
        if not all(map(_CODE.fullmatch, _codes(blinds))):
            return False
    return True


def _codes(blinds: Blinds) -> Iterable[str]:
    yield from (code for code in (blinds.number, blinds.name_birth) if code is not None)
    for codes in blinds.fields.values():
        yield from codes


async def _complete(
    context: Context, conn: AsyncConnection, held: Any, is_open: bool
) -> str | None:
    """Make the extract the department's if all of it is here; gives the rule it breaks."""
    here = await extracts.held(conn, held.extract_id)
    if 0 not in here:
        return None
    manifest = (await _open(context, conn, held.extract_id, 0)).manifest
    assert manifest is not None
    await extracts.note_manifest(conn, held.extract_id, manifest.rows, len(manifest.parts))
    counts = {number: rows for number, (_, rows) in here.items()}
    verdict = extract.complete(counts, len(manifest.parts), manifest.rows)
    if isinstance(verdict, str):
        return verdict
    if not verdict:
        return None
    former = await extracts.current(conn, held.department)
    before = None if former is None else _place_in_time(former)
    if not extract.newer(_place_in_time(held), before):
        await extracts.settle(conn, held.extract_id, "outdated", None, common.now())
        return None
    try:
        async with conn.begin_nested():
            near = await _replace(context, conn, held, manifest, is_open)
    except _DoesNotAddUp as error:
        return error.rule
    await extracts.settle(conn, held.extract_id, "current", None, common.now())
    if near is not None:
        await look_again(conn, near)
    return None


def _place_in_time(held: Any) -> tuple[datetime, datetime, str]:
    counts_from = extract.counts_from(held.made_at, held.first_seen_at)
    return (counts_from, held.made_at, held.extract_id)


async def _open(
    context: Context, conn: AsyncConnection, extract_id: str, number: int
) -> DepartmentData:
    sealed = await extracts.part(conn, extract_id, number)
    plain = common.open_own(context, "extract_part", _place(extract_id, number), sealed)
    return DepartmentData.model_validate_json(plain)


async def _replace(
    context: Context, conn: AsyncConnection, held: Any, manifest: Manifest, is_open: bool
) -> set[str] | None:
    """Put the extract's rows in place of the former ones, part by part; gives whose findings that
    comes into, or None before the comparison phase."""
    department = held.department
    near = await touched.by_rows(conn, department) if is_open else set()
    opened = await reveals.shown(conn, department)
    await extracts.remove(conn, department, common.now())
    for number, digest in enumerate(manifest.parts, start=1):
        part = await _open(context, conn, held.extract_id, number)
        # In the suite that the manifest names: the digest that was kept is in the default one.
        if matching.part_digest(part, digests.parse(digest)[0]) != digest:
            raise _DoesNotAddUp("digest-differs")
        rows = [_row(context, department, row) for row in part.rows]
        if await extracts.add_rows(conn, rows) != len(rows):
            raise _DoesNotAddUp("row-twice")
    await reveals.forget_changed(conn, department, opened)
    if not is_open:
        return None
    return near | await touched.by_rows(conn, department)


def _row(context: Context, department: str, row: DepartmentRow) -> dict[str, Any]:
    fields: Mapping[str, Any] = row.fields or {}
    died_on = fields.get(common.DIED_ON)
    return {
        "department": department,
        "row_id": row.row_id,
        "area": areas.place(context.areas, row.area),
        **common.plain_blinds(row.blinds),
        "campaign_number": None if row.campaign is None else row.campaign.number,
        "died": died.died(died_on, context.profile.standard_time)
        if isinstance(died_on, str)
        else None,
        "moved_to": destinations.read(context.areas, fields.get(common.MOVED_TO)),
        "sealed": None
        if row.fields is None
        else common.seal_own(
            context, "department_row", f"{department}/{row.row_id}", {"fields": row.fields}
        ),
    }
