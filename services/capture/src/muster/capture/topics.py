"""What capture publishes and what it takes in, as tables.

Loaders read the store for a set of outbox rows: an event is built when it is published, at every
replay anew, and carries the newest standing (the highest revision wins). The cross-check gets all
that is known of a person on each topic, so that the newest state reaches it whatever changed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.standing import Entries
from muster.capture.handlers import attesting, common, devices, matching, missed, reviews
from muster.capture.store import records, subjects
from muster.contracts.envelope import Clear
from muster.contracts.parts.base import Part
from muster.contracts.parts.capture import (
    AttestationForCount,
    BaselineForReview,
    Completion,
    Entry,
    Evidence,
    Record,
    RecordForCount,
    RecordForReview,
    Standing,
    StandingForCount,
    StandingForReview,
    UploadForCount,
)
from muster.contracts.parts.crosscheck import SubjectForMatch
from muster.messaging.message import Event, OutboxRow, Publication, Subscription
from muster.runtime.context import Context
from muster.security import following
from muster.security.vault import DataKeys


class _Subjects:
    """What the loaders need of the subjects of a set of rows, read once."""

    def __init__(
        self, held: Mapping[str, subjects.Row], entries: Mapping[str, Entries], keys: DataKeys
    ) -> None:
        self.held = held
        self._entries = entries
        self.keys = keys

    @classmethod
    async def read(
        cls, context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
    ) -> "_Subjects":
        ids = sorted({row.key for row in rows})
        return cls(
            await subjects.read(conn, ids),
            await subjects.entries(conn, ids),
            await context.vault.keys_for(conn, ids),
        )

    def there(self, subject_id: str) -> bool:
        """False once a subject was erased: its events say that nothing is left to know."""
        return subject_id in self.held and subject_id in self.keys

    def standing(self, subject_id: str) -> Standing:
        return Standing(
            revision=self.held[subject_id].revision,
            entries=tuple(
                Entry(village=entry.village, origin=entry.origin, state=entry.state)
                for entry in self._entries[subject_id]
            ),
        )

    async def for_match(
        self, context: Context, conn: AsyncConnection
    ) -> Mapping[str, SubjectForMatch]:
        """All that the cross-check gets to know of each of these persons."""
        standings = {s: self.standing(s) for s in sorted(self.held) if self.there(s)}
        return await matching.subjects_for_match(context, conn, self.held, standings, self.keys)


def _clear(row: OutboxRow, **more: Any) -> Clear:
    return Clear(
        version=row.version,
        subject_id=row.key,
        county=row.county,
        occurred_at=row.occurred_at,
        **more,
    )


async def load_baselines(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``capture-baseline-imported``: the baseline as it is now, with the standing."""
    about = await _Subjects.read(context, conn, rows)
    stored = await records.baselines(conn, {row.key for row in rows})
    match = await about.for_match(context, conn)
    events = {}
    for row in rows:
        if not about.there(row.key) or row.key not in stored:
            continue
        opened = common.open_baseline(context, about.keys[row.key], stored[row.key])
        standing = about.standing(row.key)
        record = Record(
            form_version=context.profile.form_version,
            categories=tuple(opened["categories"]),
            fields=opened["fields"],
        )
        parts: dict[str, Part] = {
            "verification": BaselineForReview(standing=standing, record=record),
            "crosscheck": match[row.key],
            "reporting": StandingForCount(standing=standing),
        }
        events[row.event_id] = Event(_clear(row), parts)
    return events


