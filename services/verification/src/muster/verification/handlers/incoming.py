"""What capture tells: baselines, records, where people stand, what the terminals attest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.capture import (
    AttestationForReview,
    BaselineForReview,
    RecordForReview,
    StandingForReview,
)
from muster.contracts.parts.capture import Standing as StandingPart
from muster.messaging.message import DONE, Done, Invalid, Message, NotNow, Outcome, done
from muster.runtime.context import Context
from muster.verification.domain.desks import role_of
from muster.verification.handlers import asking, common, sealing
from muster.verification.store import attestations, items, people, waiting
from muster.vocabulary.standing import Entry, Standing, newest

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
_NO_DESK = NotNow("no role serves the review desk that the profile names")

Part = BaselineForReview | RecordForReview | StandingForReview


async def take_baseline(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep the newest baseline of each person beside the record to come (R52, R59)."""
    outcomes = [_check_standing(context, message) for message in batch]
    taken = done(batch, outcomes)
    last: dict[str, Message] = {}
    for message in taken:
        if message.key not in last or message.version > last[message.key].version:
            last[message.key] = message
    await _follow(conn, _standings(taken))
    keys = await context.vault.keys_for(conn, last, create=True)
    rows = []
    for subject_id in sorted(last):
        if subject_id in keys.erased:
            continue
        place = (subject_id, last[subject_id].version)
        part: BaselineForReview = last[subject_id].part
        rows.append(
            {
                "subject_id": subject_id,
                "version": place[1],
                "sealed": sealing.seal_baseline(context, keys, place, part.record),
            }
        )
    await people.put_baselines(conn, rows)
    return outcomes


async def take_standings(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Follow where each person stands; who no longer counts as collected leaves the queue."""
    outcomes = [_check_standing(context, message) for message in batch]
    await _follow(conn, _standings(done(batch, outcomes)))
    return outcomes


async def _follow(conn: AsyncConnection, standings: Mapping[str, Standing]) -> None:
    await people.put_subjects(conn, standings, {})
    await waiting.requeue(conn, standings)


async def take_records(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Queue each record version at its desk (R71) and ask the departments about it (R73).

    A newer version takes an older one's place: nothing is asked about the older one any more.
    """
    outcomes = [_check_record(context, message) for message in batch]
    taken = done(batch, outcomes)
    versions: dict[str, int] = {}
    for message in taken:
        versions[message.key] = max(message.version, versions.get(message.key, 0))
    current = await people.put_subjects(conn, _standings(taken), versions)
    keys = await context.vault.keys_for(conn, versions, create=True)
    enrolled = await asking.enrolled(context, conn)
    arrivals: dict[items.Place, asking.Arrival] = {}
    for message in sorted(taken, key=lambda m: (m.key, m.version)):
        place = (message.key, message.version)
        if message.key in keys.erased or place in arrivals:
            continue
        outdated = message.version < current[message.key]
        arrivals[place] = asking.Arrival(
            place=place,
            village=_village(message.part),
            part=message.part,
            requests=() if outdated else asking.plan(context, message.part, enrolled),
        )
    fresh = await items.put_items(
        conn,
        [
            {
                "subject_id": one.place[0],
                "version": one.place[1],
                "digest": one.part.digest,
                "village": one.village,
                "desk": context.profile.review_desk(one.part.record.categories),
                "collector_id": one.part.collector_id,
                "sealed": sealing.seal_record(context, keys, one.place, one.part),
                "answers": one.answers.value,
            }
            for one in arrivals.values()
        ],
    )
    await waiting.requeue(conn, versions)
    await asking.ask(context, conn, keys, [arrivals[place] for place in sorted(fresh)])
    return outcomes


async def take_attestations(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Outcome]:
    """Keep what the terminals say of each record version, perhaps before the record comes (R58).

    Of two words about one version the later in capture's own order counts, whatever its clock said.
    """
    outcomes: list[Outcome] = [
        DONE if message.clear.subject_id == message.key else common.BAD_SUBJECT for message in batch
    ]
    taken = done(batch, outcomes)
    keys = await context.vault.keys_for(conn, {message.key for message in taken})
    last: dict[items.Place, Message] = {}
    for message in taken:
        place = (message.key, message.version)
        if message.key not in keys.erased and (
            place not in last or last[place].sequence <= message.sequence
        ):
            last[place] = message
    rows = []
    for place in sorted(last):
        part: AttestationForReview = last[place].part
        rows.append(
            {
                "subject_id": place[0],
                "version": place[1],
                "reading": part.reading.value,
                "signature": part.signature.value,
                "reasons": list(part.reasons),
                "sequence": last[place].sequence,
                "reading_id": part.reading_id,
                "reading_event": part.reading_event,
                "signature_id": part.signature_id,
                "signature_event": part.signature_event,
            }
        )
    await attestations.put(conn, rows)
    return outcomes


def _village(part: RecordForReview) -> str:
    return _standing(part.standing).collected_in() or part.standing.entries[-1].village


def _standing(part: StandingPart) -> Standing:
    return Standing(part.revision, tuple(Entry(e.village, e.origin, e.state) for e in part.entries))


def _standings(taken: Iterable[Message]) -> dict[str, Standing]:
    parts: list[tuple[str, Part]] = [(message.key, message.part) for message in taken]
    return newest((key, _standing(part.standing)) for key, part in parts)


def _check_standing(context: Context, message: Message) -> Outcome:
    part: Part = message.part
    if message.clear.subject_id != message.key:
        return common.BAD_SUBJECT
    if not part.standing.entries or any(
        e.village not in context.areas for e in part.standing.entries
    ):
        return _BAD_AREA
    return DONE


def _check_record(context: Context, message: Message) -> Outcome:
    outcome = _check_standing(context, message)
    if not isinstance(outcome, Done):
        return outcome
    part: RecordForReview = message.part
    categories = part.record.categories
    if not categories or not context.profile.categories.keys() >= set(categories):
        return _BAD_CATEGORY
    if role_of(context.profile.review_desk(categories)) is None:
        return _NO_DESK
    return asking.can_ask(context)
