"""What the terminals say of a record version's readings and signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.verification.store.tables import attestation
from muster.vocabulary.states import Attestation


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """One row of ``attestation``."""

    reading: Attestation
    signature: Attestation
    reasons: tuple[str, ...]
    reading_id: str | None
    reading_event: str | None
    signature_id: str | None
    signature_event: str | None


async def put(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was said of record versions, one row per version: the newest word counts."""
    await insert_rows(
        conn,
        attestation,
        rows,
        conflict="ON CONFLICT (subject_id, version) DO UPDATE SET reading = excluded.reading, "
        "signature = excluded.signature, reasons = excluded.reasons, "
        "reading_id = excluded.reading_id, reading_event = excluded.reading_event, "
        "signature_id = excluded.signature_id, signature_event = excluded.signature_event, "
        "sequence = excluded.sequence WHERE attestation.sequence <= excluded.sequence",
    )


COLUMNS = """
    a.reading, a.signature, a.reasons, a.reading_id::text, a.reading_event::text,
    a.signature_id::text, a.signature_event::text
"""
"""Of ``attestation a``, as `attestation_of` reads them; ``reasons`` is JSONB."""


def attestation_of(row: Row[Any]) -> AttestationRow | None:
    """What was said, in a row that has these `COLUMNS`; None where nothing was."""
    if row.reading is None:
        return None
    return AttestationRow(
        Attestation(row.reading),
        Attestation(row.signature),
        tuple(row.reasons),
        row.reading_id,
        row.reading_event,
        row.signature_id,
        row.signature_event,
    )
