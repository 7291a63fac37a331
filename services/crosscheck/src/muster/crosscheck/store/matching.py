"""The one matching function: what contradicts, what is absent, who is missed (R75, R76).

Findings are a pure function of the tables ``subject``, ``subject_blind`` and ``department_row``.
The matcher asks it about a few subjects, the county job about all of them, with the same SQL but
for the subjects in scope; whoever adds a rule adds it here, and to `touched.RULES` if another
subject's data come into it. Of work orders that are open it also says which are shown to be gone:
what is merely not found may be what nothing can be compared with any more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.crosscheck.domain.finding import Finding, Unknown
from muster.vocabulary.states import Discrepancy


@dataclass(frozen=True, slots=True)
class Rules:
    """What the campaign profile says about departments.

    Attributes:
        answers: pairs of a department and a field that it answers for.
        registrars: departments in sealed mode that answer for identity or household: who knows a
            number there is a person of that number.
        lists: departments whose data name those who should have been collected, with their mode.
    """

    answers: tuple[tuple[str, str], ...]
    registrars: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]


# A row and a subject (r, b) that share a name and a full date of birth. It says nothing when both
# have whole numbers, when one of them is already somebody else's by number, or when the name is
# another row's or person's too. Rows of one number are one row, and who was merged into another is
# no second person.
SAME_PERSON_BY_NAME = """
    r.name_birth = b.name_birth
    AND (r.number IS NULL OR b.number IS NULL)
    AND NOT EXISTS (SELECT FROM department_row n
                    WHERE n.department = b.holder AND n.number = b.number)
    AND NOT EXISTS (SELECT FROM subject_blind n
                    WHERE n.holder = r.department AND n.number = r.number)
    AND 1 = (SELECT count(DISTINCT n.number) + count(*) FILTER (WHERE n.number IS NULL)
             FROM department_row n
             WHERE n.department = r.department AND n.name_birth = r.name_birth)
    AND 1 = (SELECT count(*) FROM subject_blind n JOIN subject p USING (subject_id)
             WHERE n.holder = b.holder AND n.name_birth = b.name_birth
               AND p.state IS DISTINCT FROM 'merged')
"""

# All rows of a department that are a person's, and of those that are not the only one (`several`)
# once more.
_MATCHED = f"""
    scope AS MATERIALIZED (
        SELECT subject_id, village, state, places, lacking FROM subject
        WHERE state IN ('open', 'collected') AND {{scope}}
    ), matched AS MATERIALIZED (
        SELECT *, count(*) OVER (PARTITION BY subject_id, department) > 1 AS several
        FROM (
            SELECT s.subject_id, r.department, r.row_id, r.died, r.moved_to,
                   r.fields AS theirs, b.fields AS ours
            FROM scope s
            JOIN subject_blind b USING (subject_id)
            JOIN department_row r ON r.department = b.holder AND r.number = b.number
            UNION ALL
            SELECT s.subject_id, r.department, r.row_id, r.died, r.moved_to, r.fields, b.fields
            FROM scope s
            JOIN subject_blind b USING (subject_id)
            JOIN department_row r ON r.department = b.holder AND {SAME_PERSON_BY_NAME}
        ) AS every_row
    ), several AS MATERIALIZED (
        SELECT subject_id, department, row_id, died, moved_to, theirs FROM matched WHERE several
    ), answers AS (
        SELECT * FROM unnest(CAST(:answering AS text[]), CAST(:answered AS text[]))
            AS pair(department, field)
    ), registrars AS (
        SELECT * FROM unnest(CAST(:registrars AS text[])) AS one(department)
    ), standing AS MATERIALIZED (
        SELECT discrepancy_id, kind, subject_id, department, field, other, said_by FROM discrepancy
        WHERE closed_at IS NULL AND {{scope}}
    )
