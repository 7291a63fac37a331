"""Record versions and their review: the items, the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.verification.domain.answers import Answers
from muster.verification.store.tables import review_item
from muster.vocabulary.states import ReviewState

Place = tuple[str, int]
"""A person and a record version."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One row of ``review_item``."""

    subject_id: str
    version: int
    digest: str
    village: str
    desk: str
    state: ReviewState
    collector_id: str
    sealed: str
    received_at: datetime
    reviewed_at: datetime | None
    reviewer_id: str | None
    reason_codes: tuple[str, ...]
    reasons_sealed: str | None
    answers: Answers

    @property
    def place(self) -> Place:
        return self.subject_id, self.version

    @property
    def passed(self) -> bool:
        """A reviewer confirmed it, and it is not verified yet: answers are awaited, or one that
        came later contradicts or confirms nothing."""
        return self.state is ReviewState.SUBMITTED and self.reviewed_at is not None


async def put_items(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> set[Place]:
    """Keep record versions; one that is there already stays as it is, with its review.

    Gives the places of those that were not there yet.
    """
    written = await insert_rows(
        conn,
        review_item,
        rows,
        conflict="ON CONFLICT (subject_id, version) DO NOTHING",
        returning=("subject_id", "version"),
    )
    return {(str(row["subject_id"]), int(row["version"])) for row in written}


COLUMNS = """
    i.subject_id::text, i.version, i.digest, i.village, i.desk, i.state, i.collector_id::text,
    i.sealed, i.received_at, i.reviewed_at, i.reviewer_id::text, i.reason_codes, i.reasons_sealed,
    i.answers
"""
"""Of ``review_item i``, as `item_of` reads them; ``reason_codes`` is JSONB."""
_NAMES = tuple(field.name for field in fields(ItemRow))
_ITEM = f"SELECT {COLUMNS} FROM review_item i "  # noqa: S608 - SQL of ours
_ITEMS_AT = text(
    _ITEM
    + """
    JOIN unnest(CAST(:subjects AS uuid[]), CAST(:versions AS bigint[])) AS wanted(s, v)
        ON i.subject_id = wanted.s AND i.version = wanted.v
    """
).columns(reason_codes=JSONB)
_UNDECIDED = text(
    _ITEM
    + """
    JOIN review_subject s ON s.subject_id = i.subject_id AND s.version = i.version
    WHERE i.subject_id = ANY(CAST(:ids AS uuid[])) AND i.state = 'submitted'
    ORDER BY i.subject_id
    """
).columns(reason_codes=JSONB)


def item_of(row: Row[Any]) -> ItemRow:
    """The item in a row that has its `COLUMNS`, and perhaps others."""
    values = {name: row._mapping[name] for name in _NAMES}
    values["state"] = ReviewState(row.state)
    values["reason_codes"] = tuple(row.reason_codes)
    values["answers"] = Answers(row.answers)
    return ItemRow(**values)


async def at(conn: AsyncConnection, places: Collection[Place]) -> list[ItemRow]:
    """The record versions at these places; absent ones are left out."""
    wanted = sorted(set(places))
    rows = await conn.execute(
        _ITEMS_AT, {"subjects": [p[0] for p in wanted], "versions": [p[1] for p in wanted]}
    )
    return [item_of(row) for row in rows]


async def undecided(conn: AsyncConnection, subject_ids: Collection[str]) -> list[ItemRow]:
    """Of these people the newest version, where it has no outcome yet; in order of id."""
    rows = await conn.execute(_UNDECIDED, {"ids": sorted(set(subject_ids))})
    return [item_of(row) for row in rows]


# What is decided waits no more, and nobody needs to be kept from it.
_DECIDE = text(
    f"""
    WITH looked AS (DELETE FROM review_claim WHERE subject_id = CAST(:id AS uuid))
    UPDATE review_item i SET state = :state, village = :village, reviewer_id = CAST(:by AS uuid),
        reviewed_at = now(), reason_codes = CAST(:codes AS jsonb), reasons_sealed = :reasons,
        answers = :answers, waits_in = NULL
    WHERE subject_id = CAST(:id AS uuid) AND version = :version
    RETURNING {COLUMNS}
    """  # noqa: S608 - SQL of ours
).columns(reason_codes=JSONB)


async def decide(
    conn: AsyncConnection,
    *,
    place: Place,
    state: ReviewState,
    village: str,
    reviewer_id: str,
    reason_codes: str,
    reasons_sealed: str | None,
    answers: Answers,
) -> ItemRow:
    """Write what a reviewer decided; ``reason_codes`` is a JSON list. Gives the item as decided."""
    rows = await conn.execute(
        _DECIDE,
        {
            "state": state.value,
            "village": village,
            "by": reviewer_id,
            "codes": reason_codes,
            "reasons": reasons_sealed,
            "answers": answers.value,
            "id": place[0],
            "version": place[1],
        },
    )
    return item_of(rows.one())


_SETTLE = text(
    """
    UPDATE review_item i SET answers = new.answers,
        state = CASE WHEN new.verified THEN 'verified' ELSE i.state END,
        village = CASE WHEN new.verified THEN coalesce(s.village, i.village) ELSE i.village END,
        waits_in = CASE WHEN NOT new.verified AND i.version = s.version AND i.state = 'submitted'
            AND (i.reviewed_at IS NULL OR new.answers IN ('cannot_tell', 'contradict'))
            THEN s.village END
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:versions AS bigint[]),
                CAST(:answers AS text[]), CAST(:verified AS boolean[]))
        AS new(subject_id, version, answers, verified)
    JOIN review_subject s ON s.subject_id = new.subject_id
    WHERE i.subject_id = new.subject_id AND i.version = new.version
    RETURNING i.subject_id::text, i.village
    """
)


async def settle(
    conn: AsyncConnection, rows: Sequence[tuple[Place, Answers, bool]]
) -> dict[str, str]:
    """Write what the answers come to, and which versions (one per person) that makes verified.

    Gives the village in which each of these people counts.
    """
    result = await conn.execute(
        _SETTLE,
        {
            "subjects": [place[0] for place, _, _ in rows],
            "versions": [place[1] for place, _, _ in rows],
            "answers": [answers.value for _, answers, _ in rows],
            "verified": [verified for _, _, verified in rows],
        },
    )
    return {row.subject_id: row.village for row in result}


_LEDGER = text(
    """
    SELECT s.village, i.state, count(*)
    FROM review_subject s
    JOIN review_item i ON i.subject_id = s.subject_id AND i.version = s.version
    WHERE s.village = ANY(CAST(:villages AS text[]))
    GROUP BY s.village, i.state
    """
)


async def ledger(
    conn: AsyncConnection, villages: Sequence[str]
) -> list[tuple[str, ReviewState, int]]:
    """People collected in these villages, by village and state of their newest version."""
    rows = await conn.execute(_LEDGER, {"villages": list(villages)})
    return [(village, ReviewState(state), int(count)) for village, state, count in rows]
