"""Finding a person by resident number, and entering one whom a roster or department names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import reason, refusal
from muster.capture.domain.standing import Entries, present
from muster.capture.handlers import common
from muster.capture.handlers.common import NAME, NUMBER, VILLAGE
from muster.capture.store import lookups, records, subjects
from muster.messaging import outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, Role, SubjectState

SEEING = (
    Role.COLLECTOR,
    Role.TOWNSHIP_LEADER,
    Role.CIVIL_AFFAIRS_REVIEWER,
    Role.HUMAN_RESOURCES_REVIEWER,
)
"""Who may see a person of their area by name."""


def sees(caller: Caller, entries: Entries) -> bool:
    """Whether the caller may see a person by name: in the area where the person stands now, and
    once they left the campaign's, in those that counted them.

    Raises Refusal: 403 terminal-required where the computer alone is why they see nobody (R101).
    """
    if not caller.granted_areas(SEEING):
        return False
    here = present(entries)
    return any(caller.may(SEEING, entry.village) for entry in ([here] if here else entries))


ENTERING = (Role.COLLECTOR, Role.ADMINISTRATOR)
ENTERED_ORIGINS = frozenset({Origin.ROSTER, Origin.DISCOVERED, Origin.MOVED_IN})


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up gives. Of a person of another area only that they are known, and the id."""

    subject_id: str | None = None
    elsewhere: bool = False
    version: int = 0
    revision: int = 0
    entries: Entries = ()
    merged_into: str | None = None
    baseline: Mapping[str, Any] | None = None
    record: Mapping[str, Any] | None = None
    review_state: str | None = None
    review_reasons: Sequence[Mapping[str, Any]] = ()


async def look_up(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    *,
    number: str | None,
    subject_id: str | None,
) -> Found:
    """Find by resident number or by id (exactly one). Audited, also when nobody is found."""
    if (number is None) is (subject_id is None):
        raise refusal("lookup-key")
    if not caller.granted_areas(SEEING):
        raise refusal("area-outside", status=403, kind="forbidden")
    found = await _find(context, conn, number, subject_id)
    result = Found() if found is None else _show(context, caller, found)
    known = [] if found is None else [found.subject.subject_id]
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="subject.lookup",
        subject_ids=known,
        detail={
            "by": "number" if number is not None else "id",
            "result": "unknown" if found is None else "elsewhere" if result.elsewhere else "shown",
        },
    )
    return result


async def _find(
    context: Context, conn: AsyncConnection, number: str | None, subject_id: str | None
) -> lookups.Person | None:
    if subject_id is not None:
        return await lookups.by_id(conn, subject_id)
    index = common.index_of(context, number)
    if index is None:
        raise refusal("number-invalid")
    return await lookups.by_number(conn, index)


def _show(context: Context, caller: Caller, person: lookups.Person) -> Found:
    row, entries = person.subject, person.entries
    subject_id = row.subject_id
    if not sees(caller, entries):
        return Found(subject_id, elsewhere=True, version=row.version)
    baseline, newest = person.baseline, person.newest
    key = context.vault.unwrap({subject_id: person.wrapped}).get(subject_id)
    return Found(
        subject_id=subject_id,
        version=row.version,
        revision=row.revision,
        entries=entries,
        merged_into=row.merged_into,
        baseline=common.open_baseline(context, key, baseline) if key and baseline else None,
        record=common.open_record(context, key, newest) if key and newest else None,
        review_state=newest.review_state if newest else None,
        review_reasons=common.open_review(context, key, newest) if key and newest else (),
    )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was not in the baseline, and how they became known (C19)."""

    subject_id: str
    origin: Origin
    village: str
    name: str
    number: str | None
    categories: tuple[str, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entered:
    """`created` is False when the number or the id was known already; nothing changes then."""

    subject_id: str
    created: bool


async def enter(context: Context, caller: Caller, conn: AsyncConnection, person: Person) -> Entered:
    """Enter a person of the village roster, or one whom a department knows, as open."""
    if not common.is_village(context, person.village):
        raise refusal("unknown-village")
    caller.require(ENTERING, person.village)
    fields = _check(context, person)
    index = common.index_of(context, person.number)
    free = await subjects.claim_numbers(conn, {index: person.subject_id} if index else {})
    held = await subjects.lock_numbers(conn, [index]) if index else {}
    added = await subjects.add(conn, [person.subject_id])
    if not added:
        await subjects.release_numbers(conn, free)
        return await _known(context, caller, conn, person.subject_id)
    if index is not None:
        holder = held[index]
        if holder.subject_id != person.subject_id:
            if holder.current:
                await subjects.remove(conn, added)
                return await _known(context, caller, conn, holder.subject_id)
            await subjects.hold_numbers(conn, {index: person.subject_id})
    await _store(context, conn, person, fields)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="subject.enter",
        subject_ids=[person.subject_id],
        detail={"origin": person.origin.value, "village": person.village},
    )
    return Entered(person.subject_id, created=True)


async def _known(
    context: Context, caller: Caller, conn: AsyncConnection, subject_id: str
) -> Entered:
    await context.audit.record(
        conn, actor=caller.account_id, action="subject.enter-known", subject_ids=[subject_id]
    )
    return Entered(subject_id, created=False)


def _check(context: Context, person: Person) -> dict[str, Any]:
    """What is known must be right; what a roster leaves out is asked at the desk."""
    given = {**person.fields, NAME: person.name, VILLAGE: person.village}
    if person.number is not None:
        given[NUMBER] = person.number
    fields, _, reasons = context.profile.check_baseline(given, person.categories, common.today())
    optional = {"required", *(() if person.categories else ("categories-required",))}
    wrong = [found for found in reasons if found.rule not in optional]
    if NAME not in fields:
        wrong.append(reason("name-required"))
    if any(found.severity == "refuse" for found in wrong):
        raise Refusal(wrong)
    return fields


async def _store(
    context: Context, conn: AsyncConnection, person: Person, fields: Mapping[str, Any]
) -> None:
    keys = await context.vault.keys_for(conn, [person.subject_id], create=True)
    if person.subject_id in keys.erased:
        raise refusal("subject-erased", status=409, kind="conflict")
    await subjects.lock(conn, [person.subject_id])
    entries = (Entry(person.village, person.origin, SubjectState.OPEN),)
    await subjects.save(conn, [subjects.Row(person.subject_id, 1, 0, None)])
    await subjects.save_entries(conn, {person.subject_id: entries})
    content = {"categories": list(person.categories), "fields": dict(fields)}
    sealed = context.vault.encrypt(
        keys[person.subject_id],
        content,
        table="baseline_record",
        row=person.subject_id,
        version=1,
    )
    await records.save_baselines(
        conn,
        [
            {
                "subject_id": person.subject_id,
                "revision": 1,
                "source": person.origin.value,
                "import_id": None,
                "row_number": None,
                "sealed": sealed,
            }
        ],
    )
    await outbox.add(
        conn,
        [common.subject_event(context, common.STATUS_CHANGED, person.subject_id, 1, entries)],
    )
