"""Whose findings may change when something changes: what the matcher must look at again.

The matching function is pure, so what it says of a person can only change with what it reads about
that person: their own row and blinds, rows of departments that go by their number or their name,
other persons of the same name (two people or one?), and whoever holds the number of a row that
goes by their name. `RULES` turns that round. Each rule is asked before and after a change, because
the old neighbours lose what the new ones get. A test takes each rule away and must fail.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.store import tables
from muster.persistence.bulk import insert_rows

RULES = {
    # Changed subjects (``:ids``).
    "subject": {
        "own": "SELECT subject_id FROM subject WHERE subject_id = ANY(CAST(:ids AS uuid[]))",
        "namesakes": """
            SELECT n.subject_id FROM subject_blind b
            JOIN subject_blind n USING (holder, name_birth)
            WHERE b.subject_id = ANY(CAST(:ids AS uuid[]))
        """,
        # A row that is theirs by number is nobody else's by name.
        "rivals": """
            SELECT n.subject_id FROM subject_blind b
            JOIN department_row r ON r.department = b.holder AND r.number = b.number
            JOIN subject_blind n ON n.holder = r.department AND n.name_birth = r.name_birth
            WHERE b.subject_id = ANY(CAST(:ids AS uuid[]))
        """,
    },
    # The rows of a department (``:department``).
    "rows": {
        "by-number": """
            SELECT b.subject_id FROM department_row r
            JOIN subject_blind b ON b.holder = r.department AND b.number = r.number
            WHERE r.department = :department
        """,
        "by-name": """
            SELECT b.subject_id FROM department_row r
            JOIN subject_blind b ON b.holder = r.department AND b.name_birth = r.name_birth
            WHERE r.department = :department
        """,
        # Who has a row by number leaves the rows of that name to namesakes, and makes those of them
        # whom the department does not know look like one person entered twice.
        "namesakes": """
            SELECT n.subject_id FROM department_row r
            JOIN subject_blind b ON b.holder = r.department AND b.number = r.number
            JOIN subject_blind own ON own.subject_id = b.subject_id
            JOIN subject_blind n ON n.holder = own.holder AND n.name_birth = own.name_birth
            WHERE r.department = :department
        """,
    },
}


async def by_subjects(conn: AsyncConnection, subject_ids: Collection[str]) -> set[str]:
    """These subjects, and those whose findings their data come into."""
    return await _asked(conn, "subject", {"ids": sorted(set(subject_ids))})


async def by_rows(conn: AsyncConnection, department: str) -> set[str]:
    """Subjects whose findings the rows come into that a department has now."""
    return await _asked(conn, "rows", {"department": department})


async def _asked(conn: AsyncConnection, about: str, values: dict[str, object]) -> set[str]:
    rules = RULES[about].values()
    statement = " UNION ".join(
        f"SELECT CAST(subject_id AS text) FROM ({rule}) AS one"  # noqa: S608 - rules stand above
        for rule in rules
    )
    return set(await conn.scalars(text(statement), values))


async def add(conn: AsyncConnection, subject_ids: Collection[str]) -> list[tuple[int, str]]:
    """Put subjects on the list; gives (id of the entry, subject)."""
    rows = await insert_rows(
        conn,
        tables.touched,
        [{"subject_id": subject_id} for subject_id in sorted(set(subject_ids))],
        returning=("id", "subject_id"),
    )
    return [(int(row["id"]), str(row["subject_id"])) for row in rows]


_TAKE = "DELETE FROM touched WHERE {which} RETURNING CAST(subject_id AS text)"
_SOME = text(_TAKE.format(which="subject_id = ANY(CAST(:ids AS uuid[]))"))
_ALL = text(_TAKE.format(which="true"))
_LEFT = text(
    _TAKE.format(
        which="""subject_id IN (
            SELECT subject_id FROM touched WHERE at <= now() - make_interval(secs => :age)
            GROUP BY subject_id ORDER BY min(id) LIMIT :limit)"""
    )
)


async def take(conn: AsyncConnection, subject_ids: Collection[str] | None) -> set[str]:
    """Take these subjects (None: all) off the list; gives those that were on it.

    Whoever takes them settles them in the same transaction. What others have added and not
    committed stays.
    """
    if subject_ids is None:
        return set(await conn.scalars(_ALL))
    return set(await conn.scalars(_SOME, {"ids": sorted(set(subject_ids))}))


async def take_left(conn: AsyncConnection, age: float, limit: int) -> set[str]:
    """As `take`, of those that have stood there for so many seconds, the oldest first."""
    return set(await conn.scalars(_LEFT, {"age": age, "limit": limit}))


async def waiting(conn: AsyncConnection) -> int:
    """How many subjects are to be looked at again, and 1 more when candidates are."""
    statement = text(
        "SELECT (SELECT count(DISTINCT subject_id) FROM touched) "
        "+ (SELECT CAST(count(*) > 0 AS int) FROM candidates_due)"
    )
    return int((await conn.execute(statement)).scalar_one())


async def not_due(conn: AsyncConnection) -> None:
    """Nothing that is due later is waited for any more."""
    await conn.execute(text("DELETE FROM candidates_due WHERE at > now()"))


async def due(conn: AsyncConnection, delay: float = 0) -> None:
    """Say that candidates are to be looked for, at once or after so many seconds."""
    await conn.execute(
        text("INSERT INTO candidates_due (at) VALUES (now() + make_interval(secs => :delay))"),
        {"delay": delay},
    )


async def take_due(conn: AsyncConnection, *, early: bool = False) -> bool:
    """Whether candidates are to be looked for now; ``early`` takes what is due later too."""
    statement = text("DELETE FROM candidates_due WHERE at <= now() OR :early RETURNING id")
    return bool((await conn.execute(statement, {"early": early})).all())
