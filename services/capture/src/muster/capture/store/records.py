"""Baseline records, record versions, evidence and uploads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.store.tables import (
    baseline_record,
    evidence,
    ledger_entry,
    record_version,
    subject,
    terminal_uploads,
    upload,
)
from muster.persistence.bulk import in_ids, in_texts, insert_rows, sent
from muster.vocabulary.states import ReviewState, SubjectState

Values = Mapping[str, Any]


_BASELINES = select(baseline_record).where(in_ids(baseline_record.c.subject_id, "ids"))


async def baselines(conn: AsyncConnection, subject_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """What was known of these subjects before collection."""
    rows = await conn.execute(_BASELINES, {"ids": sent(subject_ids)})
    return {row.subject_id: row for row in rows}


async def save_baselines(conn: AsyncConnection, rows: Sequence[Values]) -> None:
    """Write baselines; a newer one of the same subject takes the older one's place."""
    await insert_rows(
        conn,
        baseline_record,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET revision = excluded.revision, "
        "source = excluded.source, import_id = excluded.import_id, "
        "row_number = excluded.row_number, sealed = excluded.sealed",
    )


_CURRENT = (subject.c.subject_id == record_version.c.subject_id) & (
    subject.c.current_version == record_version.c.version
)
_NEWEST = select(record_version).join(subject, _CURRENT).where(in_ids(subject.c.subject_id, "ids"))


async def newest(conn: AsyncConnection, subject_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """The current record version of each of these subjects that has one."""
    rows = await conn.execute(_NEWEST, {"ids": sent(subject_ids)})
    return {row.subject_id: row for row in rows}


_VERSIONS = select(record_version).join(
    text("unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS given(sid, ver)"),
    text("given.sid = record_version.subject_id AND given.ver = record_version.version"),
)


async def versions(
    conn: AsyncConnection, wanted: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], Row[Any]]:
    """Record versions by (subject, version)."""
    rows = await conn.execute(
        _VERSIONS, {"ids": [s for s, _ in wanted], "versions": [v for _, v in wanted]}
    )
    return {(row.subject_id, row.version): row for row in rows}


_TAKEN = select(
    record_version.c.record_id, record_version.c.digest, record_version.c.version
).where(in_ids(record_version.c.record_id, "ids"))


async def taken(conn: AsyncConnection, record_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Which of these record ids were accepted before: (digest, version)."""
    rows = await conn.execute(_TAKEN, {"ids": sent(record_ids)})
    return {row.record_id: (row.digest, row.version) for row in rows}


async def add_versions(conn: AsyncConnection, rows: Sequence[Values]) -> None:
    """Add record versions; they never change afterwards but for their review."""
    await insert_rows(conn, record_version, rows)


_REVIEW = text(
    """
    UPDATE record_version SET review_state = given.state, reviewed_at = given.at,
        review_sealed = given.sealed
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:states AS text[]),
        CAST(:at AS timestamptz[]), CAST(:sealed AS text[]))
        AS given(subject_id, version, state, at, sealed)
    WHERE record_version.subject_id = given.subject_id AND record_version.version = given.version
      AND (record_version.reviewed_at IS NULL OR record_version.reviewed_at < given.at)
    """
)


async def save_reviews(
    conn: AsyncConnection,
    reviews: Sequence[tuple[str, int, ReviewState, datetime, str | None]],
) -> None:
    """Set the outcome of reviews: (subject, version, state, at, sealed reasons); newest wins."""
    if reviews:
        ids, numbers, states, moments, sealed = zip(*reviews, strict=True)
        await conn.execute(
            _REVIEW,
            {
                "ids": list(ids),
                "versions": list(numbers),
                "states": [state.value for state in states],
                "at": list(moments),
                "sealed": list(sealed),
            },
        )


_RETURNED = (
    select(record_version, ledger_entry.c.village)
    .join(subject, _CURRENT)
    .join(ledger_entry, ledger_entry.c.subject_id == subject.c.subject_id)
    .where(
        # In the words of the index `record_version_returned`.
        text(f"record_version.review_state = '{ReviewState.RETURNED.value}'"),
        ledger_entry.c.state == SubjectState.COLLECTED.value,
        in_texts(ledger_entry.c.village, "villages"),
    )
    .order_by(ledger_entry.c.village, ledger_entry.c.subject_id)
    .limit(bindparam("limit"))
)
_RETURNED_AFTER = _RETURNED.where(
    text("(ledger_entry.village, ledger_entry.subject_id) > (:village, CAST(:subject AS uuid))")
)


async def returned(
    conn: AsyncConnection, villages: Sequence[str], after: tuple[str, str] | None, limit: int
) -> list[Row[Any]]:
    """Current versions that a reviewer sent back, of persons present in these villages."""
    asked = {"villages": sent(villages), "limit": limit}
    if after is None:
        rows = await conn.execute(_RETURNED, asked)
    else:
        rows = await conn.execute(
            _RETURNED_AFTER, {**asked, "village": after[0], "subject": after[1]}
        )
    return list(rows.all())


_EVIDENCE_OF = select(evidence.c.subject_id, evidence.c.digest, evidence.c.media_type).where(
    in_ids(evidence.c.subject_id, "ids")
)


async def evidence_of(
    conn: AsyncConnection, subject_ids: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Evidence that is here: subject to (digest to media type)."""
    rows = await conn.execute(_EVIDENCE_OF, {"ids": sent(subject_ids)})
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.subject_id, {})[row.digest] = row.media_type
    return found


async def piece(conn: AsyncConnection, subject_id: str, digest: str) -> Row[Any] | None:
    """One piece of evidence with its sealed content."""
    query = select(evidence).where(evidence.c.subject_id == subject_id, evidence.c.digest == digest)
    return (await conn.execute(query)).first()


async def add_evidence(conn: AsyncConnection, rows: Sequence[Values]) -> set[tuple[str, str]]:
    """Keep pieces that are not here yet; gives (subject, digest) of those that were new."""
    written = await insert_rows(
        conn,
        evidence,
        rows,
        conflict="ON CONFLICT (subject_id, digest) DO NOTHING",
        returning=("subject_id", "digest"),
    )
    return {(str(row["subject_id"]), str(row["digest"])) for row in written}


_NEXT_UPLOAD = (
    postgresql.insert(terminal_uploads)
    .values(terminal_id=bindparam("terminal"), uploads=1)
    .on_conflict_do_update(
        index_elements=["terminal_id"], set_={"uploads": terminal_uploads.c.uploads + 1}
    )
    .returning(terminal_uploads.c.uploads)
)


async def next_upload(conn: AsyncConnection, terminal_id: str) -> int:
    """The number of this terminal's next upload; others of the same terminal wait for this one."""
    result = await conn.execute(_NEXT_UPLOAD, {"terminal": terminal_id})
    return int(result.scalar_one())


async def find_upload(conn: AsyncConnection, packet_id: str) -> Row[Any] | None:
    """The upload with that packet id."""
    return (await uploads(conn, [packet_id])).get(packet_id)


_UPLOADS = select(upload).where(in_ids(upload.c.packet_id, "ids"))


async def uploads(conn: AsyncConnection, packet_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Uploads by packet id."""
    rows = await conn.execute(_UPLOADS, {"ids": sent(packet_ids)})
    return {row.packet_id: row for row in rows}


async def add_upload(conn: AsyncConnection, row: Values) -> None:
    """Keep how a packet went."""
    await insert_rows(conn, upload, [row])
