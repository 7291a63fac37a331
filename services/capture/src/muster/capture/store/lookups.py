"""One person with all that a desk is shown: look-ups come one by one, and each statement costs as
much as one about hundreds."""

from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.standing import Entries, ordered
from muster.capture.store import subjects
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, SubjectState


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was known of the person before collection."""

    subject_id: str
    revision: int
    sealed: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The current version of the person's record."""

    subject_id: str
    version: int
    sealed: str
    review_state: str
    review_sealed: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A subject, their entries in the balance, what is kept of them, and their wrapped key."""

    subject: subjects.Row
    entries: Entries
    baseline: Baseline | None
    newest: Newest | None
    wrapped: str | None


# A number that was corrected away from a person no longer finds them: it may be another's.
_PERSON = """
    SELECT s.subject_id::text, s.revision, s.current_version, s.merged_into::text,
           e.village, e.origin, e.state,
           b.revision AS baseline_revision, b.sealed AS baseline_sealed,
           v.version, v.sealed, v.review_state, v.review_sealed, k.wrapped
    FROM subject s
    LEFT JOIN ledger_entry e ON e.subject_id = s.subject_id
    LEFT JOIN baseline_record b ON b.subject_id = s.subject_id
    LEFT JOIN record_version v ON v.subject_id = s.subject_id AND v.version = s.current_version
    LEFT JOIN subject_key k ON k.subject_id = s.subject_id
"""
_BY_ID = text(f"{_PERSON} WHERE s.subject_id = CAST(:key AS uuid)")
_BY_NUMBER = text(
    f"{_PERSON} JOIN subject_number n ON n.subject_id = s.subject_id "
    "WHERE n.number_index = :key AND n.current"
)


async def by_id(conn: AsyncConnection, subject_id: str) -> Person | None:
    """The person with that id."""
    return await _find(conn, _BY_ID, subject_id)


async def by_number(conn: AsyncConnection, number_index: str) -> Person | None:
    """Whose resident number that is now."""
    return await _find(conn, _BY_NUMBER, number_index)


async def _find(conn: AsyncConnection, statement: TextClause, key: str) -> Person | None:
    rows = (await conn.execute(statement, {"key": key})).all()
    if not rows:
        return None
    one = rows[0]
    subject_id = one.subject_id
    baseline = newest = None
    if one.baseline_sealed is not None:
        baseline = Baseline(subject_id, one.baseline_revision, one.baseline_sealed)
    if one.sealed is not None:
        newest = Newest(subject_id, one.version, one.sealed, one.review_state, one.review_sealed)
    return Person(
        subjects.Row(subject_id, one.revision, one.current_version, one.merged_into),
        ordered(
            Entry(row.village, Origin(row.origin), SubjectState(row.state))
            for row in rows
            if row.village is not None
        ),
        baseline,
        newest,
        one.wrapped,
    )
