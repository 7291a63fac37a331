"""Work orders: the merge that opens, reopens, closes and marks them, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.domain.finding import Finding
from muster.crosscheck.store.matching import OF_ALL, OF_SOME
from muster.crosscheck.store.tables import discrepancy
from muster.persistence.bulk import in_ids, in_texts, sent
from muster.vocabulary.ages import Age, AgeBounds


@dataclass(frozen=True, slots=True)
class Change:
    """One work order that was opened, opened again, sent to another village, or closed; or one that
    is ``marked``: open still, and not to be compared now."""

    discrepancy_id: str
    revision: int
    village: str
    fresh: bool
    closed: bool
    again: bool
    marked: bool


# The data that an order is judged by: the person's state and record, those of a duplicate's other
# entry, and the extract of the department that says so.
_BASIS = """(
    SELECT jsonb_build_object(
        'revision', s.revision, 'version', s.version, 'state', s.state,
        'other_revision', o.revision, 'other_version', o.version, 'other_state', o.state,
        'extract', e.extract_id)
    FROM (SELECT 1) AS one
    LEFT JOIN subject s ON s.subject_id = {of}.subject_id
    LEFT JOIN subject o ON o.subject_id = CAST(nullif({of}.other, '') AS uuid)
    LEFT JOIN extract e ON e.department = {of}.said_by AND e.state = 'current')"""

# Who finds it again changes nothing; only what others are told of makes a revision. Rows get other
# ids without anything being different, and so may the data on which it is found; and that an order
# cannot be compared now is nothing that others do anything about.
_MERGE = """
    WITH found AS MATERIALIZED (
        SELECT f.*, {found_on} AS found_on FROM unnest(
            CAST(:ids_found AS uuid[]), CAST(:kinds AS text[]), CAST(:subjects AS uuid[]),
            CAST(:departments AS text[]), CAST(:fields AS text[]), CAST(:others AS text[]),
            CAST(:villages AS text[]), CAST(:said AS text[]), CAST(:rows AS uuid[])
        ) AS f(discrepancy_id, kind, subject_id, department, field, other, village, said_by, row_id)
    ), absent AS MATERIALIZED (
        SELECT d.discrepancy_id, d.discrepancy_id = ANY(CAST(:gone AS uuid[])) AS gone
        FROM discrepancy d
        WHERE d.closed_at IS NULL AND {scope}
          AND NOT EXISTS (
            SELECT FROM found f
            WHERE f.subject_id = d.subject_id AND f.kind = d.kind AND f.field = d.field
              AND f.department = d.department AND f.other = d.other)
    ), kept AS (
        INSERT INTO discrepancy AS d (
            discrepancy_id, revision, kind, subject_id, department, field, other, village, said_by,
            row_id, first_opened_at, opened_at, changed_at, found_on)
        SELECT discrepancy_id, 1, kind, subject_id, department, field, other, village, said_by,
               row_id, :now, :now, :now, found_on
        FROM found
        ON CONFLICT (kind, subject_id, department, field, other) DO UPDATE SET
            revision = d.revision + CASE WHEN d.closed_at IS NOT NULL
                OR (d.village, d.said_by) IS DISTINCT FROM (excluded.village, excluded.said_by)
                THEN 1 ELSE 0 END,
            changed_at = CASE WHEN d.closed_at IS NOT NULL
                OR (d.village, d.said_by) IS DISTINCT FROM (excluded.village, excluded.said_by)
                THEN excluded.changed_at ELSE d.changed_at END,
            opened_at = CASE WHEN d.closed_at IS NOT NULL
                THEN excluded.opened_at ELSE d.opened_at END,
            village = excluded.village, said_by = excluded.said_by, row_id = excluded.row_id,
            found_on = excluded.found_on, comparable = true, closed_at = NULL, closed_on = NULL
        WHERE d.closed_at IS NOT NULL OR NOT d.comparable
            OR (d.village, d.said_by, d.row_id, d.found_on) IS DISTINCT FROM
            (excluded.village, excluded.said_by, excluded.row_id, excluded.found_on)
        RETURNING d.discrepancy_id, d.revision, d.village, d.opened_at, d.changed_at
    ), closed AS (
        UPDATE discrepancy d SET closed_at = :now, changed_at = :now, revision = d.revision + 1,
            comparable = true, closed_on = {closed_on}
        FROM absent a WHERE a.discrepancy_id = d.discrepancy_id AND a.gone
        RETURNING d.discrepancy_id, d.revision, d.village
    ), marked AS (
        UPDATE discrepancy d SET comparable = false
        FROM absent a WHERE a.discrepancy_id = d.discrepancy_id AND NOT a.gone AND d.comparable
        RETURNING d.discrepancy_id, d.revision, d.village
    )
    SELECT CAST(discrepancy_id AS text), revision, village, revision = 1 AS fresh,
           false AS closed, revision > 1 AND opened_at = :now AS again, false AS marked
    FROM kept WHERE changed_at = :now
    UNION ALL
    SELECT CAST(discrepancy_id AS text), revision, village, false, true, false, false FROM closed
    UNION ALL
    SELECT CAST(discrepancy_id AS text), revision, village, false, false, false, true FROM marked
    ORDER BY 1
