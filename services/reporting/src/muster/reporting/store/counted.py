"""What was counted, and every statement on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.reporting.domain.balance import Tally
from muster.reporting.domain.progress import Uploads
from muster.reporting.domain.waiting import Attested, Review, Wait, WaitBounds, WaitTally
from muster.reporting.store.tables import (
    counted_entry,
    subject_category,
    subject_state,
    upload,
)
from muster.vocabulary.standing import Standing
from muster.vocabulary.states import Origin, ReviewState, SubjectState


async def put_standings(conn: AsyncConnection, standings: Mapping[str, Standing]) -> None:
    """Note where people stand: per person the highest revision stays.

    Locks the rows of these people, in order of id, until the transaction ends.
    """
    fresh = await insert_rows(
        conn,
        subject_state,
        [
            {"subject_id": subject_id, "revision": standings[subject_id].revision}
            for subject_id in sorted(standings)
        ],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET revision = excluded.revision "
        "WHERE subject_state.revision < excluded.revision",
        returning=("subject_id",),
    )
    newer = sorted(str(row["subject_id"]) for row in fresh)
    await conn.execute(
        text("DELETE FROM counted_entry WHERE subject_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": newer},
    )
    await insert_rows(
        conn,
        counted_entry,
        [
            {
                "subject_id": subject_id,
                "place": place,
                "village": entry.village,
                "origin": entry.origin.value,
                "state": entry.state.value,
            }
            for subject_id in newer
            for place, entry in enumerate(standings[subject_id].entries)
        ],
    )


async def put_versions(conn: AsyncConnection, versions: Mapping[str, tuple[int, datetime]]) -> None:
    """Note the newest record version of people and when it was collected; the highest stays."""
    await insert_rows(
        conn,
        subject_state,
        [
            {"subject_id": key, "version": version, "collected_at": collected_at}
            for key, (version, collected_at) in sorted(versions.items())
        ],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version, "
        "collected_at = excluded.collected_at WHERE subject_state.version < excluded.version",
    )


async def put_reviews(conn: AsyncConnection, reviews: Mapping[str, Review]) -> None:
    """Note the newest review of people: the one of the highest version stays."""
    await insert_rows(
        conn,
        subject_state,
        [
            {
                "subject_id": key,
                "reviewed_version": review.version,
                "outcome": review.outcome.value,
                "reviewed_at": review.at,
                "ever_returned": review.outcome is ReviewState.RETURNED,
            }
            for key, review in sorted(reviews.items())
        ],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET "
        "reviewed_version = excluded.reviewed_version, outcome = excluded.outcome, "
        "reviewed_at = excluded.reviewed_at, "
        "ever_returned = subject_state.ever_returned OR excluded.ever_returned "
        "WHERE subject_state.reviewed_version < excluded.reviewed_version",
    )


async def put_returned(conn: AsyncConnection, subjects: Collection[str]) -> None:
    """Note whose record went back once, whatever came of it later."""
    await insert_rows(
        conn,
        subject_state,
        [{"subject_id": key, "ever_returned": True} for key in sorted(subjects)],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET ever_returned = true "
        "WHERE NOT subject_state.ever_returned",
    )


async def put_attested(conn: AsyncConnection, attested: Mapping[str, Attested]) -> None:
    """Note of people whether their record is flagged: the highest version stays, and of two words
    about it the later."""
    await insert_rows(
        conn,
        subject_state,
        [
            {
                "subject_id": key,
                "attested_version": said.version,
                "attested_sequence": said.sequence,
                "flagged": said.flagged,
            }
            for key, said in sorted(attested.items())
        ],
        conflict="ON CONFLICT (subject_id) DO UPDATE SET "
        "attested_version = excluded.attested_version, "
        "attested_sequence = excluded.attested_sequence, flagged = excluded.flagged "
        "WHERE (subject_state.attested_version, subject_state.attested_sequence) "
        "<= (excluded.attested_version, excluded.attested_sequence)",
    )


async def villages_of(conn: AsyncConnection, subjects: Collection[str]) -> set[str]:
    """Where these people stand, as far as is known."""
    rows = await conn.execute(
        text(
            "SELECT DISTINCT village FROM counted_entry "
            "WHERE subject_id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"ids": sorted(subjects)},
    )
    return {row.village for row in rows}


async def put_categories(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep sealed categories, one per person in ``rows``: the highest version stays."""
    await insert_rows(
        conn,
        subject_category,
        rows,
        conflict="ON CONFLICT (subject_id) DO UPDATE SET version = excluded.version, "
        "sealed = excluded.sealed WHERE subject_category.version < excluded.version",
    )


