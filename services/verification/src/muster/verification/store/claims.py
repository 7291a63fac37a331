"""Who looks at a record now, so that two reviewers do not take the same one.

A claim is one row that ends by itself. It stands in this database and not in Redis, because the
queue shows it with every record, in the statement that reads the page, and a decision ends it in
the statement that decides; as a fact it counts for nothing, and losing it costs a second look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.verification.domain.answers import Answers
from muster.vocabulary.states import ReviewState


@dataclass(frozen=True, slots=True)
class Claim:
    """Who looks at a record. ``fresh`` when this call began it or took it over."""

    account_id: str
    since: datetime
    until: datetime
    fresh: bool


@dataclass(frozen=True, slots=True)
class Stand:
    """How a person's newest record stands: enough to tell whether a copy of it is out of date.
    ``answered`` are the departments that have answered; ``village`` is None while the person does
    not count as collected."""

    version: int
    digest: str
    desk: str
    state: ReviewState
    reviewed: bool
    answers: Answers
    collector_id: str
    village: str | None
    came_in: str
    answered: int
    flagged: bool


_STAND = text(
    """
    SELECT i.version, i.digest, i.desk, i.state, i.reviewed_at IS NOT NULL AS reviewed, i.answers,
           i.collector_id::text, s.village, i.village AS came_in,
           (SELECT count(*) FROM department_request r WHERE r.subject_id = i.subject_id
            AND r.version = i.version AND r.received_at IS NOT NULL) AS answered,
           coalesce('flagged' IN (a.reading, a.signature), false) AS flagged
    FROM review_subject s
    JOIN review_item i ON i.subject_id = s.subject_id
    LEFT JOIN attestation a ON a.subject_id = i.subject_id AND a.version = i.version
    WHERE s.subject_id = CAST(:id AS uuid)
    ORDER BY i.version DESC LIMIT 1
    """
)


async def stand(conn: AsyncConnection, subject_id: str) -> Stand | None:
    """How the newest version stands; None where there is none."""
    row = (await conn.execute(_STAND, {"id": subject_id})).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    values["state"], values["answers"] = ReviewState(row.state), Answers(row.answers)
    return Stand(**values)


# Rows of one's own that ended by themselves go along, so that they do not pile up.
_TAKE = text(
    """
    WITH ended AS (
        DELETE FROM review_claim WHERE account_id = CAST(:account AS uuid) AND until <= now()
            AND subject_id <> CAST(:id AS uuid))
    INSERT INTO review_claim AS c (subject_id, account_id, since, until)
    VALUES (CAST(:id AS uuid), CAST(:account AS uuid), now(), now() + CAST(:held AS interval))
    ON CONFLICT (subject_id) DO UPDATE SET
        since = CASE WHEN c.account_id = excluded.account_id AND c.until > now() THEN c.since
                     ELSE excluded.since END,
        account_id = excluded.account_id, until = excluded.until
    WHERE c.account_id = excluded.account_id OR c.until <= now() OR :take_over
    RETURNING account_id::text, since, until, since = now() AS fresh
    """
)
_HELD = text(
    """
    SELECT account_id::text, since, until, false AS fresh FROM review_claim
    WHERE subject_id = CAST(:id AS uuid)
    """
)


async def take(
    conn: AsyncConnection, subject_id: str, account_id: str, held: timedelta, *, take_over: bool
) -> Claim:
    """Begin to look at a record, or go on; gives whose it is, which is another's while they look,
    unless it is taken over."""
    told = {"id": subject_id, "account": account_id, "held": held, "take_over": take_over}
    row = (await conn.execute(_TAKE, told)).one_or_none()
    if row is None:
        # Whoever holds it is locked by the statement above, and so still there.
        row = (await conn.execute(_HELD, {"id": subject_id})).one()
    return Claim(**row._mapping)


_LEAVE = text(
    """
    DELETE FROM review_claim
    WHERE subject_id = CAST(:id AS uuid) AND account_id = CAST(:account AS uuid)
    """
)


async def leave(conn: AsyncConnection, subject_id: str, account_id: str) -> None:
    """Look no longer; what another took over stays theirs."""
    await conn.execute(_LEAVE, {"id": subject_id, "account": account_id})