async def load_records(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``capture-record-submitted``: that very version of the record, with the newest standing."""
    about = await _Subjects.read(context, conn, rows)
    stored = await records.versions(conn, [(row.key, row.version) for row in rows])
    match = await about.for_match(context, conn)
    events = {}
    for row in rows:
        version = stored.get((row.key, row.version))
        if version is None or not about.there(row.key):
            continue
        opened = common.open_record(context, about.keys[row.key], version)
        standing = about.standing(row.key)
        parts: dict[str, Part] = {
            "verification": _for_review(version, opened, standing),
            "crosscheck": match[row.key],
            "reporting": RecordForCount(
                standing=standing,
                categories=tuple(opened["record"]["categories"]),
                collected_at=version.collected_at,
            ),
        }
        sender = version.terminal_id if version.completed_by is None else None
        clear = _clear(row, terminal_id=sender, digest=version.digest)
        events[row.event_id] = Event(clear, parts)
    return events


def _for_review(version: Any, opened: Mapping[str, Any], standing: Standing) -> RecordForReview:
    return RecordForReview(
        standing=standing,
        record_id=version.record_id,
        record=Record.model_validate(opened["record"]),
        provenance=opened["provenance"],
        evidence=tuple(Evidence.model_validate(piece) for piece in opened["evidence"]),
        signed_digest=opened["signature"]["digest"],
        signature_kind=opened["signature"]["kind"],
        # Records from before these were taken have neither.
        signer=opened["signature"].get("signer"),
        interpreter=opened.get("interpreter"),
        collector_id=version.collector_id,
        collected_at=version.collected_at,
        corrects_version=version.corrects_version,
        completion=_completion(version.digest, opened.get("completion")),
        # A reading from before it was asked for has none.
        typed_over=(opened.get("reading") or {}).get("typed_over") or None,
    )


def _completion(digest: str, made: Mapping[str, Any] | None) -> Completion | None:
    if made is None:
        return None
    return Completion(
        digest=digest,
        by=made["by"],
        at=made["at"],
        reason=made["asked"]["reason"],
        signed_version=made["signed_version"],
        unsigned=made["unsigned"],
    )


async def load_standings(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``capture-subject-status-changed``: where each person stands now."""
    about = await _Subjects.read(context, conn, rows)
    match = await about.for_match(context, conn)
    events = {}
    for row in rows:
        if about.there(row.key):
            standing = about.standing(row.key)
            parts: dict[str, Part] = {
                "verification": StandingForReview(standing=standing),
                "crosscheck": match[row.key],
                "reporting": StandingForCount(standing=standing),
            }
            events[row.event_id] = Event(_clear(row), parts)
    return events


async def load_attestations(
    context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``capture-record-attested``: how that version of the record stands with its claims now."""
    about = await _Subjects.read(context, conn, rows)
    parts = await attesting.parts(conn, {(row.key, row.version) for row in rows})
    events = {}
    for row in rows:
        place = (row.key, row.version)
        if about.there(row.key) and place in parts:
            said = parts[place]
            count = AttestationForCount(reading=said.reading, signature=said.signature)
            events[row.event_id] = Event(_clear(row), {"verification": said, "reporting": count})
    return events


async def load_uploads(
    _context: Context, conn: AsyncConnection, rows: Sequence[OutboxRow]
) -> dict[str, Event]:
    """``capture-upload-received``: how one packet went."""
    stored = await records.uploads(conn, [row.ref["packet_id"] for row in rows])
    events = {}
    for row in rows:
        found = stored.get(row.ref["packet_id"])
        if found is None:
            continue
        clear = Clear(
            version=row.version,
            terminal_id=row.key,
            county=row.county,
            occurred_at=row.occurred_at,
        )
        part = UploadForCount(
            area=found.area,
            accepted=found.accepted,
            refused=found.refused,
            received_at=found.received_at,
        )
        events[row.event_id] = Event(clear, {"reporting": part})
    return events


PUBLICATIONS = (
    Publication(common.BASELINE_IMPORTED, load_baselines),
    Publication(common.RECORD_SUBMITTED, load_records),
    Publication(common.RECORD_ATTESTED, load_attestations),
    Publication(common.STATUS_CHANGED, load_standings),
    Publication(common.UPLOAD_RECEIVED, load_uploads),
)

SUBSCRIPTIONS = (
    *following.SUBSCRIPTIONS,
    Subscription("verification-record-verified", reviews.take_verified),
    Subscription("verification-record-returned", reviews.take_returned),
    Subscription("device-card-read", devices.take_card_read),
    Subscription("device-signature-captured", devices.take_signature),
    Subscription("crosscheck-subject-missed", missed.take_missed),
)
