"""Persons whom a department knows and the campaign does not: to be found and collected (R75, R76).

Each is entered as open in the village of their household, and counts there from then on. Who cannot
be entered (no village is known, or the number is none) stays on the list of refused rows until the
administrator has settled it; nobody is lost between the two.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import reason
from muster.capture.handlers import common
from muster.capture.handlers.common import NAME, NUMBER, VILLAGE
from muster.capture.store import candidates, records, refusals, subjects
from muster.capture.store.candidates import CandidateRow, Outcome
from muster.contracts.parts.base import FieldValue
from muster.contracts.parts.crosscheck import MissedForDesk
from muster.messaging import outbox
from muster.messaging.message import DONE, Done, Invalid, Message
from muster.messaging.message import Outcome as Answer
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, Severity, SubjectState

SOURCE = "department"
"""`baseline_record.source` of what a department said."""
ACTOR = "crosscheck"
_NEEDED = frozenset({NAME, NUMBER, VILLAGE})
_OTHER_KEY = Invalid(
    "candidate-differs",
    "消息的键与线索编号不一致。",
    "The key of the message is not the candidate it speaks of.",
)
_DEPARTMENT = Invalid(
    "department-unknown",
    "消息中的部门不在采集方案内。",
    "The department in the message is none of the campaign profile.",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a department knows, after everything that can be said without the store."""

    candidate_id: str
    version: int
    department: str
    area: str
    given: Mapping[str, FieldValue]
    fields: Mapping[str, Any]
    village: str | None
    number_index: str | None
    reasons: tuple[Reason, ...]

    def content(self) -> dict[str, Any]:
        """What was heard, as it is sealed while it waits."""
        return {"department": self.department, "area": self.area, "fields": dict(self.given)}


def look_at(
    context: Context,
    row: CandidateRow,
    area: str,
    given: Mapping[str, FieldValue],
    today: date,
) -> Candidate:
    """Hold what a department says against the profile.

    Name, number and village must be right; what else is wrong is left out, since the desk asks for
    it anyway. Where the row names no village of the campaign, the area it is kept under serves if
    that is one.
    """
    cells: dict[str, object] = dict(given)
    if isinstance(household := given.get(VILLAGE), str):
        cells[VILLAGE] = context.areas.place_of(household)
    place = context.areas.place_of(area)
    fields, wrong = _check_fields(context, cells, today)
    if VILLAGE in wrong and common.is_village(context, place):
        fields, wrong = _check_fields(context, {**cells, VILLAGE: place}, today)
    if VILLAGE in wrong:
        wrong[VILLAGE] = reason("village-needed")
    return Candidate(
        candidate_id=row.candidate_id,
        version=row.version,
        department=row.department,
        area=place if common.is_inside(context, place) else context.areas.root.code,
        given=given,
        fields={name: value for name, value in fields.items() if name not in wrong},
        village=None if VILLAGE in wrong else str(fields[VILLAGE]),
        number_index=None if NUMBER in wrong else common.index_of(context, fields.get(NUMBER)),
        reasons=tuple(wrong[name] for name in sorted(_NEEDED & wrong.keys())),
    )


def _check_fields(
    context: Context, cells: Mapping[str, object], today: date
) -> tuple[dict[str, object], dict[str, Reason]]:
    fields, _, found = context.profile.check_baseline(cells, (), today)
    return fields, {one.field: one for one in found if one.severity is Severity.REFUSE}


async def take_missed(
    context: Context, conn: AsyncConnection, batch: Sequence[Message]
) -> Sequence[Answer]:
    """Take ``crosscheck-subject-missed``, once per candidate and version.

    A candidate of whom something new is heard is looked at again, also one who was settled: they
    may have come back, because a record has given up the number by which they were found. Of what
    was taken before only the person's present state is told once more.
    """
    outcomes = [_check(context, message) for message in batch]
    newest: dict[str, Message] = {}
    for message, outcome in zip(batch, outcomes, strict=True):
        before = newest.get(message.key)
        if isinstance(outcome, Done) and (before is None or before.version < message.version):
            newest[message.key] = message
    parts: dict[str, MissedForDesk] = {key: message.part for key, message in newest.items()}
    held = await candidates.lock(conn, {key: part.department for key, part in parts.items()})
    today = common.today()
    fresh, again = [], set()
    for key, message in sorted(newest.items()):
        part, row = parts[key], held[key]
        if message.version > row.version:
            row = replace(row, version=message.version, department=part.department)
            fresh.append(look_at(context, row, part.area, part.fields, today))
        elif row.subject_id is not None:
            again.add(row.subject_id)
    await place(context, conn, fresh, actor=ACTOR, again=again)
    return outcomes


def _check(context: Context, message: Message) -> Answer:
    part: MissedForDesk = message.part
    if part.candidate_id != message.key:
        return _OTHER_KEY
    return DONE if part.department in context.profile.departments else _DEPARTMENT


