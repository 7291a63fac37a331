"""What several handlers need: ids of the fields that capture itself reads, sealing, events."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson

from muster.capture.domain.standing import Entries, present
from muster.messaging.outbox import OutboxItem
from muster.runtime.context import Context
from muster.security import blinds, boxes
from muster.security.vault import DataKey
from muster.vocabulary import resident_number

NAME = "name"
NUMBER = "resident_number"
VILLAGE = "household_area"
"""The three fields without which nobody can be listed, found or counted. Every profile has them."""

BASELINE_IMPORTED = "capture-baseline-imported"
RECORD_SUBMITTED = "capture-record-submitted"
RECORD_ATTESTED = "capture-record-attested"
STATUS_CHANGED = "capture-subject-status-changed"
UPLOAD_RECEIVED = "capture-upload-received"

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHINA = timezone(timedelta(hours=8))


def now() -> datetime:
    """The moment, with its offset."""
    return datetime.now(UTC)


def today() -> date:
    """The day where the campaign is; dates on papers are of that calendar."""
    return datetime.now(_CHINA).date()


def index_of(context: Context, number: object) -> str | None:
    """Code of a resident number in capture's own look-up; None when it is none."""
    if not isinstance(number, str):
        return None
    try:
        return blinds.number_index(context.keyring.current("index/capture"), number)
    except resident_number.NumberError:
        return None


def seal_own(context: Context, table: str, row: str, content: Mapping[str, Any]) -> str:
    """Seal what belongs to no subject yet, under the service's own key."""
    key = context.keyring.current("kek/capture")
    return boxes.seal(key, orjson.dumps(content), _own_place(table, row))


def open_own(context: Context, table: str, row: str, sealed: str) -> dict[str, Any]:
    """Open what `seal_own` sealed for the same row."""
    opened: dict[str, Any] = orjson.loads(
        boxes.open_box(sealed, context.keyring, _own_place(table, row))
    )
    return opened


def _own_place(table: str, row: str) -> dict[str, str | int]:
    return {"service": "capture", "use": "own", "table": table, "row": row}


def open_baseline(context: Context, key: DataKey, row: Any) -> dict[str, Any]:
    """Categories and fields of a stored baseline row."""
    return context.vault.decrypt(
        key, row.sealed, table="baseline_record", row=row.subject_id, version=row.revision
    )


def open_record(context: Context, key: DataKey, row: Any) -> dict[str, Any]:
    """Record, provenance, evidence, salt and signature of a stored record version."""
    return context.vault.decrypt(
        key, row.sealed, table="record_version", row=row.subject_id, version=row.version
    )


def open_review(context: Context, key: DataKey, row: Any) -> list[dict[str, Any]]:
    """Reasons with which a record version went back; empty when it did not."""
    if row.review_sealed is None:
        return []
    opened = context.vault.decrypt(
        key, row.review_sealed, table="record_review", row=row.subject_id, version=row.version
    )
    reasons: list[dict[str, Any]] = opened["reasons"]
    return reasons


def county(context: Context, entries: Entries) -> str:
    """The county that may be seen on a topic: where the person is, or was last."""
    here = present(entries) or entries[0]
    return context.areas.county_of(here.village)


def dump(content: Mapping[str, Any]) -> bytes:
    """JSON of content that is sealed and never digested: it may hold any number."""
    return orjson.dumps(content)


def subject_event(
    context: Context, topic: str, subject_id: str, version: int, entries: Entries
) -> OutboxItem:
    """A fact about one subject; the relay reads its content from the store."""
    return OutboxItem(
        topic=topic,
        key=subject_id,
        version=version,
        ref={"subject_id": subject_id, "version": version},
        county=county(context, entries),
    )


def villages_of(context: Context, area: str) -> tuple[str, ...]:
    """Codes of what has nothing below it, at and below an area: where entries stand."""
    return tuple(leaf.code for leaf in context.areas.leaves(area))


def is_inside(context: Context, code: str) -> bool:
    """Whether an area belongs to the campaign."""
    return context.areas.is_within(code, context.areas.root.code)


def is_village(context: Context, code: str) -> bool:
    """Whether persons can stand there: inside the campaign, with nothing below."""
    return is_inside(context, code) and not context.areas.children(code)
