"""What reporting does with what it hears.

Everything heard carries full state, so order, doubles and replays do not matter: of a person the
highest revision, record version and review count, each by itself; of a work order and of a terminal
the highest version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.capture import (
    AttestationForCount,
    RecordForCount,
    StandingForCount,
    UploadForCount,
)
from muster.contracts.parts.capture import Standing as StandingPart
from muster.contracts.parts.crosscheck import DiscrepancyForCount
from muster.contracts.parts.device import DeviceStatus
from muster.contracts.parts.verification import ReviewForCount
from muster.messaging.message import DONE, Invalid, Message, Outcome, done
from muster.reporting.domain import balance, problems
from muster.reporting.domain.balance import Counts
from muster.reporting.domain.days import DayCounts, day_of
from muster.reporting.domain.waiting import Attested, Review
from muster.reporting.store import changes, counted, days, reported
from muster.runtime.context import Context
from muster.vocabulary.ages import AgeBounds
from muster.vocabulary.standing import Entry, Standing, newest
from muster.vocabulary.states import AreaLevel, Attestation, ReviewState

_BAD_SUBJECT = Invalid(
    "subject-differs",
    "消息的键与采集对象编号不一致。",
    "The key of the message is not the subject it speaks of.",
)
_BAD_TERMINAL = Invalid(
    "terminal-differs",
    "消息的键与采集端编号不一致。",
    "The key of the message is not the terminal it speaks of.",
)
_BAD_AREA = Invalid(
    "area-unknown",
    "消息中的行政区划不在本次采集范围内。",
    "An area in the message is not an area of this campaign.",
)
_BAD_OUTCOME = Invalid(
    "outcome-unknown",
    "复核结论只能是通过或退回。",
    "A review verifies or returns.",
)
_BAD_COUNT = Invalid(
    "count-negative",
    "上传条数不得为负数。",
    "An upload has no negative counts.",
)
_BAD_PROBLEM = Invalid(
    "discrepancy-differs",
    "消息的键与问题单编号不一致。",
    "The key of the message is not the work order it speaks of.",
)
_BAD_WAITING = Invalid(
    "count-negative",
    "待发送条数不得为负数。",
    "No fewer than no events wait.",
)
_BAD_WORDS = Invalid(
    "text-unreadable",
    "读卡设备名称、状态或软件版本为空、过长或含有不可显示的字符。",
    "A name or state of a reader, or the software, is empty, too long or not printable.",
)
_LONGEST = 200
"""Characters of a reader's name or state; drivers give shorter ones."""