"""
_ON = {"found_on": _BASIS.format(of="f"), "closed_on": _BASIS.format(of="d")}
_MERGE_SOME = text(_MERGE.format(scope=f"d.{OF_SOME}", **_ON))
_MERGE_ALL = text(_MERGE.format(scope=OF_ALL, **_ON))


async def merge(
    conn: AsyncConnection,
    found: Sequence[tuple[str, Finding]],
    gone: Collection[str],
    subject_ids: Collection[str] | None,
    now: datetime,
) -> list[Change]:
    """Make the comparable open work orders of these subjects (None: of all) exactly those found.

    `found` pairs each finding with the id that it gets when it is new; one that was there before
    keeps its id. Of those that are not found the `gone` ones (ids) close; the others stay open and
    are marked. Two passes of the same moment must not run side by side (`settle_alone`).
    """
    values: dict[str, Any] = {
        "ids_found": [discrepancy_id for discrepancy_id, _ in found],
        "kinds": [one.kind.value for _, one in found],
        "subjects": [one.subject_id for _, one in found],
        "departments": [one.department for _, one in found],
        "fields": [one.field for _, one in found],
        "others": [one.other for _, one in found],
        "villages": [one.village for _, one in found],
        "said": [one.said_by for _, one in found],
        "rows": [one.row_id for _, one in found],
        "gone": list(gone),
        "now": now,
    }
    if subject_ids is not None:
        values["ids"] = sorted(set(subject_ids))
    rows = await conn.execute(_MERGE_ALL if subject_ids is None else _MERGE_SOME, values)
    return [Change(**row._mapping) for row in rows]


_CLOSE = text(
    f"""
    UPDATE discrepancy d SET closed_at = :now, changed_at = :now, revision = d.revision + 1,
        comparable = true, closed_on = {_ON["closed_on"]}
            || jsonb_build_object('account', CAST(:account AS text),
                                  'reason', CAST(:reason_sealed AS text))
    WHERE d.discrepancy_id = CAST(:id AS uuid)
    RETURNING CAST(d.discrepancy_id AS text), d.revision, d.village, false AS fresh, true AS closed,
              false AS again, false AS marked
    """  # noqa: S608 - put together from what stands here
)


async def close(
    conn: AsyncConnection, discrepancy_id: str, account: str, reason_sealed: str, now: datetime
) -> Change:
    """Close a work order by somebody's decision; what is found again opens it as it would another.
    Call it with `settle_alone` held, so that no pass judges it meanwhile."""
    values = {
        "id": discrepancy_id,
        "account": account,
        "reason_sealed": reason_sealed,
        "now": now,
    }
    return Change(**(await conn.execute(_CLOSE, values)).one()._mapping)


_READ = (
    select(discrepancy)
    .where(in_ids(discrepancy.c.discrepancy_id, "ids"))
    .order_by(discrepancy.c.discrepancy_id)
)
_READ_LOCKED = _READ.with_for_update()


async def read(
    conn: AsyncConnection, ids: Collection[str], *, lock: bool = False
) -> dict[str, Row[Any]]:
    """These work orders, open or closed; ``lock`` holds their rows until the transaction ends."""
    rows = await conn.execute(_READ_LOCKED if lock else _READ, {"ids": sent(ids)})
    return {row.discrepancy_id: row for row in rows}


async def page(
    conn: AsyncConnection,
    villages: Sequence[str],
    *,
    state: str,
    kind: str | None,
    age: Age | None,
    bounds: AgeBounds,
    comparable: bool | None,
    subject_id: str | None,
    after: tuple[datetime, str],
    limit: int,
) -> list[Row[Any]]:
    """Work orders of these villages or handled there (state open, closed or all), the oldest first;
    of a subject also those of duplicates whose other entry it is. An age is a span of
    ``opened_at``, by which the indexes of villages are ordered."""
    query = select(discrepancy).where(
        or_(
            in_texts(discrepancy.c.village, "villages"),
            in_texts(discrepancy.c.handled_in, "villages"),
        )
    )
    if state == "open":
        query = query.where(discrepancy.c.closed_at.is_(None))
    elif state == "closed":
        query = query.where(discrepancy.c.closed_at.is_not(None))
    if kind is not None:
        query = query.where(discrepancy.c.kind == kind)
    if age is Age.UNDER_7_DAYS:
        query = query.where(discrepancy.c.opened_at > bounds.week)
    elif age is Age.FROM_7_TO_30_DAYS:
        query = query.where(discrepancy.c.opened_at.between(bounds.month, bounds.week))
    elif age is Age.OVER_30_DAYS:
        query = query.where(discrepancy.c.opened_at < bounds.month)
    if comparable is not None:
        query = query.where(discrepancy.c.comparable == comparable)
    if subject_id is not None:
        query = query.where(
            or_(discrepancy.c.subject_id == subject_id, discrepancy.c.other == subject_id)
        )
    query = query.where(
        text("(opened_at, discrepancy_id) > (:at, CAST(:id AS uuid))").bindparams(
            at=after[0], id=after[1]
        )
    )
    query = query.order_by(discrepancy.c.opened_at, discrepancy.c.discrepancy_id).limit(limit)
    return list((await conn.execute(query, {"villages": sent(villages)})).all())


_OPEN = (
    select(discrepancy.c.village, discrepancy.c.kind, func.count())
    .where(discrepancy.c.closed_at.is_(None), in_texts(discrepancy.c.village, "villages"))
    .group_by(discrepancy.c.village, discrepancy.c.kind)
    .order_by(discrepancy.c.village, discrepancy.c.kind)
)


async def count_open(
    conn: AsyncConnection, villages: Sequence[str]
) -> dict[str, Mapping[str, int]]:
    """How many are open, by village and kind."""
    rows = await conn.execute(_OPEN, {"villages": sent(villages)})
    found: dict[str, dict[str, int]] = {}
    for village, kind, count in rows:
        found.setdefault(village, {})[kind] = int(count)
    return dict(found)
