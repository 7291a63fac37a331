"""Subjects, their resident numbers, and their entries in the balance.

Who writes subjects does it in this order, so that two writers cannot wait on each other: lock
readings and signatures (`muster.capture.store.attestations`), claim numbers, lock numbers, add
subjects, lock subjects. Each step goes through its keys sorted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.admission import Holder
from muster.capture.domain.standing import Entries, ordered
from muster.capture.store.tables import ledger_entry, record_version, subject, subject_number
from muster.persistence.bulk import in_ids, in_texts, insert_rows, sent
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, ReviewState, SubjectState


@dataclass(frozen=True, slots=True)
class Row:
    """One subject as stored."""

    subject_id: str
    revision: int
    version: int
    merged_into: str | None


async def claim_numbers(conn: AsyncConnection, claims: Mapping[str, str]) -> set[str]:
    """Claim numbers (index to subject) that nobody holds; gives those that were free."""
    rows = await insert_rows(
        conn,
        subject_number,
        [
            {"number_index": number, "subject_id": claims[number], "current": True}
            for number in sorted(claims)
        ],
        conflict="ON CONFLICT (number_index) DO NOTHING",
        returning=("number_index",),
    )
    return {str(row["number_index"]) for row in rows}


_RELEASE = delete(subject_number).where(in_texts(subject_number.c.number_index, "numbers"))


async def release_numbers(conn: AsyncConnection, numbers: Iterable[str]) -> None:
    """Take back claims that this transaction made for records that it then refused."""
    given = sent(numbers)
    if given:
        await conn.execute(_RELEASE, {"numbers": given})


_HOLDERS = select(subject_number).where(in_texts(subject_number.c.number_index, "numbers"))


async def holders(conn: AsyncConnection, numbers: Iterable[str]) -> dict[str, Holder]:
    """Who holds which of these numbers."""
    rows = await conn.execute(_HOLDERS, {"numbers": sent(numbers)})
    return {row.number_index: Holder(row.subject_id, row.current) for row in rows}


_LOCK_HOLDERS = (
    select(subject_number)
    .where(
        or_(
            in_texts(subject_number.c.number_index, "numbers"),
            in_ids(subject_number.c.subject_id, "ids"),
        )
    )
    .order_by(subject_number.c.number_index)
    .with_for_update()
)


async def lock_numbers(
    conn: AsyncConnection, numbers: Iterable[str], subject_ids: Iterable[str] = ()
) -> dict[str, Holder]:
    """Who holds these numbers, and which numbers these subjects hold, until the transaction ends.

    A number that was corrected away is free, yet its row is there: to claim it holds up nobody. And
    whoever gives a subject another number writes the row of the one it had.
    """
    rows = await conn.execute(_LOCK_HOLDERS, {"numbers": sent(numbers), "ids": sent(subject_ids)})
    return {row.number_index: Holder(row.subject_id, row.current) for row in rows}


_REPLACE = text(
    """
    UPDATE subject_number SET current = false
    FROM unnest(CAST(:numbers AS text[]), CAST(:subjects AS uuid[]))
        AS named(number_index, subject_id)
    WHERE subject_number.subject_id = named.subject_id
      AND subject_number.number_index <> named.number_index AND subject_number.current
    """
)


async def hold_numbers(conn: AsyncConnection, numbers: Mapping[str, str]) -> None:
    """Make each number (index to subject) the current one of its subject.

    Two statements: the number that one subject gives up may be the one that another takes.
    """
    if not numbers:
        return
    order = sorted(numbers)
    await conn.execute(
        _REPLACE, {"numbers": order, "subjects": [numbers[number] for number in order]}
    )
    await insert_rows(
        conn,
        subject_number,
        [
            {"number_index": number, "subject_id": numbers[number], "current": True}
            for number in order
        ],
        conflict="ON CONFLICT (number_index) DO UPDATE "
        "SET subject_id = excluded.subject_id, current = true",
    )


async def add(conn: AsyncConnection, subject_ids: Iterable[str]) -> set[str]:
    """Add subjects that are not there; gives those that were new."""
    rows = await insert_rows(
        conn,
        subject,
        [
            {"subject_id": subject_id, "revision": 0, "current_version": 0}
            for subject_id in sorted(set(subject_ids))
        ],
        conflict="ON CONFLICT (subject_id) DO NOTHING",
        returning=("subject_id",),
    )
    return {str(row["subject_id"]) for row in rows}


_REMOVE = delete(subject).where(in_ids(subject.c.subject_id, "ids"))


async def remove(conn: AsyncConnection, subject_ids: Iterable[str]) -> None:
    """Take back subjects that this transaction added for records that it then refused."""
    given = sent(subject_ids)
    if given:
        await conn.execute(_REMOVE, {"ids": given})


_READ = select(subject).where(in_ids(subject.c.subject_id, "ids"))
_LOCK = _READ.order_by(subject.c.subject_id).with_for_update()


async def lock(conn: AsyncConnection, subject_ids: Iterable[str]) -> dict[str, Row]:
    """Lock these subjects, in order of id, until the transaction ends."""
    rows = await conn.execute(_LOCK, {"ids": sent(subject_ids)})
    return {
        row.subject_id: Row(row.subject_id, row.revision, row.current_version, row.merged_into)
        for row in rows
    }


async def read(conn: AsyncConnection, subject_ids: Iterable[str]) -> dict[str, Row]:
    """These subjects, without a lock."""
    rows = await conn.execute(_READ, {"ids": sent(subject_ids)})
    return {
        row.subject_id: Row(row.subject_id, row.revision, row.current_version, row.merged_into)
        for row in rows
    }


_SAVE = text(
    """
    UPDATE subject SET revision = given.revision, current_version = given.version,
        merged_into = given.merged_into
    FROM unnest(CAST(:ids AS uuid[]), CAST(:revisions AS bigint[]), CAST(:versions AS int[]),
        CAST(:merged AS uuid[])) AS given(subject_id, revision, version, merged_into)
    WHERE subject.subject_id = given.subject_id
    """
)


async def save(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Write locked subjects back."""
    if rows:
        await conn.execute(
            _SAVE,
            {
                "ids": [row.subject_id for row in rows],
                "revisions": [row.revision for row in rows],
                "versions": [row.version for row in rows],
                "merged": [row.merged_into for row in rows],
            },
        )