async def take_standings(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow where people stand, from the baseline on (design section 5, rule 8)."""
    outcomes = [_check_standing(context, message) for message in batch]
    taken = done(batch, outcomes)
    await counted.put_standings(conn, _standings(taken))
    await _note(context, conn, _villages(taken))
    return outcomes


async def take_records(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Count records: a newer version of a reviewed one counts as submitted again."""
    outcomes = [_check_standing(context, message) for message in batch]
    taken = done(batch, outcomes)
    last = {message.key: message for message in _highest(taken)}
    await counted.put_standings(conn, _standings(taken))
    await counted.put_versions(
        conn,
        {key: (message.version, message.part.collected_at) for key, message in last.items()},
    )
    await counted.put_categories(conn, await _seal_categories(context, conn, last))
    await _note(context, conn, _villages(taken))
    return outcomes


async def take_reviews(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Count outcomes of reviews."""
    outcomes = [_check_review(context, message) for message in batch]
    taken = done(batch, outcomes)
    parts: list[tuple[Message, ReviewForCount]] = [(m, m.part) for m in taken]
    last: dict[str, Review] = {}
    for message, part in parts:
        if message.key not in last or message.version > last[message.key].version:
            last[message.key] = Review(message.version, part.outcome, part.reviewed_at)
    await counted.put_reviews(conn, last)
    await counted.put_returned(
        conn, {m.key for m, part in parts if part.outcome is ReviewState.RETURNED}
    )
    await _note(context, conn, {part.village for _, part in parts})
    return outcomes


async def take_attestations(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Count whose record its terminal does not attest (R58), also when this comes before the
    record. Of two words about one version the later in capture's own order counts."""
    outcomes: list[Outcome] = [
        DONE if message.clear.subject_id == message.key else _BAD_SUBJECT for message in batch
    ]
    last: dict[str, Attested] = {}
    for message in done(batch, outcomes):
        part: AttestationForCount = message.part
        said = Attested(
            message.version,
            message.sequence,
            Attestation.FLAGGED in (part.reading, part.signature),
        )
        held = last.get(message.key)
        if held is None or (held.version, held.sequence) <= (said.version, said.sequence):
            last[message.key] = said
    await counted.put_attested(conn, last)
    await _note(context, conn, await counted.villages_of(conn, last))
    return outcomes


async def take_uploads(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Note when which area uploaded, and how it went (R68)."""
    outcomes = [_check_upload(context, message) for message in batch]
    parts: list[tuple[Message, UploadForCount]] = [(m, m.part) for m in done(batch, outcomes)]
    await counted.put_uploads(
        conn,
        [
            {
                "event_id": message.event_id,
                "terminal_id": message.key,
                "area": part.area,
                "accepted": part.accepted,
                "refused": part.refused,
                "received_at": part.received_at,
            }
            for message, part in parts
        ],
    )
    await _note(context, conn, {part.area for _, part in parts})
    return outcomes


async def take_problems(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow work orders as they open, close and open again (R75, R76).

    Which of the two topics said it does not matter: both say how the order stands.
    """
    outcomes = [_check_problem(context, message) for message in batch]
    parts: list[tuple[Message, DiscrepancyForCount]] = [
        (m, m.part) for m in _highest(done(batch, outcomes))
    ]
    await reported.put_problems(
        conn,
        [
            {
                "discrepancy_id": message.key,
                "version": message.version,
                "kind": part.kind.value,
                "village": part.village,
                "opened_at": part.opened_at,
                "closed_at": part.closed_at,
            }
            for message, part in parts
        ],
    )
    await _note(context, conn, {part.village for _, part in parts})
    return outcomes


async def take_devices(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow how the devices of each terminal are (R60)."""
    outcomes = [_check_device(context, message) for message in batch]
    parts: list[tuple[Message, DeviceStatus]] = [
        (m, m.part) for m in _highest(done(batch, outcomes))
    ]
    await reported.put_devices(
        conn,
        [
            {
                "terminal_id": message.key,
                "version": message.version,
                "county": message.clear.county,
                "readers": part.readers,
                "waiting": part.waiting,
                "software": part.software,
                "at": part.at,
            }
            for message, part in parts
        ],
    )
    return outcomes


async def _seal_categories(
    context: Context, conn: AsyncConnection, last: Mapping[str, Message]
) -> list[dict[str, object]]:
    keys = await context.vault.keys_for(conn, last, create=True)
    rows: list[dict[str, object]] = []
    for subject_id in sorted(last.keys() - keys.erased):
        message = last[subject_id]
        part: RecordForCount = message.part
        rows.append(
            {
                "subject_id": subject_id,
                "version": message.version,
                "sealed": context.vault.encrypt(
                    keys[subject_id],
                    {"categories": list(part.categories)},
                    table="subject_category",
                    row=subject_id,
                    version=message.version,
                ),
            }
        )
    return rows


async def count_categories(
    context: Context, conn: AsyncConnection, villages: Sequence[str]
) -> dict[str, dict[str, int]]:
    """How many collected people of each village have each category: village, category, count."""
    found: dict[str, dict[str, int]] = {}
    async for rows in counted.categories(conn, villages):
        keys = await context.vault.keys_for(conn, {row.subject_id for row in rows})
        for row in rows:
            if row.subject_id not in keys:
                continue
            opened = context.vault.decrypt(
                keys[row.subject_id],
                row.sealed,
                table="subject_category",
                row=row.subject_id,
                version=row.version,
            )
            held = found.setdefault(row.village, {})
            for category in opened["categories"]:
                held[category] = held.get(category, 0) + 1
    return found


async def count_days(context: Context) -> None:
    """Keep how every area stands today: a row for each that changed since it was counted last.

    One transaction: what was not committed comes to nothing, and the next turn does it again.
    """
    now = datetime.now(UTC)
    async with context.database.transaction() as conn:
        if not await days.alone(conn):
            return
        await changes.forget(conn)
        held = await days.newest(conn)
        stands = await _stands(context, conn, now)
        nothing = DayCounts()
        changed = {
            area: stands.get(area, nothing)
            for area in stands.keys() | held.keys()
            if stands.get(area, nothing) != held.get(area, nothing)
        }
        await days.put(conn, day_of(now), now, changed)


async def _stands(context: Context, conn: AsyncConnection, now: datetime) -> dict[str, DayCounts]:
    """How every area that has anything to count stands now."""
    codes = [area.code for area in context.areas]
    totals = balance.by_area(await counted.tallies(conn, codes), context.areas)
    orders = problems.by_area(
        await reported.problem_tallies(conn, codes, AgeBounds.at(now)), context.areas
    )
    return {
        area: DayCounts.of(
            totals.get(area, Counts()), orders[area].open.total() if area in orders else 0
        )
        for area in totals.keys() | orders.keys()
    }


async def _note(context: Context, conn: AsyncConnection, areas: Iterable[str]) -> None:
    """Tell who looks that figures of these areas change: by township, and of a zone that has none
    by itself."""
    places = {balance.place_at(context.areas, AreaLevel.TOWNSHIP, area) for area in areas}
    await changes.note(conn, places)


def _villages(taken: Iterable[Message]) -> set[str]:
    return {entry.village for message in taken for entry in message.part.standing.entries}


def _standing(part: StandingPart) -> Standing:
    return Standing(part.revision, tuple(Entry(e.village, e.origin, e.state) for e in part.entries))


def _standings(taken: Iterable[Message]) -> dict[str, Standing]:
    parts: list[tuple[str, StandingForCount | RecordForCount]] = [
        (message.key, message.part) for message in taken
    ]
    return newest((key, _standing(part.standing)) for key, part in parts)


def _highest(taken: Iterable[Message]) -> list[Message]:
    """The message of the highest version of each key, in order of key."""
    held: dict[str, Message] = {}
    for message in taken:
        if message.key not in held or message.version > held[message.key].version:
            held[message.key] = message
    return [held[key] for key in sorted(held)]


def _check_standing(context: Context, message: Message) -> Outcome:
    part: StandingForCount | RecordForCount = message.part
    if message.clear.subject_id != message.key:
        return _BAD_SUBJECT
    if not part.standing.entries or any(
        e.village not in context.areas for e in part.standing.entries
    ):
        return _BAD_AREA
    return DONE


def _check_review(context: Context, message: Message) -> Outcome:
    part: ReviewForCount = message.part
    if message.clear.subject_id != message.key:
        return _BAD_SUBJECT
    if part.outcome is ReviewState.SUBMITTED:
        return _BAD_OUTCOME
    if part.village not in context.areas:
        return _BAD_AREA
    return DONE


def _check_upload(context: Context, message: Message) -> Outcome:
    part: UploadForCount = message.part
    if message.clear.terminal_id != message.key:
        return _BAD_TERMINAL
    if part.area not in context.areas:
        return _BAD_AREA
    if part.accepted < 0 or part.refused < 0:
        return _BAD_COUNT
    return DONE


def _check_problem(context: Context, message: Message) -> Outcome:
    part: DiscrepancyForCount = message.part
    if part.discrepancy_id != message.key:
        return _BAD_PROBLEM
    if part.village not in context.areas:
        return _BAD_AREA
    return DONE


def _check_device(context: Context, message: Message) -> Outcome:
    part: DeviceStatus = message.part
    if message.clear.terminal_id != message.key:
        return _BAD_TERMINAL
    if message.clear.county is not None and message.clear.county not in context.areas:
        return _BAD_AREA
    if part.waiting < 0:
        return _BAD_WAITING
    words = (*part.readers, *part.readers.values(), part.software)
    if not all(0 < len(word) <= _LONGEST and word.isprintable() for word in words):
        return _BAD_WORDS
    return DONE
