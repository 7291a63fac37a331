"""Recording an ending of the balance, or taking one back (design, section 5, rule 8; R99)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain import endings
from muster.capture.domain.endings import Change, Ending, Surroundings
from muster.capture.domain.reasons import refusal
from muster.capture.domain.standing import Entries
from muster.capture.handlers import common
from muster.capture.store import absences, changes, subjects
from muster.messaging import outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.states import Role, SubjectState

ENDING = (Role.COLLECTOR, Role.TOWNSHIP_LEADER, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Asked:
    """An ending as a client asks for it, under an id that it made."""

    change_id: str
    subject_id: str
    ending: Ending
    village: str
    day: str | None
    to_village: str | None
    merged_into: str | None
    note: str | None

    def content(self) -> dict[str, Any]:
        """All of it, as it is sealed and compared."""
        return {
            "ending": self.ending.value,
            "village": self.village,
            "date": self.day,
            "to_village": self.to_village,
            "merged_into": self.merged_into,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Stands:
    """Where the person stands after it."""

    subject_id: str
    revision: int
    entries: Entries


async def end(context: Context, caller: Caller, conn: AsyncConnection, asked: Asked) -> Stands:
    """Apply the change, once per change id. Raises Refusal."""
    caller.require(ENDING, asked.village)
    if asked.to_village is not None and not common.is_village(context, asked.to_village):
        raise refusal("unknown-village", field="to_village")
    named = [asked.subject_id, *([asked.merged_into] if asked.merged_into else [])]
    locked = await subjects.lock(conn, named)
    subject = locked.get(asked.subject_id)
    if subject is None:
        raise refusal("not-found", status=404, kind="not-found", field="subject_id")
    keys = await context.vault.keys_for(conn, [asked.subject_id], create=True)
    if asked.subject_id in keys.erased:
        raise refusal("subject-erased", status=409, kind="conflict")
    key = keys[asked.subject_id]
    before = await changes.find(conn, asked.change_id)
    entries = (await subjects.entries(conn, [asked.subject_id]))[asked.subject_id]
    if before is not None:
        _require_same(context, key, before, asked)
        return Stands(asked.subject_id, subject.revision, entries)
    after = endings.apply(entries, _change(asked), await _around(context, conn, locked, asked))
    revision = subject.revision + 1
    merged_into = asked.merged_into if asked.ending is Ending.MERGED else None
    await subjects.save(conn, [replace(subject, revision=revision, merged_into=merged_into)])
    await subjects.save_entries(conn, {asked.subject_id: after})
    await absences.end(conn, [asked.subject_id], common.now())
    await changes.add(
        conn,
        {
            "change_id": asked.change_id,
            "subject_id": asked.subject_id,
            "ending": asked.ending.value,
            "revision": revision,
            "actor": caller.account_id,
            "at": common.now(),
            "sealed": context.vault.encrypt(
                key, asked.content(), table="status_change", row=asked.change_id, version=1
            ),
        },
    )
    event = common.subject_event(context, common.STATUS_CHANGED, asked.subject_id, revision, after)
    await outbox.add(conn, [event])
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action=f"subject.{asked.ending.value}",
        subject_ids=named,
        detail={"change": asked.change_id, "village": asked.village},
    )
    return Stands(asked.subject_id, revision, after)


def _change(asked: Asked) -> Change:
    day = None
    if asked.day is not None:
        try:
            day = PartialDate.parse(asked.day)
        except ValueError:
            raise refusal("date-malformed") from None
    return Change(asked.ending, asked.village, day, asked.to_village, asked.merged_into)


def _require_same(context: Context, key: Any, before: Any, asked: Asked) -> None:
    if before.subject_id == asked.subject_id:
        content = context.vault.decrypt(
            key, before.sealed, table="status_change", row=asked.change_id, version=1
        )
        if content == asked.content():
            return
    raise refusal("change-id-reused", status=409, kind="conflict")


async def _around(
    context: Context,
    conn: AsyncConnection,
    locked: Mapping[str, subjects.Row],
    asked: Asked,
) -> Surroundings:
    other = locked.get(asked.merged_into or "")
    stands = False
    if other is not None and other.subject_id != asked.subject_id:
        theirs = (await subjects.entries(conn, [other.subject_id]))[other.subject_id]
        stands = bool(theirs) and all(e.state is not SubjectState.MERGED for e in theirs)
    return Surroundings(
        standard_time=context.profile.standard_time,
        today=common.today(),
        has_record=locked[asked.subject_id].version > 0,
        merge_target_stands=stands,
    )