_ENTRIES = select(ledger_entry).where(in_ids(ledger_entry.c.subject_id, "ids"))


async def entries(conn: AsyncConnection, subject_ids: Iterable[str]) -> dict[str, Entries]:
    """Entries of these subjects; an empty tuple for who has none."""
    wanted = list(subject_ids)
    rows = await conn.execute(_ENTRIES, {"ids": sent(wanted)})
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in rows:
        found[row.subject_id].append(
            Entry(row.village, Origin(row.origin), SubjectState(row.state))
        )
    return {subject_id: ordered(found.get(subject_id, ())) for subject_id in wanted}


_DROP_OTHERS = text(
    """
    DELETE FROM ledger_entry WHERE subject_id = ANY(CAST(:ids AS uuid[]))
      AND NOT EXISTS (
        SELECT 1 FROM unnest(CAST(:kept AS uuid[]), CAST(:villages AS text[]))
            AS kept(subject_id, village)
        WHERE kept.subject_id = ledger_entry.subject_id AND kept.village = ledger_entry.village)
    """
)


async def save_entries(conn: AsyncConnection, changed: Mapping[str, Entries]) -> None:
    """Make the entries of these locked subjects exactly those given."""
    if not changed:
        return
    pairs = [(subject_id, entry) for subject_id in sorted(changed) for entry in changed[subject_id]]
    await conn.execute(
        _DROP_OTHERS,
        {
            "ids": sorted(changed),
            "kept": [subject_id for subject_id, _ in pairs],
            "villages": [entry.village for _, entry in pairs],
        },
    )
    await insert_rows(
        conn,
        ledger_entry,
        [
            {
                "subject_id": subject_id,
                "village": entry.village,
                "origin": entry.origin.value,
                "state": entry.state.value,
            }
            for subject_id, entry in pairs
        ],
        conflict="ON CONFLICT (subject_id, village) DO UPDATE "
        "SET origin = excluded.origin, state = excluded.state",
    )


_SIDES = (ledger_entry.c.village, ledger_entry.c.origin, ledger_entry.c.state)
_COUNT = (
    select(*_SIDES, func.count())
    .where(in_texts(ledger_entry.c.village, "villages"))
    .group_by(*_SIDES)
)


async def count(conn: AsyncConnection, villages: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """The two sides of the balance of these villages: (village, origin, state, number)."""
    rows = await conn.execute(_COUNT, {"villages": sent(villages)})
    return [(str(v), str(o), str(s), int(n)) for v, o, s, n in rows]


_PAGE = (
    select(ledger_entry.c.village, ledger_entry.c.subject_id, ledger_entry.c.origin)
    .where(
        in_texts(ledger_entry.c.village, "villages"),
        ledger_entry.c.state == bindparam("state"),
    )
    .order_by(ledger_entry.c.village, ledger_entry.c.subject_id)
    .limit(bindparam("limit"))
)
_AFTER = text("(village, subject_id) > (:village, CAST(:subject AS uuid))")
_OF_ORIGIN = ledger_entry.c.origin == bindparam("origin")
_REVIEWED = exists().where(
    subject.c.subject_id == ledger_entry.c.subject_id,
    record_version.c.subject_id == subject.c.subject_id,
    record_version.c.version == subject.c.current_version,
    record_version.c.review_state == bindparam("review"),
)


async def page(
    conn: AsyncConnection,
    villages: Sequence[str],
    state: SubjectState,
    after: tuple[str, str] | None,
    limit: int,
    *,
    origin: Origin | None = None,
    review: ReviewState | None = None,
) -> list[tuple[str, str, str]]:
    """Some entries in a state, ordered by village and subject: (village, subject, origin); only
    those that came as `origin` says, and whose newest record stands as `review` says."""
    query, asked = _PAGE, {"villages": sent(villages), "state": state.value, "limit": limit}
    if origin is not None:
        query, asked = query.where(_OF_ORIGIN), {**asked, "origin": origin.value}
    if review is not None:
        query, asked = query.where(_REVIEWED), {**asked, "review": review.value}
    if after is not None:
        query, asked = query.where(_AFTER), {**asked, "village": after[0], "subject": after[1]}
    rows = await conn.execute(query, asked)
    return [(row.village, row.subject_id, row.origin) for row in rows]