"""  # noqa: S608 - put together from what stands here


def _differ(ours: str, theirs: str) -> str:
    """Whether two arrays of codes, none of them empty, are of different values.

    Codes run from the finest precision to the coarsest, so that two values are compared at the
    finest that both have, counted from the coarse end.
    """
    common = f"least(jsonb_array_length({ours}), jsonb_array_length({theirs}))"
    return f"""
        {ours} ->> (jsonb_array_length({ours}) - {common})
        <> {theirs} ->> (jsonb_array_length({theirs}) - {common})
    """


# Whether row m speaks for its department on field a: of several rows the finest that has it does,
# and only if no other says something else, so that nothing hangs on the order of rows.
_SPEAKS = f"""
    jsonb_array_length(m.theirs -> a.field) > 0
    AND NOT EXISTS (
        SELECT FROM several o
        WHERE o.subject_id = m.subject_id AND o.department = m.department AND o.row_id <> m.row_id
          AND jsonb_array_length(o.theirs -> a.field) > 0
          AND ({_differ("(o.theirs -> a.field)", "(m.theirs -> a.field)")}
               OR (jsonb_array_length(o.theirs -> a.field), m.row_id)
                  > (jsonb_array_length(m.theirs -> a.field), o.row_id)))
"""


def _another_says(condition: str) -> str:
    return f"""EXISTS (
        SELECT FROM several o
        WHERE o.subject_id = m.subject_id AND o.department = m.department AND {condition})"""


UNREADABLE = "unreadable"
"""Where somebody moved to, of a row that says something of it that nobody can read."""

KINDS = {
    Discrepancy.FIELD_MISMATCH: f"""
        SELECT m.subject_id, m.department, a.field, '' AS other, m.department AS said_by, m.row_id
        FROM matched m
        JOIN scope s USING (subject_id)
        JOIN answers a USING (department)
        WHERE s.state = 'collected' AND jsonb_array_length(m.ours -> a.field) > 0
          AND {_differ("(m.ours -> a.field)", "(m.theirs -> a.field)")}
          AND {_SPEAKS}
    """,  # noqa: S608 - put together from what stands here
    Discrepancy.MISSING_FIELD: f"""
        SELECT m.subject_id, m.department, a.field, '', m.department, m.row_id
        FROM matched m
        JOIN scope s USING (subject_id)
        JOIN answers a USING (department)
        WHERE s.state = 'collected' AND s.lacking @> to_jsonb(a.field) AND {_SPEAKS}
    """,  # noqa: S608 - put together from what stands here
    Discrepancy.MISSED_SUBJECT: """
        SELECT s.subject_id, '', '', '', NULL, CAST(NULL AS uuid)
        FROM scope s WHERE s.state = 'open'
    """,
    # Who was merged into the wrong entry is a twin all the same: until the number that is left is
    # one that the registrar knows, the person stands under a number that nobody has.
    Discrepancy.DUPLICATE: """
        SELECT s.subject_id, '', '', CAST(known.subject_id AS text), min(g.department),
               CAST(NULL AS uuid)
        FROM scope s
        JOIN subject_blind mine ON mine.subject_id = s.subject_id AND mine.holder = 'campaign'
        JOIN subject_blind known ON known.holder = 'campaign'
            AND known.name_birth = mine.name_birth AND known.subject_id <> mine.subject_id
            AND known.number IS DISTINCT FROM mine.number
        JOIN subject twin ON twin.subject_id = known.subject_id
            AND twin.state IN ('open', 'collected', 'merged')
        CROSS JOIN registrars g
        WHERE EXISTS (
            SELECT FROM subject_blind b JOIN department_row r
                ON r.department = b.holder AND r.number = b.number
            WHERE b.subject_id = known.subject_id AND b.holder = g.department)
          AND NOT EXISTS (
            SELECT FROM subject_blind b JOIN department_row r
                ON r.department = b.holder AND r.number = b.number
            WHERE b.subject_id = s.subject_id AND b.holder = g.department)
        GROUP BY s.subject_id, known.subject_id
    """,
    # An area above the one where the person stands says nothing against it, nor do rows that name
    # different places.
    Discrepancy.MOVED: f"""
        SELECT DISTINCT ON (m.subject_id) m.subject_id, '', '', '', m.department, m.row_id
        FROM matched m JOIN scope s USING (subject_id)
        WHERE m.moved_to <> '{UNREADABLE}' AND NOT s.places @> to_jsonb(m.moved_to)
          AND NOT {_another_says(f"o.moved_to NOT IN (m.moved_to, '{UNREADABLE}')")}
        ORDER BY m.subject_id, m.department, m.row_id
    """,  # noqa: S608 - put together from what stands here
    # Who died after the standard time is collected all the same (C6, C13); of rows that disagree
    # about it, only that the person is dead is certain.
    Discrepancy.DEAD: f"""
        SELECT DISTINCT ON (m.subject_id) m.subject_id, '', '', '', m.department, m.row_id
        FROM matched m JOIN scope s USING (subject_id)
        WHERE m.died IN ('before', 'after')
          AND (s.state = 'open'
               OR m.died = 'before' AND NOT {_another_says("o.died = 'after'")})
        ORDER BY m.subject_id, m.department, m.row_id
    """,  # noqa: S608 - put together from what stands here
}
"""Of each kind the subjects in scope of whom it is true: subject_id, department, field, other,
said_by, row_id."""

GONE = {
    # Both sides have the field, and agree.
    Discrepancy.FIELD_MISMATCH: f"""
        SELECT d.discrepancy_id FROM standing d
        JOIN matched m USING (subject_id, department)
        JOIN scope s USING (subject_id)
        JOIN answers a USING (department, field)
        WHERE d.kind = 'field_mismatch' AND s.state = 'collected'
          AND jsonb_array_length(m.ours -> a.field) > 0
          AND NOT ({_differ("(m.ours -> a.field)", "(m.theirs -> a.field)")})
          AND {_SPEAKS}
    """,  # noqa: S608 - put together from what stands here
    # The record has the field, or its categories ask it no more.
    Discrepancy.MISSING_FIELD: """
        SELECT d.discrepancy_id FROM standing d JOIN scope s USING (subject_id)
        WHERE d.kind = 'missing_field' AND s.state = 'collected'
          AND NOT s.lacking @> to_jsonb(d.field)
    """,
    Discrepancy.MISSED_SUBJECT: """
        SELECT d.discrepancy_id FROM standing d JOIN scope s USING (subject_id)
        WHERE d.kind = 'missed_subject' AND s.state <> 'open'
    """,
    # The number that was unknown is known; or the other entry is somebody else by name and birth,
    # or ended otherwise than by a merger.
    Discrepancy.DUPLICATE: """
        SELECT d.discrepancy_id FROM standing d
        JOIN subject_blind b ON b.subject_id = d.subject_id AND b.holder = d.said_by
        JOIN department_row r ON r.department = b.holder AND r.number = b.number
        WHERE d.kind = 'duplicate'
        UNION
        SELECT d.discrepancy_id FROM standing d
        JOIN subject_blind mine ON mine.subject_id = d.subject_id AND mine.holder = 'campaign'
        JOIN subject_blind theirs ON theirs.subject_id = CAST(nullif(d.other, '') AS uuid)
            AND theirs.holder = 'campaign' AND theirs.name_birth <> mine.name_birth
        WHERE d.kind = 'duplicate'
        UNION
        SELECT d.discrepancy_id FROM standing d
        JOIN subject o ON o.subject_id = CAST(nullif(d.other, '') AS uuid)
        WHERE d.kind = 'duplicate' AND o.state NOT IN ('open', 'collected', 'merged')
    """,
    # The department still has the person, and says nothing of it or what the record says.
    Discrepancy.MOVED: """
        SELECT d.discrepancy_id FROM standing d
        JOIN matched m ON m.subject_id = d.subject_id AND m.department = d.said_by
        JOIN scope s ON s.subject_id = d.subject_id
        WHERE d.kind = 'moved'
        GROUP BY d.discrepancy_id
        HAVING bool_and(m.moved_to IS NULL OR s.places @> to_jsonb(m.moved_to))
    """,
    # Of somebody open it is found whenever it is said.
    Discrepancy.DEAD: """
        SELECT d.discrepancy_id FROM standing d
        JOIN matched m ON m.subject_id = d.subject_id AND m.department = d.said_by
        WHERE d.kind = 'dead'
        GROUP BY d.discrepancy_id
        HAVING bool_and(m.died IS NULL OR m.died = 'after')
    """,
}
"""Of each kind the open work orders (discrepancy_id) of which it is shown that what they say is
true no more, as far as it is not found all the same."""
# Whose case is closed has no problems (C6, R99).
_ENDED = """
    SELECT d.discrepancy_id FROM standing d
    WHERE NOT EXISTS (SELECT FROM scope s WHERE s.subject_id = d.subject_id)
