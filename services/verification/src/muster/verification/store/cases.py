"""One person's case, across the tables: a reviewer reads and decides case by case, and each
statement costs as much as one about hundreds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.verification.store import attestations, items
from muster.verification.store.attestations import AttestationRow
from muster.verification.store.items import ItemRow, Place
from muster.verification.store.people import BaselineRow, SubjectRow, standing_of


@dataclass(frozen=True, slots=True)
class Case:
    """A person with a record: its versions, newest first and at least one, and beside them the
    baseline, what the terminals say, by version, and the wrapped data key."""

    subject: SubjectRow
    baseline: BaselineRow | None
    versions: Sequence[ItemRow]
    attested: Mapping[int, AttestationRow]
    wrapped: str | None


_PERSON = "s.revision, s.entries, s.village AS collected_in, s.version AS newest"
_WHOLE = text(
    f"""
    SELECT {_PERSON}, b.version AS baseline_version, b.sealed AS baseline_sealed,
           k.wrapped, {items.COLUMNS}, {attestations.COLUMNS}
    FROM review_subject s
    JOIN review_item i ON i.subject_id = s.subject_id
    LEFT JOIN attestation a ON a.subject_id = i.subject_id AND a.version = i.version
    LEFT JOIN baseline b ON b.subject_id = s.subject_id
    LEFT JOIN subject_key k ON k.subject_id = s.subject_id
    WHERE s.subject_id = CAST(:id AS uuid)
    ORDER BY i.version DESC
    """  # noqa: S608 - SQL of ours
).columns(entries=JSONB, reason_codes=JSONB, reasons=JSONB)
# Both rows, so that what somebody who held them wrote is read when the lock is given.
_LOCKED = text(
    f"""
    SELECT {_PERSON}, {items.COLUMNS}
    FROM review_subject s JOIN review_item i ON i.subject_id = s.subject_id
    WHERE s.subject_id = CAST(:id AS uuid) AND i.version = :version
    FOR UPDATE OF s, i
    """  # noqa: S608 - SQL of ours
).columns(entries=JSONB, reason_codes=JSONB)


async def whole(conn: AsyncConnection, subject_id: str) -> Case | None:
    """All that is kept of a person's record but for the departments; None where there is none."""
    rows = (await conn.execute(_WHOLE, {"id": subject_id})).all()
    if not rows:
        return None
    first = rows[0]
    baseline = None
    if first.baseline_version is not None:
        baseline = BaselineRow(first.baseline_version, first.baseline_sealed)
    attested = {row.version: attestations.attestation_of(row) for row in rows}
    return Case(
        _subject(first),
        baseline,
        [items.item_of(row) for row in rows],
        {version: said for version, said in attested.items() if said is not None},
        first.wrapped,
    )


async def locked(conn: AsyncConnection, place: Place) -> tuple[SubjectRow, ItemRow] | None:
    """A person and one version of their record, held until the transaction ends."""
    row = (await conn.execute(_LOCKED, {"id": place[0], "version": place[1]})).one_or_none()
    return None if row is None else (_subject(row), items.item_of(row))


def _subject(row: Row[Any]) -> SubjectRow:
    return SubjectRow(
        row.subject_id, standing_of(row.revision, row.entries), row.collected_in, row.newest
    )
