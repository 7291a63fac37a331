"""What the terminals say of a record version's readings and signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.verification.store.items import Place
from muster.verification.store.tables import attestation
from muster.vocabulary.states import Attestation


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """One row of ``attestation``."""

    reading: Attestation
    signature: Attestation
    reasons: tuple[str, ...]


async def put(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was said of record versions, one row per version: the newest word counts."""
    await insert_rows(
        conn,
        attestation,
        rows,
        conflict="ON CONFLICT (subject_id, version) DO UPDATE SET reading = excluded.reading, "
        "signature = excluded.signature, reasons = excluded.reasons, "
        "sequence = excluded.sequence WHERE attestation.sequence <= excluded.sequence",
    )


_AT = text(
    """
    SELECT reading, signature, reasons FROM attestation
    WHERE subject_id = CAST(:id AS uuid) AND version = :version
    """
).columns(reasons=JSONB)


async def at(conn: AsyncConnection, place: Place) -> AttestationRow | None:
    """What was said of one record version; None while nothing was."""
    row = (await conn.execute(_AT, {"id": place[0], "version": place[1]})).one_or_none()
    if row is None:
        return None
    return AttestationRow(Attestation(row.reading), Attestation(row.signature), tuple(row.reasons))