"""

OF_SOME = "subject_id = ANY(CAST(:ids AS uuid[]))"
OF_ALL = "true"


@dataclass(frozen=True, slots=True)
class Matched:
    """What is found of the subjects in scope, and which of their open work orders are gone unless
    they are among what is found: ids."""

    found: list[Finding]
    gone: list[str]


def _statement(scope: str) -> str:
    parts = [
        f"SELECT '{kind.value}' AS kind, {kind.value}.* FROM ({rule}) AS {kind.value}"  # noqa: S608
        f"(subject_id, department, field, other, said_by, row_id)"
        for kind, rule in KINDS.items()
    ]
    found = " UNION ALL ".join(parts)
    gone = " UNION ".join(f"SELECT * FROM ({rule}) AS one" for rule in (*GONE.values(), _ENDED))  # noqa: S608
    return f"""
        WITH {_MATCHED.format(scope=scope)}
        SELECT NULL AS gone, kind, CAST(subject_id AS text), department, field, other, village,
               said_by, CAST(row_id AS text)
        FROM ({found}) AS found JOIN scope USING (subject_id)
        UNION ALL
        SELECT CAST(discrepancy_id AS text), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM ({gone}) AS gone
        ORDER BY subject_id, kind, department, field, other
    """  # noqa: S608 - put together from what stands here


async def match(
    conn: AsyncConnection, rules: Rules, subject_ids: Collection[str] | None
) -> Matched:
    """What is wrong with these subjects (None: with all), and what is no more, in one statement."""
    values: dict[str, object] = {
        "answering": [department for department, _ in rules.answers],
        "answered": [field for _, field in rules.answers],
        "registrars": list(rules.registrars),
    }
    if subject_ids is not None:
        values["ids"] = sorted(set(subject_ids))
    scope = OF_ALL if subject_ids is None else OF_SOME
    rows = (await conn.execute(text(_statement(scope)), values)).all()
    return Matched(
        found=[
            Finding(
                Discrepancy(row.kind),
                row.subject_id,
                row.department,
                row.field,
                row.other,
                row.village,
                row.said_by,
                row.row_id,
            )
            for row in rows
            if row.gone is None
        ],
        gone=[row.gone for row in rows if row.gone is not None],
    )


# Who had died by the standard time, or has moved out of the campaign's area, is not collected here
# (C6, C13), whichever sealed department says so. Of whom it cannot be read where they went, nothing
# is said: they are looked for, and found or not; and of whom both is said, that they died before
# the standard time and after it, or moved away and within the area, somebody must find out. A row
# whose name some subject bears may be that subject, if it has no whole number of its own.
_UNKNOWN = text(
    f"""
    SELECT r.department, CAST(r.row_id AS text), r.area, listing.mode, r.number,
           r.campaign_number, r.number IS NOT NULL OR r.name_birth IS NOT NULL AS found_by,
           CASE WHEN said.before THEN 'death-disputed' WHEN said.left THEN 'move-disputed' END
               AS disputed
    FROM department_row r
    JOIN unnest(CAST(:listing AS text[]), CAST(:modes AS text[])) AS listing(department, mode)
        USING (department)
    CROSS JOIN LATERAL (
        SELECT bool_or(o.died = 'before') AS before, bool_or(o.died = 'after') AS after,
               bool_or(NOT o.moved_to = ANY(CAST(:inside AS text[]))) AS left,
               bool_or(o.moved_to <> :unreadable AND o.moved_to = ANY(CAST(:inside AS text[])))
                   AS stayed
        FROM department_row o
        WHERE (o.department, o.row_id) = (r.department, r.row_id)
           OR o.campaign_number = r.campaign_number) AS said
    WHERE NOT EXISTS (SELECT FROM subject_blind b
                      WHERE b.holder = r.department AND b.number = r.number)
      AND NOT EXISTS (SELECT FROM subject_blind b
                      WHERE b.holder = r.department AND b.name_birth = r.name_birth
                        AND (r.number IS NULL OR ({SAME_PERSON_BY_NAME})))
      AND (said.left IS NOT TRUE OR said.stayed IS TRUE)
      AND (said.before IS NOT TRUE OR said.after IS TRUE)
    ORDER BY r.department, r.area, r.fields, r.row_id
    """  # noqa: S608 - put together from what stands here
)


async def unknown(conn: AsyncConnection, rules: Rules, inside: Collection[str]) -> list[Unknown]:
    """Rows of listing departments that no subject matches, in one statement.

    ``inside`` are the codes of the campaign's areas and of those above them.
    """
    rows = await conn.execute(
        _UNKNOWN,
        {
            "listing": [department for department, _ in rules.lists],
            "modes": [mode for _, mode in rules.lists],
            "inside": [*sorted(inside), UNREADABLE],
            "unreadable": UNREADABLE,
        },
    )
    return [Unknown(**row._mapping) for row in rows]