async def put_uploads(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep how uploads went; one that is there already is the same upload."""
    await insert_rows(conn, upload, rows, conflict="ON CONFLICT (event_id) DO NOTHING")


_TALLIES = text(
    """
    SELECT e.village, e.origin, e.state,
           CASE WHEN e.state <> 'collected' THEN NULL
                WHEN s.reviewed_version > 0 AND s.reviewed_version >= s.version THEN s.outcome
                WHEN s.version > 0 THEN 'submitted' END AS review,
           count(*) AS people
    FROM counted_entry e JOIN subject_state s USING (subject_id)
    WHERE e.village = ANY(CAST(:villages AS text[]))
    GROUP BY 1, 2, 3, 4
    """
)


async def tallies(conn: AsyncConnection, villages: Sequence[str]) -> list[Tally]:
    """Lines of the balance in these villages, by origin, state and review.

    A review counts for its own version and hides when a newer version has come; where a review
    overtook its record on the way, the review is what is known.
    """
    rows = await conn.execute(_TALLIES, {"villages": list(villages)})
    return [
        Tally(
            row.village,
            Origin(row.origin),
            SubjectState(row.state),
            None if row.review is None else ReviewState(row.review),
            int(row.people),
        )
        for row in rows
    ]


_WAITING = text(
    """
    SELECT village, review, wait, count(*) AS people,
           count(*) FILTER (WHERE reviewed_version > 0) AS reviewed,
           count(*) FILTER (WHERE ever_returned) AS returned_once,
           count(*) FILTER (WHERE flagged) AS flagged
    FROM (
        SELECT village, review, reviewed_version, ever_returned, flagged,
               CASE WHEN review = 'verified' OR review IS NULL THEN NULL
                    WHEN since IS NULL THEN :unknown
                    WHEN since > :eight THEN :week
                    WHEN since > :fifteen THEN :fortnight
                    ELSE :over END AS wait
        FROM (
            SELECT e.village, s.reviewed_version, s.ever_returned,
                   s.flagged AND s.attested_version >= s.version AS flagged,
                   CASE WHEN s.reviewed_version > 0 AND s.reviewed_version >= s.version
                        THEN s.outcome WHEN s.version > 0 THEN 'submitted' END AS review,
                   CASE WHEN s.reviewed_version > 0 AND s.reviewed_version >= s.version
                        THEN s.reviewed_at ELSE s.collected_at END AS since
            FROM counted_entry e JOIN subject_state s USING (subject_id)
            WHERE e.state = 'collected' AND e.village = ANY(CAST(:villages AS text[]))
        ) known
    ) aged
    GROUP BY 1, 2, 3
    """
)


async def waiting(
    conn: AsyncConnection, villages: Sequence[str], bounds: WaitBounds
) -> list[WaitTally]:
    """Collected people of these villages: how long whose record waits has waited, how many were
    reviewed, how many went back at least once, and of how many the newest version is flagged.

    A flag counts for its own version and hides when a newer one has come; where it overtook its
    record on the way, it is what is known.
    """
    rows = await conn.execute(
        _WAITING,
        {
            "villages": list(villages),
            "eight": bounds.eight,
            "fifteen": bounds.fifteen,
            "unknown": Wait.UNKNOWN.value,
            "week": Wait.UP_TO_7_DAYS.value,
            "fortnight": Wait.FROM_8_TO_14_DAYS.value,
            "over": Wait.OVER_14_DAYS.value,
        },
    )
    return [
        WaitTally(
            row.village,
            None if row.review is None else ReviewState(row.review),
            None if row.wait is None else Wait(row.wait),
            int(row.people),
            int(row.reviewed),
            int(row.returned_once),
            int(row.flagged),
        )
        for row in rows
    ]


async def uploads_by_area(conn: AsyncConnection, areas: Sequence[str]) -> dict[str, Uploads]:
    """Uploads of these areas themselves (not of what lies below them)."""
    rows = await conn.execute(
        text(
            "SELECT area, max(received_at) AS last, sum(accepted) AS accepted, "
            "sum(refused) AS refused FROM upload WHERE area = ANY(CAST(:areas AS text[])) "
            "GROUP BY area"
        ),
        {"areas": list(areas)},
    )
    return {row.area: Uploads(row.last, int(row.accepted), int(row.refused)) for row in rows}


async def first_seen(conn: AsyncConnection, villages: Sequence[str]) -> dict[str, datetime]:
    """When the first person of each village was heard of."""
    rows = await conn.execute(
        text(
            "SELECT e.village, min(s.first_seen_at) AS first FROM counted_entry e "
            "JOIN subject_state s USING (subject_id) "
            "WHERE e.village = ANY(CAST(:villages AS text[])) GROUP BY e.village"
        ),
        {"villages": list(villages)},
    )
    return {row.village: row.first for row in rows}


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """The sealed categories of one person who is collected in a village."""

    subject_id: str
    village: str
    version: int
    sealed: str


_CATEGORIES = text(
    """
    SELECT c.subject_id::text, e.village, c.version, c.sealed
    FROM subject_category c JOIN counted_entry e USING (subject_id)
    WHERE e.state = 'collected' AND e.village = ANY(CAST(:villages AS text[]))
      AND c.subject_id > CAST(:after AS uuid)
    ORDER BY c.subject_id LIMIT :batch
    """
)


async def categories(
    conn: AsyncConnection, villages: Sequence[str], batch: int = 1000
) -> AsyncIterator[list[CategoryRow]]:
    """Sealed categories of who is collected in these villages, in bounded batches."""
    after = "00000000-0000-0000-0000-000000000000"
    while True:
        rows = await conn.execute(
            _CATEGORIES, {"villages": list(villages), "after": after, "batch": batch}
        )
        found = [CategoryRow(**row._mapping) for row in rows]
        if not found:
            return
        after = found[-1].subject_id
        yield found