async def _list(context: Context, conn: AsyncConnection, waiting: Sequence[Candidate]) -> None:
    """Who cannot be entered yet is put on the list, with what was heard, sealed."""
    await refusals.put(
        conn,
        [
            {
                "row_id": one.candidate_id,
                "area": one.area,
                "severity": Severity.REFUSE.value,
                "import_id": None,
                "row_number": None,
                "packet_id": None,
                "record_id": None,
                "subject_id": None,
                "number_index": one.number_index,
                "reasons": [found.as_dict() for found in one.reasons],
                "sealed": common.seal_own(context, "refused_row", one.candidate_id, one.content()),
            }
            for one in waiting
        ],
    )


async def place(
    context: Context,
    conn: AsyncConnection,
    ones: Sequence[Candidate],
    *,
    actor: str,
    again: Collection[str] = (),
) -> None:
    """Enter these candidates, whose rows are locked, or put them on the list.

    Of a number that is known nobody new is made, whatever else the row lacks: the state of that
    person is told once more, as it is of those named in `again`, so that the cross-check learns
    whom its row belongs to.
    """
    numbers = {one.number_index for one in ones if one.number_index is not None}
    holders = await subjects.holders(conn, numbers)
    known = {number: held.subject_id for number, held in holders.items() if held.current}
    good = [one for one in ones if not one.reasons and one.number_index not in known]
    made, others = await _claim(conn, good)
    known |= others
    locked = await subjects.lock(conn, {*made, *known.values(), *again})
    await subjects.hold_numbers(conn, {one.number_index or "": s for s, one in made.items()})
    await _enter(context, conn, made)
    await _tell(context, conn, locked, made)
    entered = {one.candidate_id: subject_id for subject_id, one in made.items()}
    whose = {
        one.candidate_id: entered.get(one.candidate_id) or known.get(one.number_index or "")
        for one in ones
    }
    await _save(conn, ones, whose, entered)
    await _list(context, conn, [one for one in ones if whose[one.candidate_id] is None])
    if made:
        await context.audit.record(
            conn, actor=actor, action="subject.discover", subject_ids=sorted(made)
        )


async def _claim(
    conn: AsyncConnection, good: Sequence[Candidate]
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """New subjects for these candidates, by id, and who holds the numbers of the others.

    Two rows of one number are one person. A number that a record has replaced is free for its real
    holder.
    """
    first = {one.number_index or "": one for one in reversed(good)}
    proposed = {number: new_id() for number in first}
    free = await subjects.claim_numbers(conn, proposed)
    holders = await subjects.lock_numbers(conn, proposed)
    made = {n for n in proposed if n in free or not holders[n].current}
    await subjects.add(conn, [proposed[number] for number in made])
    whose = {n: proposed[n] if n in made else holders[n].subject_id for n in proposed}
    return {proposed[number]: first[number] for number in sorted(made)}, whose


async def _save(
    conn: AsyncConnection,
    ones: Sequence[Candidate],
    whose: Mapping[str, str | None],
    entered: Collection[str],
) -> None:
    def outcome(candidate_id: str) -> Outcome:
        if candidate_id in entered:
            return Outcome.REGISTERED
        return Outcome.WAITING if whose[candidate_id] is None else Outcome.KNOWN

    await candidates.save(
        conn,
        [
            CandidateRow(
                one.candidate_id,
                one.version,
                one.department,
                outcome(one.candidate_id),
                whose[one.candidate_id],
            )
            for one in ones
        ],
    )
    settled = [candidate_id for candidate_id, subject_id in whose.items() if subject_id is not None]
    await refusals.settle(conn, by="registered", at=common.now(), rows=settled)


async def _enter(context: Context, conn: AsyncConnection, made: Mapping[str, Candidate]) -> None:
    """Make persons of candidates, by the id of the subject; all are new and locked."""
    keys = await context.vault.keys_for(conn, made, create=True)
    await subjects.save(conn, [subjects.Row(subject_id, 1, 0, None) for subject_id in made])
    await subjects.save_entries(
        conn,
        {
            subject_id: (Entry(one.village or "", Origin.DISCOVERED, SubjectState.OPEN),)
            for subject_id, one in made.items()
        },
    )
    await records.save_baselines(
        conn,
        [
            {
                "subject_id": subject_id,
                "revision": 1,
                "source": SOURCE,
                "import_id": None,
                "row_number": None,
                "sealed": context.vault.encrypt(
                    keys[subject_id],
                    {"categories": [], "fields": dict(one.fields)},
                    table="baseline_record",
                    row=subject_id,
                    version=1,
                ),
            }
            for subject_id, one in made.items()
        ],
    )


async def _tell(
    context: Context,
    conn: AsyncConnection,
    locked: Mapping[str, subjects.Row],
    made: Mapping[str, Candidate],
) -> None:
    """Publish where all of these locked persons stand, those just entered and those known."""
    entries = await subjects.entries(conn, locked)
    rows = [replace(row, revision=1) if s in made else row for s, row in locked.items()]
    await outbox.add(
        conn,
        [
            common.subject_event(
                context,
                common.STATUS_CHANGED,
                row.subject_id,
                row.revision,
                entries[row.subject_id],
            )
            for row in rows
            if entries[row.subject_id]
        ],
    )
